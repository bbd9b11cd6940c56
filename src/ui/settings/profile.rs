//! The page `/settings/profile`: what a person is called, how they look, and by which clock they live.

use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_router::components::Redirect;

use super::{Sections, address::AddressCard};
use crate::{
    domain::{
        account::{Profile, TimeZones},
        path::login_path,
    },
    error::AppError,
    fns::{
        account::{SetTimeZone, list_time_zones, set_time_zone},
        profile::{RemovePicture, SetName, remove_picture, set_name},
    },
    ui::{
        form::{Field, FileField, Form, FormMessage, FormState, PICTURE_FORM, Refusal, SelectField, keep_focus, typed},
        pages::{Failed, PageTitle},
        portrait::Portrait,
        session::use_session,
        toast::use_toasts,
    },
};

/// Where the forms without scripts lead.
const HERE: &str = "/settings/profile";

/// The page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let session = use_session();
    let zones = Resource::new_blocking(|| (), |()| list_time_zones());
    let (name, picture, zone) =
        (FormState::new(SetName::PATH), FormState::new(PICTURE_FORM), FormState::new(SetTimeZone::PATH));
    view! {
        <PageTitle title="Profile" />
        <div class="settings">
            <h1>"Profile"</h1>
            <Sections />
            <AddressCard />
            <section class="card">
                <Transition fallback=|| view! { <p class="loading">"Fetching your profile…"</p> }>
                    {move || Suspend::new(async move {
                        session.user().await.map(|profile| view! {
                            <PictureForms form=picture profile=profile.clone() />
                            <NameForm form=name profile />
                        })
                    })}
                </Transition>
            </section>
            <section class="card">
                <Transition fallback=|| view! { <p class="loading">"Fetching your clock…"</p> }>
                    {move || Suspend::new(async move {
                        match zones.await {
                            Ok(answer) => view! { <ZoneForm form=zone answer refetch=move || zones.refetch() /> }.into_any(),
                            Err(AppError::NotLoggedIn) => view! { <Redirect path=login_path(HERE) /> }.into_any(),
                            Err(error) => view! { <Failed error /> }.into_any(),
                        }
                    })}
                </Transition>
            </section>
        </div>
    }
}

/// The picture: to choose another one, and to do without.
#[component]
fn PictureForms(form: FormState, profile: Profile) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let has_picture = profile.image.is_some();
    let remove = move |_| {
        leptos::task::spawn_local(async move {
            match remove_picture().await {
                Ok(()) => {
                    toasts.tell("Your picture is removed.", Vec::new());
                    session.changed();
                    // The button goes with the picture.
                    keep_focus();
                }
                Err(error) => toasts.warn(error.to_string(), Vec::new()),
            }
        });
    };
    view! {
        <FormMessage form />
        <Refusal actions=&[RemovePicture::PATH] />
        <div class="picture">
            <Portrait profile large=true />
            <div>
                // With scripts, too, the browser sends it: it knows best how to send files.
                <form method="post" enctype="multipart/form-data" action=HERE novalidate>
                    <FileField
                        form
                        name="picture"
                        label="Picture"
                        accept="image/png,image/jpeg,image/webp,image/gif"
                        hint="PNG, JPEG, WebP or GIF, up to 4 MB. The middle is shown; where it was taken is not kept."
                    />
                    <p class="actions"><button type="submit" class="button secondary">"Use this picture"</button></p>
                </form>
                {has_picture.then(|| view! {
                    <Form action=RemovePicture::PATH next=HERE on_submit=remove>
                        <button type="submit" class="quiet">"Remove the picture"</button>
                    </Form>
                })}
            </div>
        </div>
    }
}

/// The name.
#[component]
fn NameForm(form: FormState, profile: Profile) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let on_submit = move |event: SubmitEvent| {
        let name = typed(&event, "name");
        leptos::task::spawn_local(async move {
            let answer = set_name(name).await;
            form.set_error(answer.as_ref().err().cloned());
            if answer.is_ok() {
                toasts.tell("Saved.", Vec::new());
                session.changed();
            }
        });
    };
    view! {
        <FormMessage form />
        <Form action=SetName::PATH next=HERE on_submit class="name">
            <Field form name="name" label="Name" autocomplete="name" value=profile.name hint="What Docket calls you." />
            <p class="actions"><button type="submit" class="button">"Save the name"</button></p>
        </Form>
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
        <Form action=SetTimeZone::PATH next=HERE on_submit>
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
