//! What fuzzing has found, or has been at its edge, tried again (`make fuzz`, `fuzz/src/lib.rs`); and the same inputs where a parser can be
//! reached over HTTP only.

use std::{collections::BTreeSet, path::PathBuf};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::StatusCode;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;

use crate::{api::Program, support::App};

#[path = "../../fuzz/src/lib.rs"]
mod properties;

/// Everything in a folder of `fuzz/corpus`, with its name.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}

#[test]
fn every_parser_holds_what_is_said_of_it_for_all_that_was_ever_found() {
    for (name, property) in properties::ALL {
        let inputs = corpus(name);
        assert!((5..=80).contains(&inputs.len()), "{name} has {} inputs", inputs.len());
        for (file, input) in inputs {
            // Shown if it fails.
            println!("{}", file.display());
            property(&input);
            for cut in [input.len() / 2, input.len().saturating_sub(1)] {
                property(&input[..cut]);
            }
        }
    }
}

#[test]
fn every_property_is_a_target_of_the_fuzzer() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap();
    let targets: BTreeSet<_> =
        manifest["bin"].as_array().unwrap().iter().map(|target| target["name"].as_str().unwrap()).collect();
    assert_eq!(targets, properties::ALL.iter().map(|(name, _)| *name).collect());
    for target in targets {
        let text = std::fs::read_to_string(folder.join(format!("targets/{target}.rs"))).unwrap();
        assert!(text.contains(&format!("docket_fuzz::{target}(data)")), "{target}");
    }
}

/// What a query or a cursor may be, for the lists of the pages and for those of the API.
#[tokio::test]
async fn no_query_and_no_cursor_that_was_ever_found_is_a_fault() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0")]).await;
    let ada = app.person("ada").await;
    let eve = app.person("eve").await;
    eve.add("somebody else's").await;
    ada.add("own").await;
    let mut seen = BTreeSet::new();
    for (file, input) in corpus("query").into_iter().chain(corpus("quick")).chain(corpus("token")) {
        let text = String::from_utf8_lossy(&input);
        let (raw, coded) = (text.trim_start_matches(|first: char| first.is_control()), URL_SAFE_NO_PAD.encode(&input));
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        for url in [
            format!("/tasks?{}", encode(raw).replace("%3D", "=").replace("%26", "&")),
            format!("/tasks?q={}", encode(raw)),
            format!("/tasks?sort=title&after={}", encode(raw)),
            format!("/today?before={coded}"),
            format!("/trash?after={coded}"),
        ] {
            let page = ada.list(&url).await;
            assert!(page.tasks.iter().all(|task| task.title.as_str() == "own"), "{} {url}", file.display());
        }
        for query in
            [format!("cursor={coded}"), format!("q={}", encode(raw)), format!("sort=title&cursor={}", encode(raw))]
        {
            let answer = ada.client.get(app.url(&format!("/api/v1/tasks?{query}"))).send().await.unwrap();
            let status = answer.status();
            assert!(
                [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY].contains(&status),
                "{} {query}: {status}",
                file.display()
            );
            seen.insert(status);
            assert!(!answer.text().await.unwrap().contains("somebody else's"), "{query}");
        }
    }
    assert!(seen.contains(&StatusCode::OK) && seen.contains(&StatusCode::UNPROCESSABLE_ENTITY), "{seen:?}");
}

/// Whatever somebody sends in the place of a token: what they made up, what they signed with a key of their own, and what Docket signed with
/// any of its letters another.
#[tokio::test]
async fn no_token_that_docket_did_not_make_lets_anybody_in() {
    let app = App::with(&[("DOCKET_API_LIMIT", "0")]).await;
    let ada = app.person("ada").await;
    let signed = Program::with_cookie(&app, &ada).post("/auth/token", &json!({})).await.body;
    let signed = signed["token"].as_str().unwrap().to_owned();
    let status = async |bearer: &str| {
        let asked = ada.client.get(app.url("/api/v1/tasks")).header("authorization", format!("Bearer {bearer}"));
        let asked = reqwest::Client::new().execute(asked.build().unwrap());
        asked.await.unwrap().status()
    };
    assert_eq!(status(&signed).await, StatusCode::OK);
    let own = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    assert_eq!(own.public_key().as_ref().len(), 32);
    let by_own_key = |head: &str, body: &str| {
        let text = format!("{head}.{body}");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(own.sign(text.as_bytes())))
    };
    let parts: Vec<_> = signed.split('.').collect();
    let mut bearers = vec![by_own_key(parts[0], parts[1]), format!("{}.{}.", parts[0], parts[1])];
    for (_, input) in corpus("jwt") {
        bearers.push(by_own_key(parts[0], &URL_SAFE_NO_PAD.encode(&input)));
        bearers.extend(String::from_utf8(input));
    }
    bearers.extend(corpus("token").into_iter().filter_map(|(_, input)| String::from_utf8(input).ok()));
    for place in 0..signed.len() {
        let other = if &signed[place..=place] == "A" { "B" } else { "A" };
        let mut wrong = signed.clone();
        wrong.replace_range(place..=place, other);
        bearers.push(wrong);
    }
    // What a header can't hold nobody can send.
    bearers.retain(|bearer| {
        !bearer.trim().is_empty() && bearer.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
    });
    assert!(bearers.len() > 500);
    for bearer in bearers {
        assert_eq!(status(&bearer).await, StatusCode::UNAUTHORIZED, "{bearer}");
    }
}
