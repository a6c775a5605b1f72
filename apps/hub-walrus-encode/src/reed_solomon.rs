//! Reed-Solomon in slices: any run of every symbol that starts at a multiple of 64 bytes is a code word of its own, so a
//! working set of [`SLICE`] bytes a symbol stays in the second-level cache, whatever the size of the symbols.
//!
//! The transforms are those of reed-solomon-simd, on a buffer of ours, where they need no copies. Which transforms make
//! a code word is fixed by Walrus' use of that crate: its algorithm.md, and rate_default.rs for the choice of rate.

use reed_solomon_simd::engine::{DefaultEngine, Engine, ShardsRefMut};
use std::cmp::Ordering;

/// Bytes of a symbol that are worked on at a time.
pub(crate) const SLICE: usize = 256;

/// Bytes of the unit of the transforms: 32 words of 16 bits, the low bytes of all before the high ones.
const CHUNK: usize = 64;

/// A code: how many symbols are given and how many are added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) given: usize,
    pub(crate) added: usize,
}

/// The arithmetic, with a working set.
pub(crate) struct Coder {
    engine: DefaultEngine,
    work: Vec<[u8; CHUNK]>,
    /// Chunks of a symbol in the working set.
    width: usize,
    /// Bytes of a symbol's slice.
    length: usize,
}

impl Coder {
    pub(crate) fn new() -> Self {
        Self {
            engine: DefaultEngine::new(),
            work: Vec::new(),
            width: 0,
            length: 0,
        }
    }

    /// Computes the added symbols of `given(i)`, all of one even length up to [`SLICE`].
    pub(crate) fn extend<'a>(
        &mut self,
        shape: Shape,
        length: usize,
        given: impl Fn(usize) -> &'a [u8],
    ) {
        debug_assert!(length <= SLICE && length.is_multiple_of(2));
        self.length = length;
        self.width = length.div_ceil(CHUNK);
        let low_rate = shape.is_low_rate();
        let size = shape.transform();
        let longer = match low_rate {
            true => shape.added,
            false => shape.given,
        };
        let symbols = longer.next_multiple_of(size);
        self.work.resize(symbols * self.width, [0; CHUNK]);
        for i in 0..shape.given {
            self.load(i, given(i));
        }
        let engine = &self.engine;
        let mut work = ShardsRefMut::new(symbols, self.width, &mut self.work);
        if low_rate {
            // One polynomial through all that is given, evaluated elsewhere.
            work.zero(shape.given..size);
            engine.ifft(&mut work, 0, size, shape.given, 0);
            let (first, rest) = self.work.split_at_mut(size * self.width);
            for part in rest.chunks_mut(size * self.width) {
                part.copy_from_slice(first);
            }
            let mut work = ShardsRefMut::new(symbols, self.width, &mut self.work);
            for start in (0..shape.added).step_by(size) {
                let wanted = size.min(shape.added - start);
                engine.fft(&mut work, start, size, wanted, start + size);
            }
        } else {
            // The sum of one polynomial for each part of what is given, evaluated at one place.
            for start in (0..shape.given).step_by(size) {
                let here = size.min(shape.given - start);
                if here < size {
                    work.zero(start + here..start + size);
                }
                engine.ifft(&mut work, start, size, here, start + size);
            }
            let (first, rest) = self.work.split_at_mut(size * self.width);
            for part in rest.chunks(size * self.width) {
                xor(first, part);
            }
            let mut work = ShardsRefMut::new(symbols, self.width, &mut self.work);
            engine.fft(&mut work, 0, size, shape.added, 0);
        }
        self.lay_out_tails(shape.added);
    }

    /// Added symbol `i` of the last [`Coder::extend`].
    pub(crate) fn added(&self, i: usize) -> &[u8] {
        let chunks = &self.work[i * self.width..(i + 1) * self.width];
        &chunks.as_flattened()[..self.length]
    }

    fn load(&mut self, i: usize, symbol: &[u8]) {
        let chunks = &mut self.work[i * self.width..(i + 1) * self.width];
        let (whole, tail) = symbol.as_chunks::<CHUNK>();
        chunks[..whole.len()].copy_from_slice(whole);
        // The bytes of a chunk that is not full are halved like those of a full one.
        if let (Some(last), false) = (chunks.get_mut(whole.len()), tail.is_empty()) {
            let (low, high) = tail.split_at(tail.len() / 2);
            *last = [0; CHUNK];
            last[..low.len()].copy_from_slice(low);
            last[CHUNK / 2..][..high.len()].copy_from_slice(high);
        }
    }

    fn lay_out_tails(&mut self, added: usize) {
        let tail = self.length % CHUNK;
        if tail > 0 {
            for chunk in self.work.chunks_exact_mut(self.width).take(added) {
                let last = &mut chunk[self.width - 1];
                last.copy_within(CHUNK / 2..CHUNK / 2 + tail / 2, tail / 2);
            }
        }
    }
}

impl Shape {
    /// Size of the transforms.
    fn transform(self) -> usize {
        match self.is_low_rate() {
            true => self.given.next_power_of_two(),
            false => self.added.next_power_of_two(),
        }
    }

    fn is_low_rate(self) -> bool {
        let (given, added) = (
            self.given.next_power_of_two(),
            self.added.next_power_of_two(),
        );
        match given.cmp(&added) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => self.given > self.added,
        }
    }
}

fn xor(to: &mut [[u8; CHUNK]], from: &[[u8; CHUNK]]) {
    for (to, from) in to.iter_mut().zip(from) {
        for (to, from) in to.iter_mut().zip(from) {
            *to ^= from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_are_those_of_whole_symbols(
            given in 1_usize..80,
            added in 1_usize..80,
            half in 1_usize..400,
            seed: u64,
        ) {
            let size = half * 2;
            let symbols: Vec<Vec<u8>> = (0..given)
                .map(|i| (0..size).map(|j| (seed.wrapping_mul((i * size + j) as u64 | 1) >> 29) as u8).collect())
                .collect();
            let expected = reed_solomon_simd::encode(given, added, &symbols).unwrap();
            let mut coder = Coder::new();
            let mut found = vec![Vec::new(); added];
            for start in (0..size).step_by(SLICE) {
                let length = SLICE.min(size - start);
                let slice = |i: usize| &symbols[i][start..start + length];
                coder.extend(Shape { given, added }, length, slice);
                for (i, symbol) in found.iter_mut().enumerate() {
                    symbol.extend_from_slice(coder.added(i));
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
