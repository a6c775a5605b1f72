//! What authors do.

use super::{Strategy, NOWHERE};
use crate::action::{Action, ReleasePlan, StatusPlan, TermsPlan, What};
use crate::reference::{Account, Rates, Reference, Shares, Status, Tag};
use crate::stage::{ACCOUNTS, BLOBS};
use hub_types::ids::{ReleaseNumber, TermsNumber};

impl Strategy {
    pub(super) fn terms(&mut self) -> TermsPlan {
        TermsPlan {
            money: self.money(),
            rates: self.rates(),
            shares: self.shares(),
        }
    }

    pub(super) fn rates(&mut self) -> Rates {
        match self.dice.below(40) {
            0 | 1 => [0, 0, 0],
            2 => [0, 0, u128::MAX],
            3 => [u128::MAX, 1, 1],
            4 => [0, 1 << 90, 1 << 100],
            5..=8 => [self.dice.size(6), 0, 0],
            // In whole units a call, as real price lists are.
            9..=16 => [
                self.dice.below(3).into(),
                u128::from(self.dice.below(5)) * 250_000,
                u128::from(self.dice.below(5)) * 1_000_000,
            ],
            _ => [
                self.dice.below(30).into(),
                self.dice.size(22),
                self.dice.size(23),
            ],
        }
    }

    pub(super) fn shares(&mut self) -> Shares {
        let operator_bps = match self.dice.below(4) {
            0 => self.dice.between(1, 9_996) as u16,
            1 => 2_500,
            _ => 0,
        };
        let payees = self.payees(operator_bps);
        Shares {
            payees,
            operator_bps,
        }
    }

    pub(super) fn payees(&mut self, operator_bps: u16) -> Vec<(Account, u16)> {
        let mut left = 10_000 - u64::from(operator_bps).min(9_999);
        let count = (1 + self.dice.below(4)).min(left);
        let first = self.anybody();
        let mut payees = vec![];
        for place in 0..count {
            let bps = match place + 1 == count {
                true => left,
                false => self.dice.between(1, left - (count - place - 1)),
            };
            left -= bps;
            payees.push(((first + place as usize) % ACCOUNTS.len(), bps as u16));
        }
        if self.dice.chance(3) {
            match self.dice.below(4) {
                0 => payees[0].1 += 1,
                1 => payees[0].1 -= 1,
                2 => payees.clear(),
                _ => payees.push((first, 0)),
            }
        }
        payees
    }

    pub(super) fn release_plan(&mut self) -> ReleasePlan {
        let (major_step, minor_step) =
            self.dice
                .weighted(&[(6, (0, 1)), (2, (0, 3)), (2, (1, 0)), (1, (0, 0))]);
        ReleasePlan {
            blob: self.dice.below(BLOBS.into()) as u8,
            major_step,
            minor_step,
            salt: self.dice.chance(25).then_some(1),
        }
    }

    pub(super) fn register_model(&mut self, _: &Reference) -> Action {
        let release = match self.dice.chance(85) {
            true => Some(self.release_plan()),
            false => None,
        };
        let release = release.map(|plan| ReleasePlan { salt: None, ..plan });
        let what = What::RegisterModel {
            name: self.dice.below(9) as u8,
            terms: self.terms(),
            release,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// A model with its author.
    pub(super) fn work(&mut self, world: &Reference) -> (Tag, Account) {
        match self.dice.pick(&world.works) {
            Some(work) => (work.tag, work.author),
            None => (NOWHERE, 0),
        }
    }

    pub(super) fn update_metadata(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        self.action(author, What::UpdateMetadata { model })
    }

    pub(super) fn publish(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let mut release = self.release_plan();
        // Often what the author committed to.
        let committed: Vec<(u8, u8)> = world
            .commitments
            .keys()
            .filter(|(by, _, _)| *by == author)
            .map(|(_, blob, salt)| (*blob, *salt))
            .collect();
        if let Some((blob, salt)) = self.dice.pick(&committed).copied() {
            if self.dice.chance(60) {
                (release.blob, release.salt) = (blob, Some(salt));
            }
        }
        self.action(author, What::PublishRelease { model, release })
    }

    pub(super) fn set_terms(&mut self, world: &Reference) -> Action {
        let (tag, author) = self.work(world);
        let mut terms = self.terms();
        let work = world.work(world.work_of(tag));
        if let Some(last) = work.and_then(|work| work.terms.last()) {
            // The same price, a cut, or a rise, in the same money.
            let change = self.dice.below(10);
            if change < 8 {
                terms.money = last.money;
                terms.rates = last.rates.map(|rate| match change {
                    0..=1 => rate,
                    2..=4 => rate - rate / 3,
                    5..=6 => rate.saturating_add(rate / 4 + 1),
                    _ => self.dice.size(20),
                });
            }
        }
        self.action(author, What::SetTerms { model: tag, terms })
    }

    pub(super) fn set_status(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let retired = world
            .work(world.work_of(model))
            .is_some_and(|work| matches!(work.status, Status::Retired { .. }));
        let status = if retired {
            self.dice.weighted(&[
                (5, StatusPlan::Active),
                (2, StatusPlan::Delisted),
                (1, StatusPlan::Retired),
            ])
        } else {
            self.dice.weighted(&[
                (2, StatusPlan::Active),
                (2, StatusPlan::Delisted),
                (3, StatusPlan::Retired),
            ])
        };
        self.action(author, What::SetStatus { model, status })
    }

    pub(super) fn offer(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let to = self.anybody();
        self.action(author, What::OfferTransfer { model, to })
    }

    pub(super) fn offered(&mut self, world: &Reference) -> (Tag, Account, Account) {
        let offered: Vec<(Tag, Account, Account)> = world
            .works
            .iter()
            .filter_map(|work| Some((work.tag, work.author, work.offered_to?)))
            .collect();
        let (tag, author) = self.work(world);
        let stranger = self.anybody();
        self.dice
            .pick(&offered)
            .copied()
            .unwrap_or((tag, author, stranger))
    }

    pub(super) fn cancel(&mut self, world: &Reference) -> Action {
        let (model, author, _) = self.offered(world);
        self.action(author, What::CancelTransfer { model })
    }

    pub(super) fn accept(&mut self, world: &Reference) -> Action {
        let (model, _, buyer) = self.offered(world);
        let (operator_bps, in_force) = world.work(world.work_of(model)).map_or((0, 1), |work| {
            let base = work.base(world.now);
            (work.terms[base].shares.operator_bps, base as u64 + 1)
        });
        let what = What::AcceptTransfer {
            model,
            expected_terms: if self.dice.chance(90) {
                TermsNumber(in_force)
            } else {
                TermsNumber(self.dice.below(4))
            },
            payees: self.payees(operator_bps),
            name: self.dice.chance(40).then(|| self.dice.below(12) as u8),
        };
        self.action(buyer, what)
    }

    pub(super) fn commit(&mut self, _: &Reference) -> Action {
        let what = What::Commit {
            blob: self.dice.below(BLOBS.into()) as u8,
            salt: 1 + self.dice.below(2) as u8,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn prove_size(&mut self, world: &Reference) -> Action {
        let (model, author) = self.work(world);
        let what = What::ProveSize {
            model,
            release: ReleaseNumber(self.dice.below(4)),
            honest: self.dice.chance(80),
        };
        self.action(author, what)
    }
}
