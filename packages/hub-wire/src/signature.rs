/// (n − 1) / 2 for the order n of secp256k1 (SEC 2, section 2.4.1), big-endian.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// Whether a compact secp256k1 signature (r ‖ s, big-endian) has 0 < s ≤ n / 2.
///
/// With (r, s) also (r, n − s) verifies; only one of them may count, or a stranger could change signed bytes.
pub fn is_low_s(signature: &[u8; 64]) -> bool {
    match signature.last_chunk::<32>() {
        // Big-endian numbers of one width compare as their bytes do.
        Some(s) => *s != [0; 32] && *s <= HALF_ORDER,
        None => false,
    }
}
