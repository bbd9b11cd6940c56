//! The cookie that keeps how a browser wants to see Docket.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use super::request;
use crate::{
    domain::{
        language::Language,
        preferences::{Appearance, Preferences},
        quick::DateOrder,
    },
    error::AppError,
};

/// The name where people reach Docket by https: no other host can set it (RFC 6265bis, section 4.1.3.2).
const HTTPS_NAME: &str = "__Host-docket-preferences";

/// The name elsewhere.
const NAME: &str = "docket-preferences";

/// How long the browser keeps it, in seconds: a year.
const KEPT: u32 = 365 * 24 * 60 * 60;

/// How to show a page to who asks with these headers: as the cookie says, and in the language that it or else the browser asks for.
pub fn appearance(headers: &HeaderMap, https: bool) -> Appearance {
    let name = if https { HTTPS_NAME } else { NAME };
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut cookies = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    let preferences = cookies.find(|(own, _)| *own == name).map(|(_, value)| Preferences::parse(value));
    let preferences = preferences.unwrap_or_default();
    let asked = || headers.get(header::ACCEPT_LANGUAGE).and_then(|asked| asked.to_str().ok()).unwrap_or_default();
    let language = preferences.language.unwrap_or_else(|| Language::accepted(asked()));
    Appearance { preferences, language, order: DateOrder::accepted(asked()) }
}

/// Sends the cookie with the answer to this request.
pub fn keep(preferences: Preferences) -> Result<(), AppError> {
    let https = request::state()?.config.is_https();
    let (name, secure) = if https { (HTTPS_NAME, "; Secure") } else { (NAME, "") };
    let cookie = format!("{name}={preferences}; Path=/; Max-Age={KEPT}; HttpOnly; SameSite=Lax{secure}");
    let cookie = HeaderValue::try_from(cookie).map_err(|_| AppError::Internal)?;
    expect_context::<ResponseOptions>().append_header(header::SET_COOKIE, cookie);
    Ok(())
}
