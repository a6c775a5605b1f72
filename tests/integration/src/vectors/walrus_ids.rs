//! `walrus-blob-ids.json`: blob ids of given inputs, and the text form.
//!
//! The root hash of an input comes from the erasure code of Walrus, which is not repeated here: root hash and length
//! are taken from the file, the id from the formula, and the input itself is generated to check length and sha256.

use super::json::{array, blob_id, field, hex_of, integer, same, same_bytes, text};
use super::Tally;
use hub_walrus::{merkle, Code, QuiltPatchId, SymbolProof};
use hub_wire::{sha256, BlobId};
use serde_json::Value;

/// Inputs above this many bytes are not generated.
const GENERATED_BYTES: u64 = 64 << 20;

pub fn check(file: &Value, tally: &mut Tally) {
    tally.section(file, "vectors", vector);
    tally.section(file, "text_cases", text_case);
    tally.section(file, "u256_conversions", all_forms);
    tally.section(file, "real_public_blob_ids", all_forms);
    tally.section(file, "quilt_patch_ids", quilt_patch_id);
    tally.section(file, "symbol_inclusion_proofs", symbol_proof);
    tally.skip_all_but(
        file,
        &[
            "vectors",
            "text_cases",
            "u256_conversions",
            "real_public_blob_ids",
            "quilt_patch_ids",
            "symbol_inclusion_proofs",
            "made_with",
            "checked_with",
        ],
    );
}

fn vector(entry: &Value) -> Result<(), String> {
    let size: u64 = integer(entry, "size")?;
    let input = field(entry, "input")?;
    if size <= GENERATED_BYTES {
        let bytes = generate(input)?;
        same("size of the input", bytes.len() as u64, size)?;
        same_bytes(
            "sha256 of the input",
            &sha256(&[&bytes]),
            &hex_of(entry, "sha256")?,
        )?;
    }
    same("encoding type", integer(entry, "encoding_type")?, 1_u8)?;
    formula(entry, size)?;
    all_forms(entry)?;
    let root = array(entry, "root_hash_hex")?;
    same(
        "root hash as decimal",
        decimal(&root).as_str(),
        text(entry, "root_hash_u256_decimal")?,
    )
}

/// Length and root hash give the id.
fn formula(entry: &Value, length: u64) -> Result<(), String> {
    let derived = BlobId::derive(length, &array(entry, "root_hash_hex")?);
    same(
        "blob id from length and root hash",
        derived,
        blob_id(entry, "blob_id")?,
    )
}

/// The text form, the bytes and the decimal form are one id, and the decimal form is refused as text.
fn all_forms(entry: &Value) -> Result<(), String> {
    let id = blob_id(entry, "blob_id")?;
    let bytes: [u8; 32] = array(entry, "blob_id_hex")?;
    same_bytes("bytes of the text", id.as_bytes(), &bytes)?;
    let from_bytes = BlobId::from_bytes(bytes).to_string();
    same(
        "text of the bytes",
        from_bytes.as_str(),
        text(entry, "blob_id")?,
    )?;
    let digits = text(entry, "blob_id_u256_decimal")?;
    same("bytes as decimal", decimal(&bytes).as_str(), digits)?;
    match digits.parse::<BlobId>() {
        // 43 digits may be the text of another id; never of this one.
        Ok(other) if digits.len() != BlobId::TEXT_LENGTH || other == id => {
            Err(format!("the decimal form {digits} is accepted as text"))
        }
        _ => Ok(()),
    }
}

fn text_case(entry: &Value) -> Result<(), String> {
    let given = text(entry, "text")?;
    let parsed: Result<BlobId, _> = given.parse();
    match (text(entry, "expect")?, parsed) {
        ("accept", Ok(id)) => {
            same_bytes("bytes", id.as_bytes(), &hex_of(entry, "blob_id_hex")?)?;
            same("text", id.to_string().as_str(), given)
        }
        ("accept", Err(error)) => Err(format!("is refused: {error}")),
        ("reject", Ok(_)) => Err(format!(
            "is accepted, expected a refusal: {}",
            text(entry, "reason").unwrap_or("no reason given")
        )),
        ("reject", Err(_)) => Ok(()),
        (other, _) => Err(format!("expects {other:?}, known are accept and reject")),
    }
}

/// The id of a file of a quilt: quilt, version and columns. Its text is no blob id, and what is no id is refused.
fn quilt_patch_id(entry: &Value) -> Result<(), String> {
    let given = text(entry, "quilt_patch_id")?;
    if given.parse::<BlobId>().is_ok() {
        return Err("is accepted as a blob id".into());
    }
    let bytes = hex_of(entry, "bytes_hex")?;
    let quilt = blob_id(entry, "quilt_blob_id")?;
    let [start, end] = ["start_index", "end_index"].map(|name| integer::<u16>(entry, name));
    let (start, end) = (start?, end?);
    let version: u8 = integer(entry, "version")?;
    let columns = [start.to_le_bytes(), end.to_le_bytes()].concat();
    let expected = [&quilt.as_bytes()[..], &[version], &columns].concat();
    same_bytes("quilt, version and columns", &bytes, &expected)?;
    let parsed = given.parse::<QuiltPatchId>();
    let possible = version == 1 && (1..end).contains(&start) && end <= QuiltPatchId::COLUMNS;
    match (possible, parsed) {
        (true, Ok(id)) => {
            same_bytes("bytes of the text", &id.to_bytes(), &bytes)?;
            same("text of the bytes", id.to_string().as_str(), given)
        }
        (true, Err(error)) => Err(format!("is refused: {error}")),
        (false, Ok(_)) => Err("is accepted, and no quilt has such columns".into()),
        (false, Err(_)) => Ok(()),
    }
}

/// A symbol leads to root hash and id by its paths, and lies where the file says.
fn symbol_proof(entry: &Value) -> Result<(), String> {
    let length: u64 = integer(entry, "unencoded_length")?;
    formula(entry, length)?;
    let code = Code::new(integer(entry, "n_shards")?).map_err(|error| error.to_string())?;
    let symbol = hex_of(entry, "symbol_hex")?;
    let size: usize = integer(entry, "symbol_size")?;
    same("bytes of the symbol", symbol.len(), size)?;
    let proof = SymbolProof {
        row: integer(entry, "row")?,
        column: integer(entry, "column")?,
        row_path: path(entry, "primary_sliver_path_hex")?,
        paired_column_root: array(entry, "secondary_sliver_root_of_pair_hex")?,
        pair_path: path(entry, "pair_path_hex")?,
    };
    same("pair", proof.row, integer(entry, "pair_index")?)?;
    let row_root = merkle::climb(merkle::leaf(&symbol), proof.column.into(), &proof.row_path);
    same_bytes(
        "root of the row",
        &row_root,
        &hex_of(entry, "primary_sliver_root_hex")?,
    )?;
    let range = proof
        .verify(code, &blob_id(entry, "blob_id")?, length, &symbol)
        .map_err(|error| error.to_string())?;
    let systematic = entry.get("systematic").and_then(Value::as_bool);
    same(
        "whether it is of the blob",
        Some(range.is_some()),
        systematic,
    )?;
    match range {
        None => Ok(()),
        Some(range) => {
            let offset: u64 = integer(entry, "blob_offset")?;
            same("place in the blob", range.start, offset.min(length))?;
            let there: u64 = integer(entry, "blob_bytes_in_symbol")?;
            same(
                "bytes of the blob",
                range.end.saturating_sub(range.start),
                there,
            )
        }
    }
}

/// A list of hashes.
fn path(entry: &Value, name: &str) -> Result<Vec<[u8; 32]>, String> {
    let hashes = field(entry, name)?
        .as_array()
        .ok_or_else(|| format!("`{name}` is not a list"))?;
    let hash = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash)
            .map_err(|error| format!("`{name}` holds no hash of 32 bytes: {error}"))?;
        Ok(hash)
    };
    hashes.iter().map(hash).collect()
}

/// The bytes that an input describes.
fn generate(input: &Value) -> Result<Vec<u8>, String> {
    let size = || -> Result<usize, String> {
        match integer::<u64>(input, "size")? {
            size if size <= GENERATED_BYTES => {
                usize::try_from(size).map_err(|error| format!("`size` of the input: {error}"))
            }
            _ => Err(format!("`size` of the input exceeds {GENERATED_BYTES}")),
        }
    };
    match input.get("generator").and_then(Value::as_str) {
        None | Some("hex") => hex_of(input, "hex"),
        Some("fill") => Ok(vec![integer(input, "byte")?; size()?]),
        Some("seq") => {
            let seed: u64 = integer(input, "seed")?;
            let [start, ..] = seed.to_le_bytes();
            Ok((0..=255).cycle().skip(start.into()).take(size()?).collect())
        }
        Some("xorshift32") => {
            let mut state: u32 = integer(input, "seed")?;
            let next = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                let [low, ..] = state.to_le_bytes();
                low
            };
            Ok(std::iter::repeat_with(next).take(size()?).collect())
        }
        Some(other) => Err(format!(
            "generator {other:?} is not known, expected hex, fill, seq or xorshift32"
        )),
    }
}

/// 32 bytes read as a little-endian number, in decimal digits.
fn decimal(bytes: &[u8; 32]) -> String {
    let mut rest = *bytes;
    let mut digits = Vec::new();
    loop {
        let mut remainder: u16 = 0;
        for byte in rest.iter_mut().rev() {
            let part = (remainder << 8) | u16::from(*byte);
            [*byte, _] = (part / 10).to_le_bytes();
            remainder = part % 10;
        }
        digits.push(char::from_digit(remainder.into(), 10).unwrap_or('?'));
        if rest == [0; 32] {
            return digits.into_iter().rev().collect();
        }
    }
}
