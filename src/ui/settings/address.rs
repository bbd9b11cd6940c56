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
    },
};

/// Where the forms lead without scripts: here, where it then says that a mail is on its way.
const SENT: &str = "/settings/profile?mailed=yes";

/// The card.
#[component]
pub fn AddressCard() -> impl IntoView {
    // Asked anew at each visit: the address may have been confirmed in another tab.
    let user = Resource::new_blocking(|| (), |()| current_user());
    let query = use_query_map();
    let mailed = RwSignal::new(query.with_untracked(|query| query.get("mailed").is_some()));
    let (again, form) = (FormState::new(SendVerification::PATH), FormState::new(ChangeEmail::PATH));
    view! {
        <section class="card">
            <h2>"E-mail address"</h2>
            <p class="told" aria-live="polite">
                {move || mailed.get().then_some("A mail is on its way. Follow the link in it within 10 minutes.")}
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
    let on_submit = by_script(again, |_| send_verification(), move |(), _| mailed.set(true));
    view! {
        <p class="address"><b>{email}</b> {verified.then_some(" (confirmed)")}</p>
        {(!verified).then(|| view! {
            <p class="when">"Not confirmed yet: follow the link in the mail that Docket sent. If the address is wrong, you can't get back in when you forget your password."</p>
            <FormMessage form=again />
            <Form action=SendVerification::PATH next=SENT on_submit>
                <p class="actions">
                    <button type="submit" class="button secondary" aria-disabled=move || again.pending().then_some("true")>
                        {move || if again.pending() { "Sending it…" } else { "Send the mail again" }}
                    </button>
                </p>
            </Form>
        })}
    }
}

/// Another address. It is theirs once they follow the link in the mail that goes there.
#[component]
fn ChangeForm(form: FormState, mailed: RwSignal<bool>) -> impl IntoView {
    let call = |event: &SubmitEvent| change_email(typed(event, "email"), typed(event, "confirm_password"));
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
                label="New e-mail address"
                kind="email"
                autocomplete="email"
                hint="Docket sends a link there. Your address changes when you follow it."
            />
            <ConfirmPassword form />
            <p class="actions">
                <button type="submit" class="button" aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { "Sending a mail…" } else { "Change the address" }}
                </button>
            </p>
        </Form>
    }
}
