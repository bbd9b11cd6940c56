//! On `/settings/security`: passkeys, codes of an app, backup codes, and the password's end.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::components::Redirect;

use super::sign_ins::SignIns;
use crate::{
    domain::{
        calendar::Day,
        factor::{BackupCodes, CodesDraft, Factors, PasskeyInfo},
        path::login_path,
    },
    error::AppError,
    fns::factors::{
        BeginCodes, BeginPasskey, ConfirmCodes, DropPassword, EndCodes, EndPasskey, MakeBackupCodes, NamePasskey,
        add_passkey, begin_codes, begin_passkey, confirm_codes, drop_password, end_codes, end_passkey, get_factors,
        make_backup_codes, name_passkey,
    },
    ui::{
        account::{ConfirmPassword, by_script},
        form::{Field, Form, FormMessage, FormState, keep_focus, typed},
        locale::use_texts,
        pages::{Failed, Loading},
        passkey::{self, NoPasskey},
        toast::use_toasts,
    },
};

/// Where the forms without scripts lead.
const HERE: &str = "/settings/security";

/// What the cards have in common. The forms belong to the page: what was typed, and what was refused, outlives what is fetched anew.
#[derive(Clone, Copy)]
struct Forms {
    begin: FormState,
    confirm: FormState,
    end: FormState,
    backup: FormState,
    add: FormState,
    remove: FormState,
    name: FormState,
    drop: FormState,
    new: RwSignal<Option<BackupCodes>>,
    factors: Resource<Result<Factors, AppError>>,
}

/// The cards.
#[component]
pub fn FactorCards() -> impl IntoView {
    let t = &use_texts().factors;
    let (confirm, backup) = (FormState::new(ConfirmCodes::PATH), FormState::new(MakeBackupCodes::PATH));
    let forms = Forms {
        begin: FormState::new(BeginCodes::PATH),
        confirm,
        end: FormState::new(EndCodes::PATH),
        backup,
        add: FormState::new(BeginPasskey::PATH),
        remove: FormState::new(EndPasskey::PATH),
        name: FormState::new(NamePasskey::PATH),
        drop: FormState::new(DropPassword::PATH),
        // The page that answers a form without scripts comes with them.
        new: RwSignal::new(confirm.answer::<BackupCodes>().or_else(|| backup.answer::<BackupCodes>())),
        factors: Resource::new_blocking(|| (), |()| get_factors()),
    };
    view! {
        {move || forms.new.get().map(|codes| view! { <NewCodes codes /> })}
        <Transition fallback=|| view! { <Loading words=t.fetching /> }>
            {move || Suspend::new(async move {
                match forms.factors.await {
                    Ok(factors) => view! { <Cards forms factors /> }.into_any(),
                    Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path(HERE) /> }.into_any(),
                    Err(error) => view! { <Failed error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Cards(forms: Forms, factors: Factors) -> impl IntoView {
    let texts = use_texts();
    let t = &texts.factors;
    let (second, droppable) = (factors.second(), factors.password && factors.without_password());
    let Factors { password, codes, draft, backup_codes, passkeys, sign_ins, providers, required, today } = factors;
    let required = required.filter(|_| !second).map(|at| (t.required_from)(&texts.calendar.within(at, today)));
    view! {
        {required.map(|text| view! { <p class="banner">{text}</p> })}
        <section class="card stack">
            <h2>{t.passkeys}</h2>
            <p>{t.passkeys_about}</p>
            <Passkeys forms passkeys today />
            <AddPasskey forms />
        </section>
        <section class="card stack">
            <h2>{t.codes}</h2>
            <p>{t.codes_about}</p>
            {match (codes, draft) {
                (true, _) => view! { <CodesOn forms /> }.into_any(),
                (_, Some(draft)) => view! { <Draft forms draft /> }.into_any(),
                (_, None) => view! { <SetUp forms /> }.into_any(),
            }}
        </section>
        <section class="card stack">
            <h2>{t.backup}</h2>
            <p>{t.backup_about} " " {(t.left)(backup_codes)}</p>
            <Backup forms />
        </section>
        <SignIns sign_ins providers today refetch=move || forms.factors.refetch() />
        {(!password).then(|| view! {
            <section class="card stack">
                <h2>{texts.common.password}</h2>
                <p>{t.no_password} " " <a href="/forgot">{t.set_one}</a></p>
            </section>
        })}
        {droppable.then(|| view! { <Drop forms /> })}
        <section class="card stack">
            <h2>{t.recovery}</h2>
            <p>{t.recovery_text}</p>
        </section>
    }
}

/// Backup codes that were just made, once.
#[component]
fn NewCodes(codes: BackupCodes) -> impl IntoView {
    let t = &use_texts().factors;
    let BackupCodes(codes) = codes;
    view! {
        <section class="card made" aria-live="polite">
            <h2>{t.new_backup}</h2>
            <p>{t.new_backup_text}</p>
            <ul class="backup-codes">{codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}</ul>
        </section>
    }
}

/// What a form here sends besides its own fields.
fn proof(event: &SubmitEvent) -> (String, String) {
    (typed(event, "confirm_password"), typed(event, "confirm_code"))
}

#[component]
fn Passkeys(forms: Forms, passkeys: Vec<PasskeyInfo>, today: Day) -> impl IntoView {
    let texts = use_texts();
    let (toasts, t, calendar) = (use_toasts(), &texts.factors, &texts.calendar);
    if passkeys.is_empty() {
        return view! { <p class="nothing">{t.no_passkeys}</p> }.into_any();
    }
    let rows = passkeys.into_iter().map(|passkey| {
        let PasskeyInfo { id, name, synced, made, used } = passkey;
        let used = used.map_or_else(|| t.never_used.to_owned(), |used| (t.used)(&calendar.within(used, today)));
        let (told, label, field) = ((t.removed)(&name), (t.remove_it)(&name), (t.rename_it)(&name));
        let end = by_script(
            forms.remove,
            move |event| {
                let (password, code) = proof(event);
                end_passkey(id.to_string(), password, code)
            },
            move |(), _| {
                toasts.tell(told.clone(), Vec::new());
                // The button goes with the passkey.
                keep_focus();
                forms.factors.refetch();
            },
        );
        let rename = by_script(
            forms.name,
            move |event| name_passkey(id.to_string(), typed(event, "name")),
            move |(), _| {
                toasts.tell(t.renamed, Vec::new());
                forms.factors.refetch();
            },
        );
        view! {
            <li>
                <div>
                    <p><b dir="auto">{name.clone()}</b> {synced.then(|| format!(" · {}", t.synced))}</p>
                    <p class="when">{(t.made)(&calendar.within(made, today), &used)}</p>
                    <details>
                        <summary class="quiet">{t.rename}</summary>
                        <Form action=NamePasskey::PATH next=HERE on_submit=rename>
                            <input type="hidden" name="passkey" value=id.to_string() />
                            <input type="text" name="name" value=name aria-label=field autocomplete="off" maxlength="100" />
                            <button type="submit" class="button small">{t.rename}</button>
                        </Form>
                    </details>
                </div>
                <Form action=EndPasskey::PATH next=HERE on_submit=end>
                    <input type="hidden" name="passkey" value=id.to_string() />
                    <ConfirmPassword form=forms.remove />
                    <button type="submit" class="quiet" aria-label=label>{t.remove}</button>
                </Form>
            </li>
        }
    });
    view! {
        <FormMessage form=forms.remove />
        <FormMessage form=forms.name />
        <ul class="rows passkeys" aria-label=t.passkeys>{rows.collect_view()}</ul>
    }
    .into_any()
}

/// To add one. It takes scripts: the browser makes it.
#[component]
fn AddPasskey(forms: Forms) -> impl IntoView {
    let texts = use_texts();
    let (toasts, t) = (use_toasts(), &texts.factors);
    let (possible, said) = (RwSignal::new(None::<Result<(), NoPasskey>>), RwSignal::new(""));
    Effect::new(move |_| possible.set(Some(passkey::possible())));
    let call = move |event: &SubmitEvent| {
        let ((password, code), name) = (proof(event), typed(event, "name"));
        async move {
            let options = begin_passkey(password, code).await?;
            said.set(t.waiting);
            let made = passkey::make(&options).await;
            said.set("");
            match made {
                Ok(credential) => add_passkey(name, credential).await.map(|()| true),
                Err(error) => {
                    said.set(if error == NoPasskey::TooOld { t.too_old } else { t.cancelled });
                    Ok(false)
                }
            }
        }
    };
    let on_submit = by_script(forms.add, call, move |added, _| {
        if added {
            toasts.tell(t.added, Vec::new());
            forms.factors.refetch();
        }
    });
    let on_submit = StoredValue::new(on_submit);
    view! {
        <noscript><p class="when">{t.scripts}</p></noscript>
        {move || match possible.get() {
            Some(Ok(())) => view! {
                <FormMessage form=forms.add />
                <Form action=BeginPasskey::PATH next=HERE on_submit=move |event| on_submit.with_value(|submit| submit(event))>
                    <Field form=forms.add name="name" label=t.name hint=t.name_hint />
                    <ConfirmPassword form=forms.add />
                    <p class="actions">
                        <button type="submit" class="button secondary" aria-disabled=move || forms.add.pending().then_some("true")>
                            {move || if forms.add.pending() { t.adding } else { t.add }}
                        </button>
                    </p>
                </Form>
            }
                .into_any(),
            Some(Err(NoPasskey::Numbers)) => view! { <p class="when">{(t.by_name)(&passkey::by_name())}</p> }.into_any(),
            Some(Err(_)) => view! { <p class="when">{t.too_old}</p> }.into_any(),
            None => ().into_any(),
        }}
        <p class="when" aria-live="polite">{said}</p>
    }
}

#[component]
fn SetUp(forms: Forms) -> impl IntoView {
    let t = &use_texts().factors;
    let call = |event: &SubmitEvent| {
        let (password, code) = proof(event);
        begin_codes(password, code)
    };
    let on_submit = by_script(forms.begin, call, move |(), _| forms.factors.refetch());
    view! {
        <FormMessage form=forms.begin />
        <Form action=BeginCodes::PATH next=HERE on_submit>
            <ConfirmPassword form=forms.begin />
            <p class="actions"><button type="submit" class="button secondary">{t.set_up}</button></p>
        </Form>
    }
}

#[component]
fn Draft(forms: Forms, draft: CodesDraft) -> impl IntoView {
    let (toasts, t) = (use_toasts(), &use_texts().factors);
    let CodesDraft { key, url, picture } = draft;
    let on_submit = by_script(
        forms.confirm,
        |event| confirm_codes(typed(event, "code")),
        move |codes, _| {
            forms.new.set(Some(codes));
            toasts.tell(t.turned_on, Vec::new());
            forms.factors.refetch();
        },
    );
    // In fours, as people read it out.
    let key: String = key
        .chars()
        .enumerate()
        .flat_map(|(at, c)| (at > 0 && at % 4 == 0).then_some(' ').into_iter().chain([c]))
        .collect();
    let side = picture.side;
    view! {
        <p>{t.scan}</p>
        <svg class="qr" viewBox=format!("0 0 {side} {side}") role="img" aria-label=t.picture shape-rendering="crispEdges">
            <path d=picture.path />
        </svg>
        <p>{t.key} ": " <code class="key">{key}</code></p>
        <p><a href=url rel="external">{t.open_app}</a></p>
        <FormMessage form=forms.confirm />
        <Form action=ConfirmCodes::PATH next=HERE on_submit>
            <Field form=forms.confirm name="code" label=t.first_code autocomplete="one-time-code" />
            <p class="actions">
                <button type="submit" class="button" aria-disabled=move || forms.confirm.pending().then_some("true")>{t.turn_on}</button>
            </p>
        </Form>
    }
}

#[component]
fn CodesOn(forms: Forms) -> impl IntoView {
    let (toasts, t) = (use_toasts(), &use_texts().factors);
    let call = |event: &SubmitEvent| {
        let (password, code) = proof(event);
        end_codes(password, code)
    };
    let on_submit = by_script(forms.end, call, move |(), _| {
        toasts.tell(t.turned_off, Vec::new());
        keep_focus();
        forms.factors.refetch();
    });
    view! {
        <p>{t.on}</p>
        <FormMessage form=forms.end />
        <Form action=EndCodes::PATH next=HERE on_submit>
            <ConfirmPassword form=forms.end />
            <p class="actions"><button type="submit" class="button secondary">{t.turn_off}</button></p>
        </Form>
    }
}

#[component]
fn Backup(forms: Forms) -> impl IntoView {
    let t = &use_texts().factors;
    let call = |event: &SubmitEvent| {
        let (password, code) = proof(event);
        make_backup_codes(password, code)
    };
    let on_submit = by_script(forms.backup, call, move |codes, _| {
        forms.new.set(Some(codes));
        forms.factors.refetch();
    });
    view! {
        <FormMessage form=forms.backup />
        <Form action=MakeBackupCodes::PATH next=HERE on_submit>
            <ConfirmPassword form=forms.backup />
            <p class="actions"><button type="submit" class="button secondary">{t.make_backup}</button></p>
        </Form>
    }
}

#[component]
fn Drop(forms: Forms) -> impl IntoView {
    let (toasts, t) = (use_toasts(), &use_texts().factors);
    let call = |event: &SubmitEvent| {
        let (password, code) = proof(event);
        drop_password(password, code)
    };
    let on_submit = by_script(forms.drop, call, move |(), _| {
        toasts.tell(t.dropped, Vec::new());
        keep_focus();
        forms.factors.refetch();
    });
    view! {
        <section class="card stack">
            <h2>{t.drop}</h2>
            <p>{t.password_about}</p>
            <FormMessage form=forms.drop />
            <Form action=DropPassword::PATH next=HERE on_submit>
                <ConfirmPassword form=forms.drop />
                <p class="actions"><button type="submit" class="button danger">{t.drop}</button></p>
            </Form>
        </section>
    }
}
