//! How much that nobody paid for one peer may ask.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Peers share this many buckets. Memory does not grow with their number; two peers in one bucket share its allowance, and nobody
/// outside knows which do.
const BUCKETS: usize = 4096;

/// Counts requests without a payment, or with one that does not hold, for each peer: a bucket that empties with time.
pub struct Peers {
    per_second: f64,
    burst: f64,
    hasher: RandomState,
    buckets: Mutex<Vec<Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    /// What was asked and has not run out.
    level: f64,
    at: Instant,
}

/// What one peer may ask.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Requests a second on average; 0 for as many as it likes.
    pub per_second: u32,
    /// Requests at once; 0 counts as 1.
    pub burst: u32,
}

impl Peers {
    /// Lets each peer ask so much.
    pub fn new(Allowance { per_second, burst }: Allowance) -> Self {
        let empty = Bucket {
            level: 0.0,
            at: Instant::now(),
        };
        Self {
            per_second: per_second.into(),
            burst: f64::from(burst.max(1)),
            hasher: RandomState::new(),
            buckets: Mutex::new(vec![empty; BUCKETS]),
        }
    }

    /// Whether a peer may ask once more for nothing; if not, the seconds after which it may.
    pub fn ask(&self, peer: IpAddr, now: Instant) -> Result<(), u64> {
        if self.per_second == 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = &mut buckets[self.place(peer)];
        bucket.level = self.level(bucket, now);
        bucket.at = bucket.at.max(now);
        if bucket.level + 1.0 > self.burst {
            let wait = (bucket.level + 1.0 - self.burst) / self.per_second;
            return Err(wait.ceil().max(1.0) as u64);
        }
        bucket.level += 1.0;
        Ok(())
    }

    /// Whether a peer has asked for as much as it may, without counting it.
    pub fn is_full(&self, peer: IpAddr, now: Instant) -> bool {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        self.per_second > 0.0 && self.level(&buckets[self.place(peer)], now) + 1.0 > self.burst
    }

    fn place(&self, peer: IpAddr) -> usize {
        self.hasher.hash_one(network(peer)) as usize % BUCKETS
    }

    fn level(&self, bucket: &Bucket, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.level - passed * self.per_second).max(0.0)
    }
}

/// Whoever has an address of IPv6 has 2^64 of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => {
                let mut octets = address.octets();
                octets[8..].fill(0);
                IpAddr::from(octets)
            }
        },
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers(per_second: u32, burst: u32) -> Peers {
        Peers::new(Allowance { per_second, burst })
    }
    use std::time::Duration;

    #[test]
    fn a_peer_may_ask_so_often_and_again_when_time_has_passed() {
        let peers = peers(2, 10);
        let start = Instant::now();
        let peer = IpAddr::from([192, 0, 2, 1]);
        let asked = (0..50).filter(|_| peers.ask(peer, start).is_ok()).count();
        assert_eq!(asked, 10);
        assert_eq!(peers.ask(peer, start), Err(1));
        let later = start + Duration::from_secs(3);
        let asked = (0..50).filter(|_| peers.ask(peer, later).is_ok()).count();
        assert_eq!(asked, 6);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_peer_and_ten_thousand_peers_take_no_more_memory() {
        let peers = peers(1, 3);
        let start = Instant::now();
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let asked = (0..1_000).filter(|last| peers.ask(address(*last), start).is_ok());
        assert_eq!(asked.count(), 3);
        for number in 0..10_000_u32 {
            let _ = peers.ask(IpAddr::from(number.to_be_bytes()), start);
        }
        assert_eq!(peers.buckets.lock().unwrap().len(), BUCKETS);
    }

    #[test]
    fn zero_a_second_is_no_limit() {
        let peers = peers(0, 1);
        let peer = IpAddr::from([192, 0, 2, 1]);
        assert!((0..100).all(|_| peers.ask(peer, Instant::now()).is_ok()));
    }
}
