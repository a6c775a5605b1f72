//! Receipts made durable: what ledger and store do without HTTP, signatures and a model.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hub_ledger::Admission;
use hub_serve::ledger::SharedLedger;
use hub_types::ids::SessionId;
use hub_wire::{sha256, Units};

use crate::fixture::{ledger, now, unsigned, Keeps, SESSIONS};
use crate::measure::{Round, Sample, Summary};
use crate::models::INPUTS;

/// Calls in flight.
pub const IN_FLIGHT: u64 = SESSIONS;

/// Reserves, starts, completes and stores calls, `IN_FLIGHT` at once.
pub async fn run(folder: &Path, each: u64, rounds: u64) -> Summary {
    let ledger = Arc::new(ledger(Keeps::Disk(&folder.join("receipts"))));
    let mut sample = Sample::default();
    for number in 0..rounds {
        let round = Round::begin();
        let callers: Vec<_> = (1..=IN_FLIGHT)
            .map(|caller| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    let mut latencies = vec![];
                    for call in 0..each {
                        let began = Instant::now();
                        one(&ledger, SessionId(caller), number << 32 | call).await;
                        latencies.push(began.elapsed());
                    }
                    latencies
                })
            })
            .collect();
        let mut latencies = vec![];
        for caller in callers {
            latencies.extend(caller.await.expect("a caller"));
        }
        sample.end(&round, latencies);
    }
    sample.summary()
}

async fn one(ledger: &SharedLedger, session: SessionId, number: u64) {
    let (authorized, work) = unsigned(session, number);
    let admitted = ledger.change(|ledger| ledger.reserve(&authorized, &work, None, now()));
    let Ok(Admission::Reserved(reservation)) = admitted else {
        panic!("{admitted:?}");
    };
    let started = ledger.change(|ledger| ledger.start(reservation, now()));
    started.expect("a start");
    let units = Units::new(INPUTS as u64, 1);
    let answer = answer();
    let hash = sha256(&[&answer]);
    let completed = ledger.begin(|ledger| ledger.complete(reservation, units, hash, answer, now()));
    completed.expect("a receipt").wait().await.expect("a disk");
}

/// An answer as long as that of the model of 5 µs.
pub fn answer() -> Vec<u8> {
    vec![b' '; 200]
}
