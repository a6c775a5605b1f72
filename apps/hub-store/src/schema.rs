//! The tables. `docs` of the crate say what they are for.

use std::path::Path;

use rusqlite::Connection;

use crate::error::OpenError;

/// "Hub" and a version byte: what SQLite's `application_id` is set to.
const APPLICATION: i64 = 0x4875_6201;

/// Version of the tables, SQLite's `user_version`.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    chain_id TEXT NOT NULL,
    billing BLOB NOT NULL,
    attester INTEGER NOT NULL,
    key_type INTEGER NOT NULL,
    key BLOB NOT NULL,
    receipt_max_age_seconds INTEGER NOT NULL
) STRICT;

-- Sums, so that a start reads no receipts. Amounts are decimal text: they can have 128 bits.
CREATE TABLE sessions (
    session INTEGER PRIMARY KEY,
    given INTEGER NOT NULL,
    passed INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    waiting_amount TEXT NOT NULL
) STRICT;

CREATE TABLE vouchers (
    session INTEGER PRIMARY KEY,
    chain_id TEXT NOT NULL,
    voucher BLOB NOT NULL
) STRICT;

-- Receipts that are not done with. Without a batch they wait for a number.
CREATE TABLE receipts (
    serial INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    request_id BLOB NOT NULL,
    amount TEXT NOT NULL,
    receipt BLOB NOT NULL,
    batch INTEGER,
    place INTEGER
) STRICT;
CREATE INDEX receipts_waiting ON receipts (session, issued_at) WHERE batch IS NULL;
CREATE UNIQUE INDEX receipts_of_batch ON receipts (batch, place) WHERE batch IS NOT NULL;
CREATE INDEX receipts_by_request ON receipts (request_id);

CREATE TABLE answers (
    serial INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    request_id BLOB NOT NULL,
    content BLOB NOT NULL,
    kept_until INTEGER NOT NULL,
    body BLOB
) STRICT;

-- Every batch ever signed. `serials` and `amounts` are LEB128 integers in batch order.
CREATE TABLE batches (
    batch INTEGER PRIMARY KEY AUTOINCREMENT,
    chain_id TEXT NOT NULL,
    bytes BLOB NOT NULL,
    signature BLOB NOT NULL,
    serials BLOB NOT NULL,
    amounts BLOB NOT NULL,
    tx TEXT,
    is_open INTEGER NOT NULL
) STRICT;
CREATE INDEX batches_open ON batches (batch) WHERE is_open = 1;

-- Receipts that are done with, by the day on which they were.
CREATE TABLE archive (
    serial INTEGER PRIMARY KEY,
    day INTEGER NOT NULL,
    session INTEGER NOT NULL,
    request_id BLOB NOT NULL,
    amount TEXT NOT NULL,
    receipt BLOB NOT NULL,
    batch INTEGER,
    place INTEGER,
    fate TEXT NOT NULL
) STRICT;
CREATE INDEX archive_by_day ON archive (day);
CREATE INDEX archive_by_request ON archive (request_id);
";

/// Sets a connection up: what is committed is on disk.
pub fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Creates the tables in a new file, and refuses a file of another program or a newer release.
pub fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let pragma = |connection: &Connection, name: &str| {
        connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
    };
    let not_books = || OpenError::NotBooks {
        path: path.to_owned(),
    };
    let application = pragma(connection, "application_id").map_err(|error| match error
        .sqlite_error_code()
    {
        Some(rusqlite::ErrorCode::NotADatabase) => not_books(),
        _ => error.into(),
    })?;
    let version = pragma(connection, "user_version")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        configure(connection)?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
        return Ok(());
    }
    if application != APPLICATION {
        return Err(not_books());
    }
    if version > VERSION {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found: version,
            expected: VERSION,
        });
    }
    configure(connection)?;
    Ok(())
}
