//! Signatures, checked by the chain.

use cosmwasm_std::{Api, Deps, Env, StdResult};
use hub_types::wire::digest::{self, Purpose};
use hub_types::wire::{is_low_s, Hash, PublicKey};

/// The tag of what is signed for `purpose` on this chain for this contract; computed, never sent nor stored.
pub fn domain_tag(deps: Deps, env: &Env, purpose: Purpose) -> StdResult<Hash> {
    let contract = deps.api.addr_canonicalize(env.contract.address.as_str())?;
    Ok(digest::domain_tag(purpose, &env.block.chain_id, &contract))
}

/// Whether `signature` is `key`'s over `digest`. Bytes of any other form are simply no signature.
///
/// The chain's verifier accepts a high s as well. It is refused here, so that nobody can make a second signature out
/// of a first.
pub fn verifies(api: &dyn Api, key: &PublicKey, digest: &Hash, signature: &[u8]) -> bool {
    let Ok(compact) = <&[u8; 64]>::try_from(signature) else {
        return false;
    };
    match key {
        PublicKey::Secp256k1(key) => {
            is_low_s(compact) && api.secp256k1_verify(digest, compact, key).unwrap_or(false)
        }
        PublicKey::Ed25519(key) => api.ed25519_verify(digest, compact, key).unwrap_or(false),
    }
}
