//! `/settings/appearance`: colours, contrast, language and keys, for guests, too. Without scripts by the button, with them at once.

use leptos::{ev::Event, prelude::*, server_fn::ServerFn};

use super::Sections;
use crate::{
    domain::{
        language::Language,
        preferences::{Contrast, Preferences, Theme},
    },
    fns::preferences::{SetPreferences, set_preferences},
    ui::{
        form::{Form, Refusal, typed},
        locale::{Locale, use_locale, use_texts},
        pages::PageTitle,
        session::use_session,
        toast::use_toasts,
    },
};

/// Where the form without scripts leads.
const HERE: &str = "/settings/appearance";

/// The page.
#[component]
pub fn AppearancePage() -> impl IntoView {
    let (t, common) = (&use_texts().appearance, &use_texts().common);
    let session = use_session();
    let locale = use_locale();
    let save = save(locale);
    let chosen = locale.preferences.get_untracked();
    let themes = Theme::ALL.map(|theme| (theme.as_str(), (t.theme_name)(theme), ""));
    let contrasts = Contrast::ALL.map(|contrast| (contrast.as_str(), (t.contrast_name)(contrast), ""));
    let languages = Language::ALL.map(|language| (language.tag(), language.own_name(), language.tag()));
    let languages = std::iter::once(("auto", t.language_auto, "")).chain(languages).collect();
    let keys = vec![("on", t.keys_on, ""), ("off", t.keys_off, "")];
    let (on_submit, on_change) = (save.clone(), move |event: Event| save(&event));
    view! {
        <PageTitle title=t.title />
        <div class="settings">
            <h1>{t.title}</h1>
            <Suspense>
                {move || Suspend::new(async move { session.user().await.map(|_| view! { <Sections /> }) })}
            </Suspense>
            <section class="card">
                <p>{t.lead}</p>
                <Refusal actions=&[SetPreferences::PATH] />
                <Form action=SetPreferences::PATH next=HERE on_submit=move |event| on_submit(&event) class="appearance" on:change=on_change>
                    <Radios name="theme" label=t.theme options=themes.into() value=chosen.theme.as_str() />
                    <Radios name="contrast" label=t.contrast options=contrasts.into() value=chosen.contrast.as_str() />
                    <Radios name="language" label=t.language options=languages value=chosen.language_tag() />
                    <Radios name="keys" label=t.keys options=keys value=chosen.keys() hint=t.keys_hint />
                    <p class="actions"><button type="submit" class="button apply">{common.save}</button></p>
                </Form>
            </section>
        </div>
    }
}

/// Shows what is chosen, and has the server keep it.
fn save(locale: Locale) -> impl Fn(&Event) + Clone {
    let (texts, toasts) = (use_texts(), use_toasts());
    move |event: &Event| {
        let values = ["theme", "contrast", "language", "keys"].map(|name| typed(event, name));
        let [theme, contrast, language, keys] = values;
        let chosen = Preferences::of(&theme, &contrast, &language, &keys);
        let before = locale.preferences.get_untracked();
        locale.preferences.set(chosen);
        show(chosen);
        leptos::task::spawn_local(async move {
            match set_preferences(theme, contrast, language, keys).await {
                // In another language it is another document.
                Ok(()) if chosen.language != before.language => drop(window().location().reload()),
                Ok(()) => drop(toasts.tell(texts.common.saved, Vec::new())),
                Err(error) => toasts.warn((texts.errors.app)(&error), Vec::new()),
            }
        });
    }
}

/// Changes the document that is there as the server would render the next one.
fn show(chosen: Preferences) {
    let set = |selector: &str, name: &str, value: Option<&str>| {
        if let Ok(Some(element)) = document().query_selector(selector) {
            let _ = match value {
                Some(value) => element.set_attribute(name, value),
                None => element.remove_attribute(name),
            };
        }
    };
    let Preferences { theme, contrast, .. } = chosen;
    set("html", "data-theme", theme.attribute());
    set("html", "data-contrast", contrast.attribute());
    set("html", "data-keys", chosen.keys_attribute());
    set("meta[name=color-scheme]", "content", Some(theme.scheme()));
    set("#theme-color-light", "media", Some(theme.media(false)));
    set("#theme-color-dark", "media", Some(theme.media(true)));
}

/// One of several: value, name, and the language of the name where it isn't that of the page.
#[component]
fn Radios(
    name: &'static str,
    label: &'static str,
    options: Vec<(&'static str, &'static str, &'static str)>,
    value: &'static str,
    #[prop(optional)] hint: Option<&'static str>,
) -> impl IntoView {
    let hint_id = hint.map(|_| format!("appearance-{name}-hint"));
    let described = hint_id.clone();
    let options = options.into_iter().map(|(option, label, lang)| {
        let lang = (!lang.is_empty()).then_some(lang);
        view! {
            <label>
                <input type="radio" name=name value=option checked=option == value autocomplete="off" />
                <span lang=lang>{label}</span>
            </label>
        }
    });
    view! {
        <fieldset class="field choices" aria-describedby=described>
            <legend>{label}</legend>
            {options.collect_view()}
            {hint.map(|hint| view! { <p class="field-hint" id=hint_id>{hint}</p> })}
        </fieldset>
    }
}
