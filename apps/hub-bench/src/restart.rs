//! A start with a million unsettled receipts.

use std::path::Path;
use std::time::Instant;

use hub_ledger::{Admission, Kept, Ledger, Limits, Receipts, Record};
use hub_serve::ledger::Store;
use hub_serve::sqlite::Sqlite;
use hub_types::ids::SessionId;
use hub_wire::{sha256, Units};
use serde::Serialize;

use crate::fixture::{attester_key, identity, limits, now, observation, unsigned, SESSIONS};
use crate::measure;
use crate::models::INPUTS;
use crate::receipts::answer;

/// One start.
#[derive(Debug, Serialize)]
pub struct Start {
    /// Receipts that are not settled.
    pub receipts: u64,
    /// Of these, in signed batches.
    pub signed: u64,
    /// Request ids whose answers are still kept.
    pub remembered: u64,
    /// From opening the file to a ledger that serves, the best of three.
    pub seconds: f64,
    pub cpu_seconds: f64,
}

/// Fills books with receipts, all of the last ten minutes, so that every answer is still kept. Then it measures a start with all of
/// them waiting, and one with all of them in signed batches.
pub fn run(folder: &Path, receipts: u64) -> Vec<Start> {
    let folder = folder.join("restart");
    fill(&folder, receipts);
    let waiting = start(&folder);
    sign(&folder);
    vec![waiting, start(&folder)]
}

fn open(folder: &Path) -> (Sqlite, Ledger) {
    let (store, saved) = Sqlite::open(folder).expect("books on disk");
    let opened = Ledger::load(identity(), limits(), saved).expect("books of this attester");
    store.write(opened.records, Box::new(|result| result.expect("a disk")));
    (store, opened.value)
}

fn fill(folder: &Path, receipts: u64) {
    let (store, mut ledger) = open(folder);
    store.write(
        ledger.observe(&observation(), now()).records,
        Box::new(|result| result.expect("a disk")),
    );
    let mut records: Vec<Record> = vec![];
    for number in 0..receipts {
        let session = SessionId(number % SESSIONS + 1);
        let (authorized, work) = unsigned(session, number);
        let Ok(Admission::Reserved(reservation)) = ledger.reserve(&authorized, &work, None, now())
        else {
            panic!("call {number} is not reserved");
        };
        ledger.start(reservation, now()).expect("a start");
        let answer = answer();
        let hash = sha256(&[&answer]);
        let units = Units::new(INPUTS as u64, 1);
        let completed = ledger.complete(reservation, units, hash, answer, now());
        records.extend(completed.expect("a receipt").records);
        if records.len() >= 10_000 {
            let records = std::mem::take(&mut records);
            store.write(records, Box::new(|result| result.expect("a disk")));
        }
    }
    store.write(records, Box::new(|result| result.expect("a disk")));
}

/// What the ledger reads to sign.
struct Reading<'a>(&'a Sqlite);

impl Receipts for Reading<'_> {
    type Error = String;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<Kept>, String> {
        self.0.waiting(session, limit)
    }

    fn of_batch(&self, batch: hub_ledger::BatchId) -> Result<Vec<(u32, Kept)>, String> {
        self.0.of_batch(batch)
    }
}

fn sign(folder: &Path) {
    let (store, mut ledger) = open(folder);
    store.write(
        ledger.observe(&observation(), now()).records,
        Box::new(|result| result.expect("a disk")),
    );
    let later = now() + Limits::default().settle_after_seconds;
    loop {
        let (done, written) = std::sync::mpsc::channel();
        let signed = ledger.sign(&attester_key(), &Reading(&store), later);
        let Some(changed) = signed.expect("receipts that can be signed") else {
            return;
        };
        store.write(
            changed.records,
            Box::new(move |result| done.send(result).expect("nobody left")),
        );
        written.recv().expect("an answer").expect("a disk");
        ledger.stored(&changed.value);
    }
}

fn start(folder: &Path) -> Start {
    let mut best: Option<Start> = None;
    for _ in 0..3 {
        let (wall, used) = (Instant::now(), measure::cpu());
        let (store, saved) = Sqlite::open(folder).expect("books on disk");
        let remembered = saved.remembered.len() as u64;
        let opened = Ledger::load(identity(), limits(), saved).expect("books of this attester");
        let seconds = wall.elapsed().as_secs_f64();
        let cpu_seconds = (measure::cpu() - used).as_secs_f64();
        let health = opened.value.health(now());
        drop(store);
        if best.as_ref().is_none_or(|best| best.seconds > seconds) {
            best = Some(Start {
                receipts: health.unsettled,
                signed: health.unsettled - health.waiting,
                remembered,
                seconds,
                cpu_seconds,
            });
        }
    }
    best.expect("three starts")
}
