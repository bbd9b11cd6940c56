//! The accept loop: a limit on connections, limits on the time that headers take (slowloris) and that a client doesn't read what it asked
//! for, and a stop that lets requests finish. `axum::serve` has none of the four.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::{Layer, ServiceExt};

/// Most connections at a time. More wait in the kernel's queue.
const CONNECTIONS: usize = 4_096;

/// How long a client may take to send a request's headers, and how long an idle connection stays.
const HEADERS: Duration = Duration::from_secs(15);

/// How much the kernel holds of an answer that a client has yet to read, in bytes.
const SENT: usize = 128 * 1024;

/// How long a client may leave an answer unread. Who reads a third of what the kernel holds begins anew: 3 KB a second are enough.
const UNREAD: Duration = Duration::from_secs(30);

/// How to stop.
#[derive(Clone, Debug)]
pub struct Stop {
    /// Says that it is time.
    pub token: CancellationToken,
    /// How long everybody is still served after that, so that a proxy learns from `/readyz` to send nobody here any more.
    pub delay: Duration,
    /// How long requests in flight get to finish then.
    pub patience: Duration,
}

/// On every request: whether Docket is about to stop.
#[derive(Clone, Debug)]
pub struct Stopping(CancellationToken);

impl Stopping {
    /// Whether it is.
    pub fn is_near(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Serves until it is time to stop, and ends as `stop` says.
pub async fn serve(listener: TcpListener, router: Router, stop: Stop) {
    serve_with(listener, router, stop, UNREAD).await;
}

async fn serve_with(listener: TcpListener, router: Router, stop: Stop, unread: Duration) {
    let router = router.layer(Extension(Stopping(stop.token.clone())));
    let end = async {
        stop.token.cancelled().await;
        tokio::time::sleep(stop.delay).await;
    };
    tokio::pin!(end);
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accept = async {
            // Never closed, so a permit always comes.
            let permit = Arc::clone(&free).acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            accepted = accept => accepted,
            () = &mut end => break,
        };
        match accepted {
            Ok((stream, peer)) => spawn(stream, peer, permit, &router, &graceful, unread),
            Err(error) => pause_after(&error).await,
        }
    }
    drop(listener);
    if tokio::time::timeout(stop.patience, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish within {} s", stop.patience.as_secs());
    }
}

fn spawn(
    stream: TcpStream,
    peer: SocketAddr,
    permit: Option<OwnedSemaphorePermit>,
    router: &Router,
    graceful: &GracefulShutdown,
    unread: Duration,
) {
    // Small answers leave at once; an error only means that the client is gone already.
    let _ = stream.set_nodelay(true);
    let service = Extension(ConnectInfo(peer)).layer(router.clone());
    let service = service.map_request(|request: Request<hyper::body::Incoming>| request.map(Body::new));
    // HTTP/1 only: browsers speak HTTP/2 to the proxy that has the certificate. Guessing the version from what arrives would
    // wait without a limit for clients that send nothing.
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS);
    // The kernel tells of room once a third of what it holds was read: of as much as it takes by itself, a slow client may not read that in time.
    let _ = SockRef::from(&stream).set_send_buffer_size(SENT);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(unread));
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(permit);
    });
}

/// A client that is gone again is nothing; running out of descriptors passes, but not at once.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be accepted");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpSocket,
        time::sleep,
    };

    use super::*;

    /// More than what is between the two ends holds.
    const ANSWER: usize = 1024 * 1024;

    /// For how long an answer may stay unread here.
    const PATIENCE: Duration = Duration::from_secs(3);

    /// Somebody who has asked for [`ANSWER`] bytes and has little room for them.
    async fn asked() -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { vec![b'a'; ANSWER] }));
        let stop = Stop { token: CancellationToken::new(), delay: Duration::ZERO, patience: Duration::ZERO };
        tokio::spawn(serve_with(listener, router, stop, PATIENCE));
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: docket\r\nConnection: close\r\n\r\n").await.unwrap();
        stream
    }

    #[tokio::test]
    async fn who_reads_slowly_gets_the_whole_answer() {
        let mut stream = asked().await;
        let (mut taken, mut some) = (0, vec![0; 48 * 1024]);
        // Longer than it may stay unread.
        while taken < ANSWER - some.len() {
            sleep(PATIENCE / 15).await;
            taken += stream.read_exact(&mut some).await.unwrap_or_else(|error| panic!("after {taken} bytes: {error}"));
        }
        taken += stream.read_to_end(&mut Vec::new()).await.unwrap();
        assert!(taken > ANSWER, "{taken} bytes came, with the headers");
    }

    #[tokio::test]
    async fn who_does_not_read_is_let_go() {
        let mut stream = asked().await;
        sleep(PATIENCE * 2).await;
        let mut rest = Vec::new();
        let end = stream.read_to_end(&mut rest).await;
        assert!(rest.len() < ANSWER / 2, "{} bytes came, {end:?}", rest.len());
    }
}
