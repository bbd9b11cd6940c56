//! How many requests a caller may make a minute. Kept in memory, for each node by itself, so that to count costs next to nothing: the
//! generic cell rate algorithm, one number per caller.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use super::problem::Problem;
use crate::{domain::id::UserId, server::client};

/// Who makes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// An account, whichever way it is logged in.
    User(UserId),
    /// A network, of who isn't (`security.md` 42).
    Network(IpAddr),
    /// Everybody else, when there are more networks than anybody has.
    Others,
}

impl Source {
    /// Who asks from here without being logged in.
    pub fn network(address: Option<IpAddr>) -> Self {
        address.map_or(Self::Others, |address| Self::Network(client::network(address)))
    }
}

/// So many callers are remembered at once: about 20 MB. Those that have their whole quota again are forgotten first.
const MOST: usize = 200_000;

/// After so many requests is looked whether somebody can be forgotten.
const LOOK: u32 = 10_000;

type Limiter = RateLimiter<Source, DashMapStateStore<Source>, DefaultClock, StateInformationMiddleware>;

/// The requests of all callers.
#[derive(Debug)]
pub struct Limits {
    limiter: Option<Limiter>,
    limit: u32,
    requests: AtomicU32,
    /// Networks that are refused for now, and until when.
    blocked: Mutex<HashMap<IpAddr, Instant>>,
}

/// What is left for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    limit: u32,
    /// So many requests at once.
    requests: u32,
}

impl Limits {
    /// So many requests a minute; 0 for any number.
    pub fn new(limit: u32) -> Self {
        let limiter = NonZeroU32::new(limit)
            .map(|limit| Limiter::new(Quota::per_minute(limit), DashMapStateStore::default(), DefaultClock::default()));
        Self { limiter, limit, requests: AtomicU32::new(0), blocked: Mutex::default() }
    }

    /// Counts a request; gives what is left then. Error: `TooManyRequests`.
    pub fn count(&self, source: Source) -> Result<Option<Left>, Problem> {
        let Some(limiter) = &self.limiter else { return Ok(None) };
        if self.requests.fetch_add(1, Ordering::Relaxed) % LOOK == LOOK - 1 {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let source = match source {
            Source::Network(_) if limiter.len() >= MOST => Source::Others,
            source => source,
        };
        match limiter.check_key(&source) {
            Ok(state) => Ok(Some(Left { limit: self.limit, requests: state.remaining_burst_capacity() })),
            Err(wait) => {
                let now = DefaultClock::default().now();
                let seconds = wait.wait_time_from(now).as_secs() + 1;
                if let Source::Network(address) = source {
                    self.block(address, seconds);
                }
                Err(Problem::TooManyRequests(seconds))
            }
        }
    }

    fn block(&self, network: IpAddr, seconds: u64) {
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if blocked.len() >= MOST {
            blocked.retain(|_, until| *until > now);
        }
        if blocked.len() < MOST {
            blocked.insert(network, now + Duration::from_secs(seconds));
        }
    }

    /// Refuses who tried too many tokens from here lately, before anybody looks at another one. Error: `TooManyRequests`.
    pub fn check(&self, source: Source) -> Result<(), Problem> {
        let Source::Network(network) = source else { return Ok(()) };
        let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(until) = blocked.get(&network) else { return Ok(()) };
        if let Some(wait) = until.checked_duration_since(Instant::now()) {
            return Err(Problem::TooManyRequests(wait.as_secs() + 1));
        }
        blocked.remove(&network);
        Ok(())
    }

    /// Tells a caller who has none left, but has another one in so many seconds.
    pub fn refuse(&self, seconds: u64, headers: &mut HeaderMap) {
        tell(self.limit, 0, seconds, headers);
    }
}

impl Left {
    /// Tells the caller.
    pub fn tell(self, headers: &mut HeaderMap) {
        let Self { limit, requests } = self;
        let seconds = u64::from(limit - requests.min(limit)) * 60;
        tell(limit, requests, seconds.div_ceil(u64::from(limit.max(1))), headers);
    }
}

/// Writes the headers (IETF draft-ietf-httpapi-ratelimit-headers-10): `t` is in how many seconds all are there again, and where none is left,
/// the next one.
fn tell(limit: u32, requests: u32, seconds: u64, headers: &mut HeaderMap) {
    let policy = format!("\"caller\";q={limit};w=60");
    let left = format!("\"caller\";r={requests};t={seconds}");
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_used_the_minute_up_waits() {
        let limits = Limits::new(3);
        let caller = Source::network("192.0.2.7".parse().ok());
        let left: Vec<_> = (0..3).map(|_| limits.count(caller).unwrap().unwrap().requests).collect();
        assert_eq!(left, [2, 1, 0]);
        let Err(Problem::TooManyRequests(seconds)) = limits.count(caller) else { panic!("not refused") };
        assert!((1..=21).contains(&seconds), "{seconds}");
        assert!(limits.count(Source::network("192.0.2.8".parse().ok())).is_ok());
        assert_eq!(Limits::new(0).count(caller), Ok(None));
    }

    #[test]
    fn a_million_networks_take_bounded_memory() {
        let limits = Limits::new(60);
        for number in 0..1_000_000_u128 {
            // Each a network of its own.
            let address = IpAddr::V6((number << 64).into());
            let _ = limits.count(Source::network(Some(address)));
        }
        assert!(limits.limiter.unwrap().len() <= MOST + 1);
    }
}
