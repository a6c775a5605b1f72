//! Sessions that are not known yet: asked of the chain when a caller names one, within limits.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hub_types::ids::SessionId;

use crate::peers::{Allowance, Peers};

/// So many sessions that do not exist are remembered.
const REMEMBERED: usize = 4096;
/// How long a session that was not there is not asked for again: about as long as a block takes.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3);

/// Decides which unknown sessions are worth a question to a node. A stranger can name any number of them for nothing.
pub struct Lookups {
    budget: Peers,
    hasher: RandomState,
    missing: Mutex<Vec<Option<(SessionId, Instant)>>>,
}

impl Lookups {
    /// At most `per_second` questions on average.
    pub fn new(per_second: u32) -> Self {
        Self {
            budget: Peers::new(Allowance {
                per_second,
                burst: per_second.saturating_mul(2),
            }),
            hasher: RandomState::new(),
            missing: Mutex::new(vec![None; REMEMBERED]),
        }
    }

    /// Whether to ask for a session now.
    pub fn worth(&self, session: SessionId, now: Instant) -> bool {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((found, until)) = missing[self.place(session)] {
            if found == session && now < until {
                return false;
            }
        }
        drop(missing);
        // One bucket for all: nodes do not care who made us ask.
        self.budget
            .ask(IpAddr::V4(Ipv4Addr::UNSPECIFIED), now)
            .is_ok()
    }

    /// Notes that a session was not there.
    pub fn not_there(&self, session: SessionId, now: Instant) {
        let place = self.place(session);
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        missing[place] = Some((session, now + FORGOTTEN_AFTER));
    }

    fn place(&self, session: SessionId) -> usize {
        self.hasher.hash_one(session.0) as usize % REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_is_not_there_is_not_asked_for_again_at_once() {
        let lookups = Lookups::new(1_000);
        let now = Instant::now();
        let session = SessionId(7);
        assert!(lookups.worth(session, now));
        lookups.not_there(session, now);
        assert!(!lookups.worth(session, now + Duration::from_secs(2)));
        assert!(lookups.worth(session, now + Duration::from_secs(3)));
    }

    #[test]
    fn a_stranger_who_names_ten_thousand_sessions_costs_the_nodes_no_more_than_the_limit() {
        let lookups = Lookups::new(20);
        let now = Instant::now();
        let asked = (0..10_000).filter(|number| lookups.worth(SessionId(*number), now));
        assert_eq!(asked.count(), 40);
    }
}
