//! Who sends a request: where it comes from, and what it says it is.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The device that sent a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Where it came from.
    pub ip_address: Option<IpAddr>,
    /// What it said it is, cut to 500 characters.
    pub user_agent: Option<String>,
}

/// Where a request came from: the last hop that isn't one of our own proxies. What stands before that in `X-Forwarded-For` anybody
/// can have written (`security.md` 42).
pub fn origin(peer: IpAddr, forwarded: &[&str], proxies: &[IpNet]) -> IpAddr {
    let trusted = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut origin = peer.to_canonical();
    for hop in forwarded.iter().flat_map(|line| line.split(',')).rev() {
        if !trusted(&origin) {
            break;
        }
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        origin = address.to_canonical();
    }
    origin
}

/// Which network an address is in: an IPv4 address by itself, or the 64 bits of an IPv6 address that one customer has (`security.md`
/// 42).
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// What a browser is, from what it says: such as "Firefox on Linux". Only a hint for the owner of the sessions: anybody can write
/// anything there.
pub fn device(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.filter(|text| !text.trim().is_empty()) else { return "Unknown device".to_owned() };
    let first =
        |names: &[(&str, &'static str)]| names.iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| *name);
    // Each names the ones below it too.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => text.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_say() {
        for (text, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("a program of my own", "a program of my own"),
        ] {
            assert_eq!(device(Some(text)), expected);
        }
        assert_eq!((device(None), device(Some(" "))), ("Unknown device".to_owned(), "Unknown device".to_owned()));
    }

    #[test]
    fn only_our_own_proxies_say_where_a_request_came_from() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let from = |peer: &str, forwarded: &[&str]| origin(ip(peer), forwarded, &proxies);
        assert_eq!(from("192.0.2.1", &["198.51.100.1"]), ip("192.0.2.1"));
        assert_eq!(from("10.0.0.1", &["203.0.113.9, 198.51.100.1"]), ip("198.51.100.1"));
        assert_eq!(from("10.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.2"]), ip("198.51.100.1"));
        assert_eq!(from("::ffff:10.0.0.1", &["nonsense"]), ip("10.0.0.1"));
        assert_eq!(from("10.0.0.1", &[]), ip("10.0.0.1"));
        assert_eq!(origin(ip("10.0.0.1"), &["198.51.100.1"], &[]), ip("10.0.0.1"));
    }
}
