//! The strict integers: one value, one encoding.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use hub_wire::varint::{Reader, Writer};
use hub_wire::DecodeError;
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

fn u64_of(bytes: &[u8]) -> Result<u64, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = reader.u64()?;
    reader.finish()?;
    Ok(value)
}

fn u128_of(bytes: &[u8]) -> Result<u128, DecodeError> {
    let mut reader = Reader::new(bytes);
    let value = reader.u128()?;
    reader.finish()?;
    Ok(value)
}

#[test]
fn an_integer_that_is_cut_off_is_refused() {
    for bytes in [&[][..], &[0x80], &[0xff, 0xff], &[0x80; 9]] {
        assert_eq!(u64_of(bytes), Err(DecodeError::Truncated { at: 0 }));
        assert_eq!(u128_of(bytes), Err(DecodeError::Truncated { at: 0 }));
    }
}

#[test]
fn a_needless_last_byte_is_refused() {
    for bytes in [
        &[0x80, 0x00][..],
        &[0x81, 0x00],
        &[0xff, 0x80, 0x00],
        &[0x80, 0x80, 0x80, 0x80, 0x00],
    ] {
        assert_eq!(u64_of(bytes), Err(DecodeError::Overlong { at: 0 }));
        assert_eq!(u128_of(bytes), Err(DecodeError::Overlong { at: 0 }));
    }
    assert_eq!(u64_of(&[0]), Ok(0));
}

#[test]
fn the_widest_integers_are_accepted_and_one_more_is_refused() {
    let too_large = Err(DecodeError::TooLarge { at: 0, bits: 64 });
    let mut widest = [0xff; 10];
    widest[9] = 0x01;
    assert_eq!(u64_of(&widest), Ok(u64::MAX));
    widest[9] = 0x02;
    assert_eq!(u64_of(&widest), too_large);
    widest[9] = 0x81;
    assert_eq!(u64_of(&widest), Err(DecodeError::Truncated { at: 0 }));
    assert_eq!(u64_of(&[0x80; 11]), too_large);
    assert_eq!(u64_of(&[0xff; 40]), too_large);

    let too_large = Err(DecodeError::TooLarge { at: 0, bits: 128 });
    let mut widest = [0xff; 19];
    widest[18] = 0x03;
    assert_eq!(u128_of(&widest), Ok(u128::MAX));
    widest[18] = 0x04;
    assert_eq!(u128_of(&widest), too_large);
    assert_eq!(u128_of(&[0x80; 20]), too_large);
}

#[test]
fn the_end_must_be_the_end() {
    let mut reader = Reader::new(&[1, 2, 3]);
    assert_eq!(reader.byte(), Ok(1));
    assert_eq!((reader.offset(), reader.remaining()), (1, 2));
    assert_eq!(
        reader.finish(),
        Err(DecodeError::Trailing { at: 1, count: 2 })
    );
}

#[test]
fn bytes_longer_than_what_is_there_are_refused() {
    assert_eq!(
        Reader::new(&[3, 1, 2]).bytes(),
        Err(DecodeError::Truncated { at: 1 })
    );
    assert_eq!(
        Reader::new(&[1, 2]).array::<3>(),
        Err(DecodeError::Truncated { at: 0 })
    );
    let mut huge = Writer::new();
    huge.u64(u64::MAX);
    assert_eq!(
        Reader::new(&huge.finish()).bytes(),
        Err(DecodeError::Truncated { at: 10 })
    );
}

#[test]
fn errors_name_the_byte() {
    assert_eq!(
        u64_of(&[0x80, 0x00]).unwrap_err().to_string(),
        "byte 0: integer is not in its shortest LEB128 form"
    );
    assert_eq!(
        u64_of(&[0, 0]).unwrap_err().to_string(),
        "byte 1: expected the end, found 1 more bytes"
    );
}

proptest! {
    #[test]
    fn every_integer_comes_back(value in any::<u128>(), shift in 0_u32..128) {
        let value = value >> shift;
        let mut writer = Writer::new();
        writer.u128(value);
        let bytes = writer.finish();
        prop_assert_eq!(u128_of(&bytes), Ok(value));
        let bits = 128 - value.leading_zeros();
        prop_assert_eq!(bytes.len() as u32, bits.div_ceil(7).max(1));
        match u64::try_from(value) {
            Ok(narrow) => {
                let mut writer = Writer::new();
                writer.u64(narrow);
                prop_assert_eq!(writer.finish(), bytes.clone());
                prop_assert_eq!(u64_of(&bytes), Ok(narrow));
            }
            Err(_) => prop_assert_eq!(u64_of(&bytes), Err(DecodeError::TooLarge { at: 0, bits: 64 })),
        }
    }

    #[test]
    fn accepted_bytes_are_the_encoding_of_their_value(bytes in vec(any::<u8>(), 0..24)) {
        let mut reader = Reader::new(&bytes);
        if let Ok(value) = reader.u64() {
            let mut writer = Writer::new();
            writer.u64(value);
            prop_assert!(bytes.starts_with(&writer.finish()));
        }
        let mut reader = Reader::new(&bytes);
        if let Ok(value) = reader.u128() {
            let mut writer = Writer::new();
            writer.u128(value);
            let used = bytes.len() - reader.remaining();
            prop_assert_eq!(&bytes[..used], &writer.finish()[..]);
        }
    }

    #[test]
    fn mixed_values_come_back(a in any::<u8>(), b in any::<u64>(), c in vec(any::<u8>(), 0..300), d in any::<[u8; 5]>()) {
        let mut writer = Writer::with_capacity(8);
        writer.byte(a);
        writer.u64(b);
        writer.bytes(&c);
        writer.raw(&d);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.byte(), Ok(a));
        prop_assert_eq!(reader.u64(), Ok(b));
        prop_assert_eq!(reader.bytes(), Ok(&c[..]));
        prop_assert_eq!(reader.array(), Ok(d));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}
