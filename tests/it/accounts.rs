use docket::domain::account::Email;
use reqwest::StatusCode;

use crate::support::{App, PASSWORD, Page, cookie, location};

#[tokio::test]
async fn registering_logs_in_and_greets_by_name() {
    let app = App::start().await;
    let ada = app.visitor();
    let answer = ada.register("Ada Lovelace", "Ada@Example.org", PASSWORD).await;
    assert_eq!(location(&answer), "/tasks");
    assert_eq!(ada.page("/tasks").await.texts(".who"), ["Ada Lovelace"]);
}

#[tokio::test]
async fn one_address_has_one_account_however_it_is_typed() {
    let app = App::start().await;
    app.person("ada").await;
    let answer = app.visitor().register("Other", " ＡDA@EXAMPLE.org ", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = Page::of(answer).await;
    assert_eq!(page.texts("#register-email-message"), ["This address has an account already. Log in instead."]);
    let (accounts,): (i64,) = sqlx::query_as("select count(*) from users").fetch_one(app.pool()).await.unwrap();
    assert_eq!(accounts, 1);
}

#[tokio::test]
async fn a_refused_registration_keeps_what_was_typed_but_never_the_password() {
    let app = App::start().await;
    let answer = app.visitor().register(" ", "ada.example.org", "hunter7").await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = Page::of(answer).await;
    assert_eq!(page.texts("#register-name-message"), ["This can't be empty."]);
    assert_eq!(page.texts("#register-password-message"), ["Use at least 8 characters."]);
    assert_eq!(page.attributes("#register-email", "value"), ["ada.example.org"]);
    assert_eq!(page.attributes("#register-email", "aria-invalid"), ["true"]);
    assert_eq!(page.attributes("#register-email", "aria-describedby"), ["register-email-message"]);
    assert!(!page.text.contains("hunter7"));
}

#[tokio::test]
async fn passwords_of_any_script_and_fitting_length_work_whole() {
    let app = App::start().await;
    for (number, password) in
        ["x9$Qv!m2", " spaces at the ends ", &"字の海を渡る小舟".repeat(16), "пароль и 😀"].iter().enumerate()
    {
        let email = format!("p{number}@example.org");
        assert_eq!(app.visitor().register("P", &email, password).await.status(), StatusCode::SEE_OTHER);
        assert_eq!(app.visitor().log_in(&email, password).await.status(), StatusCode::SEE_OTHER);
        let cut: String = password.chars().skip(1).collect();
        assert_eq!(app.visitor().log_in(&email, &cut).await.status(), StatusCode::UNAUTHORIZED);
    }
    for password in ["1234567", &"x".repeat(129), &"x".repeat(10_000)] {
        let answer = app.visitor().register("P", "other@example.org", password).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_get_the_same_answer() {
    let app = App::start().await;
    app.person("ada").await;
    let mut answers = Vec::new();
    for email in ["ada@example.org", "bob@example.org"] {
        let answer = app.visitor().log_in(email, "wrong password").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let own = ["x-request-id", "date", "content-security-policy"];
        let headers: Vec<_> = answer.headers().iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
        let headers = format!("{headers:?}");
        let page = Page::of(answer).await;
        let nonce = page.attributes("script[nonce]", "nonce").remove(0);
        answers.push((headers, page.text.replace(&nonce, "…").replace(email, "…")));
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].1.contains("The e-mail address or the password is not right."));
}

#[tokio::test]
async fn logging_in_rotates_the_session_and_ends_the_old_one() {
    let app = App::start().await;
    let ada = app.visitor();
    let first = cookie(&ada.register("Ada", "ada@example.org", PASSWORD).await).unwrap();
    let second = cookie(&ada.log_in("ada@example.org", PASSWORD).await).unwrap();
    assert_ne!(first, second);
    for (cookie, status) in [(first, StatusCode::SEE_OTHER), (second, StatusCode::OK)] {
        let answer = app.visitor().client.get(app.url("/tasks")).header("cookie", cookie).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn an_answer_that_comes_late_does_not_log_out_who_has_a_newer_session() {
    let app = App::start().await;
    let ada = app.visitor();
    let old = cookie(&ada.register("Ada", "ada@example.org", PASSWORD).await).unwrap();
    ada.log_in("ada@example.org", PASSWORD).await;
    let with_old = |request: reqwest::RequestBuilder| request.header("cookie", &old).send();
    // What a script had asked for with the session before.
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let late = with_old(client.post(app.url("/fn/get_security"))).await.unwrap();
    assert_eq!(late.status(), StatusCode::UNAUTHORIZED);
    assert!(!late.headers().contains_key("set-cookie") && !late.headers().contains_key("clear-site-data"));
    // A page takes the cookie away that is of no use.
    let page = with_old(client.get(app.url("/tasks"))).await.unwrap();
    assert!(page.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(ada.is_logged_in().await);
}

#[tokio::test]
async fn a_session_planted_before_login_does_not_become_the_persons() {
    let app = App::start().await;
    app.person("ada").await;
    let planted = "docket=AAAAAAAAAAAAAAAAAAAAAA";
    let request = app.visitor().client.post(app.url("/fn/log_in")).header("cookie", planted);
    let answer = request.form(&[("email", "ada@example.org"), ("password", PASSWORD)]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_ne!(cookie(&answer).unwrap(), planted);
    let answer = app.visitor().client.get(app.url("/tasks")).header("cookie", planted).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    for (url, attributes) in [
        ("", &["docket=", "HttpOnly", "SameSite=Lax", "Path=/"][..]),
        ("https://todo.example.org", &["__Host-docket=", "HttpOnly", "SameSite=Lax", "Path=/", "Secure"][..]),
    ] {
        let app = App::with(&[("DOCKET_PUBLIC_URL", url)]).await;
        let answer = app.visitor().register("Ada", "ada@example.org", PASSWORD).await;
        let set = answer.headers()["set-cookie"].to_str().unwrap();
        for attribute in attributes {
            assert!(set.contains(attribute), "{set} lacks {attribute}");
        }
        assert!(!set.contains("Domain"), "{set}");
        // The one that removes it has to have them too, or browsers refuse it for its name.
        let cookie = set.split(';').next().unwrap();
        let request = app.visitor().client.post(app.url("/fn/log_out")).header("cookie", cookie);
        let removal = request.send().await.unwrap();
        let removal = removal.headers()["set-cookie"].to_str().unwrap();
        assert!(removal.contains("Max-Age=0") && removal.contains("Path=/"), "{removal}");
        assert!(url.is_empty() || removal.contains("Secure"), "{removal}");
    }
}

#[tokio::test]
async fn a_disabled_account_is_out_with_its_next_request() {
    let app = App::start().await;
    let ada = app.person("ada").await;
    sqlx::query("update users set is_active = false").execute(app.pool()).await.unwrap();
    assert!(!ada.is_logged_in().await);
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_epoch_ends_every_session_of_the_account() {
    let app = App::start().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let email = Email::parse("ada@example.org").unwrap();
    let raise = sqlx::query("update users set session_epoch = gen_random_uuid() where email = $1").bind(email.as_str());
    raise.execute(app.pool()).await.unwrap();
    assert!(!ada.is_logged_in().await);
    assert!(bob.is_logged_in().await);
}
