//! Vouchers: ceilings that callers signed, applied before the first group.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use hub_types::ids::SessionId;
use hub_types::wire::{voucher_digest, Hash, SignedVoucher};

use super::sessions::Sessions;
use super::signature;
use super::statement::Statement;
use crate::error::ContractError;

/// Raises the ceilings of the sessions `named` by the message: per session the highest voucher that verifies counts. One that does not verify, or
/// that speaks of another session, is passed over, since submitters are strangers and the signers may not be at
/// fault.
pub fn apply(
    sessions: &mut Sessions,
    statement: &Statement,
    named: &BTreeSet<SessionId>,
    vouchers: &[SignedVoucher],
    tag: &Hash,
) -> Result<(), ContractError> {
    let mut by_session: BTreeMap<SessionId, Vec<&SignedVoucher>> = BTreeMap::new();
    for signed in vouchers {
        let session = signed.voucher.session;
        if named.contains(&session) {
            by_session.entry(session).or_default().push(signed);
        }
    }
    let api = sessions.deps().api;
    for (id, mut vouchers) in by_session {
        let Some(session) = sessions.find(id, statement)? else {
            continue;
        };
        let (Some(key), Some(present)) = (session.policy().voucher_key, session.ceiling()) else {
            continue;
        };
        vouchers.sort_by_key(|signed| Reverse(signed.voucher.ceiling));
        let highest = vouchers
            .into_iter()
            .take_while(|signed| signed.voucher.ceiling > present)
            .find(|signed| {
                let digest = voucher_digest(tag, &signed.voucher.encode());
                signature::verifies(api, &key, &digest, &signed.signature)
            });
        if let Some(signed) = highest {
            session.raise_ceiling(signed.voucher.ceiling);
        }
    }
    Ok(())
}
