//! Vouchers: ceilings that callers signed, applied before the first group.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use cosmwasm_std::StdResult;
use hub_types::ids::SessionId;
use hub_types::wire::{voucher_digest, Hash, SignedVoucher};

use super::sessions::Sessions;
use super::signature;
use super::statement::Statement;
use crate::domain::copies::Copies;
use crate::error::ContractError;

/// What was given for a session.
#[derive(Default)]
struct Offered {
    /// Whether a group of the message speaks of the session.
    named: bool,
    /// Ceilings and places of the vouchers, the highest first; of equal ones, the first that was given.
    places: BinaryHeap<(u128, Reverse<usize>)>,
}

/// Raises the ceilings of the sessions `named` by the message: per session the highest voucher that verifies counts. One
/// that does not verify, or that speaks of another session, is passed over, since submitters are strangers and the signers
/// may not be at fault.
pub fn apply(
    sessions: &mut Sessions,
    statement: &Statement,
    named: impl IntoIterator<Item = SessionId>,
    vouchers: &[SignedVoucher],
    tag: &Hash,
) -> Result<(), ContractError> {
    let mut offers: Copies<SessionId, Offered> = Copies::default();
    for (place, signed) in vouchers.iter().enumerate() {
        let session = signed.voucher.session;
        let offered = offers.find(session, || StdResult::Ok(Offered::default()))?;
        offered
            .places
            .push((signed.voucher.ceiling, Reverse(place)));
    }
    for session in named {
        if let Some(offered) = offers.get_mut(&session) {
            offered.named = true;
        }
    }
    let api = sessions.deps().api;
    for (id, mut offered) in offers.into_sorted() {
        if !offered.named {
            continue;
        }
        let Some(session) = sessions.find(id, statement)? else {
            continue;
        };
        let (Some(key), Some(present)) = (session.policy().voucher_key, session.ceiling()) else {
            continue;
        };
        let highest = std::iter::from_fn(|| offered.places.pop())
            .take_while(|(ceiling, _)| *ceiling > present)
            .filter_map(|(_, Reverse(place))| vouchers.get(place))
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
