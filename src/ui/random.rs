//! Ids that the browser makes.

use leptos::prelude::*;

use crate::domain::id::ChangeId;

/// The id of a new change: UUID version 7. Only in event handlers: the server and the browser would disagree on it.
pub fn new_change() -> ChangeId {
    let mut random = [0; 10];
    // Not `randomUUID`, which browsers have on https and localhost only.
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut random);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970 fit")]
    let now = js_sys::Date::now() as u64;
    ChangeId(uuid::Builder::from_unix_timestamp_millis(now, &random).into_uuid())
}

/// The time zone that the browser is in, such as `Europe/Berlin`; blank where it doesn't say.
pub fn time_zone() -> String {
    let zone = || {
        let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
        js_sys::Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?.as_string()
    };
    zone().unwrap_or_default()
}
