//! The language of pages, and what else a browser wants of them.

use reqwest::{StatusCode, header};

use crate::support::{App, Page};

async fn root(app: &App, path: &str, headers: &[(&str, &str)]) -> (String, Page) {
    let mut request = reqwest::Client::new().get(app.url(path)).header(header::ACCEPT, "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let said = answer.headers()[header::CONTENT_LANGUAGE].to_str().unwrap().to_owned();
    (said, Page::of(answer).await)
}

#[tokio::test]
async fn a_guest_reads_the_language_that_the_browser_asks_for_unless_another_one_is_chosen() {
    let app = App::start().await;
    let german = ("accept-language", "de-AT,de;q=0.9,en;q=0.5");
    let cookie = |text| ("cookie", text);
    for (headers, language, heading) in [
        (vec![], "en", "Appearance and language"),
        (vec![german], "de", "Aussehen und Sprache"),
        (vec![german, cookie("docket-preferences=language=en")], "en", "Appearance and language"),
        (vec![cookie("a=b; docket-preferences=theme=dark&language=de")], "de", "Aussehen und Sprache"),
        (vec![german, cookie("docket-preferences=language=xx")], "de", "Aussehen und Sprache"),
    ] {
        let (said, page) = root(&app, "/settings/appearance", &headers).await;
        assert_eq!((said.as_str(), page.texts("h1")), (language, vec![heading.to_owned()]), "{headers:?}");
        assert!(page.text.contains(&format!("<html lang=\"{language}\" dir=\"ltr\"")), "{}", &page.text[..200]);
    }
}

#[tokio::test]
async fn a_guest_without_scripts_chooses_colours_and_language_and_keeps_them() {
    let app = App::start().await;
    let guest = app.visitor();
    let fields = [("theme", "dark"), ("contrast", "more"), ("language", "de"), ("keys", "off")];
    let mut sent = fields.to_vec();
    sent.push(("form_next", "/settings/appearance"));
    let answer = guest.submit("/settings/appearance", "/fn/set_preferences", &sent).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    for part in ["docket-preferences=", "; Path=/", "; Max-Age=31536000", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    for path in ["/settings/appearance", "/login"] {
        let page = guest.page(path).await;
        let html = page.text.split("<head").next().unwrap();
        for part in ["lang=\"de\"", "data-theme=\"dark\"", "data-contrast=\"more\"", "data-keys=\"off\""] {
            assert!(html.contains(part), "{path}: {html}");
        }
    }
    let page = guest.page("/settings/appearance").await;
    for (name, value) in fields {
        assert_eq!(page.attributes(&format!("input[name={name}][checked]"), "value"), [value], "{name}");
    }
}
