//! Where to go next: paths that stay on this site.

/// `path`, if it stays on this site: `//host` and `/\host` lead elsewhere, and a browser drops tabs and line breaks
/// before it looks (WHATWG URL).
pub fn local_path(path: &str) -> Option<&str> {
    let mut rest = path.strip_prefix('/')?.chars();
    let elsewhere = matches!(rest.next(), Some('/' | '\\')) || path.chars().any(char::is_control);
    (!elsewhere && path.is_ascii()).then_some(path)
}

/// Where the second step of a login is asked for.
pub const SECOND_STEP: &str = "/login/second";

/// Where to log in, coming back to `path` afterwards.
pub fn login_path(path: &str) -> String {
    with_next("/login", path)
}

/// `page` with `path` as the page after it.
pub fn with_next(page: &str, path: &str) -> String {
    with(page, "next", path)
}

/// `url` with one more value in its query.
pub fn with(url: &str, name: &str, value: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    let pair = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{url}{separator}{pair}")
}

/// A value in a query.
pub fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
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
    fn a_value_joins_what_is_there() {
        assert_eq!(with("/tasks?q=a", "done", "b c"), "/tasks?q=a&done=b+c");
    }

    #[test]
    fn the_way_back_survives_the_query_string() {
        assert_eq!(login_path("/tasks?edit=1&x=ü"), "/login?next=%2Ftasks%3Fedit%3D1%26x%3D%C3%BC");
    }
}
