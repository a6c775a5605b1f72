//! What billing tells the escrow in one settlement: who is charged, who is credited.
//!
//! Both read and write it on every settlement and a chain charges for each byte, so it travels packed, as the records
//! do: the layout byte ([`Packed::LAYOUT`]), then
//!
//! ```text
//! books      = session count ‖ session… ‖ credit count ‖ credit…
//! session    = session ‖ attester ‖ [replaces] ‖ next_before ‖ next_after ‖ charge ‖ kept ‖ [ceiling] ‖ paid_week ‖ paid_models
//! credit     = length of the account ‖ canonical account ‖ denom ‖ amount
//! ```
//!
//! Integers are unsigned LEB128 in their shortest form, `paid_models` is one byte, and what stands in brackets is 0x00
//! if it is not given, else 0x01 and the value.

use cosmwasm_std::{Binary, CanonicalAddr, Uint128};
use hub_wire::ids::{AttesterId, DenomNumber, SessionId};
use hub_wire::varint::{Reader, Writer};
use serde::de::{Deserializer, Error};
use serde::Deserialize;

use crate::packed::{self, Packed, PackedError};
use crate::records::fields::{
    pack_address, pack_denom_number, pack_list, pack_option, unpack_address, unpack_denom_number,
    unpack_list, unpack_option,
};
use crate::time::Week;

/// One settlement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// What every session is charged. Each stands here once.
    pub sessions: Vec<SessionSettlement>,
    /// Each (account, denomination) once.
    pub credits: Vec<Credit>,
}

/// What is charged to one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSettlement {
    /// Id of the session, as the escrow gave it.
    pub session: SessionId,
    /// Id of the attester whose lane moves.
    pub attester: AttesterId,
    /// Attester whose lane is given to `attester`, since all are taken and that one can never charge again.
    pub replaces: Option<AttesterId>,
    /// Where the lane stands; 0 for a new one.
    pub next_before: u64,
    /// Where it stands afterwards; more than before.
    pub next_after: u64,
    /// What the session is charged.
    pub charge: Uint128,
    /// Of it, what the operator kept, see [`SessionRecord::kept`](crate::records::escrow::SessionRecord::kept).
    pub kept: Uint128,
    /// New ceiling, not below the present one.
    pub ceiling: Option<Uint128>,
    /// Week that `paid_models` speaks of.
    pub paid_week: Week,
    /// Bit i: its payer is marked as a payer of its i-th listed model in `paid_week`.
    pub paid_models: u8,
}

/// What is credited to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The account, in the chain's canonical bytes.
    pub account: CanonicalAddr,
    /// Number of the denomination.
    pub denom: DenomNumber,
    /// The amount, in the smallest unit of the denomination.
    pub amount: Uint128,
}

impl Books {
    /// The bytes of [`ExecuteMsg::Settle`](super::ExecuteMsg::Settle).
    pub fn encode(&self) -> Binary {
        packed::to_bytes(self).into()
    }

    /// The books that these bytes are the encoding of. Bytes that are accepted encode to themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, PackedError> {
        packed::parse(bytes)
    }
}

/// The field of [`ExecuteMsg::Settle`](super::ExecuteMsg::Settle). Only billing sends it, so what is wrong with the fields is
/// that billing and escrow are of two releases.
pub(super) fn of_one_release<'de, D: Deserializer<'de>>(fields: D) -> Result<Binary, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        books: Binary,
    }
    match Fields::deserialize(fields) {
        Ok(fields) => Ok(fields.books),
        Err(error) => Err(D::Error::custom(format_args!(
            "{error}; billing is of another release than this escrow: migrate both to one release, in one transaction"
        ))),
    }
}

impl Packed for Books {
    const NAME: &'static str = "books";

    fn pack(&self, writer: &mut Writer) {
        pack_list(writer, &self.sessions, |writer, session| {
            session.pack(writer)
        });
        pack_list(writer, &self.credits, |writer, credit| credit.pack(writer));
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            sessions: unpack_list(reader, SessionSettlement::unpack)?,
            credits: unpack_list(reader, Credit::unpack)?,
        })
    }
}

impl SessionSettlement {
    fn pack(&self, writer: &mut Writer) {
        writer.u64(self.session.into());
        writer.u64(self.attester.into());
        pack_option(writer, self.replaces.as_ref(), |writer, replaces| {
            writer.u64((*replaces).into())
        });
        writer.u64(self.next_before);
        writer.u64(self.next_after);
        writer.u128(self.charge.u128());
        writer.u128(self.kept.u128());
        pack_option(writer, self.ceiling.as_ref(), |writer, ceiling| {
            writer.u128(ceiling.u128())
        });
        writer.u64(self.paid_week.0);
        writer.byte(self.paid_models);
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            session: reader.u64()?.into(),
            attester: reader.u64()?.into(),
            replaces: unpack_option(reader, |reader| Ok(reader.u64()?))?.map(AttesterId),
            next_before: reader.u64()?,
            next_after: reader.u64()?,
            charge: reader.u128()?.into(),
            kept: reader.u128()?.into(),
            ceiling: unpack_option(reader, |reader| Ok(reader.u128()?.into()))?,
            paid_week: Week(reader.u64()?),
            paid_models: reader.byte()?,
        })
    }
}

impl Credit {
    fn pack(&self, writer: &mut Writer) {
        pack_address(writer, &self.account);
        pack_denom_number(writer, self.denom);
        writer.u128(self.amount.u128());
    }

    fn unpack(reader: &mut Reader) -> Result<Self, PackedError> {
        Ok(Self {
            account: unpack_address(reader)?,
            denom: unpack_denom_number(reader)?,
            amount: reader.u128()?.into(),
        })
    }
}

#[cfg(test)]
mod tests;
