use super::*;

use hub_ledger::{Ledger, Limits};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, TermsNumber};
use hub_wire::{BatchBuilder, BlobId, Mode, SigningKey, Units};

fn key() -> SigningKey {
    SigningKey::ed25519_from_seed(&[7; 32])
}

fn identity() -> Identity {
    Identity {
        chain_id: "hub-1".into(),
        billing: vec![7; 32],
        attester: AttesterId(3),
        key: key().public_key(),
        receipt_max_age_seconds: 86_400,
    }
}

fn new_receipt(serial: u64, session: u64) -> NewReceipt {
    NewReceipt {
        serial: Serial(serial),
        receipt: Receipt {
            attester: AttesterId(3),
            session: SessionId(session),
            blob_id: BlobId::from_bytes([1; 32]),
            model: ModelId(1),
            release: ReleaseNumber(1),
            terms: TermsNumber(1),
            request_id: [serial as u8; 16],
            issued_at: 1_000 + serial,
            units: Units::new(1, 2),
            request_hash: [2; 32],
            response_hash: [3; 32],
        },
        amount: u128::MAX - u128::from(serial),
        content: [4; 32],
        kept_until: 2_000 + serial,
        answer: (serial % 2 == 1).then(|| vec![serial as u8; 10]),
    }
}

fn put(store: &Sqlite, records: Vec<Record>) -> Result<(), String> {
    let (send, done) = mpsc::channel();
    store.write(records, Box::new(move |result| send.send(result).unwrap()));
    done.recv().unwrap()
}

#[test]
fn what_is_written_is_read_again_after_a_restart_and_makes_the_same_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(saved, Saved::default());
    let records = (1..=3).map(|serial| Record::Receipt(Box::new(new_receipt(serial, 9))));
    let identity_record = std::iter::once(Record::Identity(identity()));
    put(&store, identity_record.chain(records).collect()).unwrap();

    // Two of them get numbers; their batch is sent, and the first is paid.
    let kept = store.waiting(SessionId(9), 2).unwrap();
    assert_eq!(
        kept.iter().map(|one| one.serial).collect::<Vec<_>>(),
        [Serial(1), Serial(2)]
    );
    let mut builder = BatchBuilder::new(AttesterId(3));
    builder.next(SessionId(9), 0);
    kept.iter()
        .for_each(|one| builder.push(one.receipt.clone()).unwrap());
    let (batch, _) = builder.build(Mode::Itemised).unwrap();
    let new = NewBatch {
        id: BatchId(1),
        chain_id: "hub-1".into(),
        bytes: batch.encode().unwrap(),
        signature: [5; 64],
        receipts: kept.iter().map(|one| (one.serial, one.amount)).collect(),
        taken: vec![hub_ledger::Taken {
            session: SessionId(9),
            receipts: 2,
            amount: u128::MAX,
            given: 2,
        }],
    };
    put(&store, vec![Record::Batch(Box::new(new))]).unwrap();
    put(
        &store,
        vec![
            Record::Sent {
                batch: BatchId(1),
                tx: "AB".into(),
            },
            Record::Settled {
                batch: BatchId(1),
                session: SessionId(9),
                places: 0..1,
                passed: 1,
                fate: Fate::Paid,
            },
        ],
    )
    .unwrap();

    let found = store.find([1; 16]).unwrap();
    assert_eq!(found[0].progress, Progress::Done("paid".into()));
    let located = found[0].batch.clone().unwrap();
    assert_eq!(
        (located.place, located.receipts, located.tx.as_deref()),
        (0, 2, Some("AB"))
    );
    let leaf = found[0].receipt.encode();
    assert!(merkle::verify(&located.root, &leaf, 0, 2, &located.proof));
    assert_eq!(store.find([2; 16]).unwrap()[0].progress, Progress::Signed);
    assert_eq!(store.find([3; 16]).unwrap()[0].progress, Progress::Pending);
    assert_eq!(store.find([4; 16]).unwrap(), []);

    // A second process is refused while the first is there, and finds everything after it.
    let refused = Sqlite::open(folder.path()).err().unwrap();
    assert!(refused.contains("another process"), "{refused}");
    drop(store);
    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(saved.identity, Some(identity()));
    assert_eq!(
        (saved.last_serial, saved.last_batch),
        (Serial(3), BatchId(1))
    );
    assert_eq!((saved.sessions[0].given, saved.sessions[0].passed), (2, 1));
    assert_eq!(saved.sessions[0].waiting.receipts, 1);
    assert_eq!(saved.sessions[0].waiting.oldest, Some(1_003));
    assert_eq!(saved.batches.len(), 1);
    assert_eq!(saved.batches[0].amounts, [u128::MAX - 1, u128::MAX - 2]);
    assert_eq!(saved.remembered.len(), 3);
    let answered = store.answer(Serial(1)).unwrap().unwrap();
    assert_eq!(answered.answer, Some(vec![1; 10]));
    assert_eq!(store.answer(Serial(2)).unwrap().unwrap().answer, None);
    assert_eq!(store.answer(Serial(9)).unwrap(), None);
    let of_batch = store.of_batch(BatchId(1)).unwrap();
    assert_eq!(
        of_batch.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [1]
    );
    let ledger = Ledger::load(identity(), Limits::default(), saved).unwrap();
    assert!(ledger.records.is_empty());
    let health = ledger.value.health(2_000);
    assert_eq!(
        (health.unsettled, health.waiting, health.batches),
        (2, 1, 1)
    );
}

#[test]
fn receipts_that_are_set_aside_or_released_are_archived_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Sqlite::open(folder.path()).unwrap();
    let cheap = |serial, session| {
        let mut new = new_receipt(serial, session);
        new.amount = 10;
        Record::Receipt(Box::new(new))
    };
    let records = vec![cheap(1, 9), cheap(2, 9), cheap(3, 8)];
    put(&store, records).unwrap();
    put(
        &store,
        vec![
            Record::SetAside {
                session: SessionId(9),
                serials: vec![Serial(1)],
                amount: 10,
                fate: Fate::Future,
            },
            Record::Released {
                session: SessionId(8),
            },
        ],
    )
    .unwrap();
    assert_eq!(
        store.find([1; 16]).unwrap()[0].progress,
        Progress::Done("future".into())
    );
    assert_eq!(
        store.find([3; 16]).unwrap()[0].progress,
        Progress::Done("released".into())
    );
    drop(store);
    let (_store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(saved.sessions.len(), 1);
    let waiting = saved.sessions[0].waiting;
    assert_eq!((waiting.receipts, waiting.amount), (1, 10));
    assert_eq!(saved.last_serial, Serial(3));
}

#[test]
fn an_answer_is_forgotten_only_after_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Sqlite::open(folder.path()).unwrap();
    let at = |serial, kept_until| {
        let mut new = new_receipt(serial, 9);
        (new.kept_until, new.amount) = (kept_until, 1);
        vec![Record::Receipt(Box::new(new))]
    };
    put(&store, at(1, 10_000)).unwrap();
    put(&store, at(3, 10_600)).unwrap();
    assert!(store.answer(Serial(1)).unwrap().unwrap().answer.is_some());
    put(&store, at(5, 10_601)).unwrap();
    assert!(store.answer(Serial(1)).unwrap().unwrap().answer.is_none());
    assert!(store.answer(Serial(3)).unwrap().unwrap().answer.is_some());
}

#[test]
fn files_of_other_programs_and_of_newer_releases_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.sqlite");
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "application_id", 5).unwrap();
    drop(other);
    let refused = Sqlite::open(folder.path()).err().unwrap();
    assert!(refused.contains("another program"), "{refused}");
    let newer = Connection::open(&path).unwrap();
    newer
        .pragma_update(None, "application_id", APPLICATION)
        .unwrap();
    newer
        .pragma_update(None, "user_version", VERSION + 1)
        .unwrap();
    drop(newer);
    let refused = Sqlite::open(folder.path()).err().unwrap();
    assert!(
        refused.contains("use the release that wrote them"),
        "{refused}"
    );
}

/// A write that fails takes nothing half, and nothing after it is written: the ledger in memory knows more than the disk then.
#[test]
fn after_one_failure_nothing_is_written_until_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Sqlite::open(folder.path()).unwrap();
    let one = |serial| {
        Record::Receipt(Box::new(NewReceipt {
            amount: 1,
            ..new_receipt(serial, 9)
        }))
    };
    put(&store, vec![one(1)]).unwrap();
    // The same serial again breaks a rule of the tables, as a full disk breaks a write.
    let failed = put(&store, vec![one(2), one(1)]).unwrap_err();
    assert!(failed.contains("start the server again"), "{failed}");
    assert!(put(&store, vec![one(3)]).is_err());
    drop(store);
    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(saved.last_serial, Serial(1));
    put(&store, vec![one(2)]).unwrap();
}

#[test]
fn books_of_the_version_before_are_taken_over_and_know_answers_that_are_being_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Sqlite::open(folder.path()).unwrap();
    put(&store, vec![Record::Receipt(Box::new(new_receipt(1, 7)))]).unwrap();
    drop(store);
    let file = Connection::open(folder.path().join("books.sqlite")).unwrap();
    let before = "DROP TABLE partial; PRAGMA user_version = 1;";
    file.execute_batch(before).unwrap();
    drop(file);

    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!((saved.last_serial, saved.partial.len()), (Serial(1), 0));
    let (first, later) = (new_receipt(2, 7), new_receipt(2, 7));
    let later = NewReceipt {
        amount: first.amount + 1,
        ..later
    };
    for sent in [&first, &later] {
        put(&store, vec![Record::Partial(Box::new(sent.clone()))]).unwrap();
    }
    drop(store);
    let (store, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(
        (saved.last_serial, &saved.partial),
        (Serial(2), &vec![later.clone()])
    );
    assert_eq!(saved.sessions[0].waiting.receipts, 1);
    put(&store, vec![Record::Receipt(Box::new(later))]).unwrap();
    drop(store);
    let (_, saved) = Sqlite::open(folder.path()).unwrap();
    assert_eq!(
        (saved.partial.len(), saved.sessions[0].waiting.receipts),
        (0, 2)
    );
}

/// Steps of SQLite's machine that a start takes with this many receipts, half of them in a signed batch. None of their answers is
/// kept any more.
fn steps_of_a_start(receipts: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Sqlite::open(folder.path()).unwrap();
    let all = (1..=receipts).map(|serial| NewReceipt {
        amount: 1,
        kept_until: serial,
        ..new_receipt(serial, 9)
    });
    let last = NewReceipt {
        amount: 1,
        kept_until: 1_000_000,
        ..new_receipt(receipts + 1, 9)
    };
    let records = all.chain([last]).map(|one| Record::Receipt(Box::new(one)));
    put(&store, records.collect()).unwrap();
    let kept = store.waiting(SessionId(9), receipts as usize / 2).unwrap();
    let batch = NewBatch {
        id: BatchId(1),
        chain_id: "hub-1".into(),
        bytes: vec![],
        signature: [0; 64],
        receipts: kept.iter().map(|one| (one.serial, one.amount)).collect(),
        taken: vec![],
    };
    put(&store, vec![Record::Batch(Box::new(batch))]).unwrap();
    drop(store);
    let mut connection = connect(&folder.path().join("books.sqlite")).unwrap();
    let steps = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = steps.clone();
    let count = move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    let saved = load(&connection).unwrap();
    assert_eq!(saved.last_serial, Serial(receipts + 1));
    assert_eq!(saved.sessions[0].waiting.receipts, receipts + 1);
    assert_eq!((saved.batches.len(), saved.remembered.len()), (1, 1));
    steps.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn a_start_reads_no_receipts_however_many_there_are() {
    let (few, many) = (steps_of_a_start(10), steps_of_a_start(5_000));
    assert!(
        few > 0 && many <= few,
        "{few} steps for 10, {many} for 5 000"
    );
}
