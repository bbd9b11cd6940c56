//! A card of `/settings/security`: the providers that somebody is connected with.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

use crate::{
    domain::{calendar::Day, factor::SignInInfo, path::with},
    fns::sign_ins::{EndSignIn, end_sign_in},
    ui::{
        account::{ConfirmPassword, SignInProblem, by_script},
        form::{Form, FormMessage, FormState, keep_focus, typed},
        locale::use_texts,
        toast::use_toasts,
    },
};

/// Where the forms without scripts lead.
const HERE: &str = "/settings/security";

/// The card. There is none where there is nobody to connect with, and never was.
#[component]
pub fn SignIns(
    /// Those that are connected.
    sign_ins: Vec<SignInInfo>,
    /// Those that there are: their names in addresses, and what they are called.
    providers: Vec<(String, String)>,
    /// By the owner's calendar.
    today: Day,
    /// Shows what is there after a change.
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let t = &use_texts().sign_ins;
    if sign_ins.is_empty() && providers.is_empty() {
        return ().into_any();
    }
    let named = |key: &str| providers.iter().find(|(other, _)| other == key).map(|(_, name)| name.clone());
    let rows = sign_ins.iter().map(|sign_in| {
        // One that isn't in the settings any more.
        let name = named(&sign_in.provider).unwrap_or_else(|| sign_in.provider.clone());
        view! { <Row sign_in=sign_in.clone() name today refetch /> }
    });
    let rows = rows.collect_view();
    let connected = |key: &str| sign_ins.iter().any(|sign_in| sign_in.provider == key);
    let links = providers.iter().filter(|(key, _)| !connected(key)).map(|(key, name)| {
        let href = with(&format!("/login/with/{key}"), "connect", "yes");
        view! { <a class="button secondary" rel="external" href=href>{(t.connect)(name)}</a> }
    });
    view! {
        <section class="card">
            <h2>{t.title}</h2>
            <p>{t.lead}</p>
            <SignInProblem />
            {(!sign_ins.is_empty()).then(|| view! { <ul class="rows" aria-label=t.title>{rows}</ul> })}
            <p class="actions">{links.collect_view()}</p>
        </section>
    }
    .into_any()
}

/// One of them, with the way to remove it.
#[component]
fn Row(
    sign_in: SignInInfo,
    name: String,
    today: Day,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let (toasts, texts) = (use_toasts(), use_texts());
    let t = &texts.sign_ins;
    let id = sign_in.id.to_string();
    let form = FormState::keyed(EndSignIn::PATH, id.clone());
    let call = |event: &SubmitEvent| {
        end_sign_in(typed(event, "id"), typed(event, "confirm_password"), typed(event, "confirm_code"))
    };
    let done = (t.removed)(&name);
    let on_submit = by_script(form, call, move |(), _| {
        toasts.tell(done.clone(), Vec::new());
        // The button goes with the row.
        keep_focus();
        refetch();
    });
    let label = (t.remove_it)(&name);
    view! {
        <li>
            <div>
                <p><b>{name}</b></p>
                <p class="when">{(t.connected)(&texts.calendar.within(sign_in.made, today))}</p>
            </div>
            <Form action=EndSignIn::PATH next=HERE on_submit>
                <FormMessage form />
                <input type="hidden" name="id" value=id />
                <ConfirmPassword form />
                <button type="submit" class="quiet" aria-label=label aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { t.removing } else { t.remove }}
                </button>
            </Form>
        </li>
    }
}
