//! Mail, through a real mail server: what is sent, when, and what the links in it do.

use std::process::Command;

use docket::server::{jobs, mail};
use reqwest::{Response, StatusCode, header};

use crate::{
    smtp::{self, Mail, Smtp},
    support::{App, Browser, PASSWORD, Page, location},
};

const NOW: &str = "2026-11-21T12:00:00Z";
const OTHER: &str = "another good one of mine";
const PHONE: &str =
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36";

/// A Docket that sends its mail to a server of its own, at [`NOW`].
async fn post_office() -> (App, Smtp) {
    let smtp = Smtp::start().await;
    let settings = smtp.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (App::at_with(NOW, &settings).await, smtp)
}

/// Sends what is due; gives how many mails are left.
async fn send(app: &App) -> String {
    mail::send(&app.state).await.unwrap();
    app.value("select count(*) from outbox").await
}

/// Has the next mail sent, which is to this person and has this subject.
async fn next(app: &App, smtp: &mut Smtp, to: &str, subject: &str) -> Mail {
    send(app).await;
    let mail = smtp.next().await;
    assert_eq!((mail.to.as_slice(), mail.subject.as_str()), ([to.to_owned()].as_slice(), subject));
    mail
}

/// Somebody new, and the code that proves the address.
async fn newcomer(app: &App, smtp: &mut Smtp, name: &str) -> (Browser, String) {
    let person = app.person(name).await;
    let mail = next(app, smtp, &format!("{name}@example.org"), "Confirm your e-mail address").await;
    (person, mail.code())
}

/// Somebody who has proven the address.
async fn proven(app: &App, smtp: &mut Smtp, name: &str) -> Browser {
    let (person, code) = newcomer(app, smtp, name).await;
    assert_eq!(verify(&person, &code).await.status(), StatusCode::SEE_OTHER);
    person
}

/// The code of a mail for another password.
async fn forgotten(app: &App, smtp: &mut Smtp) -> String {
    let answer = app.visitor().submit("/forgot", "/fn/request_reset", &[("email", "ada@example.org")]).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    next(app, smtp, "ada@example.org", "Set another password").await.code()
}

async fn verify(browser: &Browser, code: &str) -> Response {
    let fields = [("code", code), ("form_next", "/verify?done=yes")];
    browser.submit(&format!("/verify?code={code}"), "/fn/verify_email", &fields).await
}

async fn reset(browser: &Browser, code: &str, password: &str) -> Response {
    let fields = [("code", code), ("new_password", password), ("form_next", "/today")];
    browser.submit(&format!("/reset?code={code}"), "/fn/reset_password", &fields).await
}

/// The link is refused, in words that say what to do.
async fn dead(answer: Response) {
    assert_eq!(answer.status(), StatusCode::GONE);
    let page = Page::of(answer).await;
    let alert = page.texts("[role=alert]").concat();
    assert!(alert.starts_with("This link doesn't work any more") && alert.ends_with("Ask for a new one."), "{alert}");
    assert!(page.texts(".aside a").contains(&"Get a new one".to_owned()));
}

const PROVEN: &str = "select string_agg(name, ' ') from users where email_verified_at is not null";

#[tokio::test]
async fn a_new_account_gets_a_mail_whose_link_proves_the_address_once() {
    let (app, mut smtp) = post_office().await;
    let ada = app.person("ada").await;
    assert!(ada.page("/settings/profile").await.text.contains("Not confirmed yet"));
    let mail = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await;
    assert_eq!(mail.from, "docket@example.org");
    assert_eq!(mail.headers["auto-submitted"], "auto-generated");
    for part in ["Saturday 21 November, 12:00 (UTC)", "Unknown device, 127.0.0.1", "10 minutes", &app.url("")] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let (link, code) = mail.link();
    assert_eq!(link, app.url(&format!("/verify?code={code}")));
    // Programs that look for harmful mail follow links too.
    let page = app.visitor().page(&format!("/verify?code={code}")).await;
    assert_eq!(page.forms("main form")[0].1[2], ("code".to_owned(), code.clone()));
    assert_eq!(app.value(PROVEN).await, "null");
    let answer = verify(&app.visitor(), &code).await;
    assert_eq!(location(&answer), "/verify?done=yes");
    assert_eq!(app.value(PROVEN).await, "ada");
    assert!(ada.page("/settings/profile").await.text.contains("(confirmed)"));
    dead(verify(&app.visitor(), &code).await).await;
    assert_eq!(send(&app).await, "0");
}

#[tokio::test]
async fn a_link_works_for_ten_minutes_after_its_mail_has_left() {
    let (app, mut smtp) = post_office().await;
    let (ada, code) = newcomer(&app, &mut smtp, "ada").await;
    app.set_clock("2026-11-21T12:10:00Z");
    dead(verify(&ada, &code).await).await;
    assert_eq!(ada.call("send_verification", &[]).await.status(), StatusCode::OK);
    // It waits for an hour until it leaves.
    app.set_clock("2026-11-21T13:10:00Z");
    let code = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await.code();
    app.set_clock("2026-11-21T13:19:59Z");
    assert_eq!(verify(&ada, &code).await.status(), StatusCode::SEE_OTHER);

    let code = forgotten(&app, &mut smtp).await;
    app.set_clock("2026-11-21T13:29:59Z");
    dead(reset(&app.visitor(), &code, OTHER).await).await;
    assert_eq!(app.value("select count(*) from verifications").await, "1");
    jobs::run_once(&app.state).await;
    assert_eq!(app.value("select count(*) from verifications").await, "1");
    app.set_clock("2026-11-21T13:30:00Z");
    jobs::run_once(&app.state).await;
    assert_eq!(app.value("select count(*) from verifications").await, "0");
}

#[tokio::test]
async fn a_newer_link_ends_the_one_before_even_when_it_has_not_left() {
    let (app, mut smtp) = post_office().await;
    let (ada, first) = newcomer(&app, &mut smtp, "ada").await;
    app.set_clock("2026-11-21T12:02:00Z");
    ada.call("send_verification", &[]).await;
    dead(verify(&ada, &first).await).await;
    app.set_clock("2026-11-21T12:09:00Z");
    ada.call("send_verification", &[]).await;
    // Two were asked for and none has left: one does.
    let code = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await.code();
    assert_eq!(send(&app).await, "0");
    assert_eq!(verify(&ada, &code).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_code_is_refused_like_one_that_is_over() {
    let (app, mut smtp) = post_office().await;
    let (_, code) = newcomer(&app, &mut smtp, "ada").await;
    for text in ["", "\0", "x", &"0".repeat(64), &"é".repeat(32), &"a".repeat(10_000)] {
        let fields = [("code", text), ("new_password", OTHER)];
        dead(app.visitor().submit("/verify", "/fn/verify_email", &fields).await).await;
        dead(app.visitor().submit("/reset", "/fn/reset_password", &fields).await).await;
    }
    // One for something else is none here.
    dead(reset(&app.visitor(), &code, OTHER).await).await;
    let code = forgotten(&app, &mut smtp).await;
    dead(verify(&app.visitor(), &code).await).await;
}

#[tokio::test]
async fn asking_for_another_password_tells_nobody_whether_there_is_an_account() {
    let (app, mut smtp) = post_office().await;
    newcomer(&app, &mut smtp, "ada").await;
    let ask = async |email: &str| {
        let fields = [("email", email), ("form_next", "/forgot?done=yes")];
        let answer = app.visitor().submit("/forgot", "/fn/request_reset", &fields).await;
        let own = ["x-request-id", "date", "content-security-policy"];
        let headers: Vec<_> = answer.headers().iter().filter(|(name, _)| !own.contains(&name.as_str())).collect();
        let head = format!("{} {headers:?}", answer.status());
        let page = Page::of(answer).await;
        let nonce = page.attributes("script[nonce]", "nonce").pop().unwrap_or_else(|| "-".to_owned());
        (head, page.text.replace(&nonce, "…").replace(email, "…"))
    };
    let (known, unknown) = (ask("ada@example.org").await, ask("bob@example.org").await);
    assert_eq!(known, unknown);
    assert!(known.0.starts_with("303 "), "{}", known.0);
    // Too soon after the first, alike too.
    let (known, unknown) = (ask("ada@example.org").await, ask("bob@example.org").await);
    assert_eq!(known, unknown);
    assert!(known.0.starts_with("429 ") && known.0.contains("retry-after"), "{}", known.0);
    assert_eq!(app.value("select string_agg(recipient, ' ') from outbox").await, "ada@example.org");
    // Nor does a disabled account get one.
    app.set_clock("2026-11-21T13:00:00Z");
    app.sql("update users set is_active = false; delete from outbox").await;
    assert!(ask("ada@example.org").await.0.starts_with("303 "));
    assert_eq!(send(&app).await, "0");
}

#[tokio::test]
async fn who_forgot_the_password_sets_another_one_and_every_session_ends() {
    let (app, mut smtp) = post_office().await;
    let (ada, _) = newcomer(&app, &mut smtp, "ada").await;
    for _ in 0..7 {
        app.visitor().log_in("ada@example.org", "not the password").await;
    }
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let code = forgotten(&app, &mut smtp).await;
    let visitor = app.visitor();
    assert_eq!(visitor.get(&format!("/reset?code={code}")).await.status(), StatusCode::OK);
    // A weak one leaves the link as it is.
    let weak = reset(&visitor, &code, "ada@example.org").await;
    assert_eq!(weak.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(Page::of(weak).await.texts("#reset-password-new_password-message").concat().starts_with("Too easy"));
    assert!(ada.is_logged_in().await);
    assert_eq!(location(&reset(&visitor, &code, OTHER).await), "/today");
    assert!(visitor.is_logged_in().await && !ada.is_logged_in().await);
    // The mail has arrived: that proves the address. And who waited for too many failures waits no longer.
    assert_eq!(app.value(PROVEN).await, "ada");
    assert_eq!(app.visitor().log_in("ada@example.org", OTHER).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    dead(reset(&app.visitor(), &code, "a third one of mine").await).await;
    let notice = next(&app, &mut smtp, "ada@example.org", "Your password was changed").await;
    assert!(notice.text.contains("by a link in a mail") && notice.text.contains("127.0.0.1"), "{}", notice.text);
    let events = visitor.page("/settings/security").await.texts(".events li").concat();
    assert!(events.contains("The password was changed by a link in a mail"), "{events}");
}

#[tokio::test]
async fn of_twenty_that_use_one_code_at_once_one_does() {
    let (app, mut smtp) = post_office().await;
    let (_, code) = newcomer(&app, &mut smtp, "ada").await;
    let proofs = (0..20).map(|_| {
        let (visitor, code) = (app.visitor(), code.clone());
        tokio::spawn(async move { verify(&visitor, &code).await.status() })
    });
    once(proofs.collect()).await;
    let code = forgotten(&app, &mut smtp).await;
    let resets = (0..20).map(|number| {
        let (visitor, code) = (app.visitor(), code.clone());
        tokio::spawn(async move { reset(&visitor, &code, &format!("{OTHER} {number}")).await.status() })
    });
    once(resets.collect()).await;
    let worked = "select count(*) from audit_logs where action in ('password_reset', 'email_verified')";
    assert_eq!(app.value(worked).await, "2");
}

async fn once(answers: Vec<tokio::task::JoinHandle<StatusCode>>) {
    let mut statuses = Vec::new();
    for answer in answers {
        statuses.push(answer.await.unwrap());
    }
    statuses.sort();
    assert_eq!(statuses[0], StatusCode::SEE_OTHER);
    assert_eq!(statuses[1..], [StatusCode::GONE; 19]);
}

#[tokio::test]
async fn no_code_stands_in_the_database() {
    let (app, mut smtp) = post_office().await;
    app.person("ada").await;
    // Before the mail has left there is none.
    assert_eq!(
        app.value("select count(*) from verifications where code_hash is null and expires_at is null").await,
        "1"
    );
    let code = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await.code();
    assert_eq!(code.len(), 64);
    let hashed = format!("select code_hash = sha256('{code}') from verifications");
    assert_eq!(app.value(&hashed).await, "true");
    forgotten(&app, &mut smtp).await;
    for table in ["verifications", "outbox", "audit_logs", "users", "sessions", "login_delays"] {
        let whole = app.value(&format!("select string_agg(row::text, ' ') from {table} as row")).await;
        assert!(!whole.contains(&code), "{table}: {whole}");
    }
}

#[tokio::test]
async fn a_forged_host_leaves_the_links_in_mails_unchanged() {
    let smtp = Smtp::start().await;
    for public in ["", "https://todo.example.org"] {
        let mut smtp = Smtp::with(0, "").await;
        let [url, from] = smtp.settings();
        let app = App::at_with(NOW, &[(url.0, &url.1), (from.0, &from.1), ("DOCKET_PUBLIC_URL", public)]).await;
        let site = if public.is_empty() { app.url("") } else { public.to_owned() };
        let forged = async |function: &str, fields: &[(&str, &str)]| {
            let request = app.visitor().client.post(app.url(&format!("/fn/{function}")));
            let request = request.header(header::HOST, "evil.example").header("x-forwarded-host", "evil.example");
            let request = request.header("forwarded", "host=evil.example").header("x-forwarded-proto", "ftp");
            assert_eq!(request.form(fields).send().await.unwrap().status(), StatusCode::OK);
        };
        forged("register", &[("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)]).await;
        let mail = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await;
        assert!(mail.link().0.starts_with(&format!("{site}/verify?code=")), "{}", mail.text);
        assert!(!format!("{mail:?}").contains("evil"), "{mail:?}");
        forged("request_reset", &[("email", "ada@example.org")]).await;
        let mail = next(&app, &mut smtp, "ada@example.org", "Set another password").await;
        assert!(mail.link().0.starts_with(&format!("{site}/reset?code=")), "{}", mail.text);
        assert!(!format!("{mail:?}").contains("evil"), "{mail:?}");
    }
    drop(smtp);
}

#[tokio::test]
async fn mail_waits_while_the_server_is_down_and_then_arrives_once() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let [url, from] = smtp::settings(port);
    let app = App::at_with(NOW, &[(url.0, &url.1), (from.0, &from.1)]).await;
    let ada = app.person("ada").await;
    let tries = "select string_agg(attempts || ' ' || (next_try_at - created_at), ', ') from outbox";
    assert_eq!(send(&app).await, "1");
    assert_eq!(app.value(tries).await, "1 00:01:00");
    // Not before its time.
    app.set_clock("2026-11-21T12:00:59Z");
    assert_eq!(send(&app).await, "1");
    for (time, tried) in [
        ("2026-11-21T12:01:00Z", "2 00:03:00"),
        ("2026-11-21T12:03:00Z", "3 00:07:00"),
        ("2026-11-21T15:00:00Z", "4 03:08:00"),
        ("2026-11-21T16:00:00Z", "5 04:16:00"),
        ("2026-11-21T17:00:00Z", "6 05:32:00"),
        ("2026-11-21T18:00:00Z", "7 07:00:00"),
    ] {
        app.set_clock(time);
        assert_eq!(send(&app).await, "1");
        assert_eq!(app.value(tries).await, tried);
    }
    let mut smtp = Smtp::with(port, "").await;
    app.set_clock("2026-11-21T19:00:00Z");
    let mail = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await;
    assert!(mail.text.contains("21 November, 12:00 (UTC)"), "it says when it happened: {}", mail.text);
    assert_eq!(verify(&ada, &mail.code()).await.status(), StatusCode::SEE_OTHER);
    app.set_clock("2026-11-22T19:00:00Z");
    assert_eq!(send(&app).await, "0");
    app.person("eve").await;
    next(&app, &mut smtp, "eve@example.org", "Confirm your e-mail address").await;
}

#[tokio::test]
async fn what_the_server_refuses_for_good_is_given_up_and_the_rest_after_a_day() {
    let (app, mut smtp) = post_office().await;
    for name in ["refused", "later", "ada"] {
        app.person(name).await;
    }
    // Neither one that is refused nor one that is to come later holds up another.
    assert_eq!(send(&app).await, "1");
    assert_eq!(smtp.next().await.to, ["ada@example.org"]);
    app.set_clock("2026-11-22T11:59:59Z");
    assert_eq!(send(&app).await, "1");
    app.set_clock("2026-11-22T12:59:59Z");
    assert_eq!(send(&app).await, "0");
}

#[tokio::test]
async fn no_mail_tells_of_what_did_not_happen() {
    let (app, mut smtp) = post_office().await;
    let ada = proven(&app, &mut smtp, "ada").await;
    // The last statement of the transaction fails, after the mail was written.
    app.sql("alter table audit_logs add constraint never check (action <> 'password') not valid").await;
    let fields = [("current_password", PASSWORD), ("new_password", OTHER)];
    assert_eq!(ada.call("change_password", &fields).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(send(&app).await, "0");
    app.sql("alter table audit_logs drop constraint never").await;
    app.person("eve").await;
    next(&app, &mut smtp, "eve@example.org", "Confirm your e-mail address").await;
    assert_eq!(ada.call("change_password", &fields).await.status(), StatusCode::OK);
    next(&app, &mut smtp, "ada@example.org", "Your password was changed").await;
}

#[tokio::test]
async fn two_dockets_send_each_mail_once() {
    let (app, mut smtp) = post_office().await;
    let names: Vec<_> = (0..15).map(|number| format!("p{number}")).collect();
    for name in &names {
        app.person(name).await;
    }
    let [url, from] = smtp.settings();
    let other = app.beside(&[(url.0, &url.1), (from.0, &from.1)]).await;
    let (one, two) = tokio::join!(mail::send(&app.state), mail::send(&other.state));
    assert_eq!(one.unwrap() + two.unwrap(), 15);
    let mut got = Vec::new();
    for _ in &names {
        got.push(smtp.next().await.to.remove(0).replace("@example.org", ""));
    }
    got.sort();
    let mut names = names;
    names.sort();
    assert_eq!(got, names);
}

#[tokio::test]
async fn the_owner_hears_of_a_login_from_a_new_device() {
    let (app, mut smtp) = post_office().await;
    proven(&app, &mut smtp, "ada").await;
    let log_in = async |agent: &str| {
        let request = app.visitor().client.post(app.url("/fn/log_in")).header(header::USER_AGENT, agent);
        let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
        assert_eq!(request.form(&fields).send().await.unwrap().status(), StatusCode::OK);
    };
    // On the device that made the account.
    app.visitor().log_in("ada@example.org", PASSWORD).await;
    assert_eq!(app.value("select count(*) from outbox").await, "0");
    log_in(PHONE).await;
    let notice = next(&app, &mut smtp, "ada@example.org", "A login from a new device").await;
    for part in ["From: Chrome on Android, 127.0.0.1", "Saturday 21 November, 12:00 (UTC)", &app.url("/forgot")] {
        assert!(notice.text.contains(part), "{part}: {}", notice.text);
    }
    log_in(PHONE).await;
    assert_eq!(app.value("select count(*) from outbox").await, "0");
    // The same device, it seems, but in another place.
    app.sql(
        "alter table audit_logs disable trigger audit_logs_grows;
         update audit_logs set new_values = jsonb_set(new_values, '{place}', '\"203.0.113.9\"') where entity_type = 'account'",
    )
    .await;
    log_in(PHONE).await;
    next(&app, &mut smtp, "ada@example.org", "A login from a new device").await;
    // And an address of the same network.
    app.sql("update audit_logs set new_values = jsonb_set(new_values, '{place}', '\"127.0.0.200\"') where entity_type = 'account'")
        .await;
    log_in(PHONE).await;
    assert_eq!(app.value("select count(*) from outbox").await, "0");
}

#[tokio::test]
async fn another_address_counts_once_its_own_mail_was_answered() {
    let (app, mut smtp) = post_office().await;
    let ada = proven(&app, &mut smtp, "ada").await;
    newcomer(&app, &mut smtp, "eve").await;
    let change = async |email: &str, password: &str| {
        let fields = [("email", email), ("confirm_password", password), ("form_next", "/settings/profile?mailed=yes")];
        ada.submit("/settings/profile", "/fn/change_email", &fields).await
    };
    // Logged in a moment ago: the password isn't asked for again.
    app.set_clock("2026-11-21T12:02:00Z");
    let taken = change("EVE@example.org", "").await;
    assert_eq!(taken.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let message = Page::of(taken).await.texts("#change-email-email-message");
    assert_eq!(message, ["Another account has this address."]);
    for (email, status) in
        [("ada@example.org", 422), ("no address", 422), ("new@example.org\r\nBcc: eve@example.org", 422)]
    {
        assert_eq!(change(email, "").await.status().as_u16(), status, "{email}");
    }
    // A while later it is.
    app.set_clock("2026-11-21T12:11:00Z");
    for (password, message) in [("", "Type your password to go on."), ("not it", "This is not your password.")] {
        let answer = change("new@example.org", password).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let page = Page::of(answer).await;
        assert_eq!(page.texts("#change-email-confirm_password-message"), [message]);
        assert_eq!(page.attributes("#change-email-email", "value"), ["new@example.org"]);
    }
    assert_eq!(app.value("select count(*) from outbox").await, "0");
    let answer = change("New@Example.org", PASSWORD).await;
    assert_eq!(location(&answer), "/settings/profile?mailed=yes");
    let code = next(&app, &mut smtp, "new@example.org", "Confirm your new e-mail address").await.code();
    assert_eq!(app.value("select email from users where name = 'ada'").await, "ada@example.org");

    assert_eq!(verify(&app.visitor(), &code).await.status(), StatusCode::SEE_OTHER);
    assert_eq!(app.value(PROVEN).await, "ada");
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.visitor().log_in("new@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
    for to in ["ada@example.org", "new@example.org"] {
        let notice = next(&app, &mut smtp, to, "Your e-mail address was changed").await;
        assert!(notice.text.contains("is now new@example.org"), "{}", notice.text);
    }
    dead(verify(&app.visitor(), &code).await).await;
    let events = ada.page("/settings/security").await.texts(".events li").concat();
    assert!(events.contains("The e-mail address was changed"), "{events}");
}

#[tokio::test]
async fn an_address_that_somebody_else_took_meanwhile_is_not_taken_over() {
    let (app, mut smtp) = post_office().await;
    let (ada, _) = newcomer(&app, &mut smtp, "ada").await;
    app.set_clock("2026-11-21T12:05:00Z");
    assert_eq!(ada.call("change_email", &[("email", "new@example.org")]).await.status(), StatusCode::OK);
    let code = next(&app, &mut smtp, "new@example.org", "Confirm your new e-mail address").await.code();
    app.person("new").await;
    let answer = verify(&ada, &code).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let alert = Page::of(answer).await.texts("[role=alert]").concat();
    assert!(alert.starts_with("Another account has this address by now."), "{alert}");
    assert_eq!(
        app.value("select string_agg(email, ' ' order by email) from users").await,
        "ada@example.org new@example.org"
    );
}

#[tokio::test]
async fn links_end_with_the_password_and_the_address_they_were_for() {
    let (app, mut smtp) = post_office().await;
    let ada = proven(&app, &mut smtp, "ada").await;
    app.set_clock("2026-11-21T12:05:00Z");
    ada.call("change_email", &[("email", "new@example.org")]).await;
    let change = next(&app, &mut smtp, "new@example.org", "Confirm your new e-mail address").await.code();
    let reset_code = forgotten(&app, &mut smtp).await;
    // Whoever began these is out once the password is another one.
    let fields = [("current_password", PASSWORD), ("new_password", OTHER)];
    assert_eq!(ada.call("change_password", &fields).await.status(), StatusCode::OK);
    dead(verify(&app.visitor(), &change).await).await;
    dead(reset(&app.visitor(), &reset_code, "a third one of mine").await).await;
    next(&app, &mut smtp, "ada@example.org", "Your password was changed").await;
    // What went to an address that isn't the account's any more, too.
    app.set_clock("2026-11-21T13:00:00Z");
    let reset_code = forgotten(&app, &mut smtp).await;
    app.sql("update users set email = 'new@example.org'").await;
    dead(reset(&app.visitor(), &reset_code, "a third one of mine").await).await;
    // And a disabled account has none.
    app.sql("update users set email = 'ada@example.org', is_active = false").await;
    dead(reset(&app.visitor(), &reset_code, "a third one of mine").await).await;
}

#[tokio::test]
async fn mail_to_one_address_is_asked_for_once_a_minute_at_most() {
    let (app, mut smtp) = post_office().await;
    let (ada, _) = newcomer(&app, &mut smtp, "ada").await;
    let again = ada.submit("/settings/profile", "/fn/send_verification", &[]).await;
    assert_eq!(
        (again.status(), again.headers()["retry-after"].to_str().unwrap()),
        (StatusCode::TOO_MANY_REQUESTS, "60")
    );
    assert_eq!(Page::of(again).await.texts("[role=alert] p"), ["Too many tries. Wait 60 seconds and try again."]);
    app.set_clock("2026-11-21T12:01:00Z");
    assert_eq!(ada.call("send_verification", &[]).await.status(), StatusCode::OK);
    // Nor to addresses that one account tries.
    assert_eq!(ada.call("change_email", &[("email", "x@example.org")]).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let code = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await.code();
    verify(&ada, &code).await;
    // A proven address needs no mail.
    assert_eq!(ada.call("send_verification", &[]).await.status(), StatusCode::OK);
    assert_eq!(send(&app).await, "0");
}

#[tokio::test]
async fn nobody_is_flooded_with_mail_by_an_account_of_somebody_elses() {
    let (app, mut smtp) = post_office().await;
    let log_in = async |number: i32| {
        let request = app.visitor().client.post(app.url("/fn/log_in"));
        let request = request.header(header::USER_AGENT, format!("device {number}"));
        let fields = [("email", "ada@example.org"), ("password", PASSWORD)];
        assert_eq!(request.form(&fields).send().await.unwrap().status(), StatusCode::OK);
    };
    let (ada, code) = newcomer(&app, &mut smtp, "ada").await;
    // An address that nobody has proven hears of nothing.
    log_in(0).await;
    assert_eq!(app.value("select count(*) from outbox").await, "0");
    verify(&ada, &code).await;
    for number in 1..20 {
        log_in(number).await;
    }
    // Six notices a minute, the one that nobody got included.
    assert_eq!(app.value("select count(*) from outbox").await, "5");
    // Nor does making the account again and again send one mail each.
    app.sql("delete from users").await;
    app.person("ada").await;
    assert_eq!(app.value("select count(*) from outbox").await, "0");
    app.set_clock("2026-11-21T12:01:00Z");
    app.sql("delete from users").await;
    app.person("ada").await;
    assert_eq!(app.value("select count(*) from outbox").await, "1");
}

#[tokio::test]
async fn who_logs_everybody_else_out_ends_what_they_had_begun() {
    let (app, mut smtp) = post_office().await;
    let ada = proven(&app, &mut smtp, "ada").await;
    let intruder = app.visitor();
    intruder.log_in("ada@example.org", PASSWORD).await;
    let (times, ends) = (["12:05", "12:10", "12:15"], ["one", "others", "admin"]);
    for (time, end) in times.into_iter().zip(ends) {
        app.set_clock(&format!("2026-11-21T{time}:00Z"));
        intruder.log_in("ada@example.org", PASSWORD).await;
        let email = format!("{end}@example.org");
        assert_eq!(intruder.call("change_email", &[("email", &email)]).await.status(), StatusCode::OK);
        let code = next(&app, &mut smtp, &email, "Confirm your new e-mail address").await.code();
        match end {
            "one" => {
                let id = ada.page("/settings/security").await.attributes("input[name=session]", "value").remove(0);
                ada.submit("/settings/security", "/fn/end_session", &[("session", &id)]).await;
            }
            "others" => drop(ada.submit("/settings/security", "/fn/end_other_sessions", &[]).await),
            _ => {
                let address = docket::domain::account::Email::parse("ada@example.org").unwrap();
                let order = docket::domain::admin::Order::LogOut;
                assert!(app.state.backend.order(address, order).await.unwrap());
            }
        }
        dead(verify(&intruder, &code).await).await;
    }
    assert_eq!(app.value("select email from users").await, "ada@example.org");
}

#[tokio::test]
async fn what_was_on_its_way_when_everybody_was_logged_out_changes_nothing() {
    let (app, _smtp) = post_office().await;
    app.person("ada").await;
    let actor = app.actor("ada").await;
    app.set_clock("2026-11-21T12:05:00Z");
    let user = axum_login::AuthnBackend::get_user(&app.state.backend, &actor.user).await.unwrap().unwrap();
    app.sql("update users set session_epoch = gen_random_uuid()").await;
    let (client, clock) = (docket::server::client::Client::default(), &app.state.clock);
    let new = docket::domain::account::Password::parse(OTHER).unwrap();
    let changed = app
        .state
        .backend
        .change_password(&user, (PASSWORD.to_owned(), String::new()), new, client.clone(), clock)
        .await;
    assert_eq!(changed.unwrap_err(), docket::error::AppError::NotLoggedIn);
    let email = docket::domain::account::Email::parse("new@example.org").unwrap();
    let changed = app.state.backend.change_email(&user, email, client, clock).await;
    assert_eq!(changed.unwrap_err(), docket::error::AppError::NotLoggedIn);
    let erased = docket::server::data::erase(&app.state.database, &user).await;
    assert_eq!(erased.unwrap_err(), docket::error::AppError::NotLoggedIn);
    assert_eq!(app.visitor().log_in("ada@example.org", PASSWORD).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn names_and_addresses_add_nothing_to_a_mail() {
    let (app, mut smtp) = post_office().await;
    let fields = |email| {
        [("name", "Ada\r\nBcc: eve@example.org\r\n\r\nhttp://evil.example"), ("email", email), ("password", PASSWORD)]
    };
    for email in ["ada@example.org\r\nBcc: eve@example.org", "ada@example.org\nX", "ada@example.org, eve@example.org"] {
        let status = app.visitor().call("register", &fields(email)).await.status();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{email:?}");
    }
    let request =
        app.visitor().client.post(app.url("/fn/register")).header(header::USER_AGENT, "see http://evil.example/ now");
    assert_eq!(request.form(&fields("renée@example.org")).send().await.unwrap().status(), StatusCode::OK);
    let mail = next(&app, &mut smtp, "renée@example.org", "Confirm your e-mail address").await;
    assert!(!mail.headers.contains_key("bcc") && !mail.text.contains("eve@"), "{mail:?}");
    assert!(
        !mail.text.contains("evil.example") && mail.text.contains("From: see http evil example now, 127"),
        "{mail:?}"
    );
}

#[tokio::test]
async fn docket_logs_in_to_the_mail_server_and_trusts_none_without_a_good_certificate() {
    let mut smtp = Smtp::with(0, "docket:p@ss word").await;
    let from = ("DOCKET_MAIL_FROM", "docket@example.org");
    let login = format!("docket:p%40ss%20word@127.0.0.1:{}", smtp.port);
    // Its certificate is nobody's.
    let app = App::with(&[from, ("DOCKET_SMTP_URL", &format!("smtp://{login}?tls=required"))]).await;
    app.person("ada").await;
    assert_eq!(send(&app).await, "1");
    app.sql("update outbox set next_try_at = now()").await;
    let app = App::on(app.options.clone(), &[from, ("DOCKET_SMTP_URL", &format!("smtp://{login}"))]).await;
    let mail = next(&app, &mut smtp, "ada@example.org", "Confirm your e-mail address").await;
    assert_eq!(mail.user, "docket");
}

/// What `docket jobs run` writes on the database of `app`.
fn log_of_jobs(url: &str, settings: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docket"));
    command.args(["jobs", "run"]).current_dir(std::env::temp_dir()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("DATABASE_URL", url).envs(settings.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success());
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[tokio::test]
async fn a_link_is_in_the_log_only_where_there_is_no_mail_server() {
    let (app, mut smtp) = post_office().await;
    let database = app.value("select current_database()").await;
    let url = crate::support::cluster().await.url(&database);
    app.person("ada").await;
    let log = log_of_jobs(&url, &[("DOCKET_PUBLIC_URL", "https://todo.example.org")]);
    assert!(log.contains("https://todo.example.org/verify?code="), "{log}");
    assert_eq!(app.value("select count(*) from outbox").await, "0");
    app.set_clock("2026-11-21T12:05:00Z");
    app.visitor().call("request_reset", &[("email", "ada@example.org")]).await;
    let [smtp_url, from] = smtp.settings();
    let log = log_of_jobs(&url, &[(smtp_url.0, &smtp_url.1), (from.0, &from.1), ("RUST_LOG", "trace")]);
    let code = smtp.next().await.code();
    assert!(log.len() > 1_000 && !log.contains(&code) && !log.contains("code="), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_pages_for_links_are_there_for_many_at_once() {
    let app = App::start().await;
    let pages = ["/verify", "/verify?done=yes", "/forgot", "/forgot?done=yes", "/reset", "/login"];
    let visits = pages.repeat(20).into_iter().map(|page| {
        let visitor = app.visitor();
        tokio::spawn(async move { (page, visitor.get(page).await.text().await.unwrap()) })
    });
    for visit in visits.collect::<Vec<_>>() {
        let (page, text) = visit.await.unwrap();
        assert!(text.contains("</html>"), "{page}: {text}");
    }
}
