//! How the page is shown: the language, and what else somebody has chosen. The server knows it from the request and tells the browser,
//! so both render the same.

use leptos::prelude::*;

use crate::{
    domain::{
        preferences::{Appearance, Preferences},
        quick::Tongue,
    },
    texts::{Language, Texts},
};

/// The language and the choices of the application.
#[derive(Clone, Copy)]
pub struct Locale {
    /// The language of this document. Another one is another document.
    pub language: Language,
    /// In which what people type is read.
    pub tongue: Tongue,
    /// What was chosen last.
    pub preferences: RwSignal<Preferences>,
}

impl Locale {
    /// Takes them from the request, in the browser from what the server wrote.
    pub fn provide() -> Self {
        let shown = SharedValue::new(|| use_context::<Appearance>().unwrap_or_default().to_string()).into_inner();
        let Appearance { preferences, language, order } = Appearance::parse(&shown);
        let tongue = Tongue::of(language, order);
        let locale = Self { language, tongue, preferences: RwSignal::new(preferences) };
        provide_context(locale);
        locale
    }
}

/// The language and the choices of the application that this component is part of.
pub fn use_locale() -> Locale {
    use_context().unwrap_or_else(Locale::provide)
}

/// The texts in the language of the page. Take them in the body of a component; from there they go anywhere (`Copy`).
pub fn use_texts() -> &'static Texts {
    use_context::<Locale>().map_or(Language::En, |locale| locale.language).texts()
}
