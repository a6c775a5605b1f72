use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Something that goes wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which requests it is about.
    pub on: On,
    /// Only those about this blob; all without it. 43 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// So many requests go well before.
    #[serde(default)]
    pub skip: u32,
    /// So many requests go wrong, then it is over; all without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What goes wrong.
    #[serde(rename = "do")]
    pub what: What,
}

/// Kinds of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Bytes of a blob, whole or in part.
    Read,
    /// Files of quilts, and lists of them.
    Quilt,
    /// Storing, as a blob, a quilt, or through the relay.
    Store,
    /// What storage nodes know: metadata, status, confirmations.
    Node,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// The answer is late.
    Delay {
        /// By so many milliseconds.
        milliseconds: u64,
    },
    /// The answer is this status, in the shape that Walrus gives it. Nothing is done.
    Status {
        /// 403, 404, 413, 429, 451, 500, 503 or 504; others come with plain text.
        code: u16,
        /// Seconds in `Retry-After`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// What was asked for is stored, and then the answer is this status.
    StoreThenStatus {
        /// As above.
        code: u16,
    },
    /// The body breaks off.
    CutAfter {
        /// After so many bytes of it.
        bytes: u64,
    },
    /// The body stops for a while.
    StallAfter {
        /// After so many bytes of it.
        bytes: u64,
        /// For so many milliseconds.
        milliseconds: u64,
    },
    /// The body comes slowly.
    Trickle {
        /// Bytes a second.
        bytes_per_second: u64,
    },
    /// A byte of the blob is another one, in every answer that has it.
    WrongByte {
        /// Its place in the blob.
        offset: u64,
    },
    /// The whole blob is sent where a part was asked for, with status 200.
    IgnoreRange,
    /// The blob is said to have another length.
    WrongLength {
        /// This one.
        length: u64,
    },
    /// A cache in front keeps the answer "404" to an address for a while, even if the blob is stored meanwhile.
    CachedNotFound {
        /// For so many seconds.
        seconds: u64,
    },
    /// The publisher says that it stored another blob.
    WrongId,
}

/// What goes wrong with one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    pub delay: Option<Duration>,
    pub status: Option<(u16, Option<u64>)>,
    pub store_then: Option<u16>,
    pub cut_after: Option<u64>,
    pub stall_after: Option<(u64, Duration)>,
    pub bytes_per_second: Option<u64>,
    pub wrong_bytes: Vec<u64>,
    pub ignore_range: bool,
    pub wrong_length: Option<u64>,
    pub cached_not_found: Option<Duration>,
    pub wrong_id: bool,
}

/// The faults of a server, and what its cache remembers.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<(Fault, u32)>,
    not_found: BTreeMap<String, Instant>,
}

impl Faults {
    pub fn set(&self, faults: Vec<Fault>) {
        let mut state = self.lock();
        state.faults = faults.into_iter().map(|fault| (fault, 0)).collect();
        state.not_found.clear();
    }

    pub fn get(&self) -> Vec<Fault> {
        self.lock()
            .faults
            .iter()
            .map(|(fault, _)| fault.clone())
            .collect()
    }

    /// What goes wrong with this request, which counts as one.
    pub fn effects(&self, on: On, blob: Option<&str>) -> Effects {
        let mut effects = Effects::default();
        for (fault, seen) in &mut self.lock().faults {
            if fault.on != on || fault.blob.is_some() && fault.blob.as_deref() != blob {
                continue;
            }
            let before = *seen;
            *seen = seen.saturating_add(1);
            let over = fault
                .times
                .is_some_and(|times| before >= fault.skip.saturating_add(times));
            if before < fault.skip || over {
                continue;
            }
            match &fault.what {
                What::Delay { milliseconds } => {
                    effects.delay = Some(Duration::from_millis(*milliseconds))
                }
                What::Status { code, retry_after } => effects.status = Some((*code, *retry_after)),
                What::StoreThenStatus { code } => effects.store_then = Some(*code),
                What::CutAfter { bytes } => effects.cut_after = Some(*bytes),
                What::StallAfter {
                    bytes,
                    milliseconds,
                } => {
                    effects.stall_after = Some((*bytes, Duration::from_millis(*milliseconds)));
                }
                What::Trickle { bytes_per_second } => {
                    effects.bytes_per_second = Some(*bytes_per_second)
                }
                What::WrongByte { offset } => effects.wrong_bytes.push(*offset),
                What::IgnoreRange => effects.ignore_range = true,
                What::WrongLength { length } => effects.wrong_length = Some(*length),
                What::CachedNotFound { seconds } => {
                    effects.cached_not_found = Some(Duration::from_secs(*seconds));
                }
                What::WrongId => effects.wrong_id = true,
            }
        }
        effects
    }

    /// Whether the cache in front still has a 404 for this address.
    pub fn remembers_not_found(&self, address: &str) -> bool {
        self.lock()
            .not_found
            .get(address)
            .is_some_and(|until| *until > Instant::now())
    }

    pub fn remember_not_found(&self, address: &str, time: Duration) {
        self.lock()
            .not_found
            .insert(address.to_owned(), Instant::now() + time);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
