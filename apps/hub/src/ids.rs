//! Ids on the command line, with a sentence for each form that is none.

use std::ffi::OsString;

use hub_walrus::{BlobIdError, QuiltPatchId};
use hub_walrus_client::BlobId;

/// An argument as the parser of the command line should see it. One id in 64 begins with a hyphen, which that takes for an option.
/// Such an id gets a space before it, which the parsers below take off.
pub fn shielded(argument: OsString) -> OsString {
    match argument.to_str() {
        Some(text) if text.starts_with('-') && quilt_or_patch(text).is_ok() => {
            format!(" {text}").into()
        }
        _ => argument,
    }
}

/// A blob id; says what to type where it is something else that is known.
pub fn blob_id(text: &str) -> Result<BlobId, String> {
    let text = text.trim_start();
    if let Ok(patch) = text.parse::<QuiltPatchId>() {
        return Err(format!(
            "this is the id of a file in quilt {}: fetch it with hub quilt get {text}",
            patch.quilt()
        ));
    }
    text.parse().map_err(|error: BlobIdError| match error {
        BlobIdError::Decimal { .. } => {
            format!("{error}; to convert it: hub blob id --from-u256 {text}")
        }
        error => error.to_string(),
    })
}

/// A quilt, or a file of a quilt.
#[derive(Clone, Copy, Debug)]
pub enum QuiltOrPatch {
    Quilt(BlobId),
    Patch(QuiltPatchId),
}

/// The id of a quilt or of one of its files.
pub fn quilt_or_patch(text: &str) -> Result<QuiltOrPatch, String> {
    match text.trim_start().parse::<QuiltPatchId>() {
        Ok(patch) => Ok(QuiltOrPatch::Patch(patch)),
        Err(_) => blob_id(text).map(QuiltOrPatch::Quilt),
    }
}

/// 32 bytes in hexadecimal.
pub fn sha256(text: &str) -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| "expected 64 hexadecimal digits, as sha256sum prints them".to_owned())?;
    Ok(bytes)
}

/// The blob id that Sui shows as a decimal number: the same 32 bytes, read little-endian.
pub fn from_u256(text: &str) -> Result<BlobId, String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("expected a decimal number, as Sui shows blob ids".into());
    }
    let mut bytes = [0_u8; 32];
    for digit in text.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in &mut bytes {
            let value = u16::from(*byte) * 10 + carry;
            *byte = (value & 0xff) as u8;
            carry = value >> 8;
        }
        if carry > 0 {
            return Err("the number does not fit into 256 bits: it is no blob id".into());
        }
    }
    Ok(BlobId::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_ids_are_converted() {
        let decimal =
            "13630748181740145464718863192400891872831470408538876359844821531898802938196";
        let id = from_u256(decimal).unwrap();
        assert_eq!(
            id.to_string(),
            "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4"
        );
        let largest =
            "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        assert_eq!(from_u256(largest).unwrap().to_bytes(), [0xff; 32]);
        assert_eq!(from_u256("0").unwrap().to_bytes(), [0; 32]);
        let one_more =
            "115792089237316195423570985008687907853269984665640564039457584007913129639936";
        for wrong in ["", "-1", "0x10", "1e5", " 1", one_more, &"9".repeat(1_000)] {
            assert!(from_u256(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_id_that_begins_with_a_hyphen_is_an_id_and_an_option_stays_one() {
        let id = BlobId::from_bytes([0xf8; 32]).to_string();
        let patch = QuiltPatchId::new(BlobId::from_bytes([0xf8; 32]), 1..2)
            .unwrap()
            .to_string();
        for text in [id, patch] {
            assert!(text.starts_with('-'), "{text}");
            let shielded = shielded(text.clone().into());
            let shielded = shielded.to_str().unwrap();
            assert!(!shielded.starts_with('-'), "{shielded}");
            match quilt_or_patch(shielded).unwrap() {
                QuiltOrPatch::Quilt(id) => assert_eq!(id.to_string(), text),
                QuiltOrPatch::Patch(patch) => assert_eq!(patch.to_string(), text),
            }
        }
        for option in [
            "-o",
            "--json",
            "-",
            "--",
            "--epochs=5",
            "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4",
        ] {
            assert_eq!(shielded(option.into()), option);
        }
    }

    #[test]
    fn other_forms_say_what_to_type() {
        let error = blob_id(
            "13630748181740145464718863192400891872831470408538876359844821531898802938196",
        )
        .unwrap_err();
        assert!(error.ends_with("hub blob id --from-u256 13630748181740145464718863192400891872831470408538876359844821531898802938196"), "{error}");
        let error = blob_id("6XUOE-Q5-nAXHRifN6n9nomVDtHZQbGuAkW3PjlBuKoB0AB7Ag").unwrap_err();
        assert!(error.contains("hub quilt get 6XUOE"), "{error}");
        assert!(matches!(
            quilt_or_patch("6XUOE-Q5-nAXHRifN6n9nomVDtHZQbGuAkW3PjlBuKoB0AB7Ag"),
            Ok(QuiltOrPatch::Patch(_))
        ));
    }
}
