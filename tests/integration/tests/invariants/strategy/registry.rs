//! What authors do.

use super::{Strategy, NOWHERE};
use crate::action::{Action, ReleasePlan, StatusPlan, TermsPlan, What};
use crate::fixture::{ACCOUNTS, BLOBS};
use crate::reference::{Account, Rates, Reference, Shares, Status, Tag};
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
        match self.rng.below(40) {
            0 | 1 => [0, 0, 0],
            2 => [0, 0, u128::MAX],
            3 => [u128::MAX, 1, 1],
            4 => [0, 1 << 90, 1 << 100],
            5..=8 => [self.rng.size(6), 0, 0],
            // In whole units a call, as real price lists are.
            9..=16 => [
                self.rng.below(3).into(),
                u128::from(self.rng.below(5)) * 250_000,
                u128::from(self.rng.below(5)) * 1_000_000,
            ],
            _ => [
                self.rng.below(30).into(),
                self.rng.size(22),
                self.rng.size(23),
            ],
        }
    }

    pub(super) fn shares(&mut self) -> Shares {
        let operator_bps = match self.rng.below(4) {
            0 => self.rng.between(1, 9_996) as u16,
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
        let count = (1 + self.rng.below(4)).min(left);
        let first = self.anybody();
        let mut payees = vec![];
        for place in 0..count {
            let bps = match place + 1 == count {
                true => left,
                false => self.rng.between(1, left - (count - place - 1)),
            };
            left -= bps;
            payees.push(((first + place as usize) % ACCOUNTS.len(), bps as u16));
        }
        if self.rng.chance(3) {
            match self.rng.below(4) {
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
            self.rng
                .weighted(&[(6, (0, 1)), (2, (0, 3)), (2, (1, 0)), (1, (0, 0))]);
        ReleasePlan {
            blob: self.rng.below(BLOBS.into()) as u8,
            major_step,
            minor_step,
            salt: self.rng.chance(25).then_some(1),
        }
    }

    pub(super) fn register_model(&mut self, _: &Reference) -> Action {
        let release = match self.rng.chance(85) {
            true => Some(self.release_plan()),
            false => None,
        };
        let release = release.map(|plan| ReleasePlan { salt: None, ..plan });
        let what = What::RegisterModel {
            name: self.rng.below(9) as u8,
            terms: self.terms(),
            release,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// A model with its author.
    pub(super) fn work(&mut self, reference: &Reference) -> (Tag, Account) {
        match self.rng.pick(&reference.works) {
            Some(work) => (work.tag, work.author),
            None => (NOWHERE, 0),
        }
    }

    pub(super) fn update_metadata(&mut self, reference: &Reference) -> Action {
        let (model, author) = self.work(reference);
        self.action(author, What::UpdateMetadata { model })
    }

    pub(super) fn publish(&mut self, reference: &Reference) -> Action {
        let (model, author) = self.work(reference);
        let mut release = self.release_plan();
        // Often what the author committed to.
        let committed: Vec<(u8, u8)> = reference
            .commitments
            .keys()
            .filter(|(by, _, _)| *by == author)
            .map(|(_, blob, salt)| (*blob, *salt))
            .collect();
        if let Some((blob, salt)) = self.rng.pick(&committed).copied() {
            if self.rng.chance(60) {
                (release.blob, release.salt) = (blob, Some(salt));
            }
        }
        self.action(author, What::PublishRelease { model, release })
    }

    pub(super) fn set_terms(&mut self, reference: &Reference) -> Action {
        let (tag, author) = self.work(reference);
        let mut terms = self.terms();
        let work = reference.work(reference.work_of(tag));
        if let Some(last) = work.and_then(|work| work.terms.last()) {
            // The same price, a cut, or a rise, in the same money.
            let change = self.rng.below(10);
            if change < 8 {
                terms.money = last.money;
                terms.rates = last.rates.map(|rate| match change {
                    0..=1 => rate,
                    2..=4 => rate - rate / 3,
                    5..=6 => rate.saturating_add(rate / 4 + 1),
                    _ => self.rng.size(20),
                });
            }
        }
        self.action(author, What::SetTerms { model: tag, terms })
    }

    pub(super) fn set_status(&mut self, reference: &Reference) -> Action {
        let (model, author) = self.work(reference);
        let retired = reference
            .work(reference.work_of(model))
            .is_some_and(|work| matches!(work.status, Status::Retired { .. }));
        let status = if retired {
            self.rng.weighted(&[
                (5, StatusPlan::Active),
                (2, StatusPlan::Delisted),
                (1, StatusPlan::Retired),
            ])
        } else {
            self.rng.weighted(&[
                (2, StatusPlan::Active),
                (2, StatusPlan::Delisted),
                (3, StatusPlan::Retired),
            ])
        };
        self.action(author, What::SetStatus { model, status })
    }

    pub(super) fn offer(&mut self, reference: &Reference) -> Action {
        let (model, author) = self.work(reference);
        let to = self.anybody();
        self.action(author, What::OfferTransfer { model, to })
    }

    pub(super) fn offered(&mut self, reference: &Reference) -> (Tag, Account, Account) {
        let offered: Vec<(Tag, Account, Account)> = reference
            .works
            .iter()
            .filter_map(|work| Some((work.tag, work.author, work.offered_to?)))
            .collect();
        let (tag, author) = self.work(reference);
        let stranger = self.anybody();
        self.rng
            .pick(&offered)
            .copied()
            .unwrap_or((tag, author, stranger))
    }

    pub(super) fn cancel(&mut self, reference: &Reference) -> Action {
        let (model, author, _) = self.offered(reference);
        self.action(author, What::CancelTransfer { model })
    }

    pub(super) fn accept(&mut self, reference: &Reference) -> Action {
        let (model, _, buyer) = self.offered(reference);
        let (operator_bps, in_force) =
            reference
                .work(reference.work_of(model))
                .map_or((0, 1), |work| {
                    let base = work.base(reference.now);
                    (work.terms[base].shares.operator_bps, base as u64 + 1)
                });
        let what = What::AcceptTransfer {
            model,
            expected_terms: if self.rng.chance(90) {
                TermsNumber(in_force)
            } else {
                TermsNumber(self.rng.below(4))
            },
            payees: self.payees(operator_bps),
            name: self.rng.chance(40).then(|| self.rng.below(12) as u8),
        };
        self.action(buyer, what)
    }

    pub(super) fn commit(&mut self, _: &Reference) -> Action {
        let what = What::Commit {
            blob: self.rng.below(BLOBS.into()) as u8,
            salt: 1 + self.rng.below(2) as u8,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn prove_size(&mut self, reference: &Reference) -> Action {
        let (model, author) = self.work(reference);
        let what = What::ProveSize {
            model,
            release: ReleaseNumber(self.rng.below(4)),
            honest: self.rng.chance(80),
        };
        self.action(author, what)
    }
}
