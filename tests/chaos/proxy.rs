//! A TCP proxy between Docket and PostgreSQL, which decides what the network does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

use crate::Fallible;

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Network {
    /// It arrives.
    Works,
    /// Each part of it arrives so much later.
    IsSlow(Duration),
    /// Nothing arrives, and nobody is told. Connections from this time stay so whatever comes later.
    IsABlackHole,
    /// Connections are reset, and new ones too.
    IsReset,
    /// It arrives, but each n-th COMMIT as a ROLLBACK, whose answer is that of a COMMIT: a fault that a checker has to find.
    DropsCommits(u64),
}

/// Listens on loopback and passes everything on.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    listener: JoinHandle<()>,
}

impl Proxy {
    /// In front of this port.
    pub async fn before(server: u16) -> Fallible<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (network, watched) = watch::channel(Network::Works);
        let commits = Arc::new(AtomicU64::new(0));
        let listener = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((client, _)) => drop(tokio::spawn(connection(client, server, watched.clone(), commits.clone()))),
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Ok(Self { port, network, listener })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what happens from now on.
    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn connection(client: TcpStream, port: u16, mut network: watch::Receiver<Network>, commits: Arc<AtomicU64>) {
    if *network.borrow_and_update() == Network::IsReset {
        reset(&client);
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let lost = Arc::new(AtomicBool::new(*network.borrow() == Network::IsABlackHole));
    {
        let (mut server, mut client) = (server, client);
        let cut = {
            let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
            let there = Pump { network: network.clone(), lost: lost.clone(), commits: Some(commits) };
            let back = Pump { network: network.clone(), lost: lost.clone(), commits: None };
            let pumps = async { tokio::join!(there.run(from_client, to_server), back.run(from_server, to_client)) };
            tokio::pin!(pumps);
            loop {
                tokio::select! {
                    _ = &mut pumps => break false,
                    changed = network.changed() => match *network.borrow_and_update() {
                        _ if changed.is_err() => break false,
                        Network::IsReset => break true,
                        Network::IsABlackHole => lost.store(true, Ordering::SeqCst),
                        _ => {}
                    }
                }
            }
        };
        if cut {
            reset(&client);
        }
    }
}

/// Has the connection end with RST rather than FIN.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

/// One direction of a connection.
struct Pump {
    network: watch::Receiver<Network>,
    lost: Arc<AtomicBool>,
    /// How many commits there were; nothing for the direction in which they are answered.
    commits: Option<Arc<AtomicU64>>,
}

impl Pump {
    async fn run(&self, mut from: tcp::ReadHalf<'_>, mut to: tcp::WriteHalf<'_>) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let network = *self.network.borrow();
            if let Network::IsSlow(delay) = network {
                sleep(delay).await;
            }
            if self.lost.load(Ordering::SeqCst) {
                continue;
            }
            let sent = match network {
                Network::DropsCommits(each) => self.tampered(&buffer[..length], each),
                _ => buffer[..length].to_vec(),
            };
            if to.write_all(&sent).await.is_err() {
                return;
            }
        }
        if self.lost.load(Ordering::SeqCst) {
            // That the other side is gone nobody hears either.
            std::future::pending::<()>().await;
        }
        let _ = to.shutdown().await;
    }

    /// A simple query and its completion, as the protocol frames them.
    fn tampered(&self, sent: &[u8], each: u64) -> Vec<u8> {
        const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
        const ROLLBACK: &[u8] = b"Q\0\0\0\x0dROLLBACK\0";
        const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";
        const ROLLED_BACK: &[u8] = b"C\0\0\0\x0dROLLBACK\0";
        let Some(commits) = &self.commits else {
            let at = sent.windows(ROLLED_BACK.len()).position(|window| window == ROLLED_BACK);
            return at.map_or_else(
                || sent.to_vec(),
                |at| [&sent[..at], COMMITTED, &sent[at + ROLLED_BACK.len()..]].concat(),
            );
        };
        match sent.windows(COMMIT.len()).position(|window| window == COMMIT) {
            Some(at) if commits.fetch_add(1, Ordering::SeqCst) % each == each - 1 => {
                [&sent[..at], ROLLBACK, &sent[at + COMMIT.len()..]].concat()
            }
            _ => sent.to_vec(),
        }
    }
}
