//! The pages to register, to log in and to log out.

use std::{future::Future, time::Duration};

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
    server_fn::ServerFn,
    web_sys::{FormData, HtmlInputElement},
};
use leptos_router::{
    NavigateOptions,
    components::A,
    hooks::{use_navigate, use_query_map},
};

use super::{
    form::{Field, Form, FormMessage, FormState, Refusal, typed},
    layout::LogOutForm,
    locale::use_texts,
    pages::PageTitle,
    passkey::PasskeyLogin,
    random::time_zone,
    session::use_session,
};
use crate::{
    domain::{
        account::{Password, Strength},
        path::{SECOND_STEP, local_path, with_next},
        sign_in::Problem,
    },
    error::AppError,
    fns::{
        account::{LogIn, LogOut, Register, judge_password, log_in, register},
        factors::{SecondStep, second_step},
        sign_ins::list_providers,
    },
};

/// How long nobody types before a password is judged.
const TYPING: Duration = Duration::from_millis(300);

/// The page that asked for a login, if one did.
fn asked() -> Option<String> {
    let asked = use_query_map().with_untracked(|query| query.get("next"));
    asked.as_deref().and_then(local_path).map(str::to_owned)
}

/// Where to go after logging in: back to the page that asked for it.
fn next() -> String {
    asked().unwrap_or_else(|| "/today".to_owned())
}

/// The other of the two pages, which leads back to the same place.
fn instead(page: &str) -> String {
    asked().map_or_else(|| page.to_owned(), |next| with_next(page, &next))
}

/// Sends a form by script: shows the wait, then either the error or what `then` does with the answer and the event.
pub(super) fn by_script<T: 'static, A: Future<Output = Result<T, AppError>> + 'static>(
    form: FormState,
    call: impl Fn(&SubmitEvent) -> A + 'static,
    then: impl Fn(T, &SubmitEvent) + Clone + 'static,
) -> impl Fn(SubmitEvent) + 'static {
    let (navigate, second) = (use_navigate(), with_next(SECOND_STEP, &next()));
    move |event: SubmitEvent| {
        if form.pending() {
            return;
        }
        let answer = call(&event);
        let (then, navigate, second) = (then.clone(), navigate.clone(), second.clone());
        form.set_error(None);
        form.set_pending(true);
        leptos::task::spawn_local(async move {
            let result = answer.await;
            form.set_pending(false);
            match result {
                Ok(value) => then(value, &event),
                Err(AppError::SecondFactorNeeded) => navigate(&second, NavigateOptions::default()),
                Err(error) => form.set_error(Some(error)),
            }
        });
    }
}

/// Shows the page at `next` to who is logged in now. Back leads to where the person was before, not to the form.
pub(super) fn going<T>(next: String) -> impl Fn(T, &SubmitEvent) + Clone {
    let session = use_session();
    let navigate = use_navigate();
    move |_, _| {
        session.changed();
        navigate(&next, NavigateOptions { replace: true, ..Default::default() });
    }
}

/// The button that sends a form, and says that it is being sent.
#[component]
pub(super) fn Submit(form: FormState, label: &'static str, waiting: &'static str) -> impl IntoView {
    view! {
        <button type="submit" class="button wide" aria-disabled=move || form.pending().then_some("true")>
            {move || if form.pending() { waiting } else { label }}
        </button>
    }
}

/// To log in.
#[component]
pub fn LogInPage() -> impl IntoView {
    let session = use_session();
    let (t, common) = (&use_texts().account, &use_texts().common);
    let form = FormState::new(LogIn::PATH);
    let next = next();
    let on_submit =
        by_script(form, |event| log_in(typed(event, "email"), typed(event, "password")), going(next.clone()));
    view! {
        <PageTitle title=common.log_in about=use_texts().pages.about_log_in />
        <section class="card narrow">
            <h1>{common.log_in}</h1>
            <SignInProblem />
            <FormMessage form />
            <Form action=LogIn::PATH next=next.clone() on_submit>
                // The browser offers passkeys there, too (`ui/passkey.rs`).
                <Field form name="email" label=common.email kind="email" autocomplete="username webauthn" autofocus=true />
                <Field form name="password" label=common.password kind="password" autocomplete="current-password" />
                <Submit form label=common.log_in waiting=t.logging_in />
            </Form>
            <PasskeyLogin next=next.clone() />
            <ProviderLinks />
            <p class="aside"><A href="/forgot">{t.forgot}</A></p>
            <Suspense>
                {move || Suspend::new(async move {
                    session.registration_open().await.then(|| view! {
                        <p class="aside">{t.new_here} " " <A href=instead("/register")>{common.make_account}</A></p>
                    })
                })}
            </Suspense>
        </section>
    }
}

/// The ways to log in by other providers; with an address that is new here, they make an account.
#[component]
pub fn ProviderLinks() -> impl IntoView {
    let t = &use_texts().sign_ins;
    let providers = Resource::new_blocking(|| (), |()| list_providers());
    let next = StoredValue::new(asked());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                // Who can't be told of other ways still has this one.
                let providers = providers.await.unwrap_or_default();
                let links = providers.into_iter().map(|(key, name)| {
                    let page = format!("/login/with/{key}");
                    let href = next.with_value(|next| next.as_ref().map_or_else(|| page.clone(), |next| with_next(&page, next)));
                    view! { <a class="button secondary wide" rel="external" href=href>{(t.continue_with)(&name)}</a> }
                });
                links.collect_view()
            })}
        </Suspense>
    }
}

/// Says why somebody who came back from another provider isn't in.
#[component]
pub fn SignInProblem() -> impl IntoView {
    let t = &use_texts().sign_ins;
    let code = use_query_map().with_untracked(|query| query.get("problem"));
    let problem = code.as_deref().and_then(Problem::parse);
    problem.map(|problem| view! { <div role="alert" class="form-message"><p>{(t.problem)(problem)}</p></div> })
}

/// To make an account.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let t = use_texts();
    let form = FormState::new(Register::PATH);
    let next = next();
    let call = |event: &SubmitEvent| {
        register(typed(event, "name"), typed(event, "email"), typed(event, "password"), time_zone())
    };
    let on_submit = StoredValue::new(by_script(form, call, going(next.clone())));
    let session = use_session();
    view! {
        <PageTitle title=t.common.register />
        <section class="card narrow">
            <Suspense>
                {move || {
                    let next = next.clone();
                    Suspend::new(async move {
                        if session.registration_open().await {
                            view! { <RegisterForm form next on_submit=move |event| on_submit.with_value(|submit| submit(event)) /> }.into_any()
                        } else {
                            view! {
                                <h1>{t.account.no_accounts}</h1>
                                <p>{(t.errors.app)(&AppError::RegistrationClosed)}</p>
                            }
                                .into_any()
                        }
                    })
                }}
            </Suspense>
            <p class="aside">{t.account.have_one} " " <A href=instead("/login")>{t.common.log_in}</A></p>
        </section>
    }
}

#[component]
fn RegisterForm(form: FormState, next: String, on_submit: impl Fn(SubmitEvent) + 'static) -> impl IntoView {
    let (t, common) = (&use_texts().account, &use_texts().common);
    view! {
        <h1>{common.make_account}</h1>
        <FormMessage form />
        <Form action=Register::PATH next on_submit>
            <Field form name="name" label=common.name autocomplete="name" hint=common.name_hint autofocus=true />
            <Field form name="email" label=common.email kind="email" autocomplete="username" />
            <NewPassword form name="password" label=common.password />
            <Submit form label=t.make waiting=t.making />
        </Form>
    }
}

/// A field for a new password. While somebody types it says how the password would do.
#[component]
pub fn NewPassword(
    /// The form it stands in.
    form: FormState,
    /// The name in the form and of the server function's parameter.
    name: &'static str,
    /// What the field is for.
    label: &'static str,
) -> impl IntoView {
    let t = use_texts();
    let judged = RwSignal::new(None::<Strength>);
    let turn = StoredValue::new(0_u32);
    let on_input = move |event: Event| {
        turn.update_value(|turn| *turn += 1);
        let (this, input) = (turn.get_value(), event_target::<HtmlInputElement>(&event));
        judged.set(None);
        if input.value().chars().count() < Password::SHORTEST {
            return;
        }
        // Once nobody has typed for a moment.
        let ask = move || {
            let data = input.form().and_then(|form| FormData::new_with_form(&form).ok());
            let other = |name| data.as_ref().and_then(|data| data.get(name).as_string()).unwrap_or_default();
            let answer = judge_password(input.value(), other("name"), other("email"));
            leptos::task::spawn_local(async move {
                if let Ok(strength) = answer.await
                    && turn.try_get_value() == Some(this)
                {
                    judged.set(Some(strength));
                }
            });
        };
        set_timeout(move || (turn.try_get_value() == Some(this)).then(ask).unwrap_or_default(), TYPING);
    };
    view! {
        <div class="judged" on:input=on_input>
            <Field
                form
                name
                label
                kind="password"
                autocomplete="new-password"
                hint=t.account.password_hint
            />
            <p class="strength" aria-live="polite">
                {move || judged.get().map(|strength| view! { <span class:refused=matches!(strength, Strength::Refused(_))>{(t.errors.strength)(&strength)}</span> })}
            </p>
        </div>
    }
}

/// Asks for the password in place, once the server wants it: for what can't be taken back.
#[component]
pub fn ConfirmPassword(
    /// The form it stands in; its server function has a parameter `confirm_password`.
    form: FormState,
) -> impl IntoView {
    let t = use_texts();
    // Once it is there it stays.
    let asked =
        Memo::new(move |before| before.copied().unwrap_or_default() || form.message("confirm_password").is_some());
    let code = Memo::new(move |before| before.copied().unwrap_or_default() || form.message("confirm_code").is_some());
    move || {
        (asked.get() || code.get()).then(|| {
            view! {
                <Field form name="confirm_password" label=t.common.your_password kind="password" autocomplete="current-password" />
                {move || code.get().then(|| view! { <Field form name="confirm_code" label=t.factors.code autocomplete="one-time-code" /> })}
            }
        })
    }
}

/// The second step of a login.
#[component]
pub fn SecondStepPage() -> impl IntoView {
    let (t, common) = (&use_texts().factors, &use_texts().common);
    let form = FormState::new(SecondStep::PATH);
    let next = next();
    let on_submit = by_script(form, |event| second_step(typed(event, "code")), going(next.clone()));
    view! {
        <PageTitle title=t.second_title />
        <section class="card narrow">
            <h1>{t.second_title}</h1>
            <p>{t.second_text}</p>
            <FormMessage form />
            <Form action=SecondStep::PATH next=next.clone() on_submit>
                <Field form name="code" label=t.code hint=t.code_hint autocomplete="one-time-code" autofocus=true />
                <Submit form label=common.log_in waiting=use_texts().account.logging_in />
            </Form>
            <PasskeyLogin next />
            <p class="aside">{t.lost} " " <A href=instead("/login")>{t.begin_again}</A></p>
        </section>
    }
}

/// To log out, for who typed the address.
#[component]
pub fn LogOutPage() -> impl IntoView {
    let t = use_texts();
    view! {
        <PageTitle title=t.common.log_out />
        <section class="card narrow">
            <h1>{t.account.log_out_question}</h1>
            <p>{t.account.tasks_stay}</p>
            <Refusal actions=&[LogOut::PATH] />
            <LogOutForm class="button wide" />
        </section>
    }
}
