//! TLS to PostgreSQL, as `sslmode` in the URL asks.

use std::{
    fs,
    process::{Command, Stdio},
};

use docket::server::migrations;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::StatusCode;
use sqlx::{ConnectOptions, Connection};

use crate::{
    embedded::{Application, Folder},
    postgres::Server,
    support::{Browser, LOGIN, PASSWORD, owner},
};

/// Somebody who signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new() -> Self {
        let (mut params, key) = (CertificateParams::default(), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// A certificate for a name, and its key.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// A server with this certificate that takes no connection without TLS, and a database with every migration.
async fn server((certificate, key): (String, String)) -> Server {
    let mut server = Server::new(&["fsync = off"]);
    server.start().await;
    let mut connection = server.options("postgres").connect().await.unwrap();
    for statement in [
        "create role docket_owner login createrole",
        "create role docket_web login",
        "create database docket owner docket_owner",
    ] {
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    migrations::up(&owner(&server.options("docket")), LOGIN).await.unwrap();
    server.stop();
    server.file("server.crt", &certificate);
    server.file("server.key", &key);
    server.file("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n");
    server.file("postgresql.auto.conf", "ssl = on\n");
    server.start().await;
    server
}

/// What the real program says when it doesn't start, at once and in one line.
fn refused(url: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docket"));
    command.arg("serve").env("DATABASE_URL", url).env("LEPTOS_SITE_ADDR", "127.0.0.1:0").env("RUST_LOG", "off");
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.lines().count() == 1, "{said}");
    println!("{said}");
    said
}

async fn works(url: &str) {
    let folder = Folder::new();
    let app = Application::with(&folder.0, |command| {
        command.env("DATABASE_URL", url);
    });
    let browser = Browser::at(&app.url());
    let address = format!("{}@example.org", url.len());
    assert_eq!(browser.register("Ada", &address, PASSWORD).await.status(), StatusCode::SEE_OTHER);
    browser.add("in secret").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connection_to_the_database_is_as_secret_as_its_url_asks() {
    let (own, foreign, folder) = (Authority::new(), Authority::new(), Folder::new());
    let file = |name: &str, authority: &Authority| {
        let path = folder.0.join(name);
        fs::write(&path, &authority.certificate).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (right, wrong) = (file("right.pem", &own), file("wrong.pem", &foreign));
    // An address is a name, too: nothing is looked up.
    let server = server(own.certify("127.0.0.1")).await;
    let url = |host: &str, rest: &str| format!("postgres://docket_web:hunter2@{host}:{}/docket?{rest}", server.port);

    works(&url("127.0.0.1", "sslmode=require")).await;
    works(&url("127.0.0.1", &format!("sslmode=verify-full&sslrootcert={right}"))).await;
    // Somebody else's signature, no authority named, or another name.
    for (host, rest) in [
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={wrong}")),
        ("127.0.0.1", "sslmode=verify-full".to_owned()),
        ("localhost", format!("sslmode=verify-full&sslrootcert={right}")),
    ] {
        let said = refused(&url(host, &rest));
        assert!(said.contains("certificate") && said.contains("sslrootcert"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    // Without TLS it is the server that refuses.
    let said = refused(&url("127.0.0.1", "sslmode=disable"));
    assert!(said.contains("The database refused the connection"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused_where_the_url_asks_for_it() {
    let mut server = Server::new(&["fsync = off"]);
    server.start().await;
    for mode in ["require", "verify-ca", "verify-full"] {
        let said = refused(&format!("postgres://docket@127.0.0.1:{}/postgres?sslmode={mode}", server.port));
        assert!(said.contains("does not support TLS") && said.contains("sslmode"), "{said}");
    }
}
