//! `/settings/data`: to take along what Docket keeps, and to have it forgotten.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

use super::Sections;
use crate::{
    fns::data::{EraseAccount, erase_account},
    ui::{
        form::{Field, Form, FormMessage, FormState, typed},
        locale::use_texts,
        pages::{ERASED, PageTitle},
    },
};

/// The page.
#[component]
pub fn DataPage() -> impl IntoView {
    let form = FormState::new(EraseAccount::PATH);
    let t = &use_texts().data;
    view! {
        <PageTitle title=t.title />
        <div class="settings">
            <h1>{t.title}</h1>
            <Sections />
            <section class="card">
                <h2>{t.take}</h2>
                <p>{t.take_text}</p>
                <p class="actions">
                    // Files, not pages: the browser is to fetch them.
                    <a href="/settings/data/export.json" rel="external" class="button">{t.everything}</a>
                    <a href="/settings/data/tasks.csv" rel="external" class="button secondary">{t.tasks}</a>
                </p>
            </section>
            <section class="card">
                <h2>{t.erase}</h2>
                <p>{t.erase_text}</p>
                <Erase form />
            </section>
        </div>
    }
}

/// To erase the account, in two steps.
#[component]
fn Erase(form: FormState) -> impl IntoView {
    let (t, common) = (&use_texts().data, &use_texts().common);
    let on_submit = move |event: SubmitEvent| {
        if form.pending() {
            return;
        }
        let answer = erase_account(typed(&event, "confirm_password"), typed(&event, "confirm_code"));
        form.set_error(None);
        form.set_pending(true);
        leptos::task::spawn_local(async move {
            match answer.await {
                // What this page holds of the person goes with it: the next one is a new document.
                Ok(()) => drop(window().location().replace(ERASED)),
                Err(error) => {
                    form.set_pending(false);
                    form.set_error(Some(error));
                }
            }
        });
    };
    // Refused without scripts: it was open.
    let open = untrack(|| form.is_refused());
    view! {
        <details class="erase" open=open>
            <summary class="button secondary">{t.erase_mine}</summary>
            <FormMessage form />
            <Form action=EraseAccount::PATH next=ERASED on_submit>
                <Field
                    form
                    name="confirm_password"
                    label=common.your_password
                    kind="password"
                    autocomplete="current-password"
                    hint=t.erase_hint
                />
                {move || form.message("confirm_code").is_some().then(|| view! {
                    <Field form name="confirm_code" label=use_texts().factors.code autocomplete="one-time-code" />
                })}
                <p class="actions">
                    <button type="submit" class="button danger" aria-disabled=move || form.pending().then_some("true")>
                        {move || if form.pending() { t.erasing } else { t.erase_for_good }}
                    </button>
                </p>
            </Form>
        </details>
    }
}
