//! `/settings/data`: to take along what Docket keeps, and to have it forgotten.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

use super::Sections;
use crate::{
    fns::data::{EraseAccount, erase_account},
    ui::{
        form::{Field, Form, FormMessage, FormState, typed},
        pages::{ERASED, PageTitle},
    },
};

/// The page.
#[component]
pub fn DataPage() -> impl IntoView {
    let form = FormState::new(EraseAccount::PATH);
    view! {
        <PageTitle title="Your data" />
        <div class="settings">
            <h1>"Your data"</h1>
            <Sections />
            <section class="card">
                <h2>"Take it along"</h2>
                <p>
                    "Everything that Docket keeps of you, in one file (JSON): your account and picture, your tasks with those in the
                    trash, their history, and where you are logged in. Or your tasks alone, as a table for a spreadsheet (CSV)."
                </p>
                <p class="actions">
                    // Files, not pages: the browser is to fetch them.
                    <a href="/settings/data/export.json" rel="external" class="button">"Download everything"</a>
                    <a href="/settings/data/tasks.csv" rel="external" class="button secondary">"Download your tasks"</a>
                </p>
            </section>
            <section class="card">
                <h2>"Erase your account"</h2>
                <p>
                    "Your account, your picture and all your tasks are deleted at once and for good, and you are logged out
                    everywhere. What stays is that something happened, and when: without your name, your words or where you were.
                    Nobody can bring it back, except from a backup that whoever runs this Docket made before."
                </p>
                <Erase form />
            </section>
        </div>
    }
}

/// To erase the account, in two steps.
#[component]
fn Erase(form: FormState) -> impl IntoView {
    let on_submit = move |event: SubmitEvent| {
        if form.pending() {
            return;
        }
        let answer = erase_account(typed(&event, "confirm_password"));
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
            <summary class="button secondary">"Erase my account…"</summary>
            <FormMessage form />
            <Form action=EraseAccount::PATH next=ERASED on_submit>
                <Field
                    form
                    name="confirm_password"
                    label="Your password"
                    kind="password"
                    autocomplete="current-password"
                    hint="So that nobody else does this on your device."
                />
                <p class="actions">
                    <button type="submit" class="button danger" aria-disabled=move || form.pending().then_some("true")>
                        {move || if form.pending() { "Erasing it…" } else { "Erase everything for good" }}
                    </button>
                </p>
            </Form>
        </details>
    }
}
