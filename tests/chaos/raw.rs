//! Clients that no library is: they write bytes as slowly, as many or as oddly as they like.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use crate::{Fallible, world::LOGIN};

/// What became of a body without an end.
#[derive(Clone, Debug)]
pub struct Endless {
    /// The status it was answered with, if it was.
    pub status: Option<u16>,
    /// How many bytes were taken until then.
    pub taken: usize,
    /// Whether the connection was closed.
    pub closed: bool,
}

/// A connection to a port of this machine.
pub async fn connect(port: u16) -> Fallible<TcpStream> {
    Ok(TcpStream::connect(("127.0.0.1", port)).await?)
}

/// A connection whose owner has room for very few bytes.
pub async fn narrow(port: u16) -> Fallible<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4_096)?;
    Ok(socket.connect(([127, 0, 0, 1], port).into()).await?)
}

/// Sends this, then a byte each `pause` until it is refused, and gives after which time that was; nothing if it never was.
pub async fn drip(port: u16, head: &str, pause: Duration, most: Duration) -> Option<Duration> {
    let mut stream = connect(port).await.ok()?;
    let since = Instant::now();
    stream.write_all(head.as_bytes()).await.ok()?;
    let mut buffer = [0; 4_096];
    while since.elapsed() < most {
        // Whatever is answered, the connection ends after it.
        match timeout(pause, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return Some(since.elapsed()),
            Ok(Ok(_)) => {}
            Err(_) => {
                if stream.write_all(b"a").await.is_err() {
                    return Some(since.elapsed());
                }
            }
        }
    }
    None
}

/// The cookie of a new session.
pub async fn cookie(port: u16) -> Fallible<String> {
    let body = serde_json::json!({"email": LOGIN.0, "password": LOGIN.1});
    let url = format!("http://127.0.0.1:{port}/api/v1/auth/login");
    let answer = reqwest::Client::new().post(url).json(&body).send().await?;
    let cookie = answer.headers().get("set-cookie").ok_or("nobody was logged in")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Sends a head, and then chunks for as long as they are taken, up to `most` bytes.
pub async fn endless(port: u16, head: &str, chunked: bool, most: usize) -> Fallible<Endless> {
    let mut stream = connect(port).await?;
    stream.write_all(head.as_bytes()).await?;
    let (mut from, mut to) = stream.split();
    let mut chunk = vec![b'a'; 16 * 1024];
    if chunked {
        chunk = [b"4000\r\n", chunk.as_slice(), b"\r\n"].concat();
    }
    let (mut taken, mut answer) = (0, Vec::new());
    let mut buffer = [0; 4_096];
    let since = Instant::now();
    let mut closed = false;
    while taken < most && !closed && since.elapsed() < Duration::from_secs(20) {
        tokio::select! {
            read = from.read(&mut buffer) => match read {
                Ok(length @ 1..) => answer.extend_from_slice(&buffer[..length]),
                _ => closed = true,
            },
            written = to.write(&chunk) => match written {
                // Parts of a chunk would have to be continued: what is left is the beginning of the next one.
                Ok(length) => {
                    taken += length;
                    if length < chunk.len() {
                        closed = to.write_all(&chunk[length..]).await.is_err();
                        taken += chunk.len() - length;
                    }
                }
                Err(_) => closed = true,
            },
        }
    }
    // What was answered before the end may still be on its way.
    while let Ok(Ok(length @ 1..)) = timeout(Duration::from_millis(200), from.read(&mut buffer)).await {
        answer.extend_from_slice(&buffer[..length]);
    }
    Ok(Endless { status: status(&answer), taken, closed })
}

/// Sends a request as it stands, and gives the status of its answer; nothing where the connection just ends.
pub async fn once(port: u16, request: &[u8]) -> Fallible<Option<u16>> {
    let mut stream = connect(port).await?;
    // Who refuses early doesn't read the rest.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 4_096];
    while answer.len() < 12 {
        match timeout(Duration::from_secs(35), stream.read(&mut buffer)).await? {
            Ok(length @ 1..) => answer.extend_from_slice(&buffer[..length]),
            _ => break,
        }
    }
    Ok(status(&answer))
}

/// Waits, with the connection open and nothing read, and gives how long that was possible; nothing if it was to the end.
pub async fn read_nothing(port: u16, requests: &str, most: Duration) -> Option<Duration> {
    let mut stream = narrow(port).await.ok()?;
    let since = Instant::now();
    while since.elapsed() < most {
        // As long as the other side takes requests, there are more of them; when it doesn't, its answers are waited for.
        match timeout(Duration::from_millis(500), stream.write_all(requests.as_bytes())).await {
            Ok(Err(_)) => return Some(since.elapsed()),
            _ => sleep(Duration::from_millis(500)).await,
        }
    }
    None
}

/// "HTTP/1.1 413 …"
fn status(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}
