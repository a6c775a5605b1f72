//! Worked examples of the wire format: vectors, taken apart byte by byte.

use anyhow::{ensure, Context, Result};
use hub_wire::varint::{Reader, Writer};
use hub_wire::{
    Batch, Items, Mode, PublicKey, Receipt, RiceCode, SessionId, SignedVoucher, Voucher, Work,
};
use serde_json::Value;

use super::source::{cell, Source};

const VECTORS: &str = "tests/vectors/wire.json";

/// The grammar, as the vectors state it.
pub fn forms(source: &Source) -> Result<String> {
    let vectors = source.json(VECTORS)?;
    let forms = vectors["forms"].as_object().context("there are no forms")?;
    let mut text = "| | |\n|---|---|\n".to_owned();
    for (name, form) in forms {
        let form = form
            .as_str()
            .context("a form is no text")?
            .replace(" | ", " ‖ ");
        text.push_str(&format!("| {name} | {} |\n", cell(&form)));
    }
    Ok(text)
}

pub fn all(source: &Source) -> Result<String> {
    let vectors = source.json(VECTORS)?;
    let examples = [
        integers(&vectors)?,
        batch(
            &vectors,
            "A batch of several groups, itemised",
            "later groups of a session state no sequence",
        )?,
        batch(
            &vectors,
            "A batch of several groups, netted",
            "later groups of a session, netted",
        )?,
        batch(
            &vectors,
            "Units far from 0 and close together: a base",
            "the same units every time",
        )?,
        batch(
            &vectors,
            "Units too large for their parameter: in full from a quotient of 32 on",
            "units on both sides of a quotient of 32",
        )?,
        receipt(&vectors)?,
        voucher(&vectors)?,
        possession(&vectors)?,
        digests(&vectors)?,
        commitment(&vectors)?,
        tree(&vectors)?,
        whole(&vectors)?,
    ];
    Ok(examples.join("\n"))
}

fn list<'v>(vectors: &'v Value, name: &str) -> Result<&'v Vec<Value>> {
    vectors[name]
        .as_array()
        .with_context(|| format!("there are no {name}"))
}

fn first<'v>(vectors: &'v Value, name: &str) -> Result<&'v Value> {
    list(vectors, name)?
        .first()
        .with_context(|| format!("there are no {name}"))
}

fn text<'v>(value: &'v Value, field: &str) -> Result<&'v str> {
    value[field]
        .as_str()
        .with_context(|| format!("{field} is no text"))
}

fn integers(vectors: &Value) -> Result<String> {
    let mut table = "**Integers**\n\n| value | bytes |\n|--:|---|\n".to_owned();
    for value in [
        "0",
        "1",
        "127",
        "128",
        "300",
        "16384",
        "18446744073709551615",
    ] {
        let vector = list(vectors, "varints")?
            .iter()
            .find(|it| it["value"] == value);
        let hex = text(
            vector.with_context(|| format!("no vector of {value}"))?,
            "hex",
        )?;
        table.push_str(&format!("| {value} | `{hex}` |\n"));
    }
    Ok(table)
}

/// Bytes with what they are, one part a row.
struct Parts<'b> {
    bytes: &'b [u8],
    reader: Reader<'b>,
    rows: String,
}

impl<'b> Parts<'b> {
    fn new(title: &str, bytes: &'b [u8]) -> Self {
        Self {
            bytes,
            reader: Reader::new(bytes),
            rows: format!(
                "**{title}**\n\n```text\n{}\n```\n\n| bytes | |\n|---|---|\n",
                hex::encode(bytes)
            ),
        }
    }

    fn row(&mut self, start: usize, what: &str) -> Result<()> {
        let part = self
            .bytes
            .get(start..self.reader.offset())
            .context("no such bytes")?;
        self.rows
            .push_str(&format!("| `{}` | {what} |\n", hex::encode(part)));
        Ok(())
    }

    fn byte(&mut self, what: &str) -> Result<()> {
        let start = self.reader.offset();
        self.reader.byte()?;
        self.row(start, what)
    }

    fn integer(&mut self, what: &str) -> Result<u64> {
        let start = self.reader.offset();
        let value = self.reader.u64()?;
        self.row(start, &format!("{what}: {value}"))?;
        Ok(value)
    }

    fn wide(&mut self, what: &str) -> Result<()> {
        let start = self.reader.offset();
        let value = self.reader.u128()?;
        self.row(start, &format!("{what}: {value}"))
    }

    fn raw(&mut self, length: usize, what: &str) -> Result<()> {
        let start = self.reader.offset();
        for _ in 0..length {
            self.reader.byte()?;
        }
        self.row(start, what)
    }

    fn code(&mut self, which: &str, code: RiceCode) -> Result<()> {
        let start = self.reader.offset();
        self.reader.u64()?;
        let k = code.parameter();
        match code.base() {
            0 => self.row(start, &format!("code {which}: parameter {k}")),
            base => {
                self.reader.u64()?;
                let what = format!("code {which}: parameter {k}, with a base; base {base}");
                self.row(start, &what)
            }
        }
    }

    /// The bits of all receipts of a group, with what they say.
    fn bits(&mut self, items: &Items) -> Result<()> {
        let codes = [items.input_code(), items.output_code()];
        let coded = items.iter().flat_map(|units| {
            [(units.input, codes[0]), (units.output, codes[1])].map(|(u, code)| rice(u, code))
        });
        let coded: Vec<String> = coded.collect();
        let length: usize = coded.iter().map(|bits| bits.replace(' ', "").len()).sum();
        let padding = "0".repeat((8 - length % 8) % 8);
        let all = format!("{}{padding}", coded.concat().replace(' ', ""));
        let start = self.reader.offset();
        for byte in all.as_bytes().chunks(8) {
            let found = format!("{:08b}", self.reader.byte()?);
            ensure!(found.as_bytes() == byte, "the bits say something else");
        }
        let mut what: Vec<String> = items
            .iter()
            .zip(coded.chunks(2))
            .map(|(units, bits)| {
                format!(
                    "{} in `{}`, {} out `{}`",
                    units.input, bits[0], units.output, bits[1]
                )
            })
            .collect();
        if !padding.is_empty() {
            what.push(format!("filled up with `{padding}`"));
        }
        self.row(start, &format!("units: {}", what.join("; ")))
    }

    fn finish(self) -> Result<String> {
        self.reader.finish()?;
        Ok(self.rows)
    }
}

/// The bits of an integer, the quotient apart from the rest: written here anew, to be compared with the bytes.
fn rice(integer: u64, code: RiceCode) -> String {
    let from_base = integer - code.base();
    let k = usize::from(code.parameter());
    match from_base >> k {
        quotient @ 0..=31 => {
            let low = from_base & ((1 << k) - 1);
            let low = if k == 0 {
                String::new()
            } else {
                format!(" {low:0k$b}")
            };
            format!("{}0{low}", "1".repeat(quotient as usize))
        }
        _ => format!("{} {from_base:064b}", "1".repeat(32)),
    }
}

fn batch(vectors: &Value, title: &str, name: &str) -> Result<String> {
    let mut batches = list(vectors, "batches")?.iter();
    let vector = batches.find(|it| it["name"] == name);
    let bytes = hex::decode(text(
        vector.with_context(|| format!("no batch is called {name:?}"))?,
        "hex",
    )?)?;
    let batch = Batch::decode(&bytes)?;
    let mut parts = Parts::new(title, &bytes);
    parts.byte("version")?;
    parts.byte(match batch.mode() {
        Mode::Itemised => "itemised",
        Mode::Netted => "netted",
    })?;
    parts.integer("attester")?;
    parts.integer("issued_from")?;
    parts.integer("issued_to")?;
    parts.raw(32, "receipts_root")?;
    parts.integer("groups")?;
    let mut session = 0;
    for (place, group) in batch.groups.iter().enumerate() {
        parts.integer(&format!(
            "group {place}: session {}, difference to the one before",
            group.session
        ))?;
        parts.integer("model")?;
        parts.integer("release")?;
        parts.integer("terms")?;
        parts.integer("from")?;
        parts.integer("span")?;
        if group.session != SessionId(session) {
            parts.integer("sequence")?;
        }
        parts.integer(&match group.session != SessionId(session) {
            true => "receipts".to_owned(),
            false => format!(
                "receipts, from sequence {} on, where the group before ends",
                group.sequence
            ),
        })?;
        match &group.work {
            Work::Itemised(items) => {
                parts.code("in", items.input_code())?;
                parts.code("out", items.output_code())?;
                parts.bits(items)?;
            }
            Work::Netted { .. } => {
                parts.integer("units in")?;
                parts.integer("units out")?;
            }
        }
        session = group.session.0;
    }
    parts.finish()
}

fn receipt(vectors: &Value) -> Result<String> {
    let vector = first(vectors, "receipts")?;
    let bytes = hex::decode(text(vector, "hex")?)?;
    let receipt = Receipt::decode(&bytes)?;
    let mut parts = Parts::new("A receipt", &bytes);
    parts.byte("version")?;
    parts.integer("attester")?;
    parts.integer("session")?;
    parts.raw(32, &format!("blob id: {}", receipt.blob_id))?;
    for what in ["model", "release", "terms"] {
        parts.integer(what)?;
    }
    parts.raw(16, "request_id")?;
    for what in ["issued_at", "units in", "units out"] {
        parts.integer(what)?;
    }
    parts.raw(32, "request_hash")?;
    parts.raw(32, "response_hash")?;
    let leaf = text(vector, "leaf_hash_hex")?;
    Ok(format!(
        "{}\nAs a leaf of a tree its hash is `{leaf}`.\n",
        parts.finish()?
    ))
}

fn voucher(vectors: &Value) -> Result<String> {
    let mut vouchers = list(vectors, "vouchers")?.iter();
    let vector = vouchers.find(|it| it["voucher"]["ceiling"] == "1000000");
    let bytes = hex::decode(text(vector.context("no voucher of a million")?, "hex")?)?;
    Voucher::decode(&bytes)?;
    let mut parts = Parts::new("A voucher", &bytes);
    parts.byte("version")?;
    parts.integer("session")?;
    parts.wide("ceiling")?;
    let signed = [bytes.as_slice(), &[0x5e; 64]].concat();
    ensure!(
        SignedVoucher::decode(&signed)?.encode() == signed,
        "signatures stand elsewhere"
    );
    Ok(parts.finish()? + "\nMessages carry it with the 64 bytes of the signature behind it.\n")
}

fn possession(vectors: &Value) -> Result<String> {
    let mut possessions = list(vectors, "possessions")?.iter();
    let vector = possessions.find(|it| it["possession"]["key_type"] == "ed25519");
    let vector = vector.context("no possession of ed25519")?;
    let bytes = hex::decode(text(vector, "hex")?)?;
    let key = hex::decode(text(&vector["possession"], "key_hex")?)?;
    PublicKey::new(hub_wire::KeyType::Ed25519, &key)?;
    let mut parts = Parts::new("A proof of possession", &bytes);
    parts.byte("version")?;
    parts.byte("ed25519")?;
    parts.integer("length of the key")?;
    parts.raw(key.len(), "key")?;
    let length = parts.integer("length of the operator")?;
    parts.raw(usize::try_from(length)?, "operator, canonical")?;
    parts.finish()
}

/// What is hashed into a tag.
fn tag_bytes(purpose: &str, vector: &Value) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.raw(format!("hub/{purpose}/v1").as_bytes());
    writer.bytes(text(vector, "chain_id")?.as_bytes());
    writer.bytes(&hex::decode(text(vector, "contract_hex")?)?);
    Ok(writer.finish())
}

fn digests(vectors: &Value) -> Result<String> {
    let mut shown = "**Digests**\n\n".to_owned();
    let mut seen = vec![];
    for vector in list(vectors, "digests")? {
        let purpose = text(vector, "purpose")?;
        if seen.contains(&purpose) {
            continue;
        }
        seen.push(purpose);
        let tag_bytes = tag_bytes(purpose, vector)?;
        let tag = hub_wire::sha256(&[&tag_bytes]);
        let bytes = hex::decode(text(vector, "bytes_hex")?)?;
        let inner = hub_wire::sha256(&[&bytes]);
        let sequence = match vector["sequence"].as_str() {
            Some(number) => number.parse::<u64>()?.to_be_bytes().to_vec(),
            None => vec![],
        };
        let digest = hub_wire::sha256(&[&tag, &inner, &sequence]);
        ensure!(
            hex::encode(digest) == text(vector, "digest_hex")?,
            "{purpose}: the vector says otherwise"
        );
        let mut rows = vec![
            ("chain id", text(vector, "chain_id")?.to_owned()),
            (
                "contract, canonical",
                text(vector, "contract_hex")?.to_owned(),
            ),
            ("hashed into the tag", hex::encode(&tag_bytes)),
            ("tag", hex::encode(tag)),
            ("bytes", hex::encode(&bytes)),
            ("sha256 of the bytes", hex::encode(inner)),
            ("sequence", hex::encode(&sequence)),
            ("digest", hex::encode(digest)),
        ];
        rows.retain(|(_, value)| !value.is_empty());
        shown.push_str(&format!("| {purpose} | |\n|---|---|\n"));
        for (what, value) in rows {
            shown.push_str(&format!("| {what} | `{value}` |\n"));
        }
        shown.push('\n');
    }
    Ok(shown)
}

fn commitment(vectors: &Value) -> Result<String> {
    let vector = list(vectors, "commitments")?
        .get(1)
        .context("too few commitments")?;
    let tag = hub_wire::sha256(&[&tag_bytes("commit", vector)?]);
    let mut rows = "**A commitment**\n\n| | |\n|---|---|\n".to_owned();
    for (what, value) in [
        ("chain id", text(vector, "chain_id")?),
        ("registry, canonical", text(vector, "contract_hex")?),
        ("tag", &hex::encode(tag)),
        ("sender, canonical", text(vector, "sender_hex")?),
        ("blob id", text(vector, "blob_id")?),
        ("salt", text(vector, "salt_hex")?),
        ("hash", text(vector, "hash_hex")?),
    ] {
        rows.push_str(&format!("| {what} | `{value}` |\n"));
    }
    Ok(rows)
}

fn tree(vectors: &Value) -> Result<String> {
    let mut trees = list(vectors, "merkle_trees")?.iter();
    let vector = trees
        .find(|it| it["size"] == "3")
        .context("no tree of three leaves")?;
    let mut rows = "**A tree of three leaves**\n\n| | |\n|---|---|\n".to_owned();
    let strings = |value: &Value| -> Vec<String> {
        let values = value.as_array().into_iter().flatten();
        values
            .map(|it| match it.as_str().unwrap_or_default() {
                "" => "(nothing)".to_owned(),
                hex => format!("`{hex}`"),
            })
            .collect()
    };
    rows.push_str(&format!(
        "| leaves | {} |\n",
        strings(&vector["leaves_hex"]).join(", ")
    ));
    rows.push_str(&format!("| root | `{}` |\n", text(vector, "root_hex")?));
    for proof in list(vector, "proofs")? {
        let siblings = strings(&proof["siblings_hex"]).join(", ");
        rows.push_str(&format!(
            "| proof of leaf {} | {siblings} |\n",
            text(proof, "index")?
        ));
    }
    Ok(rows)
}

fn whole(vectors: &Value) -> Result<String> {
    let vector = first(vectors, "built_batches")?;
    let mut rows = "**From receipts to a signed batch**\n\n| | |\n|---|---|\n".to_owned();
    for (what, field) in [
        ("chain id", "chain_id"),
        ("billing, canonical", "contract_hex"),
        ("key type", "key_type"),
        ("seed", "seed_hex"),
        ("public key", "public_key_hex"),
        ("batch", "hex"),
        ("digest", "digest_hex"),
        ("signature", "signature_hex"),
    ] {
        rows.push_str(&format!("| {what} | `{}` |\n", text(vector, field)?));
    }
    Ok(rows
        + "\nIts receipts, in any order, and in the order of the batch, stand in the vectors.\n")
}
