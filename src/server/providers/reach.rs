//! How Docket asks another provider: only where its settings say that it is, and where that leads in public (OWASP Server-Side Request
//! Forgery Prevention Cheat Sheet). What a provider says of itself is what somebody else says: it must not lead Docket to a machine that
//! only Docket can reach.

use std::{
    fmt::Write as _,
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use thiserror::Error;
use url::{Host, Origin, Url};

/// How long a provider has for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many bytes an answer may have.
const LIMIT: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Unreached {
    /// The address is one that Docket doesn't go to.
    #[error("it leads where Docket doesn't go")]
    Forbidden,
    /// The answer is longer than any should be.
    #[error("its answer is too long")]
    TooLong,
    /// Nobody answered.
    #[error("{0}")]
    Failed(String),
}

impl From<reqwest::Error> for Unreached {
    fn from(error: reqwest::Error) -> Self {
        // Not the URL: its query may hold a secret.
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        Self::Failed(text)
    }
}

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Net {
    /// To where the settings say that a provider is, wherever that may be.
    own: Client,
    /// To wherever that says.
    public: Client,
}

impl Net {
    /// With the certificates of this machine.
    pub fn new() -> reqwest::Result<Self> {
        // Neither redirects, which lead anywhere, nor proxies, which look names up by themselves.
        let client =
            || Client::builder().redirect(Policy::none()).no_proxy().timeout(PATIENCE).connect_timeout(PATIENCE);
        let public = client().https_only(true).dns_resolver(Arc::new(PublicOnly)).build()?;
        Ok(Self { own: client().build()?, public })
    }
}

/// The way to one provider.
pub struct Reach {
    net: Net,
    issuer: Origin,
}

impl Reach {
    /// To the one with this issuer.
    pub fn new(net: Net, issuer: &Url) -> Self {
        Self { net, issuer: issuer.origin() }
    }

    /// Whether a browser may be sent there.
    pub fn may_show(&self, url: &Url) -> bool {
        url.scheme() == "https" || url.origin() == self.issuer
    }

    fn client(&self, url: &Url) -> Result<&Client, Unreached> {
        // The operator's own word. By https nobody else could answer there, and without it is this machine only.
        if url.origin() == self.issuer {
            return Ok(&self.net.own);
        }
        let public = match url.host() {
            // The resolver looks.
            Some(Host::Domain(_)) => true,
            Some(Host::Ipv4(address)) => is_public(address.into()),
            Some(Host::Ipv6(address)) => is_public(address.into()),
            None => false,
        };
        if url.scheme() == "https" && public { Ok(&self.net.public) } else { Err(Unreached::Forbidden) }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unreached> {
        let request = reqwest::Request::try_from(request)?;
        let mut answer = self.client(request.url())?.execute(request).await?;
        let mut kept = HttpResponse::new(Vec::new());
        *kept.status_mut() = answer.status();
        *kept.headers_mut() = answer.headers().clone();
        while let Some(piece) = answer.chunk().await? {
            if kept.body().len() + piece.len() > LIMIT {
                return Err(Unreached::TooLong);
            }
            kept.body_mut().extend_from_slice(&piece);
        }
        Ok(kept)
    }
}

impl<'c> AsyncHttpClient<'c> for Reach {
    type Error = Unreached;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unreached>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Finds public addresses only. What is looked up is what is connected to: nobody can change it in between.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(Unreached::Forbidden.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// Whether everybody can reach this address, as far as IANA's registries of special addresses say.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        // "This network", carriers' own, protocols' own, 6to4, benchmarks, kept back.
        || a == 0
        || a == 100 && (64..128).contains(&b)
        || a == 192 && b == 0 && c == 0
        || a == 192 && b == 88 && c == 99
        || a == 198 && (b == 18 || b == 19)
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inner = |high: u16, low: u16| is_public_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    if let Some(address) = address.to_ipv4_mapped() {
        return is_public_v4(address);
    }
    match (parts[0], parts[1]) {
        // NAT64.
        (0x64, 0xff9b) => parts[2..6] == [0, 0, 0, 0] && inner(parts[6], parts[7]),
        // 6to4.
        (0x2002, high) => inner(high, parts[2]),
        // Teredo and other protocols' own; documentation.
        (0x2001, 0..0x200 | 0xdb8) => false,
        // What is given out to anybody at all.
        (first, _) => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "127.0.0.1",
            "127.255.0.3",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.0.8",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[tokio::test]
    async fn discovery_leads_nowhere_private() {
        let reach = Reach::new(Net::new().unwrap(), &Url::parse("https://id.example.org/realm").unwrap());
        let goes = |url: &str| reach.client(&Url::parse(url).unwrap()).is_ok();
        assert!(goes("https://id.example.org/token") && goes("https://keys.example.org/") && goes("https://1.1.1.1/"));
        for url in [
            "http://id.example.org/token",
            "http://example.org/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://169.254.169.254/latest",
            "ftp://example.org/",
            "file:///etc/passwd",
            "data:,x",
        ] {
            assert!(!goes(url), "{url}");
        }
        let request = HttpRequest::new(Vec::new());
        let request = |url: &str| {
            let mut request = request.clone();
            *request.uri_mut() = url.parse().unwrap();
            request
        };
        // A name that leads to this machine.
        let refused = reach.send(request("https://localhost:9/")).await.unwrap_err();
        assert!(refused.to_string().contains("doesn't go"), "{refused}");
    }

    #[test]
    fn a_browser_is_sent_by_https_or_to_the_issuer() {
        let reach = Reach::new(Net::new().unwrap(), &Url::parse("http://127.0.0.1:4000").unwrap());
        let shows = |url: &str| reach.may_show(&Url::parse(url).unwrap());
        assert!(shows("http://127.0.0.1:4000/auth") && shows("https://id.example.org/auth"));
        assert!(!shows("http://127.0.0.1:4001/auth") && !shows("javascript:alert(1)"));
    }
}
