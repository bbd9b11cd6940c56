//! The pages that links in mails lead to, and the one to ask for such a link.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_query_map},
};

use super::{
    account::{NewPassword, Submit, by_script, going},
    form::{Field, Form, FormMessage, FormState, keep_focus, typed},
    pages::PageTitle,
};
use crate::fns::mail::{RequestReset, ResetPassword, VerifyEmail, request_reset, reset_password, verify_email};

/// The code in the address of the page; nobody's without one.
fn code() -> String {
    use_query_map().with_untracked(|query| query.get("code")).unwrap_or_default()
}

/// Whether the page says that it was done, rather than asking for it.
fn is_done() -> Memo<bool> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get("done").is_some()))
}

/// Moves from the form to what is shown once it was done: the same page by another address, as without scripts.
fn moving_on(next: &'static str) -> impl Fn() + Clone {
    let navigate = use_navigate();
    move || {
        navigate(next, NavigateOptions { replace: true, ..Default::default() });
        // The form that had it is gone.
        keep_focus();
    }
}

/// To prove an address. The link alone changes nothing: programs that look for harmful mail follow it too.
#[component]
pub fn VerifyPage() -> impl IntoView {
    let (form, done) = (FormState::new(VerifyEmail::PATH), is_done());
    let told = || {
        view! {
            <h1>"Your address is confirmed"</h1>
            <p>"Mail from Docket reaches you. You log in with this address."</p>
            // The server knows where the start is for whoever asks.
            <a href="/" rel="external" class="button wide">"Go to Docket"</a>
        }
    };
    view! {
        <PageTitle title="Confirm your address" />
        <Announced done text="Your address is confirmed." />
        <section class="card narrow">
            {move || if done.get() { told().into_any() } else { view! { <Verify form /> }.into_any() }}
        </section>
    }
}

#[component]
fn Verify(form: FormState) -> impl IntoView {
    const DONE: &str = "/verify?done=yes";
    let move_on = moving_on(DONE);
    let on_submit = by_script(form, |event| verify_email(typed(event, "code")), move |_, _| move_on());
    view! {
        <h1>"Confirm your address"</h1>
        <p>"One more click shows that mail from Docket reaches you."</p>
        <FormMessage form />
        <Form action=VerifyEmail::PATH next=DONE on_submit>
            <input type="hidden" name="code" value=code() />
            <Submit form label="Confirm the address" waiting="Confirming it…" />
        </Form>
        <p class="aside">"The link doesn't work? " <A href="/settings/profile">"Get a new one"</A></p>
    }
}

/// To ask for a link for another password. It says the same for every address.
#[component]
pub fn ForgotPage() -> impl IntoView {
    let (form, done) = (FormState::new(RequestReset::PATH), is_done());
    let told = || {
        view! {
            <h1>"Look at your mail"</h1>
            <p>"If there is an account with this address, a link is on its way to it. It works once, for 10 minutes."</p>
            <p class="aside">"Nothing came? Look at the junk mail, or " <A href="/forgot">"try again"</A> " in a minute."</p>
        }
    };
    view! {
        <PageTitle title="Forgot your password?" />
        <Announced done text="Look at your mail." />
        <section class="card narrow">
            {move || if done.get() { told().into_any() } else { view! { <Forgot form /> }.into_any() }}
        </section>
    }
}

#[component]
fn Forgot(form: FormState) -> impl IntoView {
    const DONE: &str = "/forgot?done=yes";
    let move_on = moving_on(DONE);
    let on_submit = by_script(form, |event| request_reset(typed(event, "email")), move |(), _| move_on());
    view! {
        <h1>"Forgot your password?"</h1>
        <p>"Docket sends you a link to set another one."</p>
        <FormMessage form />
        <Form action=RequestReset::PATH next=DONE on_submit>
            <Field form name="email" label="E-mail address" kind="email" autocomplete="username" autofocus=true />
            <Submit form label="Send the link" waiting="Sending it…" />
        </Form>
        <p class="aside">"You remember it? " <A href="/login">"Log in"</A></p>
    }
}

/// Tells a screen reader that the page says something else now.
#[component]
fn Announced(done: Memo<bool>, text: &'static str) -> impl IntoView {
    view! { <p class="visually-hidden" aria-live="polite">{move || done.get().then_some(text)}</p> }
}

/// To set another password with the code of a mail.
#[component]
pub fn ResetPage() -> impl IntoView {
    const NEXT: &str = "/today";
    let form = FormState::new(ResetPassword::PATH);
    let call = |event: &SubmitEvent| reset_password(typed(event, "code"), typed(event, "new_password"));
    let on_submit = by_script(form, call, going(NEXT.to_owned()));
    view! {
        <PageTitle title="Set another password" />
        <section class="card narrow">
            <h1>"Set another password"</h1>
            <p>"You are then logged in here, and logged out everywhere else."</p>
            <FormMessage form />
            <Form action=ResetPassword::PATH next=NEXT on_submit>
                <input type="hidden" name="code" value=code() />
                <NewPassword form name="new_password" label="New password" />
                <Submit form label="Set the password" waiting="Setting it…" />
            </Form>
            <p class="aside">"The link doesn't work? " <A href="/forgot">"Get a new one"</A></p>
        </section>
    }
}
