//! `/settings/security`: the password, where somebody is logged in, and what happened to the account.

use std::future::Future;

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::components::Redirect;

use super::{Sections, factors::FactorCards};
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
        locale::use_texts,
        pages::{Failed, Loading, PageTitle},
        toast::{Toasts, use_toasts},
    },
};

/// Where the forms without scripts lead.
const HERE: &str = "/settings/security";

/// The page.
#[component]
pub fn SecurityPage() -> impl IntoView {
    let t = use_texts();
    let security = Resource::new_blocking(|| (), |()| get_security());
    let form = FormState::new(ChangePassword::PATH);
    let refetch = move || security.refetch();
    view! {
        <PageTitle title=t.settings.security />
        <div class="settings">
            <h1>{t.settings.security}</h1>
            <Sections />
            <section class="card">
                <h2>{t.common.password}</h2>
                <PasswordForm form refetch />
            </section>
            <FactorCards />
            <Transition fallback=|| view! { <Loading words=t.security.fetching /> }>
                {move || Suspend::new(async move {
                    match security.await {
                        Ok(Security { sessions, events, now }) => view! {
                            <section class="card">
                                <h2>{t.security.where_logged_in}</h2>
                                <Refusal actions=&[EndSession::PATH, EndOtherSessions::PATH] />
                                <Sessions sessions today=now.day refetch />
                            </section>
                            <section class="card">
                                <h2>{t.security.happened}</h2>
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
    let (toasts, t) = (use_toasts(), &use_texts().security);
    let call = |event: &SubmitEvent| {
        change_password(typed(event, "current_password"), typed(event, "new_password"), typed(event, "confirm_code"))
    };
    let on_submit = by_script(form, call, move |(), event| {
        clear(event);
        toasts.tell(t.changed, Vec::new());
        refetch();
    });
    view! {
        <FormMessage form />
        <Form action=ChangePassword::PATH next=HERE on_submit>
            <Field form name="current_password" label=t.current_password kind="password" autocomplete="current-password" />
            <NewPassword form name="new_password" label=t.new_password />
            {move || form.message("confirm_code").is_some().then(|| view! {
                <Field form name="confirm_code" label=use_texts().factors.code autocomplete="one-time-code" />
            })}
            <p class="actions">
                <button type="submit" class="button" aria-disabled=move || form.pending().then_some("true")>
                    {move || if form.pending() { t.changing } else { t.change }}
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
    let (toasts, texts) = (use_toasts(), use_texts());
    let (t, calendar) = (&texts.security, &texts.calendar);
    let others = sessions.len() > 1;
    let rows = sessions.into_iter().map(|session| {
        let SessionInfo { id, device, place, since, used, current } = session;
        let device = (t.device)(&device);
        let label = (t.log_out)(&device);
        let own = id.clone();
        let end = move |_| run(toasts, end_session(own.clone()), t.logged_out, refetch);
        let place = place.map(|place| format!("{place} · ")).unwrap_or_default();
        view! {
            <li>
                <div>
                    <p><b>{device}</b> {current.then(|| format!(" {}", t.this_device))}</p>
                    <p class="when">{format!("{place}{}", (t.used)(&calendar.within(since, today), &calendar.within(used, today)))}</p>
                </div>
                {(!current).then(|| view! {
                    <Form action=EndSession::PATH next=HERE on_submit=end>
                        <input type="hidden" name="session" value=id />
                        <button type="submit" class="quiet" aria-label=label>{texts.common.log_out}</button>
                    </Form>
                })}
            </li>
        }
    });
    let rows: Vec<_> = rows.collect();
    let end_others = move |_| run(toasts, end_other_sessions(), t.others_logged_out, refetch);
    view! {
        <ul class="rows">{rows}</ul>
        {others.then(|| view! {
            <Form action=EndOtherSessions::PATH next=HERE on_submit=end_others>
                <p class="actions"><button type="submit" class="button secondary">{t.log_out_others}</button></p>
            </Form>
        })}
    }
}

/// What happened, the last first.
#[component]
fn Events(events: Vec<SecurityEvent>, today: Day) -> impl IntoView {
    let t = use_texts();
    let rows = events.into_iter().map(|SecurityEvent { at, action, device, place }| {
        let place = place.map(|place| format!(", {place}")).unwrap_or_default();
        view! {
            <li>
                <p>{(t.security.event)(&action)} <span class="when">{format!(" {}, {}{place}", t.calendar.within(at, today), (t.security.device)(&device))}</span></p>
            </li>
        }
    });
    view! { <ul class="rows events">{rows.collect_view()}</ul> }
}

/// Does it, says so, and shows what is there then.
fn run(
    toasts: Toasts,
    call: impl Future<Output = Result<(), AppError>> + 'static,
    done: &'static str,
    refetch: impl Fn() + Copy + Send + Sync + 'static,
) {
    let t = toasts.texts;
    leptos::task::spawn_local(async move {
        match call.await {
            Ok(()) => drop(toasts.tell(done, Vec::new())),
            Err(error) => toasts.warn((t.errors.app)(&error), Vec::new()),
        }
        refetch();
    });
}
