//! The page `/settings/profile`: by which clock a person lives.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::components::Redirect;

use super::{Sections, address::AddressCard};
use crate::{
    domain::{account::TimeZones, path::login_path},
    error::AppError,
    fns::account::{SetTimeZone, list_time_zones, set_time_zone},
    ui::{
        form::{Form, FormMessage, FormState, SelectField, typed},
        pages::{Failed, PageTitle},
        toast::use_toasts,
    },
};

/// The page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let zones = Resource::new_blocking(|| (), |()| list_time_zones());
    let form = FormState::new(SetTimeZone::PATH);
    view! {
        <PageTitle title="Profile" />
        <div class="settings">
            <h1>"Profile"</h1>
            <Sections />
            <AddressCard />
            <section class="card">
            <Transition fallback=|| view! { <p class="loading">"Fetching your profile…"</p> }>
                {move || Suspend::new(async move {
                    match zones.await {
                        Ok(answer) => view! { <ZoneForm form answer refetch=move || zones.refetch() /> }.into_any(),
                        Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path("/settings/profile") /> }.into_any(),
                        Err(error) => view! { <Failed error /> }.into_any(),
                    }
                })}
            </Transition>
            </section>
        </div>
    }
}

/// The time zone.
#[component]
fn ZoneForm(form: FormState, answer: TimeZones, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let toasts = use_toasts();
    let TimeZones { all, chosen, now } = answer;
    let options = all.into_iter().map(|zone| (zone.clone(), zone.replace('_', " "))).collect();
    let on_submit = move |event: SubmitEvent| {
        let zone = typed(&event, "time_zone");
        leptos::task::spawn_local(async move {
            match set_time_zone(zone).await {
                Ok(()) => {
                    form.set_error(None);
                    toasts.tell("Saved.", Vec::new());
                    refetch();
                }
                Err(error) => form.set_error(Some(error)),
            }
        });
    };
    view! {
        <FormMessage form />
        <Form action=SetTimeZone::PATH next="/settings/profile" on_submit>
            <SelectField
                form
                name="time_zone"
                label="Time zone"
                options
                value=chosen
                hint="It says which day is today. Due dates stay what they are."
            />
            <p class="clock">{format!("Your clock shows {}, {}.", now.time, now.day.heading())}</p>
            <p class="actions"><button type="submit" class="button">"Save"</button></p>
        </Form>
    }
}
