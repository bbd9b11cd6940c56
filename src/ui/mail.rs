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
    locale::use_texts,
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
    let t = &use_texts().mail;
    let told = move || {
        view! {
            <h1>{t.confirmed}</h1>
            <p>{t.confirmed_text}</p>
            // The server knows where the start is for whoever asks.
            <a href="/" rel="external" class="button wide">{t.to_docket}</a>
        }
    };
    view! {
        <PageTitle title=t.confirm_title />
        <Announced done text=t.confirmed_told />
        <section class="card narrow">
            {move || if done.get() { told().into_any() } else { view! { <Verify form /> }.into_any() }}
        </section>
    }
}

#[component]
fn Verify(form: FormState) -> impl IntoView {
    const DONE: &str = "/verify?done=yes";
    let t = &use_texts().mail;
    let move_on = moving_on(DONE);
    let on_submit = by_script(form, |event| verify_email(typed(event, "code")), move |_, _| move_on());
    view! {
        <h1>{t.confirm_title}</h1>
        <p>{t.confirm_text}</p>
        <FormMessage form />
        <Form action=VerifyEmail::PATH next=DONE on_submit>
            <input type="hidden" name="code" value=code() />
            <Submit form label=t.confirm waiting=t.confirming />
        </Form>
        <p class="aside">{t.link_broken} " " <A href="/settings/profile">{t.get_new}</A></p>
    }
}

/// To ask for a link for another password. It says the same for every address.
#[component]
pub fn ForgotPage() -> impl IntoView {
    let (form, done) = (FormState::new(RequestReset::PATH), is_done());
    let t = use_texts();
    let told = move || {
        view! {
            <h1>{t.mail.look}</h1>
            <p>{t.mail.look_text}</p>
            <p class="aside">{t.mail.nothing_came} <A href="/forgot">{t.mail.try_again}</A> {t.mail.in_a_minute}</p>
        }
    };
    view! {
        <PageTitle title=t.account.forgot />
        <Announced done text=t.mail.look_told />
        <section class="card narrow">
            {move || if done.get() { told().into_any() } else { view! { <Forgot form /> }.into_any() }}
        </section>
    }
}

#[component]
fn Forgot(form: FormState) -> impl IntoView {
    const DONE: &str = "/forgot?done=yes";
    let t = use_texts();
    let move_on = moving_on(DONE);
    let on_submit = by_script(form, |event| request_reset(typed(event, "email")), move |(), _| move_on());
    view! {
        <h1>{t.account.forgot}</h1>
        <p>{t.mail.forgot_text}</p>
        <FormMessage form />
        <Form action=RequestReset::PATH next=DONE on_submit>
            <Field form name="email" label=t.common.email kind="email" autocomplete="username" autofocus=true />
            <Submit form label=t.mail.send waiting=t.mail.sending />
        </Form>
        <p class="aside">{t.mail.remember} " " <A href="/login">{t.common.log_in}</A></p>
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
    let t = &use_texts().mail;
    let form = FormState::new(ResetPassword::PATH);
    let call = |event: &SubmitEvent| reset_password(typed(event, "code"), typed(event, "new_password"));
    let on_submit = by_script(form, call, going(NEXT.to_owned()));
    view! {
        <PageTitle title=t.reset_title />
        <section class="card narrow">
            <h1>{t.reset_title}</h1>
            <p>{t.reset_text}</p>
            <FormMessage form />
            <Form action=ResetPassword::PATH next=NEXT on_submit>
                <input type="hidden" name="code" value=code() />
                <NewPassword form name="new_password" label=t.new_password />
                <Submit form label=t.set waiting=t.setting />
            </Form>
            <p class="aside">{t.link_broken} " " <A href="/forgot">{t.get_new}</A></p>
        </section>
    }
}
