//! `wire.json`: the wire format, both ways.

use super::json::{
    array, blob_id, field, hashes, hex_list, hex_of, id, integer, list, same, same_bytes, text,
    units,
};
use super::Tally;
use hub_wire::merkle::{leaf_hash, prove, root, verify};
use hub_wire::varint::{Reader, Writer};
use hub_wire::{
    answer_bytes, answer_digest, batch_digest, call_digest, commit_hash, domain_tag, measurement,
    possession_bytes, possession_digest, receipt_digest, sha256, verify_digest, voucher_digest,
    Batch, BatchBuilder, Call, DecodeError, Group, Hash, Items, KeyType, Mode, PublicKey, Purpose,
    Receipt, RiceCode, SigningKey, Units, Voucher, Work,
};
use serde_json::Value;

/// A list of the file, and what checks one entry of it.
type Section = (&'static str, fn(&Value) -> Result<(), String>);

const SECTIONS: [Section; 19] = [
    ("varints", varint),
    ("batches", batch),
    ("shortest_codes", shortest_code),
    ("receipts", receipt),
    ("vouchers", voucher),
    ("possessions", possession),
    ("calls", call),
    ("answers", answer),
    ("refused", refused),
    ("refused_keys", refused_key),
    ("domain_tags", tag),
    ("digests", digest),
    ("commitments", commitment),
    ("measurements", measurement_of),
    ("merkle_trees", merkle_tree),
    ("refused_proofs", refused_proof),
    ("signatures", signature),
    ("refused_signatures", refused_signature),
    ("built_batches", built_batch),
];

pub fn check(file: &Value, tally: &mut Tally) {
    for (section, check) in SECTIONS {
        tally.section(file, section, check);
    }
    tally.skip_all_but(file, &SECTIONS.map(|(section, _)| section));
}

// Values from JSON.

fn parse_mode(entry: &Value) -> Result<Mode, String> {
    match text(entry, "mode")? {
        "itemised" => Ok(Mode::Itemised),
        "netted" => Ok(Mode::Netted),
        other => Err(format!("mode {other:?}, expected itemised or netted")),
    }
}

fn parse_key_type(entry: &Value) -> Result<KeyType, String> {
    match text(entry, "key_type")? {
        "secp256k1" => Ok(KeyType::Secp256k1),
        "ed25519" => Ok(KeyType::Ed25519),
        other => Err(format!("key type {other:?}, expected secp256k1 or ed25519")),
    }
}

fn parse_key(entry: &Value, name: &str) -> Result<PublicKey, String> {
    PublicKey::new(parse_key_type(entry)?, &hex_of(entry, name)?).map_err(|error| error.to_string())
}

fn parse_secret(entry: &Value) -> Result<SigningKey, String> {
    let seed = array(entry, "seed_hex")?;
    match parse_key_type(entry)? {
        KeyType::Secp256k1 => SigningKey::secp256k1_from_seed(&seed).map_err(|e| e.to_string()),
        KeyType::Ed25519 => Ok(SigningKey::ed25519_from_seed(&seed)),
    }
}

fn parse_batch(entry: &Value) -> Result<Batch, String> {
    let mode = parse_mode(entry)?;
    Ok(Batch {
        attester: id(entry, "attester")?,
        issued_from: integer(entry, "issued_from")?,
        issued_to: integer(entry, "issued_to")?,
        receipts_root: array(entry, "receipts_root_hex")?,
        groups: list(entry, "groups")?
            .iter()
            .map(|group| parse_group(mode, group))
            .collect::<Result<_, _>>()?,
    })
}

fn units_list(entry: &Value) -> Result<Vec<Units>, String> {
    list(entry, "units")?.iter().map(units).collect()
}

fn parse_code(entry: &Value, name: &str) -> Result<RiceCode, String> {
    let code = field(entry, name)?;
    let k: u64 = integer(code, "k")?;
    let k = u8::try_from(k).map_err(|error| error.to_string())?;
    RiceCode::new(integer(code, "base")?, k).ok_or(format!("{k} is no Rice parameter"))
}

/// The codes that make the units shortest, which every builder chooses.
fn shortest_code(entry: &Value) -> Result<(), String> {
    let items = Items::from(units_list(entry)?);
    let found = [items.input_code(), items.output_code()];
    let expected = [
        parse_code(entry, "code_in")?,
        parse_code(entry, "code_out")?,
    ];
    match found == expected {
        true => Ok(()),
        false => Err(format!("codes {expected:?}, chosen {found:?}")),
    }
}

fn parse_group(mode: Mode, entry: &Value) -> Result<Group, String> {
    Ok(Group {
        session: id(entry, "session")?,
        model: id(entry, "model")?,
        release: id(entry, "release")?,
        terms: id(entry, "terms")?,
        from: integer(entry, "from")?,
        span: integer(entry, "span")?,
        sequence: integer(entry, "sequence")?,
        work: match mode {
            Mode::Itemised => {
                let codes = [
                    parse_code(entry, "code_in")?,
                    parse_code(entry, "code_out")?,
                ];
                let items = Items::coded(&units_list(entry)?, codes[0], codes[1]);
                Work::Itemised(items.ok_or("units below the base of their code")?)
            }
            Mode::Netted => Work::Netted {
                count: integer(entry, "count")?,
                total: units(field(entry, "total")?)?,
            },
        },
    })
}

fn parse_receipt(entry: &Value) -> Result<Receipt, String> {
    Ok(Receipt {
        attester: id(entry, "attester")?,
        session: id(entry, "session")?,
        blob_id: blob_id(entry, "blob_id")?,
        model: id(entry, "model")?,
        release: id(entry, "release")?,
        terms: id(entry, "terms")?,
        request_id: array(entry, "request_id_hex")?,
        issued_at: integer(entry, "issued_at")?,
        units: units(field(entry, "units")?)?,
        request_hash: array(entry, "request_hash_hex")?,
        response_hash: array(entry, "response_hash_hex")?,
    })
}

fn purpose(entry: &Value) -> Result<Purpose, String> {
    let name = text(entry, "purpose")?;
    Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.name() == name)
        .ok_or_else(|| format!("purpose {name:?} is not known"))
}

fn tag_of(entry: &Value, purpose: Purpose) -> Result<Hash, String> {
    let contract = hex_of(entry, "contract_hex")?;
    Ok(domain_tag(purpose, text(entry, "chain_id")?, &contract))
}

// Entries.

fn varint(entry: &Value) -> Result<(), String> {
    let value: u128 = integer(entry, "value")?;
    let bytes = hex_of(entry, "hex")?;
    let mut writer = Writer::new();
    writer.u128(value);
    same_bytes("encoding", &writer.finish(), &bytes)?;
    same("decoding", all_of(&bytes, Reader::u128), Ok(value))?;
    let narrow = all_of(&bytes, Reader::u64);
    match u64::try_from(value) {
        Ok(value) => same("decoding as 64 bits", narrow, Ok(value)),
        Err(_) => same(
            "decoding as 64 bits",
            narrow,
            Err(DecodeError::TooLarge { at: 0, bits: 64 }),
        ),
    }
}

fn all_of<'a, T>(
    bytes: &'a [u8],
    read: fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

fn batch(entry: &Value) -> Result<(), String> {
    let batch = parse_batch(field(entry, "batch")?)?;
    let bytes = hex_of(entry, "hex")?;
    let encoded = batch.encode().map_err(|error| error.to_string())?;
    same_bytes("encoding", &encoded, &bytes)?;
    same_bytes("sha256", &sha256(&[&bytes]), &hex_of(entry, "sha256")?)?;
    same(
        "receipts offered",
        batch.offered(),
        integer(entry, "offered")?,
    )?;
    same("decoding", Batch::decode(&bytes), Ok(batch))
}

fn receipt(entry: &Value) -> Result<(), String> {
    let receipt = parse_receipt(field(entry, "receipt")?)?;
    let bytes = hex_of(entry, "hex")?;
    same_bytes("encoding", &receipt.encode(), &bytes)?;
    same_bytes("sha256", &sha256(&[&bytes]), &hex_of(entry, "sha256")?)?;
    same_bytes(
        "leaf hash",
        &leaf_hash(&bytes),
        &hex_of(entry, "leaf_hash_hex")?,
    )?;
    same("decoding", Receipt::decode(&bytes), Ok(receipt))
}

fn voucher(entry: &Value) -> Result<(), String> {
    let fields = field(entry, "voucher")?;
    let voucher = Voucher {
        session: id(fields, "session")?,
        ceiling: integer(fields, "ceiling")?,
    };
    let bytes = hex_of(entry, "hex")?;
    same_bytes("encoding", &voucher.encode(), &bytes)?;
    same("decoding", Voucher::decode(&bytes), Ok(voucher))
}

fn call(entry: &Value) -> Result<(), String> {
    let fields = field(entry, "call")?;
    let call = Call {
        attester: id(fields, "attester")?,
        session: id(fields, "session")?,
        model: id(fields, "model")?,
        request_id: array(fields, "request_id_hex")?,
        expires_at: integer(fields, "expires_at")?,
        request_hash: array(fields, "request_hash_hex")?,
    };
    let bytes = hex_of(entry, "hex")?;
    same_bytes("encoding", &call.encode(), &bytes)?;
    same("decoding", Call::decode(&bytes), Ok(call))
}

fn answer(entry: &Value) -> Result<(), String> {
    let fields = field(entry, "answer")?;
    let receipt = hex_of(fields, "receipt_hex")?;
    let found = answer_bytes(&receipt, text(fields, "engine")?, text(fields, "label")?);
    same_bytes("encoding", &found, &hex_of(entry, "hex")?)
}

fn possession(entry: &Value) -> Result<(), String> {
    let fields = field(entry, "possession")?;
    let key = parse_key(fields, "key_hex")?;
    let found = possession_bytes(&key, &hex_of(fields, "operator_hex")?);
    same_bytes("encoding", &found, &hex_of(entry, "hex")?)
}

fn refused(entry: &Value) -> Result<(), String> {
    let bytes = hex_of(entry, "hex")?;
    let result = match text(entry, "of")? {
        "u64" => all_of(&bytes, Reader::u64).map(drop),
        "u128" => all_of(&bytes, Reader::u128).map(drop),
        "batch" => Batch::decode(&bytes).map(drop),
        "receipt" => Receipt::decode(&bytes).map(drop),
        "voucher" => Voucher::decode(&bytes).map(drop),
        "call" => Call::decode(&bytes).map(drop),
        other => return Err(format!("{other:?} is not known")),
    };
    match result {
        Ok(()) => Err("is accepted".into()),
        Err(error) => {
            same("reason", error.name(), text(entry, "reason")?)?;
            match entry.get("at") {
                Some(_) => same("offset", error.at(), integer(entry, "at")?),
                None => Ok(()),
            }
        }
    }
}

fn refused_key(entry: &Value) -> Result<(), String> {
    match PublicKey::new(parse_key_type(entry)?, &hex_of(entry, "key_hex")?) {
        Ok(_) => Err("is accepted".into()),
        Err(_) => Ok(()),
    }
}

fn tag(entry: &Value) -> Result<(), String> {
    let found = tag_of(entry, purpose(entry)?)?;
    same_bytes("tag", &found, &hex_of(entry, "tag_hex")?)
}

fn digest(entry: &Value) -> Result<(), String> {
    let purpose = purpose(entry)?;
    let tag = tag_of(entry, purpose)?;
    let bytes = hex_of(entry, "bytes_hex")?;
    let found = match purpose {
        Purpose::Batch => batch_digest(&tag, &bytes),
        Purpose::Receipt => receipt_digest(&tag, &bytes, integer(entry, "sequence")?),
        Purpose::Voucher => voucher_digest(&tag, &bytes),
        Purpose::Attester => possession_digest(&tag, &bytes),
        Purpose::Call => call_digest(&tag, &bytes),
        Purpose::Answer => answer_digest(&tag, &bytes),
        Purpose::Commit => return Err("stands among digests, expected in `commitments`".into()),
    };
    same_bytes("digest", &found, &hex_of(entry, "digest_hex")?)
}

fn commitment(entry: &Value) -> Result<(), String> {
    let found = commit_hash(
        &tag_of(entry, Purpose::Commit)?,
        &hex_of(entry, "sender_hex")?,
        &blob_id(entry, "blob_id")?,
        &array(entry, "salt_hex")?,
    );
    same_bytes("hash", &found, &hex_of(entry, "hash_hex")?)
}

fn measurement_of(entry: &Value) -> Result<(), String> {
    let found = measurement(
        &hex_of(entry, "verifier_hex")?,
        &array(entry, "digest_hex")?,
    );
    same_bytes("measurement", &found, &hex_of(entry, "measurement_hex")?)
}

fn merkle_tree(entry: &Value) -> Result<(), String> {
    let leaves = hex_list(entry, "leaves_hex")?;
    let expected: Hash = array(entry, "root_hex")?;
    let size = leaves.len() as u64;
    same("size", size, integer(entry, "size")?)?;
    same_bytes("root", &root(&leaves), &expected)?;
    for proof in list(entry, "proofs")? {
        let index: u64 = integer(proof, "index")?;
        let siblings = hashes(proof, "siblings_hex")?;
        let leaf = usize::try_from(index)
            .ok()
            .and_then(|index| leaves.get(index));
        let leaf = leaf.ok_or_else(|| format!("there is no leaf {index}"))?;
        let found = prove(&leaves, index).map(|proof| proof.siblings);
        same("siblings", found.as_ref(), Some(&siblings))?;
        same(
            "proof holds",
            verify(&expected, leaf, index, size, &siblings),
            true,
        )?;
    }
    Ok(())
}

fn refused_proof(entry: &Value) -> Result<(), String> {
    let holds = verify(
        &array(entry, "root_hex")?,
        &hex_of(entry, "leaf_hex")?,
        integer(entry, "index")?,
        integer(entry, "size")?,
        &hashes(entry, "siblings_hex")?,
    );
    same("proof holds", holds, false)
}

fn signature(entry: &Value) -> Result<(), String> {
    let key = parse_secret(entry)?;
    let public = parse_key(entry, "public_key_hex")?;
    let digest = array(entry, "digest_hex")?;
    let expected = array(entry, "signature_hex")?;
    same("public key", key.public_key(), public)?;
    same_bytes("signature", &key.sign_digest(&digest), &expected)?;
    same(
        "signature holds",
        verify_digest(&public, &digest, &expected),
        true,
    )
}

fn refused_signature(entry: &Value) -> Result<(), String> {
    let holds = verify_digest(
        &parse_key(entry, "public_key_hex")?,
        &array(entry, "digest_hex")?,
        &array(entry, "signature_hex")?,
    );
    same("signature holds", holds, false)
}

fn built_batch(entry: &Value) -> Result<(), String> {
    let mut builder = BatchBuilder::new(id(entry, "attester")?);
    for lane in list(entry, "lanes")? {
        builder.next(id(lane, "session")?, integer(lane, "next")?);
    }
    for receipt in list(entry, "receipts")? {
        builder
            .push(parse_receipt(receipt)?)
            .map_err(|error| error.to_string())?;
    }
    let (batch, in_order) = builder
        .build(parse_mode(entry)?)
        .map_err(|error| error.to_string())?;
    same("batch", &batch, &parse_batch(field(entry, "batch")?)?)?;
    let leaves: Vec<Vec<u8>> = in_order.iter().map(Receipt::encode).collect();
    same(
        "leaves",
        &leaves,
        &hex_list(entry, "leaves_in_batch_order_hex")?,
    )?;
    same_bytes("root", &batch.receipts_root, &root(&leaves))?;
    let bytes = batch.encode().map_err(|error| error.to_string())?;
    same_bytes("encoding", &bytes, &hex_of(entry, "hex")?)?;
    let digest = batch_digest(&tag_of(entry, Purpose::Batch)?, &bytes);
    same_bytes("digest", &digest, &hex_of(entry, "digest_hex")?)?;
    signature(entry)
}
