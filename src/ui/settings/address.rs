//! The address of an account: whether mail to it arrives, and another one.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

use crate::{
    domain::account::Profile,
    fns::{
        account::current_user,
        mail::{ChangeEmail, SendVerification, change_email, send_verification},
    },
    ui::{
        account::{ConfirmPassword, by_script},
        form::{Field, Form, FormMessage, FormState, clear, typed},
        locale::use_texts,
    },
};

/// Where the forms lead without scripts: here, where it then says that a mail is on its way.
const SENT: &str = "/settings/profile?mailed=yes";

/// The card.
#[component]
pub fn AddressCard() -> impl IntoView {
    let t = use_texts();
    // Asked anew at each visit: the address may have been confirmed in another tab.
    let user = Resource::new_blocking(|| (), |()| current_user());
    let query = use_query_map();
    let mailed = RwSignal::new(query.with_untracked(|query| query.get("mailed").is_some()));
    let (again, form) = (FormState::new(SendVerification::PATH), FormState::new(ChangeEmail::PATH));
    view! {
        <section class="card">
            <h2>{t.common.email}</h2>
            <p class="told" aria-live="polite">
                {move || mailed.get().then_some(t.profile.mailed)}
            </p>
            <Transition>
                {move || Suspend::new(async move {
                    user.await.ok().and_then(|visitor| visitor.user).map(|profile| view! { <Address profile again mailed /> })
                })}
            </Transition>
            <ChangeForm form mailed />
        </section>
    }
}

/// The address, and the mail that shows whether it is right.
#[component]
fn Address(profile: Profile, again: FormState, mailed: RwSignal<bool>) -> impl IntoView {
    let Profile { email, verified, .. } = profile;
    let t = &use_texts().profile;
    let on_submit = by_script(again, |_| send_verification(), move |(), _| mailed.set(true));
    view! {
        <p class="address"><b>{email}</b> {verified.then(|| format!(" {}", t.confirmed))}</p>
        {(!verified).then(|| view! {
            <p class="when">{t.unconfirmed}</p>
            <FormMessage form=again />
            <Form action=SendVerification::PATH next=SENT on_submit>
                <p class="actions">
                    <button type="submit" class="button secondary" aria-disabled=move || again.pending().then_some("true")>
                        {move || if again.pending() { t.sending } else { t.send_again }}
                    </button>
                </p>
            </Form>
        })}
    }
}

/// Another address. It is theirs once they follow the link in the mail that goes there.
#[component]
fn ChangeForm(form: FormState, mailed: RwSignal<bool>) -> impl IntoView {
    let t = &use_texts().profile;
    let call = |event: &SubmitEvent| {
        change_email(typed(event, "email"), typed(event, "confirm_password"), typed(event, "confirm_code"))
    };
    let on_submit = by_script(form, call, move |(), event| {
        clear(event);
        mailed.set(true);
    });
    view! {
        <FormMessage form />
        <Form action=ChangeEmail::PATH next=SENT on_submit class="change">
            <Field
                form
                name="email"
                label=t.new_email
                kind="email"
                autocomplete="email"
                hint=t.new_email_hint
            />
            <ConfirmPassword form />
            <p class="actions">
                <button type="submit" class="button" aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { t.sending_mail } else { t.change_email }}
                </button>
            </p>
        </Form>
    }
}
