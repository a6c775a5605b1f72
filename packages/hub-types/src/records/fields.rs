//! Packed forms of the parts that records, and what contracts tell each other, share.

use cosmwasm_std::{Addr, CanonicalAddr, Uint128};
use hub_wire::ids::DenomNumber;
use hub_wire::varint::{Reader, Writer};
use hub_wire::{DecodeError, KeyType, PublicKey};

use crate::denom::Denom;
use crate::packed::PackedError;
use crate::price::Rates;
use crate::verifier::Measurement;

pub(crate) fn pack_address(writer: &mut Writer, address: &CanonicalAddr) {
    writer.bytes(address.as_slice());
}

pub(crate) fn unpack_address(reader: &mut Reader) -> Result<CanonicalAddr, PackedError> {
    Ok(CanonicalAddr::from(reader.bytes()?))
}

/// 0 for none, else 1 and the value.
pub(crate) fn pack_option<T>(
    writer: &mut Writer,
    value: Option<&T>,
    pack: impl FnOnce(&mut Writer, &T),
) {
    match value {
        None => writer.byte(0),
        Some(value) => {
            writer.byte(1);
            pack(writer, value);
        }
    }
}

pub(crate) fn unpack_option<T>(
    reader: &mut Reader,
    unpack: impl FnOnce(&mut Reader) -> Result<T, PackedError>,
) -> Result<Option<T>, PackedError> {
    match reader.byte()? {
        0 => Ok(None),
        1 => unpack(reader).map(Some),
        other => Err(PackedError::unknown("option", other)),
    }
}

/// The number of values, then the values.
pub(crate) fn pack_list<T>(writer: &mut Writer, values: &[T], pack: impl Fn(&mut Writer, &T)) {
    writer.u64(u64::try_from(values.len()).unwrap_or(u64::MAX));
    for value in values {
        pack(writer, value);
    }
}

/// Grows as values are found: nothing is allocated from the stated number.
pub(crate) fn unpack_list<T>(
    reader: &mut Reader,
    unpack: impl Fn(&mut Reader) -> Result<T, PackedError>,
) -> Result<Vec<T>, PackedError> {
    let count = reader.u64()?;
    let mut values = vec![];
    for _ in 0..count {
        values.push(unpack(reader)?);
    }
    Ok(values)
}

pub(crate) fn pack_bool(writer: &mut Writer, value: bool) {
    writer.byte(value.into());
}

pub(crate) fn unpack_bool(reader: &mut Reader) -> Result<bool, PackedError> {
    match reader.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(PackedError::unknown("flag", other)),
    }
}

pub(crate) fn pack_denom(writer: &mut Writer, denom: &Denom) {
    match denom {
        Denom::Native(denom) => {
            writer.byte(0);
            writer.bytes(denom.as_bytes());
        }
        Denom::Cw20(address) => {
            writer.byte(1);
            writer.bytes(address.as_bytes());
        }
    }
}

pub(crate) fn unpack_denom(reader: &mut Reader) -> Result<Denom, PackedError> {
    let kind = reader.byte()?;
    let text = String::from_utf8_lossy(reader.bytes()?).into_owned();
    match kind {
        0 => Ok(Denom::Native(text)),
        1 => Ok(Denom::Cw20(Addr::unchecked(text))),
        other => Err(PackedError::unknown("denomination", other)),
    }
}

pub(crate) fn pack_denom_number(writer: &mut Writer, number: DenomNumber) {
    writer.u64(number.0.into());
}

pub(crate) fn unpack_denom_number(reader: &mut Reader) -> Result<DenomNumber, PackedError> {
    let at = reader.offset();
    u32::try_from(reader.u64()?)
        .map(DenomNumber)
        .map_err(|_| PackedError::Malformed(DecodeError::TooLarge { at, bits: 32 }))
}

pub(crate) fn pack_rates(writer: &mut Writer, rates: &Rates) {
    writer.u128(rates.per_call.u128());
    writer.u128(rates.per_million_in.u128());
    writer.u128(rates.per_million_out.u128());
}

pub(crate) fn unpack_rates(reader: &mut Reader) -> Result<Rates, PackedError> {
    Ok(Rates {
        per_call: Uint128::new(reader.u128()?),
        per_million_in: Uint128::new(reader.u128()?),
        per_million_out: Uint128::new(reader.u128()?),
    })
}

pub(crate) fn unpack_measurement(reader: &mut Reader) -> Result<Measurement, PackedError> {
    Ok(Measurement::from_bytes(reader.array()?))
}

pub(crate) fn pack_key(writer: &mut Writer, key: &PublicKey) {
    writer.byte(key.key_type().to_byte());
    writer.bytes(key.as_bytes());
}

pub(crate) fn unpack_key(reader: &mut Reader) -> Result<PublicKey, PackedError> {
    let byte = reader.byte()?;
    let bytes = reader.bytes()?;
    KeyType::from_byte(byte)
        .and_then(|key_type| PublicKey::new(key_type, bytes))
        .map_err(|_| PackedError::unknown("public key", byte))
}
