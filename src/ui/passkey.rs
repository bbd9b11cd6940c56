//! Passkeys in the browser: asks it to make one, or to sign with one (WebAuthn). Docket's server says what is to be signed, and looks at
//! what comes back.

use std::{cell::RefCell, time::Duration};

use js_sys::{Function, JSON, Promise, Reflect, futures::JsFuture};
use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::AbortController,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{locale::use_texts, session::use_session};
use crate::{
    error::AppError,
    fns::factors::{get_challenge, log_in_with_passkey},
};

/// Why there is no passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPasskey {
    /// This page is reached by an address in numbers, for which browsers make none.
    Numbers,
    /// The browser doesn't know them.
    TooOld,
    /// The person, or the device, wouldn't.
    Cancelled,
}

/// How long after a page is there the browser is asked to offer passkeys. The page comes first, and what this takes is in the later half
/// of the program, which on a slow line needs a while (`src/start.js`).
const OFFER: Duration = Duration::from_secs(4);

thread_local! {
    /// What takes back that passkeys are offered: a browser does one thing of the kind at a time.
    static OFFERED: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

fn withdraw() {
    if let Some(offered) = OFFERED.take() {
        offered.abort();
    }
}

fn part(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|part| !part.is_undefined() && !part.is_null())
}

fn call(of: &JsValue, name: &str, with: &JsValue) -> Option<JsValue> {
    part(of, name)?.dyn_into::<Function>().ok()?.call1(of, with).ok()
}

/// Whether this page may have passkeys.
pub fn possible() -> Result<(), NoPasskey> {
    let host = window().location().hostname().unwrap_or_default();
    if host.starts_with('[') || host.split('.').all(|part| part.parse::<u8>().is_ok()) {
        return Err(NoPasskey::Numbers);
    }
    let kind = part(&window(), "PublicKeyCredential");
    let knows = kind.is_some_and(|kind| part(&kind, "parseRequestOptionsFromJSON").is_some());
    if knows { Ok(()) } else { Err(NoPasskey::TooOld) }
}

/// The same page under the computer's name, for who reaches it by an address in numbers of this very computer.
pub fn by_name() -> String {
    let location = window().location();
    let port = location.port().unwrap_or_default();
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    format!("http://localhost{port}")
}

/// Has the browser do `what` (`create`, `get`) with these options, as JSON; gives what it answers, as JSON. `offered`: the browser offers
/// passkeys where the address is typed, and answers when one is chosen.
async fn ask(what: &str, parse: &str, options: &str, offered: bool) -> Result<String, NoPasskey> {
    possible()?;
    withdraw();
    let asked = || {
        let kind = part(&window(), "PublicKeyCredential")?;
        let options = call(&kind, parse, &JSON::parse(options).ok()?)?;
        let request = js_sys::Object::new();
        Reflect::set(&request, &"publicKey".into(), &options).ok()?;
        if offered {
            let controller = AbortController::new().ok()?;
            Reflect::set(&request, &"mediation".into(), &"conditional".into()).ok()?;
            Reflect::set(&request, &"signal".into(), &controller.signal()).ok()?;
            OFFERED.set(Some(controller));
        }
        let credentials = part(&part(&window(), "navigator")?, "credentials")?;
        call(&credentials, what, &request)?.dyn_into::<Promise>().ok()
    };
    let promise = asked().ok_or(NoPasskey::TooOld)?;
    let credential = JsFuture::from(promise).await.map_err(|_| NoPasskey::Cancelled)?;
    let answer = call(&credential, "toJSON", &JsValue::UNDEFINED).ok_or(NoPasskey::TooOld)?;
    JSON::stringify(&answer).map(String::from).map_err(|_| NoPasskey::TooOld)
}

/// Has a device make a passkey (`PublicKeyCredentialCreationOptionsJSON`).
pub async fn make(options: &str) -> Result<String, NoPasskey> {
    ask("create", "parseCreationOptionsFromJSON", options, false).await
}

/// Has a passkey sign (`PublicKeyCredentialRequestOptionsJSON`), one that is chosen where the address is typed if it is `offered`.
async fn sign(options: &str, offered: bool) -> Result<String, NoPasskey> {
    ask("get", "parseRequestOptionsFromJSON", options, offered).await
}

/// Whether this browser can offer passkeys where the address is typed.
async fn can_offer() -> bool {
    let asked = || {
        let kind = part(&window(), "PublicKeyCredential")?;
        call(&kind, "isConditionalMediationAvailable", &JsValue::UNDEFINED)?.dyn_into::<Promise>().ok()
    };
    match asked() {
        Some(promise) => JsFuture::from(promise).await.is_ok_and(|can| can.is_truthy()),
        None => false,
    }
}

/// The button that logs in with a passkey, and a word for who can't have one.
#[component]
pub fn PasskeyLogin(
    /// Where to go then.
    next: String,
) -> impl IntoView {
    let (texts, session, navigate) = (use_texts(), use_session(), use_navigate());
    let t = &texts.factors;
    let (waiting, said) = (RwSignal::new(false), RwSignal::new(String::new()));
    let (way, goal) = (navigate.clone(), next.clone());
    Effect::new(move |_| {
        let (way, goal) = (way.clone(), goal.clone());
        let offer = move || {
            leptos::task::spawn_local(async move {
                let busy = || waiting.try_get_untracked() != Some(false);
                if possible().is_err() || busy() || !can_offer().await || busy() {
                    return;
                }
                let Ok(options) = get_challenge().await else { return };
                if busy() {
                    return;
                }
                let Ok(credential) = sign(&options, true).await else { return };
                match log_in_with_passkey(credential).await {
                    Ok(_) => {
                        session.changed();
                        way(&goal, NavigateOptions { replace: true, ..Default::default() });
                    }
                    Err(error) => drop(said.try_set((texts.errors.app)(&error))),
                }
            });
        };
        set_timeout(offer, OFFER);
    });
    on_cleanup(withdraw);
    let log_in = move |_| {
        if waiting.get_untracked() {
            return;
        }
        if let Err(reason) = possible() {
            said.set(if reason == NoPasskey::Numbers { (t.by_name)(&by_name()) } else { t.too_old.to_owned() });
            return;
        }
        waiting.set(true);
        said.set(t.waiting.to_owned());
        let (navigate, next) = (navigate.clone(), next.clone());
        leptos::task::spawn_local(async move {
            let options = get_challenge().await;
            let done: Result<(), String> = match options {
                Ok(options) => match sign(&options, false).await {
                    Ok(credential) => match log_in_with_passkey(credential).await {
                        Ok(_) => Ok(()),
                        Err(error) => Err((texts.errors.app)(&error)),
                    },
                    Err(NoPasskey::TooOld) => Err(t.too_old.to_owned()),
                    Err(_) => Err(t.cancelled.to_owned()),
                },
                Err(AppError::NotFound) => Err(t.too_old.to_owned()),
                Err(error) => Err((texts.errors.app)(&error)),
            };
            waiting.set(false);
            match done {
                Ok(()) => {
                    session.changed();
                    navigate(&next, NavigateOptions { replace: true, ..Default::default() });
                }
                Err(message) => said.set(message),
            }
        });
    };
    view! {
        <div class="passkey-login">
            <noscript><p class="when">{t.scripts}</p></noscript>
            // There from the beginning, so that nothing jumps; why it can't be is said to who presses it.
            <button type="button" class="button secondary wide" on:click=log_in aria-disabled=move || waiting.get().then_some("true")>
                {t.log_in}
            </button>
            <p class="when" aria-live="polite">{said}</p>
        </div>
    }
}
