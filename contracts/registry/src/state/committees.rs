//! Walrus committees: the latest, and the one before, since a certificate made at the end of an epoch arrives in the
//! next. Older ones are forgotten: what their members sign today, long after they have left, proves nothing, and
//! storage nodes confirm what they store in the present epoch to anybody who asks.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{StdError, StdResult, Storage};
use cw_storage_plus::Item;
use hub_types::records::walrus::{
    CommitteeRecord, KeysRecord, COMMITTEES, COMMITTEE_KEYS, KEYS_PER_RECORD,
};
use hub_types::walrus::{Committee, Member, PublicKey};

use crate::error::ContractError;

const EPOCHS: Item<Epochs> = Item::new("committee_epochs");

/// Epochs of the committees that are kept.
#[cw_serde]
#[derive(Copy, Default)]
pub struct Epochs {
    /// Of the latest.
    pub latest: Option<u32>,
    /// Of the one before.
    pub before: Option<u32>,
}

/// Epochs of the committees that are kept.
pub fn epochs(storage: &dyn Storage) -> StdResult<Epochs> {
    Ok(EPOCHS.may_load(storage)?.unwrap_or_default())
}

/// Makes `committee` the latest. One of a later epoch pushes the one before out; any other takes the place of the
/// latest, so that a wrong one, or a wrong number, can be set right. The one before never changes.
pub fn set(
    storage: &mut dyn Storage,
    epoch: u32,
    committee: &Committee,
    members: &[Member],
    now: u64,
) -> Result<(), ContractError> {
    let kept = epochs(storage)?;
    if let Some(before) = kept.before.filter(|before| epoch <= *before) {
        return Err(ContractError::EpochNotAscending { epoch, before });
    }
    let before = match kept.latest {
        Some(latest) if latest < epoch => {
            forget(storage, kept.before)?;
            Some(latest)
        }
        replaced => {
            forget(storage, replaced)?;
            kept.before
        }
    };
    let record = CommitteeRecord {
        n_shards: committee.n_shards(),
        total: *committee.total(),
        set_at: now,
        weights: committee.weights().to_vec(),
    };
    COMMITTEES.set(storage, epoch, &record);
    for (place, members) in members.chunks(KEYS_PER_RECORD).enumerate() {
        let keys = members.iter().map(|member| member.key).collect();
        let key = (epoch, number(place)?);
        COMMITTEE_KEYS.set(storage, key, &KeysRecord { keys });
    }
    let latest = Some(epoch);
    Ok(EPOCHS.save(storage, &Epochs { latest, before })?)
}

fn forget(storage: &mut dyn Storage, epoch: Option<u32>) -> StdResult<()> {
    let Some(epoch) = epoch else {
        return Ok(());
    };
    if let Some(record) = COMMITTEES.get(storage, epoch)? {
        for place in 0..record.weights.len().div_ceil(KEYS_PER_RECORD) {
            COMMITTEE_KEYS.remove(storage, (epoch, number(place)?));
        }
        COMMITTEES.remove(storage, epoch);
    }
    Ok(())
}

/// The record of the committee of an epoch.
pub fn load(storage: &dyn Storage, epoch: u32) -> Result<CommitteeRecord, ContractError> {
    match COMMITTEES.get(storage, epoch)? {
        Some(record) => Ok(record),
        None => {
            let Epochs { latest, before } = epochs(storage)?;
            Err(ContractError::UnknownCommittee {
                epoch,
                latest,
                before,
            })
        }
    }
}

/// Keys of a committee, read as they are asked for.
pub struct Keys<'a> {
    storage: &'a dyn Storage,
    epoch: u32,
    /// The record read last.
    read: Option<(usize, KeysRecord)>,
}

impl<'a> Keys<'a> {
    /// Keys of the committee of an epoch, of which nothing is read yet.
    pub fn new(storage: &'a dyn Storage, epoch: u32) -> Self {
        Self {
            storage,
            epoch,
            read: None,
        }
    }

    /// The key of the member in a place. Cheap in ascending order.
    pub fn get(&mut self, place: usize) -> StdResult<PublicKey> {
        let record = place / KEYS_PER_RECORD;
        let read = match self.read.take() {
            Some((number, keys)) if number == record => keys,
            _ => COMMITTEE_KEYS
                .get(self.storage, (self.epoch, number(record)?))?
                .ok_or_else(|| missing(place))?,
        };
        let key = read.keys.get(place % KEYS_PER_RECORD).copied();
        self.read = Some((record, read));
        key.ok_or_else(|| missing(place))
    }
}

fn number(place: usize) -> StdResult<u32> {
    u32::try_from(place).map_err(|_| missing(place))
}

fn missing(place: usize) -> StdError {
    StdError::not_found(format!("key of committee member {place}"))
}
