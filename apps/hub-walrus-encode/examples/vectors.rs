//! Checks the vectors of Walrus that need the encoder, in the folder that `HUB_VECTORS` names, by default `tests/vectors`: blob ids and
//! proofs from contents, and quilts. Part of `make vectors`.

use hub_walrus_encode::quilt::{File, Quilt};
use hub_walrus_encode::{reference, Code, Encoder, Encoding, Options, SymbolPlace};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

type Check<T = ()> = Result<T, String>;

/// Files that may hold entries of these kinds.
const FILES: [&str; 2] = ["walrus-blob-ids.json", "walrus-quilts.json"];

fn main() -> ExitCode {
    let folder = match env::var_os("HUB_VECTORS") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"),
    };
    println!(
        "vectors in {}, with the encoder of Walrus",
        folder.display()
    );
    let (mut passed, mut failed) = (0, 0);
    for name in FILES {
        match check_file(&folder.join(name)) {
            Ok(None) => println!("{name:<24} absent"),
            Ok(Some(report)) => {
                let failures = report.failures.len();
                println!(
                    "{name:<24} {:>5} passed {failures:>5} failed",
                    report.passed
                );
                for failure in &report.failures {
                    println!("  FAILED {failure}");
                }
                passed += report.passed;
                failed += failures;
            }
            Err(reason) => {
                println!("{name:<24} cannot be checked: {reason}");
                failed += 1;
            }
        }
    }
    // A folder without such files is checked by the other vectors.
    println!("{passed} passed, {failed} failed");
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

#[derive(Default)]
struct Report {
    passed: usize,
    failures: Vec<String>,
}

/// `None` if the folder does not hold the file.
fn check_file(path: &Path) -> Check<Option<Report>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|error| error.to_string())?,
    };
    let file: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let vectors = entries(&file, "vectors")?;
    let mut report = Report::default();
    let mut count = |section: &str, list: &[Value], check: &dyn Fn(&Value) -> Check| {
        for (place, entry) in list.iter().enumerate() {
            match check(entry) {
                Ok(()) => report.passed += 1,
                Err(reason) => {
                    let name = entry.get("name").or(entry.get("vector"));
                    let name = name.and_then(Value::as_str).unwrap_or_default();
                    report
                        .failures
                        .push(format!("{section}[{place}] {name:?}: {reason}"));
                }
            }
        }
    };
    count("vectors", vectors, &vector);
    let proofs = entries(&file, "symbol_inclusion_proofs")?;
    count("symbol_inclusion_proofs", proofs, &|entry| {
        proof(entry, vectors)
    });
    count("quilts", entries(&file, "quilts")?, &quilt);
    Ok(Some(report))
}

/// A list of the file; one that is not there has no entries.
fn entries<'f>(file: &'f Value, section: &str) -> Check<&'f [Value]> {
    match file.get(section) {
        None => Ok(&[]),
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(format!("`{section}` is not a list")),
    }
}

/// Contents give root hash and id, by the encoder and by the published algorithm.
fn vector(entry: &Value) -> Check {
    let bytes = contents(entry)?;
    let code = code(entry)?;
    let encoding = encode(code, &bytes)?;
    same(
        "blob id",
        encoding.id.to_string().as_str(),
        text(entry, "blob_id")?,
    )?;
    same(
        "blob id in hex",
        hex::encode(encoding.id.as_bytes()).as_str(),
        text(entry, "blob_id_hex")?,
    )?;
    same(
        "root hash",
        hex::encode(encoding.root).as_str(),
        text(entry, "root_hash_hex")?,
    )?;
    if entry.get("symbol_size").is_some() {
        same(
            "symbol size",
            &encoding.slivers.symbol_size(),
            &integer(entry, "symbol_size")?,
        )?;
    }
    if let Some(size) = entry.get("encoded_size_bytes") {
        same(
            "encoded size",
            &Some(encoded_size(&encoding)),
            &size.as_u64(),
        )?;
    }
    let roots = reference::sliver_roots(code, &bytes).map_err(sentence)?;
    match roots == *encoding.slivers.roots() {
        true => Ok(()),
        false => Err("the published algorithm gives other sliver roots".into()),
    }
}

/// What Walrus charges for: all slivers, and their hashes for each shard.
fn encoded_size(encoding: &Encoding) -> u64 {
    let slivers = &encoding.slivers;
    let code = slivers.code();
    let [n, primary, secondary] = [code.shards(), code.primary(), code.secondary()].map(u64::from);
    n * ((primary + secondary) * slivers.symbol_size() as u64 + n * 64 + 32)
}

/// A proof is made again from the contents of the vector that it names, and is the same.
fn proof(entry: &Value, vectors: &[Value]) -> Check {
    let name = text(entry, "vector")?;
    let named = |vector: &&Value| vector.get("name").and_then(Value::as_str) == Some(name);
    let of = vectors
        .iter()
        .find(named)
        .ok_or_else(|| format!("no vector is called {name:?}"))?;
    let bytes = contents(of)?;
    let code = code(entry)?;
    let encoding = encode(code, &bytes)?;
    let (row, column) = (integer(entry, "row")?, integer(entry, "column")?);
    let symbols = Encoder::with_code(code, Options::default())
        .row(&bytes, row, &mut ())
        .map_err(sentence)?;
    let (proof, symbol) = encoding
        .slivers
        .prove_symbol(SymbolPlace { row, column }, &symbols)
        .map_err(sentence)?;
    let place = proof
        .verify(code, &encoding.id, encoding.length, &symbol)
        .map_err(sentence)?;
    if let Some(place) = place {
        let there = &bytes[place.start as usize..place.end as usize];
        same("symbol", &symbol[..there.len()], there)?;
    }
    let hashes =
        |hashes: &[[u8; 32]]| Value::from(hashes.iter().map(hex::encode).collect::<Vec<_>>());
    same(
        "blob id",
        encoding.id.to_string().as_str(),
        text(entry, "blob_id")?,
    )?;
    same(
        "symbol",
        hex::encode(&symbol).as_str(),
        text(entry, "symbol_hex")?,
    )?;
    let root = encoding.slivers.roots().row(row).map(hex::encode);
    same(
        "root of the row",
        root.unwrap_or_default().as_str(),
        text(entry, "primary_sliver_root_hex")?,
    )?;
    same(
        "root of the paired column",
        hex::encode(proof.paired_column_root).as_str(),
        text(entry, "secondary_sliver_root_of_pair_hex")?,
    )?;
    same(
        "path in the row",
        &hashes(&proof.row_path),
        field(entry, "primary_sliver_path_hex")?,
    )?;
    same(
        "path of the pair",
        &hashes(&proof.pair_path),
        field(entry, "pair_path_hex")?,
    )
}

/// Files give the bytes, the id and the patch ids of the quilt, and are read from it again.
fn quilt(entry: &Value) -> Check {
    let code = code(entry)?;
    let mut owned = Vec::new();
    for file in entries(entry, "files")? {
        let tags: BTreeMap<String, String> = match file.get("tags") {
            None => BTreeMap::new(),
            Some(tags) => serde_json::from_value(tags.clone()).map_err(sentence)?,
        };
        owned.push((text(file, "identifier")?, tags, contents(file)?));
    }
    let files: Vec<File<'_>> = owned
        .iter()
        .map(|(identifier, tags, bytes)| File {
            identifier,
            tags: tags.clone(),
            bytes,
        })
        .collect();
    let quilt = Quilt::new(code, &files).map_err(sentence)?;
    same(
        "size",
        &(quilt.bytes().len() as u64),
        &integer(entry, "size")?,
    )?;
    same(
        "sha256",
        sha256(quilt.bytes()).as_str(),
        text(entry, "sha256")?,
    )?;
    let encoding = encode(code, quilt.bytes())?;
    same(
        "blob id",
        encoding.id.to_string().as_str(),
        text(entry, "blob_id")?,
    )?;
    same(
        "root hash",
        hex::encode(encoding.root).as_str(),
        text(entry, "root_hash_hex")?,
    )?;

    let read = Quilt::parse(code, quilt.bytes().to_vec()).map_err(sentence)?;
    let patches = entries(entry, "patches")?;
    same("files", &read.patches().len(), &patches.len())?;
    for (patch, expected) in read.patches().iter().zip(patches) {
        same(
            "identifier",
            patch.identifier.as_str(),
            text(expected, "identifier")?,
        )?;
        same(
            "first column",
            &patch.start,
            &integer(expected, "start_index")?,
        )?;
        same(
            "column after the last",
            &patch.end,
            &integer(expected, "end_index")?,
        )?;
        let id = patch.id(encoding.id).map_err(sentence)?;
        same(
            "patch id",
            id.to_string().as_str(),
            text(expected, "quilt_patch_id")?,
        )?;
    }
    for file in &files {
        let content = read.file(file.identifier).map_err(sentence)?;
        same(file.identifier, content.as_slice(), file.bytes)?;
    }
    Ok(())
}

fn encode(code: Code, bytes: &[u8]) -> Check<Encoding> {
    Encoder::with_code(code, Options::default())
        .encode(bytes, &mut ())
        .map_err(sentence)
}

fn code(entry: &Value) -> Check<Code> {
    Code::new(integer(entry, "n_shards")?).map_err(sentence)
}

/// The bytes that an entry describes, of the size and the hash that it gives.
fn contents(entry: &Value) -> Check<Vec<u8>> {
    let input = field(entry, "input")?;
    let size = || integer::<usize>(input, "size");
    let bytes = match input.get("generator").and_then(Value::as_str) {
        None | Some("hex") => hex::decode(text(input, "hex")?).map_err(sentence)?,
        Some("fill") => vec![integer(input, "byte")?; size()?],
        Some("seq") => {
            let seed: u64 = integer(input, "seed")?;
            (0..size()? as u64)
                .map(|i| i.wrapping_add(seed) as u8)
                .collect()
        }
        Some("xorshift32") => {
            let mut state: u32 = integer(input, "seed")?;
            let next = || {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                state as u8
            };
            std::iter::repeat_with(next).take(size()?).collect()
        }
        Some(other) => return Err(format!("generator {other:?} is not known")),
    };
    same(
        "size of the input",
        &(bytes.len() as u64),
        &integer(entry, "size")?,
    )?;
    same(
        "sha256 of the input",
        sha256(&bytes).as_str(),
        text(entry, "sha256")?,
    )?;
    Ok(bytes)
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn field<'e>(entry: &'e Value, name: &str) -> Check<&'e Value> {
    entry
        .get(name)
        .ok_or_else(|| format!("has no field `{name}`"))
}

fn text<'e>(entry: &'e Value, name: &str) -> Check<&'e str> {
    field(entry, name)?
        .as_str()
        .ok_or_else(|| format!("`{name}` is not a string"))
}

fn integer<T: TryFrom<u64>>(entry: &Value, name: &str) -> Check<T> {
    field(entry, name)?
        .as_u64()
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("`{name}` is not an integer of its range"))
}

fn same<T: PartialEq + Debug + ?Sized>(what: &str, found: &T, expected: &T) -> Check {
    let short = |value: &dyn Debug| format!("{value:?}").chars().take(200).collect::<String>();
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "{what} is {}, expected {}",
            short(&found),
            short(&expected)
        )),
    }
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}
