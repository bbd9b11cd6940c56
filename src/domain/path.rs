//! Where to go next: paths that stay on this site.

use std::fmt::Write;

/// `path`, if it stays on this site: `//host` and `/\host` lead elsewhere, and a browser drops tabs and line breaks
/// before it looks (WHATWG URL).
pub fn local_path(path: &str) -> Option<&str> {
    let mut rest = path.strip_prefix('/')?.chars();
    let elsewhere = matches!(rest.next(), Some('/' | '\\')) || path.chars().any(char::is_control);
    (!elsewhere && path.is_ascii()).then_some(path)
}

/// Where to log in, coming back to `path` afterwards.
pub fn login_path(path: &str) -> String {
    with_next("/login", path)
}

/// `page` with `path` as the page after it.
pub fn with_next(page: &str, path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().fold(format!("{page}?next="), |mut url, byte| {
        if plain(byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_stays_on_this_site() {
        for path in ["/", "/tasks?edit=1#x", "/a//b"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in [
            "",
            "tasks",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/\n/evil",
            "javascript:alert(1)",
        ] {
            assert_eq!(local_path(path), None, "{path:?}");
        }
    }

    #[test]
    fn the_way_back_survives_the_query_string() {
        assert_eq!(login_path("/tasks?edit=1&x=ü"), "/login?next=/tasks%3Fedit%3D1%26x%3D%C3%BC");
    }
}
