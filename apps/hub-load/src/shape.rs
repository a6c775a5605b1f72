//! What batches are like: how many sessions, models and receipts, stated one by one or in sum.

use std::fmt;
use std::str::FromStr;

use anyhow::{anyhow, bail, ensure, Context, Result};
use hub_wire::{Batch, EncodeError, Group, Mode, Units, Work};

use crate::market::Attester;

/// A sort of batch, written as `itemised-50x2x100`: mode, sessions, models of each session, receipts of each model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub mode: Mode,
    pub sessions: usize,
    pub models: usize,
    pub each: u16,
}

impl Shape {
    pub fn groups(&self) -> usize {
        self.sessions * self.models
    }

    pub fn receipts(&self) -> usize {
        self.groups() * usize::from(self.each)
    }
}

impl FromStr for Shape {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            anyhow!("{text:?} is no shape: give mode, sessions, models of each and receipts of each model, such as itemised-50x2x100 or sums-50x2x100")
        };
        let (mode, sizes) = text.split_once('-').ok_or_else(wrong)?;
        let mode = match mode {
            "itemised" => Mode::Itemised,
            "sums" => Mode::Netted,
            _ => return Err(wrong()),
        };
        let sizes: Vec<u16> = sizes
            .split('x')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| wrong())?;
        match sizes[..] {
            [sessions, models, each] if sessions > 0 && models > 0 && each > 0 => Ok(Self {
                mode,
                sessions: sessions.into(),
                models: models.into(),
                each,
            }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            Mode::Itemised => "itemised",
            Mode::Netted => "sums",
        };
        write!(f, "{mode}-{}x{}x{}", self.sessions, self.models, self.each)
    }
}

/// Numbers that look random and are the same in every run.
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// splitmix64, from <https://prng.di.unimi.it/splitmix64.c>.
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }

    /// `count` places below `end`, ascending.
    fn places(&mut self, count: usize, end: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..end).collect();
        for place in 0..count {
            let other = place + self.below((end - place) as u64) as usize;
            all.swap(place, other);
        }
        all.truncate(count);
        all.sort_unstable();
        all
    }

    /// Uniform in 50 to 4 000 in and 20 to 1 500 out, as in tests/gas.
    fn units(&mut self) -> Units {
        Units::new(50 + self.below(3_951), 20 + self.below(1_481))
    }

    fn work(&mut self, mode: Mode, count: u16) -> Work {
        let units = (0..count).map(|_| self.units());
        match mode {
            Mode::Itemised => Work::itemised(units),
            Mode::Netted => Work::Netted {
                count,
                total: units.fold(Units::default(), |sum, one| {
                    Units::new(sum.input + one.input, sum.output + one.output)
                }),
            },
        }
    }
}

/// The next batch of an attester, which moves its lanes on. The root of its receipts is of none: no contract opens it, and this
/// program must not spend the time of the node on hashing.
pub fn next_batch(
    attester: &mut Attester,
    shape: Shape,
    issued_at: u64,
    numbers: &mut Numbers,
) -> Result<Vec<u8>> {
    ensure!(
        shape.sessions <= attester.lanes.len(),
        "{shape} needs {} sessions, an attester serves {}",
        shape.sessions,
        attester.lanes.len()
    );
    let mut groups = Vec::with_capacity(shape.groups());
    for place in numbers.places(shape.sessions, attester.lanes.len()) {
        let lane = attester.lanes.get_mut(place).context("a lane")?;
        let offers = &lane.info.offers;
        if shape.models > offers.len() {
            bail!(
                "{shape} needs {} models, a session lists {}",
                shape.models,
                offers.len()
            );
        }
        for listed in numbers.places(shape.models, offers.len()) {
            let offer = offers[listed];
            groups.push(Group {
                session: lane.info.session,
                model: offer.model,
                release: offer.release,
                terms: offer.terms,
                from: 0,
                span: 0,
                sequence: lane.next,
                work: numbers.work(shape.mode, shape.each),
            });
            lane.next += u64::from(shape.each);
        }
    }
    let root = std::array::from_fn(|_| numbers.draw() as u8);
    let batch = Batch {
        attester: attester.id,
        issued_from: issued_at,
        issued_to: issued_at,
        receipts_root: root,
        groups,
    };
    batch
        .encode()
        .map_err(|error: EncodeError| anyhow!("{shape}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_read_as_it_is_written_and_another_text_is_refused_with_an_example() {
        for text in ["itemised-10x2x15", "sums-50x1x65535"] {
            assert_eq!(text.parse::<Shape>().unwrap().to_string(), text);
        }
        let shape: Shape = "itemised-50x2x100".parse().unwrap();
        assert_eq!((shape.groups(), shape.receipts()), (100, 10_000));
        for text in [
            "",
            "itemised",
            "netted-1x1x1",
            "sums-1x1",
            "sums-1x1x0",
            "sums-1x1x65536",
            "sums-1x1x1x1",
        ] {
            let error = text.parse::<Shape>().unwrap_err().to_string();
            assert!(error.contains("such as itemised-50x2x100"), "{error}");
        }
    }
}
