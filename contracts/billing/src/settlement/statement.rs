//! Who signed a message, and what decides about it as a whole.

use cosmwasm_std::{Deps, Env};
use hub_types::ids::AttesterId;
use hub_types::records::billing::AttesterRecord;
use hub_types::time::{self, Interval, Seconds};
use hub_types::wire::Hash;

use super::signature;
use crate::error::ContractError;
use crate::state::attesters;
use crate::state::config::Config;

/// The attester that signed, when, and by which rules it is judged.
pub struct Statement {
    pub attester: AttesterId,
    pub record: AttesterRecord,
    /// Block time, unix seconds.
    pub now: u64,
    /// Age from which receipts are refused.
    pub receipt_max_age: Seconds,
}

impl Statement {
    /// What decides about a message as a whole, but for the signature: the attester must be known and able to charge,
    /// and the newest receipt not from the future.
    pub fn open(
        deps: Deps,
        env: &Env,
        config: &Config,
        attester: AttesterId,
        newest: u64,
    ) -> Result<Self, ContractError> {
        let now = env.block.time.seconds();
        let receipt_max_age = Seconds(config.receipt_max_age_seconds);
        let record = attesters::load(deps.storage, attester)?;
        if record.revoked {
            return Err(ContractError::AttesterRevoked { attester });
        }
        if let (Some(cutoff), true) = (record.retired_at, record.is_spent(now, receipt_max_age)) {
            return Err(ContractError::AttesterRetired { attester, cutoff });
        }
        if newest > now.saturating_add(time::CUTOFF_GRACE_SECONDS) {
            return Err(ContractError::FromTheFuture {
                issued_at: newest,
                now,
                allowed: time::CUTOFF_GRACE_SECONDS,
            });
        }
        Ok(Self {
            attester,
            record,
            now,
            receipt_max_age,
        })
    }

    /// When receipts are issued that are not too old.
    pub fn accepted_age(&self) -> Interval {
        Interval {
            from: self.receipt_max_age.before(self.now),
            until: None,
        }
    }

    /// When receipts are issued that the attester may sign.
    pub fn signing_time(&self) -> Interval {
        Interval {
            from: 0,
            until: self.record.retired_at,
        }
    }

    /// Whether the attester signed `digest`.
    pub fn check_signature(
        &self,
        deps: Deps,
        digest: &Hash,
        signature: &[u8],
    ) -> Result<(), ContractError> {
        if signature::verifies(deps.api, &self.record.key, digest, signature) {
            Ok(())
        } else {
            Err(ContractError::SignatureInvalid {
                attester: self.attester,
            })
        }
    }
}
