//! Blake2b-256 of many messages of one length at once, in lanes of vector registers.
//!
//! Crates that hash many messages want each of them whole and with its prefix in front. Here the state of a message is
//! at hand between two of its pieces, so a symbol is hashed slice by slice while the slice is in the cache, and its prefix
//! costs no copy. Source: RFC 7693.

mod lanes;

pub(crate) use lanes::Kernel;

/// Messages that are hashed side by side.
pub(crate) const LANES: usize = 8;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 128;

/// Bytes of a hash.
pub(crate) const HASH: usize = 32;

/// Word i of the state of all lanes stands at i.
pub(crate) type Words = [[u64; LANES]; 8];

/// The states of [`LANES`] messages of which the same number of bytes is hashed.
///
/// A message is a prefix of one byte and the data. One byte is always held back: the last one that was given, at first the
/// prefix. So all that is hashed before the end are whole blocks that are not the last.
#[derive(Clone)]
pub(crate) struct States {
    words: Words,
    held: [u8; LANES],
}

const IV: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

const SIGMA: [[usize; 16]; 12] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
];

/// First word of the parameter block: 32 bytes of output, no key, no tree.
const PARAMETERS: u64 = 0x0101_0020;

impl States {
    /// The states of messages of which nothing but their prefix is known.
    pub(crate) fn new(prefix: u8) -> Self {
        let mut words = IV.map(|word| [word; LANES]);
        words[0] = [IV[0] ^ PARAMETERS; LANES];
        Self {
            words,
            held: [prefix; LANES],
        }
    }

    /// Hashes as many bytes of each message as `data` holds, a multiple of [`BLOCK`]. `done` bytes of data were
    /// given before.
    fn absorb(&mut self, kernel: Kernel, data: &[&[u8]; LANES], done: u64) {
        let length = data[0].len();
        debug_assert!(length.is_multiple_of(BLOCK) && data.iter().all(|data| data.len() == length));
        if length == 0 {
            return;
        }
        let mut first = [[0; BLOCK]; LANES];
        for (lane, block) in first.iter_mut().enumerate() {
            block[0] = self.held[lane];
            block[1..].copy_from_slice(&data[lane][..BLOCK - 1]);
        }
        kernel.compress(
            &mut self.words,
            &first.each_ref(),
            done + BLOCK as u64,
            false,
        );
        for start in (BLOCK..length).step_by(BLOCK) {
            let blocks: [&[u8; BLOCK]; LANES] = std::array::from_fn(|lane| {
                let (block, _) = data[lane][start - 1..]
                    .split_first_chunk()
                    .unwrap_or((&[0; BLOCK], &[]));
                block
            });
            kernel.compress(
                &mut self.words,
                &blocks,
                done + (start + BLOCK) as u64,
                false,
            );
        }
        for (held, data) in self.held.iter_mut().zip(data) {
            *held = data[length - 1];
        }
    }

    /// The hashes of the messages that end with `data`, less than 64 KiB each. `done` bytes of data were given before.
    fn finish(
        mut self,
        kernel: Kernel,
        data: &[&[u8]; LANES],
        done: u64,
        hashes: &mut [[u8; HASH]],
    ) {
        let length = data[0].len();
        // The last block is not empty, and may be full: the byte held back stands in front.
        let whole = length / BLOCK * BLOCK;
        if whole > 0 {
            self.absorb(kernel, &data.map(|data| &data[..whole]), done);
        }
        let mut last = [[0; BLOCK]; LANES];
        for (lane, block) in last.iter_mut().enumerate() {
            block[0] = self.held[lane];
            block[1..=length - whole].copy_from_slice(&data[lane][whole..]);
        }
        kernel.compress(
            &mut self.words,
            &last.each_ref(),
            done + length as u64 + 1,
            true,
        );
        for (lane, hash) in hashes.iter_mut().enumerate() {
            let (words, _) = hash.as_chunks_mut::<8>();
            for (bytes, word) in words.iter_mut().zip(&self.words) {
                *bytes = word[lane].to_le_bytes();
            }
        }
    }
}

/// Hashes `bytes` more bytes of every message; `data(i)` are those of message i, a multiple of [`BLOCK`].
pub(crate) fn absorb<'a>(
    kernel: Kernel,
    states: &mut [States],
    messages: usize,
    data: impl Fn(usize) -> &'a [u8],
    done: u64,
) {
    for (group, states) in states.iter_mut().enumerate() {
        // Lanes beyond the last message hash it once more, for nobody.
        let data = std::array::from_fn(|lane| data((group * LANES + lane).min(messages - 1)));
        states.absorb(kernel, &data, done);
    }
}

/// The hashes of all messages, which end with `data(i)`.
pub(crate) fn finish<'a>(
    kernel: Kernel,
    states: &[States],
    data: impl Fn(usize) -> &'a [u8],
    done: u64,
    hashes: &mut [[u8; HASH]],
) {
    let last = hashes.len().saturating_sub(1);
    for (group, (hashes, states)) in hashes.chunks_mut(LANES).zip(states).enumerate() {
        let data = std::array::from_fn(|lane| data((group * LANES + lane).min(last)));
        states.clone().finish(kernel, &data, done, hashes);
    }
}

/// Hashes of whole short messages: the prefix and `data(i)`.
pub(crate) fn hash_all<'a>(
    kernel: Kernel,
    prefix: u8,
    data: impl Fn(usize) -> &'a [u8],
    hashes: &mut [[u8; HASH]],
) {
    let fresh = States::new(prefix);
    let last = hashes.len().saturating_sub(1);
    for (group, hashes) in hashes.chunks_mut(LANES).enumerate() {
        let data = std::array::from_fn(|lane| data((group * LANES + lane).min(last)));
        fresh.clone().finish(kernel, &data, 0, hashes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blake2::digest::consts::U32;
    use blake2::{Blake2b, Digest};

    fn message(index: usize, length: usize) -> Vec<u8> {
        (0..length)
            .map(|i| (i * 31 + index * 101 + i / 256) as u8)
            .collect()
    }

    fn expected(prefix: u8, data: &[u8]) -> [u8; HASH] {
        Blake2b::<U32>::new()
            .chain_update([prefix])
            .chain_update(data)
            .finalize()
            .into()
    }

    #[test]
    fn hashes_of_all_lengths_and_numbers_are_those_of_another_implementation() {
        for kernel in Kernel::all() {
            for (length, messages) in (0..400).zip((1..20).cycle()) {
                let data: Vec<_> = (0..messages).map(|i| message(i, length)).collect();
                let mut hashes = vec![[0; HASH]; messages];
                hash_all(kernel, 1, |i| &data[i], &mut hashes);
                let others: Vec<_> = data.iter().map(|data| expected(1, data)).collect();
                assert_eq!(hashes, others, "{kernel:?}, {messages} of {length} bytes");
            }
        }
    }

    #[test]
    fn a_message_may_come_in_pieces() {
        for kernel in Kernel::all() {
            for pieces in 0..4 {
                for tail in [0, 1, 2, 126, 127, 128, 129, 254, 255, 256] {
                    let length = pieces * 256 + tail;
                    let data: Vec<_> = (0..11).map(|i| message(i, length)).collect();
                    let mut states = vec![States::new(0); 2];
                    for start in (0..pieces * 256).step_by(256) {
                        let piece = |i: usize| &data[i][start..start + 256];
                        absorb(kernel, &mut states, 11, piece, start as u64);
                    }
                    let start = pieces * 256;
                    let mut hashes = [[0; HASH]; 11];
                    finish(
                        kernel,
                        &states,
                        |i| &data[i][start..],
                        start as u64,
                        &mut hashes,
                    );
                    for (hash, data) in hashes.iter().zip(&data) {
                        assert_eq!(*hash, expected(0, data), "{kernel:?}, {length} bytes");
                    }
                }
            }
        }
    }
}
