//! Hashes of the symbols of one row or column: extended and hashed slice by slice, so that what is added is never stored.

use crate::blake2b::{self, Kernel, States, HASH, LANES};
use crate::reed_solomon::{Coder, Shape, SLICE};
use hub_walrus::merkle::{Hash, EMPTY};

/// What a thread needs to hash lines one after the other.
pub(crate) struct Liner {
    kernel: Kernel,
    coder: Coder,
    states: Vec<States>,
    level: Vec<Hash>,
    next: Vec<Hash>,
}

/// Prefix of a leaf of Walrus' Merkle trees.
const LEAF: u8 = 0x00;

/// Prefix of an inner node.
const NODE: u8 = 0x01;

impl Liner {
    pub(crate) fn new(kernel: Kernel) -> Self {
        Self {
            kernel,
            coder: Coder::new(),
            states: Vec::new(),
            level: Vec::new(),
            next: Vec::new(),
        }
    }

    /// Leaf hashes of all symbols of a line, the given ones and the added ones, into `hashes`. Symbol i of those given are
    /// the `size` bytes at `i * stride`.
    pub(crate) fn hash(
        &mut self,
        shape: Shape,
        size: usize,
        given: &[u8],
        stride: usize,
        hashes: &mut [Hash],
    ) {
        self.states.clear();
        self.states
            .resize(fresh_groups(hashes.len()), States::new(LEAF));
        let mut states = std::mem::take(&mut self.states);
        for start in (0..size).step_by(SLICE) {
            let length = SLICE.min(size - start);
            let slice = |i: usize| &given[i * stride + start..][..length];
            let end = start + length == size;
            self.step(
                shape,
                start as u64,
                length,
                slice,
                &mut states,
                end.then_some(&mut *hashes),
            );
        }
        self.states = states;
    }

    /// Extends and hashes the slices of one line that begin at byte `start` of their symbols. With `hashes`, they are the last.
    pub(crate) fn step<'a>(
        &mut self,
        shape: Shape,
        start: u64,
        length: usize,
        given: impl Fn(usize) -> &'a [u8],
        states: &mut [States],
        hashes: Option<&mut [Hash]>,
    ) {
        self.coder.extend(shape, length, &given);
        let coder = &self.coder;
        let symbol = |i: usize| match i < shape.given {
            true => given(i),
            false => coder.added(i - shape.given),
        };
        let symbols = shape.given + shape.added;
        match hashes {
            Some(hashes) => blake2b::finish(self.kernel, states, symbol, start, hashes),
            None => blake2b::absorb(self.kernel, states, symbols, symbol, start),
        }
    }

    /// Extends the slices of one line, and hands each added one over.
    pub(crate) fn extend<'a>(
        &mut self,
        shape: Shape,
        length: usize,
        given: impl Fn(usize) -> &'a [u8],
        mut take: impl FnMut(usize, &[u8]),
    ) {
        self.coder.extend(shape, length, given);
        for i in 0..shape.added {
            take(i, self.coder.added(i));
        }
    }

    /// Root of the Merkle tree over these leaf hashes.
    pub(crate) fn root(&mut self, leaves: impl Iterator<Item = Hash>) -> Hash {
        self.level.clear();
        self.level.extend(leaves);
        while self.level.len() > 1 {
            if self.level.len() % 2 == 1 {
                self.level.push(EMPTY);
            }
            self.next.resize(self.level.len() / 2, EMPTY);
            let bytes = self.level.as_flattened();
            let pair = |i: usize| &bytes[i * 2 * HASH..(i + 1) * 2 * HASH];
            blake2b::hash_all(self.kernel, NODE, pair, &mut self.next);
            std::mem::swap(&mut self.level, &mut self.next);
        }
        self.level.first().copied().unwrap_or(EMPTY)
    }

    /// Hash of the leaf with these bytes.
    pub(crate) fn leaf(&self, bytes: &[u8]) -> Hash {
        let mut hash = [EMPTY];
        blake2b::hash_all(self.kernel, LEAF, |_| bytes, &mut hash);
        hash[0]
    }
}

/// Groups of lanes that hold the states of so many symbols.
pub(crate) fn fresh_groups(symbols: usize) -> usize {
    symbols.div_ceil(LANES)
}

/// The states of a line's symbols before the first slice.
pub(crate) fn fresh_states(symbols: usize) -> Vec<States> {
    vec![States::new(LEAF); fresh_groups(symbols)]
}
