//! The books on disk: SQLite, one writer, one commit for all that waits.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::{mpsc, Mutex, MutexGuard, PoisonError};
use std::thread;

use hub_ledger::{
    BatchId, Fate, Identity, Kept, NewBatch, NewReceipt, Receipts, Record, Remembered, Saved,
    SavedBatch, SavedSession, Serial, Waiting,
};
use hub_types::ids::SessionId;
use hub_wire::varint::{Reader, Writer};
use hub_wire::{merkle, KeyType, PublicKey, Receipt, SignedVoucher};
use rusqlite::{params, Connection, OptionalExtension, Row, Transaction};

use crate::ledger::{Answered, Done, Located, LocatedBatch, Progress, Store};

/// "Hub" and a byte: SQLite's `application_id` of such a file.
const APPLICATION: i64 = 0x4875_6202;
/// Version of the tables, SQLite's `user_version`.
const VERSION: i64 = 2;
/// So many changes go into one commit at the most.
const MOST_AT_ONCE: usize = 8_192;
/// Answers are kept for ten minutes at least, and calls are valid for no longer.
const ANSWER_SECONDS: u64 = 600;

const TABLES: &str = "
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    chain_id TEXT NOT NULL,
    billing BLOB NOT NULL,
    attester INTEGER NOT NULL,
    key_type INTEGER NOT NULL,
    key BLOB NOT NULL,
    receipt_max_age INTEGER NOT NULL
) STRICT;
-- Sums, so that a start reads no receipts. Amounts have 128 bits and are text.
CREATE TABLE sessions (
    session INTEGER PRIMARY KEY,
    given INTEGER NOT NULL DEFAULT 0,
    passed INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    waiting_amount TEXT NOT NULL DEFAULT '0'
) STRICT;
CREATE TABLE vouchers (session INTEGER PRIMARY KEY, chain_id TEXT NOT NULL, voucher BLOB NOT NULL) STRICT;
-- Receipts that are not done with. Those without a batch wait for a number.
CREATE TABLE receipts (
    serial INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    request_id BLOB NOT NULL,
    amount TEXT NOT NULL,
    receipt BLOB NOT NULL,
    batch INTEGER,
    place INTEGER
) STRICT;
CREATE INDEX receipts_waiting ON receipts (session, issued_at) WHERE batch IS NULL;
CREATE INDEX receipts_of_batch ON receipts (batch, place) WHERE batch IS NOT NULL;
CREATE INDEX receipts_by_request ON receipts (request_id);
-- Receipts that are done with, and what became of them.
CREATE TABLE archive (
    serial INTEGER PRIMARY KEY,
    request_id BLOB NOT NULL,
    amount TEXT NOT NULL,
    receipt BLOB NOT NULL,
    batch INTEGER,
    place INTEGER,
    fate TEXT NOT NULL
) STRICT;
CREATE INDEX archive_by_request ON archive (request_id);
CREATE INDEX archive_of_batch ON archive (batch, place) WHERE batch IS NOT NULL;
CREATE TABLE answers (
    serial INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    request_id BLOB NOT NULL,
    content BLOB NOT NULL,
    kept_until INTEGER NOT NULL,
    body BLOB
) STRICT;
CREATE INDEX answers_until ON answers (kept_until);
-- Every batch ever signed. `amounts` are LEB128 integers in batch order.
CREATE TABLE batches (
    batch INTEGER PRIMARY KEY,
    chain_id TEXT NOT NULL,
    bytes BLOB NOT NULL,
    signature BLOB NOT NULL,
    amounts BLOB NOT NULL,
    tx TEXT,
    is_open INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX batches_open ON batches (batch) WHERE is_open = 1;
";

/// What version 2 added: receipts of answers that are being sent in pieces, for what was sent so far.
const PARTIAL: &str = "
CREATE TABLE partial (
    serial INTEGER PRIMARY KEY,
    amount TEXT NOT NULL,
    receipt BLOB NOT NULL,
    content BLOB NOT NULL,
    kept_until INTEGER NOT NULL,
    body BLOB
) STRICT;
";

type Change = (Vec<Record>, Done);

/// The books on disk. One process at a time has them open.
pub struct Sqlite {
    todo: Mutex<Option<mpsc::Sender<Change>>>,
    writer: Mutex<Option<thread::JoinHandle<()>>>,
    reader: Mutex<Connection>,
    _lock: File,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sentence(error: rusqlite::Error) -> String {
    error.to_string()
}

impl Sqlite {
    /// Opens the books in a folder, which is made if it is not there, and reads what a ledger has to know.
    ///
    /// # Errors
    ///
    /// A sentence: another process has them, they are of another program, or the disk fails.
    pub fn open(folder: &Path) -> Result<(Self, Saved), String> {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        let held = File::create(folder.join("books.lock")).map_err(|error| error.to_string())?;
        held.try_lock().map_err(|_| {
            "another process has them open: stop it first, since two would sign two contents for one number".to_owned()
        })?;
        let path = folder.join("books.sqlite");
        let mut connection = connect(&path)?;
        prepare(&mut connection)?;
        let saved = load(&connection).map_err(sentence)?;
        let reader = connect(&path)?;
        let (send, todo) = mpsc::channel::<Change>();
        let writer = thread::Builder::new()
            .name("books".to_owned())
            .spawn(move || write_all(connection, &todo))
            .map_err(|error| error.to_string())?;
        let store = Self {
            todo: Mutex::new(Some(send)),
            writer: Mutex::new(Some(writer)),
            reader: Mutex::new(reader),
            _lock: held,
        };
        Ok((store, saved))
    }
}

impl Drop for Sqlite {
    /// Waits until everything that was handed over is written.
    fn drop(&mut self) {
        drop(lock(&self.todo).take());
        if let Some(writer) = lock(&self.writer).take() {
            let _ = writer.join();
        }
    }
}

fn connect(path: &Path) -> Result<Connection, String> {
    let open = || -> rusqlite::Result<Connection> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // With WAL, FULL is one fdatasync for each commit: what is committed survives a loss of power.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    };
    open().map_err(sentence)
}

fn prepare(connection: &mut Connection) -> Result<(), String> {
    let number = |connection: &Connection, name| -> rusqlite::Result<i64> {
        connection.pragma_query_value(None, name, |row| row.get(0))
    };
    let found = number(connection, "application_id").map_err(sentence)?;
    let version = number(connection, "user_version").map_err(sentence)?;
    match (found, version) {
        (APPLICATION, VERSION) => Ok(()),
        (APPLICATION, 1) => {
            let upgrade = |connection: &mut Connection| -> rusqlite::Result<()> {
                let change = connection.transaction()?;
                change.execute_batch(PARTIAL)?;
                change.pragma_update(None, "user_version", VERSION)?;
                change.commit()
            };
            upgrade(connection).map_err(sentence)
        }
        (0, 0) => {
            let make = |connection: &mut Connection| -> rusqlite::Result<()> {
                let change = connection.transaction()?;
                change.execute_batch(TABLES)?;
                change.execute_batch(PARTIAL)?;
                change.pragma_update(None, "application_id", APPLICATION)?;
                change.pragma_update(None, "user_version", VERSION)?;
                change.commit()
            };
            make(connection).map_err(sentence)
        }
        (APPLICATION, newer) => Err(format!(
            "they are of version {newer}, this program knows {VERSION}: use the release that wrote them"
        )),
        _ => Err("books.sqlite is a file of another program: name another folder in `data`".to_owned()),
    }
}

fn write_all(mut connection: Connection, todo: &mpsc::Receiver<Change>) {
    let mut failed: Option<String> = None;
    while let Ok(first) = todo.recv() {
        let mut waiting = vec![first];
        while waiting.len() < MOST_AT_ONCE {
            match todo.try_recv() {
                Ok(next) => waiting.push(next),
                Err(_) => break,
            }
        }
        if failed.is_none() {
            let records = waiting.iter().flat_map(|(records, _)| records);
            // After one failure the ledger in memory knows more than the disk: nothing is written until a restart reads it anew.
            failed = write(&mut connection, records)
                .err()
                .map(|error| format!("{error}; free the disk and start the server again"));
        }
        for (_, done) in waiting {
            done(failed.clone().map_or(Ok(()), Err));
        }
    }
}

fn write<'a>(
    connection: &mut Connection,
    records: impl Iterator<Item = &'a Record>,
) -> rusqlite::Result<()> {
    let change = connection.transaction()?;
    let mut sums = Sums::default();
    for record in records {
        apply(&change, &mut sums, record)?;
    }
    sums.write(&change)?;
    change.commit()
}

/// What the receipts of one commit add to their sessions: written once for each session instead of once for each receipt.
#[derive(Default)]
struct Sums {
    sessions: BTreeMap<i64, (u64, u128)>,
    /// Answers that are kept until a time before this are forgotten.
    forget_before: u64,
}

impl Sums {
    fn add(&mut self, new: &NewReceipt) {
        let sum = self.sessions.entry(int(new.receipt.session.0)).or_default();
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(new.amount);
        let before = new.kept_until.saturating_sub(ANSWER_SECONDS);
        self.forget_before = self.forget_before.max(before);
    }

    fn write(&mut self, change: &Transaction<'_>) -> rusqlite::Result<()> {
        if self.sessions.is_empty() {
            return Ok(());
        }
        let mut put = change.prepare_cached(
            "INSERT INTO sessions (session, waiting, waiting_amount) VALUES (?1, ?2, ?3) \
             ON CONFLICT (session) DO UPDATE SET waiting = ?2, waiting_amount = ?3",
        )?;
        for (session, (receipts, amount)) in std::mem::take(&mut self.sessions) {
            let before = waiting(change, session)?;
            put.execute(params![
                session,
                int(before.0 + receipts),
                before.1.saturating_add(amount).to_string()
            ])?;
        }
        change
            .prepare_cached("DELETE FROM answers WHERE kept_until < ?")?
            .execute(params![int(self.forget_before)])?;
        Ok(())
    }
}

fn int(number: u64) -> i64 {
    // Numbers keep their bits; SQLite has no unsigned ones.
    number.cast_signed()
}

fn apply(change: &Transaction<'_>, sums: &mut Sums, record: &Record) -> rusqlite::Result<()> {
    if !matches!(record, Record::Receipt(_)) {
        // What it changes may be what the sums are of.
        sums.write(change)?;
    }
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> rusqlite::Result<usize> {
        change.prepare_cached(sql)?.execute(values)
    };
    match record {
        Record::Identity(identity) => {
            run(
                "INSERT OR REPLACE INTO identity VALUES (1, ?, ?, ?, ?, ?, ?)",
                params![
                    identity.chain_id,
                    identity.billing,
                    int(identity.attester.0),
                    identity.key.key_type().to_byte(),
                    identity.key.as_bytes(),
                    int(identity.receipt_max_age_seconds)
                ],
            )?;
        }
        Record::Voucher { chain_id, voucher } => {
            let session = int(voucher.voucher.session.0);
            run(
                "INSERT OR REPLACE INTO vouchers VALUES (?, ?, ?)",
                params![session, chain_id, voucher.encode()],
            )?;
        }
        Record::Partial(new) => {
            run(
                "INSERT OR REPLACE INTO partial VALUES (?, ?, ?, ?, ?, ?)",
                params![
                    int(new.serial.0),
                    new.amount.to_string(),
                    new.receipt.encode(),
                    new.content,
                    int(new.kept_until),
                    new.answer
                ],
            )?;
        }
        Record::Receipt(new) => {
            receipt(change, new)?;
            sums.add(new);
        }
        Record::Batch(new) => batch(change, new)?,
        Record::Resigned {
            batch,
            chain_id,
            signature,
        } => {
            run(
                "UPDATE batches SET chain_id = ?, signature = ? WHERE batch = ?",
                params![chain_id, signature, int(batch.0)],
            )?;
        }
        Record::Sent { batch, tx } => {
            run(
                "UPDATE batches SET tx = ? WHERE batch = ?",
                params![tx, int(batch.0)],
            )?;
        }
        Record::Settled {
            batch,
            session,
            places,
            passed,
            fate,
        } => {
            let place = [
                int(batch.0),
                int(session.0),
                i64::from(places.start),
                i64::from(places.end),
            ];
            let here = "batch = ?1 AND session = ?2 AND place >= ?3 AND place < ?4";
            run(
                &format!(
                    "INSERT INTO archive SELECT serial, request_id, amount, receipt, batch, place, ?5 FROM receipts WHERE {here}"
                ),
                params![place[0], place[1], place[2], place[3], fate.code()],
            )?;
            run(
                &format!("DELETE FROM receipts WHERE {here}"),
                params![place[0], place[1], place[2], place[3]],
            )?;
            run(
                "INSERT OR IGNORE INTO sessions (session) VALUES (?)",
                params![place[1]],
            )?;
            run(
                "UPDATE sessions SET passed = ? WHERE session = ?",
                params![int(*passed), place[1]],
            )?;
        }
        Record::SetAside {
            session,
            serials,
            amount,
            fate,
        } => {
            for serial in serials {
                run(
                    "INSERT INTO archive SELECT serial, request_id, amount, receipt, batch, place, ? FROM receipts WHERE serial = ?",
                    params![fate.code(), int(serial.0)],
                )?;
                run(
                    "DELETE FROM receipts WHERE serial = ?",
                    params![int(serial.0)],
                )?;
            }
            less_waiting(change, *session, serials.len() as u64, *amount, None)?;
        }
        Record::Released { session } => {
            let session = int(session.0);
            run(
                "INSERT INTO archive SELECT serial, request_id, amount, receipt, batch, place, ? FROM receipts \
                 WHERE batch IS NULL AND session = ?",
                params![Fate::Released.code(), session],
            )?;
            run(
                "DELETE FROM receipts WHERE batch IS NULL AND session = ?",
                params![session],
            )?;
            run("DELETE FROM sessions WHERE session = ?", params![session])?;
            run("DELETE FROM vouchers WHERE session = ?", params![session])?;
        }
        Record::Closed { batch } => {
            run(
                "UPDATE batches SET is_open = 0 WHERE batch = ?",
                params![int(batch.0)],
            )?;
        }
    }
    Ok(())
}

fn receipt(change: &Transaction<'_>, new: &NewReceipt) -> rusqlite::Result<()> {
    let receipt = &new.receipt;
    let (serial, session) = (int(new.serial.0), int(receipt.session.0));
    change
        .prepare_cached("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)")?
        .execute(params![
            serial,
            session,
            int(receipt.issued_at),
            receipt.request_id,
            new.amount.to_string(),
            receipt.encode()
        ])?;
    change
        .prepare_cached("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            serial,
            session,
            receipt.request_id,
            new.content,
            int(new.kept_until),
            new.answer
        ])?;
    change
        .prepare_cached("DELETE FROM partial WHERE serial = ?")?
        .execute(params![serial])?;
    Ok(())
}

fn waiting(change: &Connection, session: i64) -> rusqlite::Result<(u64, u128)> {
    let mut ask =
        change.prepare_cached("SELECT waiting, waiting_amount FROM sessions WHERE session = ?")?;
    let found = ask.query_row(params![session], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), amount(row, 1)?))
    });
    Ok(found.optional()?.unwrap_or_default())
}

fn less_waiting(
    change: &Transaction<'_>,
    session: SessionId,
    receipts: u64,
    amount: u128,
    given: Option<u64>,
) -> rusqlite::Result<()> {
    let session = int(session.0);
    let (waiting, waiting_amount) = waiting(change, session)?;
    change
        .prepare_cached(
            "UPDATE sessions SET waiting = ?, waiting_amount = ?, given = COALESCE(?, given) WHERE session = ?",
        )?
        .execute(params![
            int(waiting.saturating_sub(receipts)),
            waiting_amount.saturating_sub(amount).to_string(),
            given.map(int),
            session
        ])?;
    Ok(())
}

fn batch(change: &Transaction<'_>, new: &NewBatch) -> rusqlite::Result<()> {
    let mut amounts = Writer::new();
    new.receipts
        .iter()
        .for_each(|(_, amount)| amounts.u128(*amount));
    change
        .prepare_cached("INSERT INTO batches (batch, chain_id, bytes, signature, amounts) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![
            int(new.id.0),
            new.chain_id,
            new.bytes,
            new.signature,
            amounts.finish()
        ])?;
    let mut place =
        change.prepare_cached("UPDATE receipts SET batch = ?, place = ? WHERE serial = ?")?;
    for ((serial, _), number) in new.receipts.iter().zip(0_i64..) {
        place.execute(params![int(new.id.0), number, int(serial.0)])?;
    }
    for taken in &new.taken {
        less_waiting(
            change,
            taken.session,
            taken.receipts,
            taken.amount,
            Some(taken.given),
        )?;
    }
    Ok(())
}

fn amount(row: &Row<'_>, place: usize) -> rusqlite::Result<u128> {
    let text: String = row.get(place)?;
    text.parse().map_err(|error| unreadable(place, error))
}

fn unreadable(
    place: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(place, rusqlite::types::Type::Blob, Box::new(error))
}

fn number(row: &Row<'_>, place: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(place)?.cast_unsigned())
}

fn read_receipt(row: &Row<'_>, place: usize) -> rusqlite::Result<Receipt> {
    let bytes: Vec<u8> = row.get(place)?;
    Receipt::decode(&bytes).map_err(|error| unreadable(place, error))
}

fn load(connection: &Connection) -> rusqlite::Result<Saved> {
    let identity = connection
        .query_row("SELECT * FROM identity", [], |row| {
            let key_type = KeyType::from_byte(row.get(4)?).map_err(|error| unreadable(4, error))?;
            let key: Vec<u8> = row.get(5)?;
            Ok(Identity {
                chain_id: row.get(1)?,
                billing: row.get(2)?,
                attester: number(row, 3)?.into(),
                key: PublicKey::new(key_type, &key).map_err(|error| unreadable(5, error))?,
                receipt_max_age_seconds: number(row, 6)?,
            })
        })
        .optional()?;
    let most = |sql: &str| -> rusqlite::Result<u64> {
        let found: Option<i64> = connection.query_row(sql, [], |row| row.get(0))?;
        Ok(found.unwrap_or(0).cast_unsigned())
    };
    let last_serial = most("SELECT MAX(serial) FROM receipts")?
        .max(most("SELECT MAX(serial) FROM archive")?)
        .max(most("SELECT MAX(serial) FROM answers")?)
        .max(most("SELECT MAX(serial) FROM partial")?);
    let last_batch = most("SELECT MAX(batch) FROM batches")?;
    fn all<T>(
        connection: &Connection,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        connection.prepare(sql)?.query_map([], read)?.collect()
    }
    let sessions = all(
        connection,
        "SELECT session, given, passed, waiting, waiting_amount, \
         (SELECT MIN(issued_at) FROM receipts WHERE batch IS NULL AND receipts.session = sessions.session) FROM sessions",
        |row| {
            let oldest: Option<i64> = row.get(5)?;
            Ok(SavedSession {
                session: number(row, 0)?.into(),
                given: number(row, 1)?,
                passed: number(row, 2)?,
                waiting: Waiting {
                    receipts: number(row, 3)?,
                    amount: amount(row, 4)?,
                    oldest: oldest.map(i64::cast_unsigned),
                },
            })
        },
    )?;
    let vouchers = all(
        connection,
        "SELECT chain_id, voucher FROM vouchers",
        |row| {
            let bytes: Vec<u8> = row.get(1)?;
            let voucher = SignedVoucher::decode(&bytes).map_err(|error| unreadable(1, error))?;
            Ok((row.get(0)?, voucher))
        },
    )?;
    let batches = all(
        connection,
        "SELECT batch, chain_id, bytes, signature, amounts, tx FROM batches WHERE is_open = 1",
        |row| {
            let packed: Vec<u8> = row.get(4)?;
            let mut reader = Reader::new(&packed);
            let mut amounts = vec![];
            while reader.remaining() > 0 {
                amounts.push(reader.u128().map_err(|error| unreadable(4, error))?);
            }
            Ok(SavedBatch {
                id: BatchId(number(row, 0)?),
                chain_id: row.get(1)?,
                bytes: row.get(2)?,
                signature: row.get(3)?,
                amounts,
                tx: row.get(5)?,
            })
        },
    )?;
    let remembered = all(
        connection,
        "SELECT session, request_id, content, kept_until, serial FROM answers",
        |row| {
            Ok(Remembered {
                session: number(row, 0)?.into(),
                request_id: row.get(1)?,
                content: row.get(2)?,
                kept_until: number(row, 3)?,
                serial: Serial(number(row, 4)?),
            })
        },
    )?;
    let partial = all(
        connection,
        "SELECT serial, amount, receipt, content, kept_until, body FROM partial ORDER BY serial",
        |row| {
            Ok(NewReceipt {
                serial: Serial(number(row, 0)?),
                amount: amount(row, 1)?,
                receipt: read_receipt(row, 2)?,
                content: row.get(3)?,
                kept_until: number(row, 4)?,
                answer: row.get(5)?,
            })
        },
    )?;
    Ok(Saved {
        identity,
        last_serial: Serial(last_serial),
        last_batch: BatchId(last_batch),
        sessions,
        vouchers,
        batches,
        remembered,
        partial,
    })
}

impl Store for Sqlite {
    fn write(&self, records: Vec<Record>, done: Done) {
        let todo = lock(&self.todo);
        let sent = match &*todo {
            Some(todo) => todo.send((records, done)).map_err(|refused| refused.0 .1),
            None => Err(done),
        };
        if let Err(done) = sent {
            done(Err("the store stopped".to_owned()));
        }
    }

    fn answer(&self, serial: Serial) -> Result<Option<Answered>, String> {
        let reader = lock(&self.reader);
        let find = || -> rusqlite::Result<Option<Answered>> {
            let mut ask = reader.prepare_cached(
                "SELECT all_receipts.receipt, all_receipts.amount, body FROM \
                 (SELECT serial, receipt, amount FROM receipts WHERE serial = ?1 \
                  UNION ALL SELECT serial, receipt, amount FROM archive WHERE serial = ?1) AS all_receipts \
                 LEFT JOIN answers ON answers.serial = ?1",
            )?;
            let found = ask.query_row(params![int(serial.0)], |row| {
                Ok(Answered {
                    receipt: read_receipt(row, 0)?,
                    amount: amount(row, 1)?,
                    answer: row.get(2)?,
                })
            });
            found.optional()
        };
        find().map_err(sentence)
    }

    fn find(&self, request_id: [u8; 16]) -> Result<Vec<Located>, String> {
        let reader = lock(&self.reader);
        let find = || -> rusqlite::Result<Vec<Located>> {
            let mut ask = reader.prepare_cached(
                "SELECT receipt, amount, batch, place, NULL FROM receipts WHERE request_id = ?1 \
                 UNION ALL SELECT receipt, amount, batch, place, fate FROM archive WHERE request_id = ?1 LIMIT 100",
            )?;
            let rows = ask.query_map(params![request_id], |row| {
                let (batch, fate): (Option<i64>, Option<String>) = (row.get(2)?, row.get(4)?);
                let place: Option<u32> = row.get(3)?;
                let progress = match (&fate, batch) {
                    (Some(fate), _) => Progress::Done(fate.clone()),
                    (None, Some(_)) => Progress::Signed,
                    (None, None) => Progress::Pending,
                };
                let receipt = read_receipt(row, 0)?;
                Ok((receipt, amount(row, 1)?, progress, batch.zip(place)))
            })?;
            let mut located = vec![];
            for row in rows {
                let (receipt, amount, progress, place) = row?;
                let batch = place
                    .map(|(batch, place)| locate(&reader, batch, place))
                    .transpose()?;
                located.push(Located {
                    receipt,
                    amount,
                    progress,
                    batch: batch.flatten(),
                });
            }
            Ok(located)
        };
        find().map_err(sentence)
    }
}

/// The tree of a batch, and the way of one of its leaves to the root. None if some of its receipts stand in a newer batch.
fn locate(reader: &Connection, batch: i64, place: u32) -> rusqlite::Result<Option<LocatedBatch>> {
    let mut ask = reader.prepare_cached(
        "SELECT receipt FROM (SELECT receipt, place FROM receipts WHERE batch = ?1 \
         UNION ALL SELECT receipt, place FROM archive WHERE batch = ?1) ORDER BY place",
    )?;
    let leaves: Vec<Vec<u8>> = ask
        .query_map(params![batch], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let (bytes, tx): (Vec<u8>, Option<String>) = reader.query_row(
        "SELECT bytes, tx FROM batches WHERE batch = ?",
        params![batch],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let signed = hub_wire::Batch::decode(&bytes).map_err(|error| unreadable(0, error))?;
    if signed.offered() != leaves.len() as u64 {
        return Ok(None);
    }
    Ok(
        merkle::prove(&leaves, place.into()).map(|proof| LocatedBatch {
            id: batch.cast_unsigned(),
            place,
            receipts: leaves.len() as u64,
            root: signed.receipts_root,
            tx,
            proof: proof.siblings,
        }),
    )
}

impl Receipts for Sqlite {
    type Error = String;

    fn waiting(&self, session: SessionId, limit: usize) -> Result<Vec<Kept>, String> {
        let reader = lock(&self.reader);
        let find = || -> rusqlite::Result<Vec<Kept>> {
            let mut ask = reader.prepare_cached(
                "SELECT serial, receipt, amount FROM receipts WHERE batch IS NULL AND session = ? \
                 ORDER BY issued_at, serial LIMIT ?",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = ask.query_map(params![int(session.0), limit], |row| kept(row, 0))?;
            rows.collect()
        };
        find().map_err(sentence)
    }

    fn of_batch(&self, batch: BatchId) -> Result<Vec<(u32, Kept)>, String> {
        let reader = lock(&self.reader);
        let find = || -> rusqlite::Result<Vec<(u32, Kept)>> {
            let mut ask = reader.prepare_cached(
                "SELECT place, serial, receipt, amount FROM receipts WHERE batch = ? ORDER BY place",
            )?;
            let rows = ask.query_map(params![int(batch.0)], |row| {
                Ok((row.get(0)?, kept(row, 1)?))
            })?;
            rows.collect()
        };
        find().map_err(sentence)
    }
}

fn kept(row: &Row<'_>, from: usize) -> rusqlite::Result<Kept> {
    Ok(Kept {
        serial: Serial(number(row, from)?),
        receipt: read_receipt(row, from + 1)?,
        amount: amount(row, from + 2)?,
    })
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;
