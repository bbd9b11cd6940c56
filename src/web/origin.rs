//! Which site a request comes from, as far as a browser says so.

use axum::http::{HeaderMap, header};
use url::Url;

/// Whether a request with these headers comes from a page of Docket's own, or from no page at all.
pub fn is_own(headers: &HeaderMap, public: Option<&Url>) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    // What the browser itself found out, whatever proxies do to Host. No script can set it.
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    // "null" is no URL, and an opaque origin is nobody's.
    let Ok(origin) = Url::parse(origin) else { return false };
    if let Some(public) = public {
        return public.origin() == origin.origin();
    }
    // Without a public URL people reach Docket by http, under the name that the browser gives as Host.
    let host = text(header::HOST).and_then(|host| Url::parse(&format!("http://{host}")).ok());
    host.is_some_and(|host| host.origin() == origin.origin())
}

/// Whether a request with these headers follows a link on a page of Docket's own. Stricter than [`is_own`]: a browser says so, or it isn't.
pub fn is_from_own_page(headers: &HeaderMap, public: Option<&Url>) -> bool {
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    // Where it is reached by http, a browser tells less. Docket's pages send this one to Docket itself.
    let Some(page) = text(header::REFERER).and_then(|page| Url::parse(page).ok()) else { return false };
    let host = || text(header::HOST).and_then(|host| Url::parse(&format!("http://{host}")).ok());
    public.cloned().or_else(host).is_some_and(|own| own.origin() == page.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Option<&str> = Some("https://todo.example.org");

    fn own(public: Option<&str>, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_own(&headers, public.map(|url| Url::parse(url).unwrap()).as_ref())
    }

    #[test]
    fn the_own_origin_passes() {
        assert!(own(None, &[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3000")]));
        assert!(own(None, &[("host", "docket.lan:80"), ("origin", "http://docket.lan")]));
        assert!(own(PUBLIC, &[("host", "inner:80"), ("origin", "https://todo.example.org")]));
        assert!(own(PUBLIC, &[("host", "inner:80"), ("origin", "https://todo.example.org:443")]));
        assert!(own(None, &[("host", "inner"), ("origin", "https://outer"), ("sec-fetch-site", "same-origin")]));
        assert!(own(None, &[("host", "127.0.0.1:3000")]));
    }

    #[test]
    fn a_link_on_an_own_page_is_known_by_what_the_browser_says() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            is_from_own_page(&headers, None)
        };
        let host = ("host", "docket.lan");
        assert!(from(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(from(&[host, ("referer", "http://docket.lan/settings/security")]));
        for other in [
            ("sec-fetch-site", "none"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("referer", "http://evil.example/http://docket.lan/"),
            ("referer", "https://docket.lan/"),
            ("accept", "text/html"),
        ] {
            assert!(!from(&[host, other]), "{other:?}");
        }
        assert!(!from(&[host, ("referer", "http://docket.lan/"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn every_other_one_is_refused() {
        let host = ("host", "127.0.0.1:3000");
        for origin in
            ["http://evil.example", "null", "http://127.0.0.1:3001", "http://127.0.0.1", "https://127.0.0.1:3000", ""]
        {
            assert!(!own(None, &[host, ("origin", origin)]), "{origin}");
        }
        for origin in
            ["http://todo.example.org", "https://todo.example.org:444", "https://todo.example.org.evil.example"]
        {
            assert!(!own(PUBLIC, &[("host", "todo.example.org"), ("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert!(!own(None, &[host, ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", site)]), "{site}");
        }
    }
}
