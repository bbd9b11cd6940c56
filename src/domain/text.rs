//! What every text that people write has in common.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text was refused. The message is shown at the field.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("This can't be empty.")]
    Blank,
    /// More characters than fit.
    #[error("This is {length} characters long; {limit} fit.")]
    TooLong {
        /// How many characters there are.
        length: usize,
        /// How many fit.
        limit: usize,
    },
    /// PostgreSQL can't store U+0000 in text.
    #[error("This contains the character U+0000, which can't be stored. Remove it and try again.")]
    Nul,
}

/// In small letters.
#[cfg(not(target_family = "wasm"))]
pub fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// In small letters. The browser has the tables for that; ours would be 12 KB.
#[cfg(target_family = "wasm")]
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// In capitals.
#[cfg(not(target_family = "wasm"))]
pub fn upper(text: &str) -> String {
    text.to_uppercase()
}

/// In capitals, by the browser.
#[cfg(target_family = "wasm")]
pub fn upper(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// Trims `text` and checks it; the rest stays byte for byte. An empty result is allowed.
///
/// `limit` counts characters (Unicode scalar values), as PostgreSQL's `varchar(n)` does.
pub(super) fn at_most(text: &str, limit: usize) -> Result<&str, TextError> {
    let text = text.trim();
    if text.contains('\0') {
        return Err(TextError::Nul);
    }
    match text.chars().count() {
        length if length > limit => Err(TextError::TooLong { length, limit }),
        _ => Ok(text),
    }
}

/// As [`at_most`], and refuses a text of blanks.
pub(super) fn some_at_most(text: &str, limit: usize) -> Result<&str, TextError> {
    match at_most(text, limit)? {
        "" => Err(TextError::Blank),
        text => Ok(text),
    }
}
