//! The compression function over the lanes of a register, for each kind of register.

use super::{Words, BLOCK, IV, LANES, SIGMA};

/// The kind of registers that this processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kernel {
    /// AVX-512: eight lanes a register, and a rotation in one instruction.
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
    /// AVX2: four lanes a register.
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    /// 128-bit registers that are always there, or none.
    Baseline,
}

impl Kernel {
    /// The widest that this processor has.
    pub(crate) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(simd) = pulp::x86::V4::try_new() {
                return Self::V4(simd);
            }
            if let Some(simd) = pulp::x86::V3::try_new() {
                return Self::V3(simd);
            }
        }
        Self::Baseline
    }

    /// All that this processor has, for tests and benchmarks.
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Baseline];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(pulp::x86::V3::try_new().map(Self::V3));
            all.extend(pulp::x86::V4::try_new().map(Self::V4));
        }
        all
    }

    /// Compresses one block of each of [`LANES`] messages; `counter` bytes are hashed with it.
    ///
    /// This is a call, not inlined: twelve rounds for each kind of register are much code, and the compiler would lay them
    /// into every place that hashes. A block of each lane is a thousand bytes, beside which a call costs nothing.
    #[inline(never)]
    pub(crate) fn compress(
        self,
        words: &mut Words,
        blocks: &[&[u8; BLOCK]; LANES],
        counter: u64,
        last: bool,
    ) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::V4(simd) => simd.vectorize(Compress {
                lanes: simd,
                words,
                blocks,
                counter,
                last,
            }),
            #[cfg(target_arch = "x86_64")]
            Self::V3(simd) => simd.vectorize(Compress {
                lanes: simd,
                words,
                blocks,
                counter,
                last,
            }),
            Self::Baseline => Baseline.compress(words, blocks, counter, last),
        }
    }
}

/// What is compiled with the instructions of a kind of register.
#[cfg(target_arch = "x86_64")]
struct Compress<'a, L> {
    lanes: L,
    words: &'a mut Words,
    blocks: &'a [&'a [u8; BLOCK]; LANES],
    counter: u64,
    last: bool,
}

#[cfg(target_arch = "x86_64")]
impl<L: Lanes> pulp::NullaryFnOnce for Compress<'_, L> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self {
            lanes,
            words,
            blocks,
            counter,
            last,
        } = self;
        lanes.compress(words, blocks, counter, last);
    }
}

/// Compression of one block of each of [`LANES`] messages.
trait Lanes: Copy {
    /// `counter` bytes are hashed with this block.
    fn compress(self, words: &mut Words, blocks: &[&[u8; BLOCK]; LANES], counter: u64, last: bool);
}

/// A register of 64-bit lanes.
trait Register: Copy {
    type Vector: Copy;

    fn splat(self, word: u64) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn xor(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn rotate_right_32(self, a: Self::Vector) -> Self::Vector;
    fn rotate_right_24(self, a: Self::Vector) -> Self::Vector;
    fn rotate_right_16(self, a: Self::Vector) -> Self::Vector;
    fn rotate_right_63(self, a: Self::Vector) -> Self::Vector;
}

/// The function F of RFC 7693 on the lanes of one register.
#[inline(always)]
fn rounds<R: Register>(
    r: R,
    h: &mut [R::Vector; 8],
    m: &[R::Vector; 16],
    counter: u64,
    last: bool,
) {
    let iv = IV.map(|word| r.splat(word));
    let mut v = [
        h[0],
        h[1],
        h[2],
        h[3],
        h[4],
        h[5],
        h[6],
        h[7],
        iv[0],
        iv[1],
        iv[2],
        iv[3],
        r.xor(iv[4], r.splat(counter)),
        iv[5],
        r.xor(iv[6], r.splat(if last { u64::MAX } else { 0 })),
        iv[7],
    ];
    // Four mixings at a time, step by step: their chains run side by side.
    macro_rules! each {
        ($f:ident, $($a:literal $b:expr),*) => {
            $(v[$a] = r.$f(v[$a], $b);)*
        };
    }
    macro_rules! rotated {
        ($f:ident, $($a:literal $b:literal),*) => {
            $(v[$a] = r.$f(r.xor(v[$a], v[$b]));)*
        };
    }
    macro_rules! mix {
        ($a0:literal $a1:literal $a2:literal $a3:literal,
         $b0:literal $b1:literal $b2:literal $b3:literal,
         $c0:literal $c1:literal $c2:literal $c3:literal,
         $d0:literal $d1:literal $d2:literal $d3:literal, $s:ident, $from:literal) => {
            each!(add, $a0 m[$s[$from]], $a1 m[$s[$from + 2]], $a2 m[$s[$from + 4]], $a3 m[$s[$from + 6]]);
            each!(add, $a0 v[$b0], $a1 v[$b1], $a2 v[$b2], $a3 v[$b3]);
            rotated!(rotate_right_32, $d0 $a0, $d1 $a1, $d2 $a2, $d3 $a3);
            each!(add, $c0 v[$d0], $c1 v[$d1], $c2 v[$d2], $c3 v[$d3]);
            rotated!(rotate_right_24, $b0 $c0, $b1 $c1, $b2 $c2, $b3 $c3);
            each!(add, $a0 m[$s[$from + 1]], $a1 m[$s[$from + 3]], $a2 m[$s[$from + 5]], $a3 m[$s[$from + 7]]);
            each!(add, $a0 v[$b0], $a1 v[$b1], $a2 v[$b2], $a3 v[$b3]);
            rotated!(rotate_right_16, $d0 $a0, $d1 $a1, $d2 $a2, $d3 $a3);
            each!(add, $c0 v[$d0], $c1 v[$d1], $c2 v[$d2], $c3 v[$d3]);
            rotated!(rotate_right_63, $b0 $c0, $b1 $c1, $b2 $c2, $b3 $c3);
        };
    }
    macro_rules! round {
        ($($round:literal)*) => {$({
            const S: [usize; 16] = SIGMA[$round];
            mix!(0 1 2 3, 4 5 6 7, 8 9 10 11, 12 13 14 15, S, 0);
            mix!(0 1 2 3, 5 6 7 4, 10 11 8 9, 15 12 13 14, S, 8);
        })*};
    }
    round!(0 1 2 3 4 5 6 7 8 9 10 11);
    for (i, word) in h.iter_mut().enumerate() {
        *word = r.xor(*word, r.xor(v[i], v[i + 8]));
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{rounds, Lanes, Register, Words, BLOCK, LANES};
    use pulp::x86::{V3, V4};
    use pulp::{cast, u64x4, u64x8};
    use std::arch::x86_64::{__m256i, __m512i};

    impl Register for V4 {
        type Vector = __m512i;

        #[inline(always)]
        fn splat(self, word: u64) -> __m512i {
            cast(u64x8(word, word, word, word, word, word, word, word))
        }
        #[inline(always)]
        fn add(self, a: __m512i, b: __m512i) -> __m512i {
            self.avx512f._mm512_add_epi64(a, b)
        }
        #[inline(always)]
        fn xor(self, a: __m512i, b: __m512i) -> __m512i {
            self.avx512f._mm512_xor_si512(a, b)
        }
        #[inline(always)]
        fn rotate_right_32(self, a: __m512i) -> __m512i {
            self.avx512f._mm512_ror_epi64::<32>(a)
        }
        #[inline(always)]
        fn rotate_right_24(self, a: __m512i) -> __m512i {
            self.avx512f._mm512_ror_epi64::<24>(a)
        }
        #[inline(always)]
        fn rotate_right_16(self, a: __m512i) -> __m512i {
            self.avx512f._mm512_ror_epi64::<16>(a)
        }
        #[inline(always)]
        fn rotate_right_63(self, a: __m512i) -> __m512i {
            self.avx512f._mm512_ror_epi64::<63>(a)
        }
    }

    impl Lanes for V4 {
        #[inline(always)]
        fn compress(
            self,
            words: &mut Words,
            blocks: &[&[u8; BLOCK]; LANES],
            counter: u64,
            last: bool,
        ) {
            let halves = blocks.map(|block| {
                let (halves, _) = block.as_chunks::<64>();
                [cast(halves[0]), cast(halves[1])]
            });
            let low = transpose_8(self, halves.map(|[low, _]| low));
            let high = transpose_8(self, halves.map(|[_, high]| high));
            let mut m = [low[0]; 16];
            m[..8].copy_from_slice(&low);
            m[8..].copy_from_slice(&high);
            let mut h = words.map(cast);
            rounds(self, &mut h, &m, counter, last);
            *words = h.map(cast);
        }
    }

    /// Word i of all rows becomes vector i.
    #[inline(always)]
    fn transpose_8(simd: V4, rows: [__m512i; 8]) -> [__m512i; 8] {
        let f = simd.avx512f;
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        // Pairs of rows: words 0 2 4 6 of both, and words 1 3 5 7.
        let p = [
            f._mm512_unpacklo_epi64(r0, r1),
            f._mm512_unpackhi_epi64(r0, r1),
            f._mm512_unpacklo_epi64(r2, r3),
            f._mm512_unpackhi_epi64(r2, r3),
            f._mm512_unpacklo_epi64(r4, r5),
            f._mm512_unpackhi_epi64(r4, r5),
            f._mm512_unpacklo_epi64(r6, r7),
            f._mm512_unpackhi_epi64(r6, r7),
        ];
        // Quarters of four rows: 0x88 takes quarters 0 and 2, 0xdd quarters 1 and 3.
        let mut out = p;
        for odd in 0..2 {
            let even_quarters = [
                f._mm512_shuffle_i64x2::<0x88>(p[odd], p[odd + 2]),
                f._mm512_shuffle_i64x2::<0x88>(p[odd + 4], p[odd + 6]),
            ];
            let odd_quarters = [
                f._mm512_shuffle_i64x2::<0xdd>(p[odd], p[odd + 2]),
                f._mm512_shuffle_i64x2::<0xdd>(p[odd + 4], p[odd + 6]),
            ];
            out[odd] = f._mm512_shuffle_i64x2::<0x88>(even_quarters[0], even_quarters[1]);
            out[odd + 4] = f._mm512_shuffle_i64x2::<0xdd>(even_quarters[0], even_quarters[1]);
            out[odd + 2] = f._mm512_shuffle_i64x2::<0x88>(odd_quarters[0], odd_quarters[1]);
            out[odd + 6] = f._mm512_shuffle_i64x2::<0xdd>(odd_quarters[0], odd_quarters[1]);
        }
        out
    }

    impl Register for V3 {
        type Vector = __m256i;

        #[inline(always)]
        fn splat(self, word: u64) -> __m256i {
            cast(u64x4(word, word, word, word))
        }
        #[inline(always)]
        fn add(self, a: __m256i, b: __m256i) -> __m256i {
            self.avx2._mm256_add_epi64(a, b)
        }
        #[inline(always)]
        fn xor(self, a: __m256i, b: __m256i) -> __m256i {
            self.avx2._mm256_xor_si256(a, b)
        }
        #[inline(always)]
        fn rotate_right_32(self, a: __m256i) -> __m256i {
            self.avx2._mm256_shuffle_epi32::<0b1011_0001>(a)
        }
        #[inline(always)]
        fn rotate_right_24(self, a: __m256i) -> __m256i {
            let by_bytes = [
                3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1, 2, 11,
                12, 13, 14, 15, 8, 9, 10u8,
            ];
            self.avx2._mm256_shuffle_epi8(a, cast(by_bytes))
        }
        #[inline(always)]
        fn rotate_right_16(self, a: __m256i) -> __m256i {
            let by_bytes = [
                2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0, 1, 10,
                11, 12, 13, 14, 15, 8, 9u8,
            ];
            self.avx2._mm256_shuffle_epi8(a, cast(by_bytes))
        }
        #[inline(always)]
        fn rotate_right_63(self, a: __m256i) -> __m256i {
            let double = self.avx2._mm256_add_epi64(a, a);
            self.avx2
                ._mm256_xor_si256(self.avx2._mm256_srli_epi64::<63>(a), double)
        }
    }

    impl Lanes for V3 {
        #[inline(always)]
        fn compress(
            self,
            words: &mut Words,
            blocks: &[&[u8; BLOCK]; LANES],
            counter: u64,
            last: bool,
        ) {
            for half in 0..2 {
                let first = half * 4;
                let mut m = [self.splat(0); 16];
                for quarter in 0..4 {
                    let rows = std::array::from_fn(|lane| {
                        let (quarters, _) = blocks[first + lane].as_chunks::<32>();
                        cast(quarters[quarter])
                    });
                    m[quarter * 4..quarter * 4 + 4].copy_from_slice(&transpose_4(self, rows));
                }
                let mut h = words.map(|word| {
                    let (halves, _) = word.as_chunks::<4>();
                    cast::<[u64; 4], __m256i>(halves[half])
                });
                rounds(self, &mut h, &m, counter, last);
                for (word, h) in words.iter_mut().zip(h) {
                    let (halves, _) = word.as_chunks_mut::<4>();
                    halves[half] = cast(h);
                }
            }
        }
    }

    /// Word i of all rows becomes vector i.
    #[inline(always)]
    fn transpose_4(simd: V3, [r0, r1, r2, r3]: [__m256i; 4]) -> [__m256i; 4] {
        let f = simd.avx2;
        let (a, b) = (
            f._mm256_unpacklo_epi64(r0, r1),
            f._mm256_unpackhi_epi64(r0, r1),
        );
        let (c, d) = (
            f._mm256_unpacklo_epi64(r2, r3),
            f._mm256_unpackhi_epi64(r2, r3),
        );
        [
            f._mm256_permute2x128_si256::<0x20>(a, c),
            f._mm256_permute2x128_si256::<0x20>(b, d),
            f._mm256_permute2x128_si256::<0x31>(a, c),
            f._mm256_permute2x128_si256::<0x31>(b, d),
        ]
    }
}

/// Two lanes, which the compiler lays into a register of 128 bits where there is one.
#[derive(Clone, Copy)]
struct Baseline;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Register for Baseline {
    type Vector = [u64; 2];

    #[inline(always)]
    fn splat(self, word: u64) -> [u64; 2] {
        [word; 2]
    }
    #[inline(always)]
    fn add(self, a: [u64; 2], b: [u64; 2]) -> [u64; 2] {
        [a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])]
    }
    #[inline(always)]
    fn xor(self, a: [u64; 2], b: [u64; 2]) -> [u64; 2] {
        [a[0] ^ b[0], a[1] ^ b[1]]
    }
    #[inline(always)]
    fn rotate_right_32(self, a: [u64; 2]) -> [u64; 2] {
        a.map(|a| a.rotate_right(32))
    }
    #[inline(always)]
    fn rotate_right_24(self, a: [u64; 2]) -> [u64; 2] {
        a.map(|a| a.rotate_right(24))
    }
    #[inline(always)]
    fn rotate_right_16(self, a: [u64; 2]) -> [u64; 2] {
        a.map(|a| a.rotate_right(16))
    }
    #[inline(always)]
    fn rotate_right_63(self, a: [u64; 2]) -> [u64; 2] {
        a.map(|a| a.rotate_right(63))
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Register for Baseline {
    type Vector = std::arch::wasm32::v128;

    #[inline(always)]
    fn splat(self, word: u64) -> Self::Vector {
        std::arch::wasm32::u64x2_splat(word)
    }
    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::arch::wasm32::u64x2_add(a, b)
    }
    #[inline(always)]
    fn xor(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        std::arch::wasm32::v128_xor(a, b)
    }
    #[inline(always)]
    fn rotate_right_32(self, a: Self::Vector) -> Self::Vector {
        std::arch::wasm32::u32x4_shuffle::<1, 0, 3, 2>(a, a)
    }
    #[inline(always)]
    fn rotate_right_24(self, a: Self::Vector) -> Self::Vector {
        std::arch::wasm32::u8x16_shuffle::<3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10>(
            a, a,
        )
    }
    #[inline(always)]
    fn rotate_right_16(self, a: Self::Vector) -> Self::Vector {
        std::arch::wasm32::u8x16_shuffle::<2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9>(
            a, a,
        )
    }
    #[inline(always)]
    fn rotate_right_63(self, a: Self::Vector) -> Self::Vector {
        use std::arch::wasm32::{u64x2_add, u64x2_shr, v128_or};
        v128_or(u64x2_shr(a, 63), u64x2_add(a, a))
    }
}

impl Lanes for Baseline {
    #[inline(always)]
    fn compress(self, words: &mut Words, blocks: &[&[u8; BLOCK]; LANES], counter: u64, last: bool) {
        for pair in 0..LANES / 2 {
            let [a, b] = [blocks[2 * pair], blocks[2 * pair + 1]].map(|block| {
                let (words, _) = block.as_chunks::<8>();
                words
            });
            let m: [_; 16] =
                std::array::from_fn(|i| vector(u64::from_le_bytes(a[i]), u64::from_le_bytes(b[i])));
            let mut h = words.map(|word| vector(word[2 * pair], word[2 * pair + 1]));
            rounds(self, &mut h, &m, counter, last);
            for (word, h) in words.iter_mut().zip(h) {
                let [a, b] = lanes(h);
                word[2 * pair] = a;
                word[2 * pair + 1] = b;
            }
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn vector(a: u64, b: u64) -> [u64; 2] {
    [a, b]
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn lanes(vector: [u64; 2]) -> [u64; 2] {
    vector
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn vector(a: u64, b: u64) -> std::arch::wasm32::v128 {
    std::arch::wasm32::u64x2(a, b)
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[inline(always)]
fn lanes(vector: std::arch::wasm32::v128) -> [u64; 2] {
    use std::arch::wasm32::u64x2_extract_lane;
    [
        u64x2_extract_lane::<0>(vector),
        u64x2_extract_lane::<1>(vector),
    ]
}
