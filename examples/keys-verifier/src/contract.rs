//! Entry points and what they do.

use std::collections::BTreeSet;

use cosmwasm_std::{
    ensure, entry_point, from_json, to_json_binary, Binary, Deps, DepsMut, Env, HexBinary,
    MessageInfo, Response,
};
use cw_storage_plus::Item;
use cw_utils::nonpayable;
use hub_types::hash;
use hub_types::wire::varint::Writer;
use hub_types::wire::{is_low_s, sha256, Hash, PublicKey};

use crate::error::ContractError;
use crate::msg::{Evidence, ExecuteMsg, InstantiateMsg, NamedKey, QueryMsg};

const CONTRACT_NAME: &str = concat!("crates.io:", env!("CARGO_PKG_NAME"));
const CONTRACT_VERSION: &str = env!("CARGO_PKG_VERSION");

const MAX_KEYS: usize = 32;
const CONFIG: Item<InstantiateMsg> = Item::new("config");

/// Fixes who vouches. There is no message to change it: whoever could would change what measurements mean.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn instantiate(
    deps: DepsMut,
    _env: Env,
    info: MessageInfo,
    msg: InstantiateMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    cw2::set_contract_version(deps.storage, CONTRACT_NAME, CONTRACT_VERSION)?;
    let (threshold, keys) = (msg.threshold, msg.keys.len());
    let possible = usize::try_from(threshold).is_ok_and(|threshold| threshold <= keys);
    ensure!(
        possible && threshold > 0 && keys <= MAX_KEYS,
        ContractError::Threshold { threshold, keys }
    );
    let mut seen = BTreeSet::new();
    for named in &msg.keys {
        let name = named.name.clone();
        ensure!(seen.insert(key_of(named)?), ContractError::Twice { name });
    }
    CONFIG.save(deps.storage, &msg)?;
    Ok(Response::new())
}

/// Answers with the statement, if enough of the named keys signed it for the attester's key.
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn execute(
    deps: DepsMut,
    env: Env,
    info: MessageInfo,
    msg: ExecuteMsg,
) -> Result<Response, ContractError> {
    nonpayable(&info)?;
    let ExecuteMsg::Attest {
        key,
        key_type,
        evidence,
    } = msg;
    let key = PublicKey::new(key_type.into(), &key)?;
    let statement = verify(deps.as_ref(), &env, &key, &evidence)?;
    Ok(Response::new().set_data(statement))
}

/// The statement that enough keys vouch for.
fn verify(deps: Deps, env: &Env, key: &PublicKey, evidence: &[u8]) -> Result<Hash, ContractError> {
    let Evidence {
        statement,
        signatures,
    } = from_json(evidence)?;
    let statement = hash::parse("statement", &statement)?;
    let InstantiateMsg { keys, threshold } = CONFIG.load(deps.storage)?;
    let enough = u32::try_from(signatures.len()).is_ok_and(|found| found >= threshold);
    let found = signatures.len();
    ensure!(enough, ContractError::TooFew { found, threshold });

    let digest = to_sign(deps, env, key, &statement)?;
    let mut next = 0;
    for vouched in &signatures {
        let signer = vouched.signer;
        let last = keys.len().saturating_sub(1);
        let place = usize::try_from(signer).ok().filter(|place| *place >= next);
        // Ascending, so that nobody counts twice.
        let Some((place, named)) = place.and_then(|place| Some((place, keys.get(place)?))) else {
            return Err(ContractError::Signer { signer, last });
        };
        next = place.saturating_add(1);
        let name = named.name.clone();
        ensure!(
            signed(deps, &key_of(named)?, &digest, &vouched.signature),
            ContractError::Signature { name }
        );
    }
    Ok(statement)
}

/// What is signed: bound to this verifier on this chain and to the attester's key, or a signature could be shown elsewhere.
fn to_sign(
    deps: Deps,
    env: &Env,
    key: &PublicKey,
    statement: &Hash,
) -> Result<Hash, ContractError> {
    let verifier = deps.api.addr_canonicalize(env.contract.address.as_str())?;
    let mut writer = Writer::new();
    writer.raw(b"keys-verifier/v1");
    writer.bytes(env.block.chain_id.as_bytes());
    writer.bytes(&verifier);
    writer.byte(key.key_type().to_byte());
    writer.bytes(key.as_bytes());
    writer.raw(statement);
    Ok(sha256(&[&writer.finish()]))
}

fn key_of(named: &NamedKey) -> Result<PublicKey, ContractError> {
    // Refuses keys for which anybody can sign.
    Ok(PublicKey::new(named.key_type.into(), &named.key)?)
}

fn signed(deps: Deps, key: &PublicKey, digest: &Hash, signature: &[u8]) -> bool {
    let verified = match key {
        PublicKey::Ed25519(key) => deps.api.ed25519_verify(digest, signature, key),
        PublicKey::Secp256k1(key) => match <&[u8; 64]>::try_from(signature) {
            Ok(compact) if is_low_s(compact) => deps.api.secp256k1_verify(digest, compact, key),
            _ => Ok(false),
        },
    };
    // Bytes that are no signature at all are an error of the chain's.
    verified.unwrap_or(false)
}

/// See [`QueryMsg`].
#[cfg_attr(not(feature = "library"), entry_point)]
pub fn query(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError> {
    let answer = match msg {
        QueryMsg::Config {} => to_json_binary(&CONFIG.load(deps.storage)?),
        QueryMsg::ToSign {
            key,
            key_type,
            statement,
        } => {
            let key = PublicKey::new(key_type.into(), &key)?;
            let statement = hash::parse("statement", &statement)?;
            let digest = to_sign(deps, &env, &key, &statement)?;
            to_json_binary(&HexBinary::from(digest))
        }
    };
    Ok(answer?)
}
