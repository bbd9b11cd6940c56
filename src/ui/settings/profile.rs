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
        locale::use_texts,
        pages::{Failed, Loading, PageTitle},
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
    let (session, t) = (use_session(), use_texts());
    let zones = Resource::new_blocking(|| (), |()| list_time_zones());
    let (name, picture, zone) =
        (FormState::new(SetName::PATH), FormState::new(PICTURE_FORM), FormState::new(SetTimeZone::PATH));
    view! {
        <PageTitle title=t.settings.profile />
        <div class="settings">
            <h1>{t.settings.profile}</h1>
            <Sections />
            <section class="card">
                <Transition fallback=|| view! { <Loading words=t.profile.fetching /> }>
                    {move || Suspend::new(async move {
                        session.user().await.map(|profile| view! {
                            <PictureForms form=picture profile=profile.clone() />
                            <NameForm form=name profile />
                        })
                    })}
                </Transition>
            </section>
            <AddressCard />
            <section class="card">
                <Transition fallback=|| view! { <Loading words=t.profile.fetching_clock /> }>
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
    let (session, toasts, texts) = (use_session(), use_toasts(), use_texts());
    let t = &texts.profile;
    let has_picture = profile.image.is_some();
    let remove = move |_| {
        leptos::task::spawn_local(async move {
            match remove_picture().await {
                Ok(()) => {
                    toasts.tell(t.picture_removed, Vec::new());
                    session.changed();
                    // The button goes with the picture.
                    keep_focus();
                }
                Err(error) => toasts.warn((texts.errors.app)(&error), Vec::new()),
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
                        label=t.picture
                        accept="image/png,image/jpeg,image/webp,image/gif"
                        hint=t.picture_hint
                    />
                    <p class="actions"><button type="submit" class="button secondary">{t.use_picture}</button></p>
                </form>
                {has_picture.then(|| view! {
                    <Form action=RemovePicture::PATH next=HERE on_submit=remove>
                        <button type="submit" class="quiet">{t.remove_picture}</button>
                    </Form>
                })}
            </div>
        </div>
    }
}

/// The name.
#[component]
fn NameForm(form: FormState, profile: Profile) -> impl IntoView {
    let (session, toasts, t) = (use_session(), use_toasts(), use_texts());
    let on_submit = move |event: SubmitEvent| {
        let name = typed(&event, "name");
        leptos::task::spawn_local(async move {
            let answer = set_name(name).await;
            form.set_error(answer.as_ref().err().cloned());
            if answer.is_ok() {
                toasts.tell(t.common.saved, Vec::new());
                session.changed();
            }
        });
    };
    view! {
        <FormMessage form />
        <Form action=SetName::PATH next=HERE on_submit class="name">
            <Field form name="name" label=t.common.name autocomplete="name" value=profile.name hint=t.common.name_hint />
            <p class="actions"><button type="submit" class="button">{t.profile.save_name}</button></p>
        </Form>
    }
}

/// The time zone.
#[component]
fn ZoneForm(form: FormState, answer: TimeZones, refetch: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let (toasts, t) = (use_toasts(), use_texts());
    let TimeZones { all, chosen, now } = answer;
    let options = all.into_iter().map(|zone| (zone.clone(), zone.replace('_', " "))).collect();
    let on_submit = move |event: SubmitEvent| {
        let zone = typed(&event, "time_zone");
        leptos::task::spawn_local(async move {
            match set_time_zone(zone).await {
                Ok(()) => {
                    form.set_error(None);
                    toasts.tell(t.common.saved, Vec::new());
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
                label=t.profile.zone
                options
                value=chosen
                hint=t.profile.zone_hint
            />
            <p class="clock">{(t.profile.clock)(now.time, now.day)}</p>
            <p class="actions"><button type="submit" class="button">{t.common.save}</button></p>
        </Form>
    }
}
