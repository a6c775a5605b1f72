//! The books: the ledger in memory, and what writes it down.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hub_ledger::{BatchId, Changed, Kept as KeptReceipt, Ledger, Receipts, Record, Serial};
use hub_types::ids::SessionId;
use hub_wire::{Hash, Receipt, SigningKey};
use tokio::sync::oneshot;

/// Called once when records are safe, or cannot be.
pub type Done = Box<dyn FnOnce(Result<(), String>) + Send>;

/// What writes the books down.
pub trait Store: Receipts<Error = String> + Send + Sync + 'static {
    /// Writes records after those of all earlier calls, together with what else waits. It does not block.
    fn write(&self, records: Vec<Record>, done: Done);

    /// A receipt with the answer that is kept of it.
    ///
    /// # Errors
    ///
    /// A sentence if it cannot be read.
    fn answer(&self, serial: Serial) -> Result<Option<Answered>, String>;

    /// All receipts under a request id, and what became of them.
    ///
    /// # Errors
    ///
    /// A sentence if they cannot be read.
    fn find(&self, request_id: [u8; 16]) -> Result<Vec<Located>, String>;
}

/// A receipt with the answer that is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The receipt.
    pub receipt: Receipt,
    /// What it charges.
    pub amount: u128,
    /// The answer, if it is still kept.
    pub answer: Option<Vec<u8>>,
}

/// A receipt, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The receipt.
    pub receipt: Receipt,
    /// What it charges.
    pub amount: u128,
    /// How far it is.
    pub progress: Progress,
    /// The newest batch that holds it.
    pub batch: Option<LocatedBatch>,
}

/// How far a receipt is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It has no number.
    Pending,
    /// It stands in a signed batch.
    Signed,
    /// It is done with: the name of its fate.
    Done(String),
}

/// A receipt's place in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedBatch {
    /// The batch's name in the books.
    pub id: u64,
    /// Place of the receipt, from 0.
    pub place: u32,
    /// Receipts of the batch.
    pub receipts: u64,
    /// Root of its tree.
    pub root: Hash,
    /// Transaction in which it was last sent.
    pub tx: Option<String>,
    /// Hashes beside the path from the leaf to the root, lowest first.
    pub proof: Vec<Hash>,
}

/// The ledger and its store. Whatever changes the ledger hands its records over before the next change, so that they are written in
/// the order of the changes.
pub struct SharedLedger {
    ledger: Mutex<Ledger>,
    store: Arc<dyn Store>,
    failed: Arc<Failure>,
}

/// That the store fails: nothing is charged while it does.
#[derive(Default)]
struct Failure {
    is: AtomicBool,
    reason: Mutex<String>,
}

impl Failure {
    fn note(&self, result: &Result<(), String>) {
        match result {
            Ok(()) => self.is.store(false, Ordering::Relaxed),
            Err(reason) => {
                tracing::error!("the books cannot be written: {reason}");
                lock(&self.reason).clone_from(reason);
                self.is.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// A change that is being written.
pub struct Pending<T> {
    value: T,
    written: Option<oneshot::Receiver<Result<(), String>>>,
}

impl<T> Pending<T> {
    /// The value, once it is safe.
    ///
    /// # Errors
    ///
    /// A sentence if it cannot be made safe.
    pub async fn wait(self) -> Result<T, String> {
        let Some(written) = self.written else {
            return Ok(self.value);
        };
        match written.await {
            Ok(Ok(())) => Ok(self.value),
            Ok(Err(reason)) => Err(reason),
            Err(_) => Err("the store stopped".to_owned()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SharedLedger {
    /// The books of a ledger that was loaded from this store.
    pub fn new(ledger: Ledger, store: Arc<dyn Store>) -> Self {
        Self {
            ledger: Mutex::new(ledger),
            store,
            failed: Arc::default(),
        }
    }

    /// Asks the ledger.
    pub fn read<T>(&self, ask: impl FnOnce(&Ledger) -> T) -> T {
        ask(&lock(&self.ledger))
    }

    /// Changes what no store needs to know: reservations.
    pub fn change<T>(&self, verb: impl FnOnce(&mut Ledger) -> T) -> T {
        verb(&mut lock(&self.ledger))
    }

    /// Changes the ledger and begins to write the change down.
    ///
    /// # Errors
    ///
    /// The verb's own. Nothing changed then.
    pub fn begin<T, E>(
        &self,
        verb: impl FnOnce(&mut Ledger) -> Result<Changed<T>, E>,
    ) -> Result<Pending<T>, E> {
        let mut ledger = lock(&self.ledger);
        let Changed { value, records } = verb(&mut ledger)?;
        if records.is_empty() {
            return Ok(Pending {
                value,
                written: None,
            });
        }
        let (done, written) = oneshot::channel();
        let failed = self.failed.clone();
        // Under the ledger's lock: the order of the records is the order of the changes.
        let done = Box::new(move |result| {
            failed.note(&result);
            let _ = done.send(result);
        });
        self.store.write(records, done);
        drop(ledger);
        Ok(Pending {
            value,
            written: Some(written),
        })
    }

    /// Signs what waits or has to be signed again, one batch or a few; none if there is nothing. They are named by
    /// [`Ledger::to_send`] once they are safe.
    ///
    /// # Errors
    ///
    /// A sentence; nothing is signed then, or nothing of it is safe.
    pub async fn sign(&self, key: &SigningKey, now: u64) -> Result<Option<Vec<BatchId>>, String> {
        let reading = Reading(self.store.as_ref());
        let pending = self.begin(|ledger| match ledger.sign(key, &reading, now) {
            Ok(Some(changed)) => Ok(changed),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error.to_string())),
        });
        let pending = match pending {
            Ok(pending) => pending,
            Err(None) => return Ok(None),
            Err(Some(reason)) => return Err(reason),
        };
        let batches = pending.wait().await?;
        self.change(|ledger| ledger.stored(&batches));
        Ok(Some(batches))
    }

    /// Why the books cannot be written, if they cannot.
    pub fn failure(&self) -> Option<String> {
        let failed = self.failed.is.load(Ordering::Relaxed);
        failed.then(|| lock(&self.failed.reason).clone())
    }

    /// What writes them down.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// A receipt with the answer that is kept of it.
    ///
    /// # Errors
    ///
    /// A sentence if it cannot be read.
    pub async fn answer(&self, serial: Serial) -> Result<Option<Answered>, String> {
        self.ask_store(move |store| store.answer(serial)).await
    }

    /// All receipts under a request id, and what became of them.
    ///
    /// # Errors
    ///
    /// A sentence if they cannot be read.
    pub async fn find(&self, request_id: [u8; 16]) -> Result<Vec<Located>, String> {
        self.ask_store(move |store| store.find(request_id)).await
    }

    async fn ask_store<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Store) -> Result<T, String> + Send + 'static,
    ) -> Result<T, String> {
        let store = self.store.clone();
        let asked = tokio::task::spawn_blocking(move || ask(store.as_ref()));
        asked.await.map_err(|error| error.to_string())?
    }
}

/// Receipts of whatever store there is.
struct Reading<'a>(&'a dyn Store);

impl Receipts for Reading<'_> {
    type Error = String;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<KeptReceipt>, String> {
        self.0.waiting(session, limit)
    }

    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, KeptReceipt)>, String> {
        self.0.of_batch(batch)
    }
}

/// Books that die with the process: for measurements and for tests of everything else.
#[derive(Default)]
pub struct Memory {
    inner: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    receipts: BTreeMap<Serial, Answered>,
    /// Batch and place of each receipt that has a number.
    places: HashMap<Serial, (BatchId, u32)>,
    fates: HashMap<Serial, String>,
}

impl Store for Memory {
    fn write(&self, records: Vec<Record>, done: Done) {
        let mut kept = lock(&self.inner);
        for record in records {
            match record {
                Record::Receipt(new) => {
                    let answered = Answered {
                        receipt: new.receipt,
                        amount: new.amount,
                        answer: new.answer,
                    };
                    kept.receipts.insert(new.serial, answered);
                }
                Record::Batch(new) => {
                    let places = new.receipts.iter().zip(0..);
                    for ((serial, _), place) in places {
                        kept.places.insert(*serial, (new.id, place));
                    }
                }
                Record::Settled {
                    batch,
                    places,
                    fate,
                    ..
                } => {
                    let at = kept.places.iter();
                    let done =
                        at.filter(|(_, (found, place))| *found == batch && places.contains(place));
                    let done: Vec<_> = done.map(|(serial, _)| *serial).collect();
                    for serial in done {
                        kept.fates.insert(serial, fate.code().to_owned());
                    }
                }
                Record::SetAside { serials, fate, .. } => {
                    for serial in serials {
                        kept.fates.insert(serial, fate.code().to_owned());
                    }
                }
                _ => (),
            }
        }
        drop(kept);
        done(Ok(()));
    }

    fn answer(&self, serial: Serial) -> Result<Option<Answered>, String> {
        Ok(lock(&self.inner).receipts.get(&serial).cloned())
    }

    fn find(&self, request_id: [u8; 16]) -> Result<Vec<Located>, String> {
        let kept = lock(&self.inner);
        let mut same = kept.receipts.iter();
        let located = same
            .by_ref()
            .filter(|(_, one)| one.receipt.request_id == request_id)
            .map(|(serial, one)| Located {
                receipt: one.receipt.clone(),
                amount: one.amount,
                progress: match (kept.fates.get(serial), kept.places.get(serial)) {
                    (Some(fate), _) => Progress::Done(fate.clone()),
                    (None, Some(_)) => Progress::Signed,
                    (None, None) => Progress::Pending,
                },
                batch: None,
            });
        Ok(located.collect())
    }
}

impl Receipts for Memory {
    type Error = String;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<KeptReceipt>, String> {
        let kept = lock(&self.inner);
        let waiting = kept.receipts.iter().filter(|(serial, one)| {
            one.receipt.session == session
                && !kept.places.contains_key(serial)
                && !kept.fates.contains_key(serial)
        });
        let mut waiting: Vec<_> = waiting
            .map(|(serial, one)| kept_receipt(*serial, one))
            .collect();
        waiting.sort_by_key(|one| (one.receipt.issued_at, one.serial));
        waiting.truncate(limit);
        Ok(waiting)
    }

    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, KeptReceipt)>, String> {
        let kept = lock(&self.inner);
        let of_batch = kept
            .places
            .iter()
            .filter(|(serial, (found, _))| *found == batch && !kept.fates.contains_key(serial));
        let mut found: Vec<_> = of_batch
            .filter_map(|(serial, (_, place))| {
                let one = kept.receipts.get(serial)?;
                Some((*place, kept_receipt(*serial, one)))
            })
            .collect();
        found.sort_by_key(|(place, _)| *place);
        Ok(found)
    }
}

fn kept_receipt(serial: Serial, one: &Answered) -> KeptReceipt {
    KeptReceipt {
        serial,
        receipt: one.receipt.clone(),
        amount: one.amount,
    }
}
