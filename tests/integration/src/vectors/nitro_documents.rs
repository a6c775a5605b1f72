//! `nitro/documents.json`: real attestation documents, and what shall become of each.
//!
//! The documents themselves are not part of the project: they lie beside the file, in [`foreign_folder`]. One that is
//! not there is counted as ignored.

use super::json::{array, field, hex_of, integer, same, same_bytes, text};
use super::{foreign_folder, Tally};
use hub_nitro::{Attestation, Document, Error, Root, MAX_AHEAD_SECONDS};
use hub_wire::sha256;
use serde_json::Value;
use std::fs;

pub fn check(file: &Value, tally: &mut Tally) {
    let folder = foreign_folder().join("nitro");
    let entries = file.get("documents").and_then(Value::as_array);
    for (place, entry) in entries.into_iter().flatten().enumerate() {
        let name = entry.get("file").and_then(Value::as_str);
        let name = name.unwrap_or_default();
        match fs::read(folder.join(name)) {
            Ok(bytes) => tally.entry(format!("documents[{place}] {name:?}"), || {
                document(entry, &bytes)
            }),
            Err(_) => tally.ignore(),
        }
    }
    tally.skip_all_but(file, &["documents"]);
}

fn document(entry: &Value, bytes: &[u8]) -> Result<(), String> {
    let sha = hex_of(entry, "sha256")?;
    same_bytes("sha256 of the document", &sha256(&[bytes]), &sha)?;
    let root = Root(array(entry, "root_certificate_sha256")?);
    same("root", root, Root::AWS)?;
    let verify_at = |now| Document::parse(bytes)?.verify(now, &root, &());
    let now = integer::<u64>(entry, "timestamp_ms")? / 1_000;
    match (text(entry, "expect")?, verify_at(now)) {
        ("accept", Ok(attestation)) => {
            says(entry, &attestation)?;
            out_of_time(entry, verify_at)
        }
        ("accept", Err(error)) => Err(format!("is refused: {error}")),
        ("reject: debug mode", Err(Error::DebugMode { index: 0 })) => Ok(()),
        // This one is of debug mode as well, which is found first.
        (
            "reject: signature",
            Err(
                Error::DebugMode { .. }
                | Error::CertificateSignature { .. }
                | Error::DocumentSignature,
            ),
        ) => Ok(()),
        (expected, Ok(_)) => Err(format!("is accepted, expected {expected:?}")),
        (expected, Err(error)) => Err(format!("is refused ({error}), expected {expected:?}")),
    }
}

fn says(entry: &Value, attestation: &Attestation) -> Result<(), String> {
    same(
        "module id",
        attestation.module_id,
        text(entry, "module_id")?,
    )?;
    let timestamp = integer(entry, "timestamp_ms")?;
    same("timestamp", attestation.timestamp, timestamp)?;
    let pcrs = field(entry, "pcrs")?;
    let mut image = vec![];
    for (index, pcr) in ["0", "1", "2"].into_iter().zip(&attestation.image) {
        let expected = hex_of(pcrs, index)?;
        same_bytes(&format!("PCR{index}"), pcr, &expected)?;
        image.extend(expected);
    }
    same_bytes("digest", &attestation.digest, &sha256(&[&image]))?;
    let learned = integer::<usize>(entry, "certificates")?.saturating_sub(2);
    same("authorities", attestation.learned.len(), learned)?;
    for (name, found) in [
        ("public_key_hex", attestation.public_key),
        ("user_data_hex", attestation.user_data),
        ("nonce_hex", attestation.nonce),
    ] {
        let expected = match field(entry, name)? {
            Value::Null => None,
            _ => Some(hex_of(entry, name)?),
        };
        same(name, found.map(hex::encode), expected.map(hex::encode))?;
    }
    Ok(())
}

/// The document before its chain begins and after it ends.
fn out_of_time<'a>(
    entry: &Value,
    verify_at: impl Fn(u64) -> Result<Attestation<'a>, Error>,
) -> Result<(), String> {
    let from: u64 = integer(entry, "chain_valid_from_unix")?;
    let until: u64 = integer(entry, "chain_valid_until_unix")?;
    // A leaf may be as far ahead of the block as its document: by clock skew.
    let early = from.saturating_sub(MAX_AHEAD_SECONDS + 1);
    for now in [0, early, until.saturating_add(1), u64::MAX] {
        if verify_at(now).is_ok() {
            return Err(format!("is accepted at {now}"));
        }
    }
    Ok(())
}
