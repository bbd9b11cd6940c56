//! `/settings/security`: the password, where somebody is logged in, and what happened to the account.

use std::future::Future;

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::components::Redirect;

use super::Sections;
use crate::{
    domain::{
        account::{Security, SecurityEvent, SessionInfo},
        calendar::Day,
        path::login_path,
    },
    error::AppError,
    fns::account::{
        ChangePassword, EndOtherSessions, EndSession, change_password, end_other_sessions, end_session, get_security,
    },
    ui::{
        account::{NewPassword, by_script},
        form::{Field, Form, FormMessage, FormState, Refusal, clear, typed},
        pages::{Failed, PageTitle},
        toast::{Toasts, use_toasts},
    },
};

/// Where the forms without scripts lead.
const HERE: &str = "/settings/security";

/// The page.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let security = Resource::new_blocking(|| (), |()| get_security());
    let form = FormState::new(ChangePassword::PATH);
    let refetch = move || security.refetch();
    view! {
        <PageTitle title="Security" />
        <div class="settings">
            <h1>"Security"</h1>
            <Sections />
            <section class="card">
                <h2>"Password"</h2>
                <PasswordForm form refetch />
            </section>
            <Transition fallback=|| view! { <p class="loading">"Fetching what happened…"</p> }>
                {move || Suspend::new(async move {
                    match security.await {
                        Ok(Security { sessions, events, now }) => view! {
                            <section class="card">
                                <h2>"Where you are logged in"</h2>
                                <Refusal actions=&[EndSession::PATH, EndOtherSessions::PATH] />
                                <Sessions sessions today=now.day refetch />
                            </section>
                            <section class="card">
                                <h2>"What happened"</h2>
                                <Events events today=now.day />
                            </section>
                        }
                            .into_any(),
                        Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path(HERE) /> }.into_any(),
                        Err(error) => view! { <Failed error /> }.into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

/// Another password, for who knows the current one.
#[component]
fn PasswordForm(form: FormState, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let toasts = use_toasts();
    let call = |event: &SubmitEvent| change_password(typed(event, "current_password"), typed(event, "new_password"));
    let on_submit = by_script(form, call, move |(), event| {
        clear(event);
        toasts.tell("Your password was changed. All other devices are logged out.", Vec::new());
        refetch();
    });
    view! {
        <FormMessage form />
        <Form action=ChangePassword::PATH next=HERE on_submit>
            <Field form name="current_password" label="Current password" kind="password" autocomplete="current-password" />
            <NewPassword form name="new_password" label="New password" />
            <p class="actions">
                <button type="submit" class="button" aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { "Changing it…" } else { "Change the password" }}
                </button>
            </p>
        </Form>
    }
}

/// Each device, with the way to log it out.
#[component]
fn Sessions(
    sessions: Vec<SessionInfo>,
    today: Day,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let toasts = use_toasts();
    let others = sessions.len() > 1;
    let rows = sessions.into_iter().map(|session| {
        let SessionInfo { id, device, place, since, used, current } = session;
        let label = format!("Log out {device}");
        let own = id.clone();
        let end = move |_| run(toasts, end_session(own.clone()), "That device is logged out.", refetch);
        let place = place.map(|place| format!("{place} · ")).unwrap_or_default();
        view! {
            <li>
                <div>
                    <p><b>{device}</b> {current.then_some(" (this device)")}</p>
                    <p class="when">{format!("{place}since {}, last used {}", since.within(today), used.within(today))}</p>
                </div>
                {(!current).then(|| view! {
                    <Form action=EndSession::PATH next=HERE on_submit=end>
                        <input type="hidden" name="session" value=id />
                        <button type="submit" class="quiet" aria-label=label>"Log out"</button>
                    </Form>
                })}
            </li>
        }
    });
    let rows: Vec<_> = rows.collect();
    let end_others = move |_| run(toasts, end_other_sessions(), "All other devices are logged out.", refetch);
    view! {
        <ul class="rows">{rows}</ul>
        {others.then(|| view! {
            <Form action=EndOtherSessions::PATH next=HERE on_submit=end_others>
                <p class="actions"><button type="submit" class="button secondary">"Log out all other devices"</button></p>
            </Form>
        })}
    }
}

/// What happened, the last first.
#[component]
fn Events(events: Vec<SecurityEvent>, today: Day) -> impl IntoView {
    let rows = events.into_iter().map(|SecurityEvent { at, action, device, place }| {
        let place = place.map(|place| format!(", {place}")).unwrap_or_default();
        view! {
            <li>
                <p>{words(&action)} <span class="when">{format!(" {}, {device}{place}", at.within(today))}</span></p>
            </li>
        }
    });
    view! { <ul class="rows events">{rows.collect_view()}</ul> }
}

fn words(action: &str) -> &'static str {
    match action {
        "register" => "The account was made",
        "login" => "Logged in",
        "login_failed" => "A login failed: wrong password",
        "password" => "The password was changed",
        "password_failed" => "A wrong password was typed where the current one is asked for",
        "password_reset" => "The password was changed by a link in a mail",
        "email_verified" => "The e-mail address was confirmed",
        "email_asked" => "A mail was sent to a new e-mail address, to confirm it",
        "email" => "The e-mail address was changed",
        "session_ended" => "A device was logged out from here",
        "sessions_ended" => "All other devices were logged out from here",
        "token_made" => "An access token was made",
        "token_ended" => "An access token was ended",
        "password_set" => "Who runs this Docket set another password",
        "disabled" => "Who runs this Docket disabled the account",
        "enabled" => "Who runs this Docket enabled the account",
        "made_member" => "Who runs this Docket made you a member",
        "logged_out" => "Who runs this Docket logged out all devices",
        "made_admin" => "Who runs this Docket made you an admin",
        _ => "Something was changed",
    }
}

/// Does it, says so, and shows what is there then.
fn run(
    toasts: Toasts,
    call: impl Future<Output = Result<(), AppError>> + 'static,
    done: &'static str,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) {
    leptos::task::spawn_local(async move {
        match call.await {
            Ok(()) => drop(toasts.tell(done, Vec::new())),
            Err(error) => toasts.warn(error.to_string(), Vec::new()),
        }
        refetch();
    });
}
