//! `walrus-certificates.json`: storage certificates, decided by the package and by the registry.
//!
//! Where the file says `policy`, Walrus accepts and a strict verifier refuses; ours is strict.

mod contract;

use cosmwasm_std::testing::MockApi;
use hub_registry::contract::curve::Curve;
use hub_types::walrus::{
    possession_message, BlobId, Bls, Certificate, CertificateError, Committee, Confirmation,
    Member, Persistence, PublicKey, Signature, DST,
};
use serde_json::Value;

use super::json::{array, blob_id, field, hex_of, integer, list, same, same_bytes, text};
use super::Tally;

pub fn check(file: &Value, tally: &mut Tally) {
    tally.section(file, "committees", committee_entry);
    tally.section(file, "vectors", |entry| vector(file, entry));
    tally.section(file, "proofs_of_possession", |entry| {
        proof_of_possession(file, entry)
    });
    tally.skip_all_but(
        file,
        &[
            "committees",
            "vectors",
            "proofs_of_possession",
            "made_with",
            "checked_with",
        ],
    );
}

/// A committee as the file lists it.
struct Listed {
    n_shards: u16,
    members: Vec<Member>,
}

impl Listed {
    fn read(entry: &Value) -> Result<Self, String> {
        let member = |member: &Value| {
            Ok(Member {
                key: PublicKey::new(&hex_of(member, "public_key_hex")?)
                    .map_err(|error| error.to_string())?,
                weight: integer(member, "weight")?,
            })
        };
        Ok(Self {
            n_shards: integer(entry, "n_shards")?,
            members: list(entry, "members")?
                .iter()
                .map(member)
                .collect::<Result<_, String>>()?,
        })
    }

    /// The committee that an entry names.
    fn named(file: &Value, entry: &Value) -> Result<Self, String> {
        let name = text(entry, "committee")?;
        let all = list(file, "committees")?;
        let found = all
            .iter()
            .find(|committee| text(committee, "name") == Ok(name));
        Self::read(found.ok_or_else(|| format!("the file has no committee {name:?}"))?)
    }

    fn checked(&self) -> Result<Committee, String> {
        Committee::new(&Curve(&MockApi::default()), self.n_shards, &self.members)
            .map_err(|error| error.to_string())
    }
}

fn committee_entry(entry: &Value) -> Result<(), String> {
    let committee = Listed::read(entry)?.checked()?;
    let members = committee.weights().len();
    same("members", members, integer(entry, "n_members")?)?;
    same(
        "quorum",
        committee.quorum(),
        integer(entry, "quorum_weight")?,
    )?;
    same(
        "bytes of a bitmap",
        members.div_ceil(8),
        integer(entry, "bitmap_len_bytes")?,
    )?;
    same_bytes(
        "sum of all keys",
        committee.total(),
        &hex_of(entry, "total_aggregated_key_hex")?,
    )
}

/// What a verifier knows beforehand, and what is put before it.
struct Case {
    expected: Confirmation,
    message: Vec<u8>,
    signers: Vec<u8>,
    signature: Vec<u8>,
}

impl Case {
    fn read(entry: &Value) -> Result<Self, String> {
        let known = field(entry, "checked_against")?;
        let deletable = field(known, "deletable")?
            .as_bool()
            .ok_or("`deletable` is no boolean")?;
        let blob_id: BlobId = blob_id(known, "blob_id")?;
        Ok(Self {
            expected: Confirmation {
                epoch: integer(known, "committee_epoch")?,
                blob_id,
                persistence: match deletable {
                    true => Persistence::Deletable {
                        object_id: sui_id(known, "object_id")?,
                    },
                    false => Persistence::Permanent,
                },
            },
            message: hex_of(entry, "message_hex")?,
            signers: hex_of(entry, "bitmap_hex")?,
            signature: hex_of(entry, "signature_hex")?,
        })
    }
}

/// 32 bytes as `0x` and hex.
fn sui_id(entry: &Value, name: &str) -> Result<[u8; 32], String> {
    let digits = text(entry, name)?.trim_start_matches("0x");
    hex::decode(digits)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| format!("`{name}` is no Sui id"))
}

fn vector(file: &Value, entry: &Value) -> Result<(), String> {
    let listed = Listed::named(file, entry)?;
    let case = Case::read(entry)?;
    bare_signature(&listed, entry, &case)?;
    let accept = match text(entry, "expect")? {
        "accept" => true,
        "reject" | "policy" => false,
        other => {
            return Err(format!(
                "expects {other:?}, known are accept, reject and policy"
            ))
        }
    };
    decided("the package", accept, package(&listed, entry, &case))?;
    decided("the registry", accept, contract::decide(&listed, &case)?)
}

fn decided(who: &str, accept: bool, decision: Result<(), String>) -> Result<(), String> {
    match (accept, decision) {
        (true, Ok(())) | (false, Err(_)) => Ok(()),
        (true, Err(reason)) => Err(format!("{who} refuses it: {reason}")),
        (false, Ok(())) => Err(format!("{who} accepts it")),
    }
}

/// The whole decision of a verifier that is given the message.
fn package(listed: &Listed, entry: &Value, case: &Case) -> Result<(), String> {
    let confirmation = Confirmation::parse(&case.message).map_err(|error| error.to_string())?;
    same("what is confirmed", confirmation, case.expected)?;
    same_bytes("message", &confirmation.to_bytes(), &case.message)?;
    let certificate = Certificate {
        signers: case.signers.clone(),
        signature: Signature::new(&case.signature).map_err(|error| error.to_string())?,
    };
    let key = |place: usize| Ok::<_, CertificateError>(listed.members[place].key);
    let weight = certificate
        .verify(
            &Curve(&MockApi::default()),
            &listed.checked()?,
            &confirmation,
            key,
        )
        .map_err(|error| error.to_string())?;
    same("weight", weight, integer(entry, "signer_weight")?)
}

/// The key of the members that the bitmap names, and whether the signature is theirs, before any other rule.
fn bare_signature(listed: &Listed, entry: &Value, case: &Case) -> Result<(), String> {
    let signed = |place: usize| {
        let byte = case.signers.get(place / 8);
        byte.is_some_and(|byte| byte >> (place % 8) & 1 == 1)
    };
    let members = listed.members.iter().enumerate();
    let keys: Vec<&[u8]> = members
        .filter(|(place, _)| signed(*place))
        .map(|(_, member)| member.key.as_bytes().as_slice())
        .collect();
    let sum = Curve(&MockApi::default()).sum(&keys.concat());
    match (field(entry, "aggregate_signer_key_hex")?, &sum) {
        (Value::Null, None) => (),
        (_, sum) => same_bytes(
            "key of the signers",
            sum.as_ref().map_or(&[], |sum| sum.as_slice()),
            &hex_of(entry, "aggregate_signer_key_hex")?,
        )?,
    }
    let key = sum.and_then(|sum| PublicKey::new(&sum).ok());
    let signature = Signature::new(&case.signature).ok();
    let valid = key.zip(signature).is_some_and(|(key, signature)| {
        Curve(&MockApi::default()).verify(&key, &case.message, DST, &signature)
    });
    let expected = field(entry, "signature_valid_for_bitmap")?.as_bool();
    same("validity of the signature", Some(valid), expected)
}

/// A node that shows that it has the secret of its key.
fn proof_of_possession(file: &Value, entry: &Value) -> Result<(), String> {
    let listed = Listed::named(file, entry)?;
    let place: usize = integer(entry, "member")?;
    let member = listed
        .members
        .get(place)
        .ok_or("`member` names no member")?;
    let address = sui_id(entry, "sui_address")?;
    let message = possession_message(integer(entry, "epoch")?, &address, &member.key);
    same_bytes("message", &message, &hex_of(entry, "message_hex")?)?;
    same(
        "bytes of the message",
        message.len(),
        integer(entry, "message_len")?,
    )?;
    let signature: [u8; Signature::LENGTH] = array(entry, "signature_hex")?;
    let signature = Signature::new(&signature).map_err(|error| error.to_string())?;
    match Curve(&MockApi::default()).verify(&member.key, &message, DST, &signature) {
        true => Ok(()),
        false => Err("the signature does not hold".into()),
    }
}
