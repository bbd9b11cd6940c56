//! A TCP proxy in front of PostgreSQL, which lets a test decide what the network does.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Network {
    /// It arrives.
    Works,
    /// The first answer of each new connection takes this long.
    IsCold(Duration),
    /// Nothing arrives, and nobody is told: as when a firewall forgets. Connections from this time stay so whatever comes later.
    IsABlackHole,
    /// Connections are cut off, and new ones too.
    IsCut,
}

/// Listens on loopback and passes everything on to a socket of PostgreSQL.
pub struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    listener: JoinHandle<()>,
}

impl Proxy {
    /// In front of the server at these options, which has to be one with a Unix socket.
    pub async fn before(options: &PgConnectOptions) -> Self {
        let socket = options.get_socket().unwrap().join(format!(".s.PGSQL.{}", options.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (network, watched) = watch::channel(Network::Works);
        let listener = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(connection(client, socket.clone(), watched.clone()));
            }
        });
        Self { port, network, listener }
    }

    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// The way to the same database through it.
    pub fn options(&self, options: &PgConnectOptions) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(options.get_username())
            .database(options.get_database().unwrap())
            .ssl_mode(PgSslMode::Disable)
    }

    /// The same for other programs.
    pub fn url(&self, options: &PgConnectOptions) -> String {
        let (user, database) = (options.get_username(), options.get_database().unwrap());
        format!("postgres://{user}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn connection(client: TcpStream, socket: PathBuf, mut network: watch::Receiver<Network>) {
    if *network.borrow() == Network::IsCut {
        return;
    }
    let Ok(server) = UnixStream::connect(socket).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let lost = Arc::new(AtomicBool::new(*network.borrow() == Network::IsABlackHole));
    let cold = match *network.borrow() {
        Network::IsCold(delay) => delay,
        _ => Duration::ZERO,
    };
    let pumps = async {
        tokio::join!(pump(from_client, to_server, Duration::ZERO, &lost), pump(from_server, to_client, cold, &lost))
    };
    tokio::pin!(pumps);
    loop {
        tokio::select! {
            _ = &mut pumps => return,
            changed = network.changed() => {
                if changed.is_err() {
                    return;
                }
                match *network.borrow_and_update() {
                    Network::IsCut => return,
                    Network::IsABlackHole => lost.store(true, Ordering::SeqCst),
                    _ => {}
                }
            }
        }
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut delay: Duration,
    lost: &AtomicBool,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if !delay.is_zero() {
            tokio::time::sleep(std::mem::take(&mut delay)).await;
        }
        if lost.load(Ordering::SeqCst) {
            continue;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    if lost.load(Ordering::SeqCst) {
        // That the other side is gone nobody hears either.
        std::future::pending::<()>().await;
    }
    let _ = to.shutdown().await;
}
