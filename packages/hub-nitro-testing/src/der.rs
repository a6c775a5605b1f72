//! DER (X.690) written as told: whoever wants something else than DER, puts other bytes in.

/// A UTF-8 string.
pub const UTF8_STRING: u8 = 0x0c;
/// A printable string.
pub const PRINTABLE_STRING: u8 = 0x13;

/// Tag, length in its shortest form, content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

/// A SEQUENCE of encoded parts.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// A SET of one encoded part.
pub fn set(part: &[u8]) -> Vec<u8> {
    tlv(0x31, part)
}

/// The unsigned number with these big-endian bytes.
pub fn integer(big_endian: &[u8]) -> Vec<u8> {
    let zeros = big_endian.iter().take_while(|byte| **byte == 0).count();
    let digits = &big_endian[zeros..];
    match digits.first() {
        Some(first) if *first < 0x80 => tlv(0x02, digits),
        _ => tlv(0x02, &[&[0], digits].concat()),
    }
}

/// An object identifier by its content.
pub fn oid(content: &[u8]) -> Vec<u8> {
    tlv(0x06, content)
}

/// A BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(0x01, &[if value { 0xff } else { 0 }])
}

/// A BIT STRING of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], bytes].concat())
}

/// An OCTET STRING.
pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    tlv(0x04, bytes)
}

/// An encoded item inside the explicit context tag of this number.
pub fn explicit(number: u8, item: &[u8]) -> Vec<u8> {
    tlv(0xa0 | number, item)
}

/// A UTCTime; unix seconds of a year from 1950 to 2049.
pub fn utc_time(unix: u64) -> Vec<u8> {
    let text = generalized(unix);
    tlv(0x17, &text.as_bytes()[2..])
}

/// A GeneralizedTime; unix seconds.
pub fn generalized_time(unix: u64) -> Vec<u8> {
    tlv(0x18, generalized(unix).as_bytes())
}

/// `YYYYMMDDHHMMSSZ`.
fn generalized(unix: u64) -> String {
    let (days, second) = (unix / 86_400, unix % 86_400);
    // Days of the civil calendar, with years that begin in March, so that the leap day comes last.
    let since = days + 719_468;
    let (era, day_of_era) = (since / 146_097, since % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::generalized;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(generalized(0), "19700101000000Z");
        assert_eq!(generalized(951_782_400), "20000229000000Z");
        assert_eq!(generalized(951_868_799), "20000229235959Z");
        assert_eq!(generalized(1_572_269_285), "20191028132805Z");
        assert_eq!(generalized(2_519_044_085), "20491028142805Z");
        assert_eq!(generalized(4_107_542_400), "21000301000000Z");
    }
}
