//! A real mail server in a process of its own: the one of the browser tests (`end2end/support/smtp.mjs`).

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde::Deserialize;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A mail as it arrived.
#[derive(Debug, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
    pub headers: BTreeMap<String, String>,
    pub user: String,
}

impl Mail {
    /// The one link in it, and its code.
    pub fn link(&self) -> (String, String) {
        let links: Vec<_> = self.text.lines().filter(|line| line.contains("?code=")).collect();
        assert_eq!(links.len(), 1, "{}", self.text);
        (links[0].to_owned(), links[0].split_once("?code=").unwrap().1.to_owned())
    }

    pub fn code(&self) -> String {
        self.link().1
    }
}

/// The server. It ends with the test.
pub struct Smtp {
    pub port: u16,
    mails: UnboundedReceiver<Mail>,
    process: Child,
}

impl Smtp {
    pub async fn start() -> Self {
        Self::with(0, "").await
    }

    /// On a port, and for who knows `user:password` only, if there is one.
    pub async fn with(port: u16, login: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end/support/smtp.mjs");
        let mut command = Command::new("node");
        command.args([script, &port.to_string(), login]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("node runs the mail server of the tests");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (sender, mails) = unbounded_channel();
        let (ready, port) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            #[derive(Deserialize)]
            struct Ready {
                port: u16,
            }
            let Some(Ok(first)) = lines.next() else { return };
            let _ = ready.send(serde_json::from_str::<Ready>(&first).unwrap().port);
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let port = port.await.expect("the npm packages in end2end are installed (make setup)");
        Self { port, mails, process }
    }

    /// The settings that send mail here.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        settings(self.port)
    }

    /// The next mail.
    pub async fn next(&mut self) -> Mail {
        let next = tokio::time::timeout(Duration::from_secs(20), self.mails.recv()).await;
        next.expect("a mail comes").unwrap()
    }
}

/// The settings that send mail to a server on this port.
pub fn settings(port: u16) -> [(&'static str, String); 2] {
    [
        ("DOCKET_SMTP_URL", format!("smtp://127.0.0.1:{port}")),
        ("DOCKET_MAIL_FROM", "Docket <docket@example.org>".to_owned()),
    ]
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
