//! What operators do and attesters sign.

use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};
use hub_types::wire::{Units, Work};

use super::time::edges;
use super::{Strategy, NOWHERE};
use crate::action::{Action, BatchPlan, GroupPlan, ReceiptPlan, Start, VoucherPlan, What};
use crate::reference::{
    Attester, Enclave, Finding, Reference, Session, Tag, Terms, DOCUMENT_AGE, DOCUMENT_AHEAD,
    GRACE, IMAGES, VERIFIERS,
};
use crate::sealed::KEYS;

impl Strategy {
    pub(super) fn register_attester(&mut self, _: &Reference) -> Action {
        let by = self.operator();
        let key = self.rng.below(KEYS.into()) as u8;
        let enclave = self.rng.chance(20).then(|| Enclave {
            finding: self.finding(),
            binds: key,
            age: match self.rng.below(8) {
                0 => DOCUMENT_AGE,
                1 => -DOCUMENT_AHEAD,
                _ => self.rng.below(60) as i64,
            },
            trusted: true,
        });
        let what = What::RegisterAttester {
            key,
            signed_for: by,
            enclave,
        };
        self.action(by, what)
    }

    pub(super) fn finding(&mut self) -> Finding {
        Finding {
            verifier: self.rng.below(VERIFIERS as u64) as usize,
            image: self.rng.below(IMAGES.into()) as u8,
        }
    }

    pub(super) fn end_attester(&mut self, reference: &Reference) -> Action {
        let (attester, by) = self
            .rng
            .pick(&reference.attesters)
            .map_or((NOWHERE, 0), |it| (it.tag, it.operator));
        let what = match self.rng.below(8) {
            0..=3 => What::Retire { attester },
            4..=5 => What::Revoke { attester },
            _ => What::SetEndpoint { attester },
        };
        self.action(by, what)
    }

    pub(super) fn settle(&mut self, reference: &Reference) -> Action {
        match self.rng.below(20) {
            0 => {
                let of = self.rng.pick(&self.signed).copied();
                let by = self.anybody();
                let what = What::Again {
                    of: of.unwrap_or(NOWHERE),
                };
                Action {
                    venue: self.rng.index(self.venues),
                    ..self.action(by, what)
                }
            }
            form => {
                let action = match form {
                    1..=3 => self.settle_one(reference),
                    _ => self.settle_batch(reference),
                };
                self.signed.push(action.tag);
                if self.rng.chance(25) {
                    let by = self.anybody();
                    let cut = self.action(by, What::Cut { of: action.tag });
                    self.ahead.push_back(cut);
                }
                action
            }
        }
    }

    pub(super) fn attester<'a>(&mut self, reference: &'a Reference) -> Option<&'a Attester> {
        let good: Vec<&Attester> = reference
            .attesters
            .iter()
            .filter(|it| !it.revoked)
            .collect();
        match self.rng.chance(96) {
            true => self.rng.pick(&good).copied(),
            false => self.rng.pick(&reference.attesters),
        }
    }

    pub(super) fn settle_one(&mut self, reference: &Reference) -> Action {
        let group = self.group(reference, None);
        let (attester, group) = group;
        let units = match &group.work {
            Work::Itemised(receipts) => receipts.iter().next().expect("one receipt"),
            Work::Netted { total, .. } => *total,
        };
        let start = match self.rng.chance(1) {
            true => Start::At(u64::MAX),
            false => group.start,
        };
        let voucher = self.vouchers(reference, &[group.session]).first().copied();
        let what = What::Settle {
            receipt: ReceiptPlan {
                attester,
                session: group.session,
                model: group.model,
                release: group.release,
                terms: group.terms,
                age: group.age,
                start,
                units,
                right_blob: self.rng.chance(95),
            },
            voucher,
            flaw: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn settle_batch(&mut self, reference: &Reference) -> Action {
        let batch = self.batch(reference, 7);
        let sessions: Vec<Tag> = batch.groups.iter().map(|group| group.session).collect();
        let vouchers = self.vouchers(reference, &sessions);
        let what = What::SettleBatch {
            batch,
            vouchers,
            flaw: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// Up to so many groups of one attester.
    pub(super) fn batch(&mut self, reference: &Reference, most: u64) -> BatchPlan {
        let (attester, first) = self.group(reference, None);
        let netted = matches!(first.work, Work::Netted { .. });
        let mut groups = vec![first];
        for _ in 1..self.rng.between(1, most) {
            let before = self.rng.pick(&groups).map_or(NOWHERE, |it| it.session);
            let (_, mut group) = self.group(reference, Some(attester));
            if self.rng.chance(30) {
                group.session = before;
            }
            if matches!(group.work, Work::Netted { .. }) != netted {
                group.work = self.work_done(netted);
            }
            groups.push(group);
        }
        BatchPlan { attester, groups }
    }

    /// Receipts that an attester, this one if one is named, could want to settle.
    pub(super) fn group(
        &mut self,
        reference: &Reference,
        attester: Option<Tag>,
    ) -> (Tag, GroupPlan) {
        let attester = match attester {
            Some(tag) => reference.attester(reference.attester_of(tag)),
            None => self.attester(reference),
        };
        let mut session = self.session_for(reference, attester);
        for _ in 0..3 {
            if !session.is_some_and(|session| sells(reference, session)) {
                session = self.session_for(reference, attester);
            }
        }
        let group = self.group_for(reference, attester, session);
        (attester.map_or(NOWHERE, |it| it.tag), group)
    }

    pub(super) fn group_for(
        &mut self,
        reference: &Reference,
        attester: Option<&Attester>,
        session: Option<&Session>,
    ) -> GroupPlan {
        let (age, span) = self.times(reference, session, attester);
        let oldest = reference.now.saturating_add_signed(-age);
        let (model, release, terms) = self.product(reference, session, oldest, oldest + span);
        let netted = self.rng.chance(30);
        GroupPlan {
            session: session.map_or(NOWHERE, |it| it.tag),
            model,
            release: ReleaseNumber(release),
            terms: TermsNumber(terms),
            age,
            span,
            start: match self.rng.below(40) {
                0..=1 => Start::Lane(1),
                2..=7 => Start::Lane(-1 - (self.rng.below(3) as i64)),
                8 => Start::At(0),
                9 if self.rng.chance(10) => Start::At(u64::MAX - 1),
                _ => Start::Lane(0),
            },
            work: self.work_done(netted),
        }
    }

    pub(super) fn session_for<'a>(
        &mut self,
        reference: &'a Reference,
        attester: Option<&Attester>,
    ) -> Option<&'a Session> {
        let served = |session: &&Session| {
            !session.released
                && attester.is_some_and(|attester| {
                    attester.operator == session.operator
                        && (session.measured.is_none() || session.measured == attester.finding)
                })
        };
        let served: Vec<&Session> = reference.sessions.iter().filter(served).collect();
        let open = |session: &&&Session| reference.now < session.ends_at() && session.left() > 0;
        let open: Vec<&Session> = served.iter().filter(open).copied().collect();
        match self.rng.below(40) {
            0..=32 => self.rng.pick(&open).copied(),
            33..=38 => self.rng.pick(&served).copied(),
            _ => self.rng.pick(&reference.sessions),
        }
    }

    /// Age and span of a group: mostly just now, sometimes at the edge of what is allowed.
    pub(super) fn times(
        &mut self,
        reference: &Reference,
        session: Option<&Session>,
        attester: Option<&Attester>,
    ) -> (i64, u64) {
        let now = reference.now;
        let span = match self.rng.below(10) {
            0..=5 => 0,
            6..=8 => self.rng.below(20),
            _ => self.rng.below(reference.receipt_max_age),
        };
        // The newest receipt of a group that ends just in time or just too late.
        let edge = match self.rng.below(8) {
            0 => session.map(Session::ends_at),
            1 => attester.and_then(|attester| attester.retired_at),
            2 => session.map(|session| session.opened_at.saturating_sub(GRACE) + 1),
            3 => Some(now + GRACE + 1),
            4 => Some(now.saturating_sub(reference.receipt_max_age) + 1),
            _ => {
                let edges = edges(reference);
                self.rng.pick(&edges).copied()
            }
        };
        let newest = match (self.rng.below(20), edge) {
            (0..=3, Some(edge)) => edge.saturating_add(self.rng.below(3)).saturating_sub(2),
            (4, _) => now.saturating_sub(self.rng.below(reference.receipt_max_age + 200)),
            (5, _) => now + self.rng.below(GRACE + 1),
            _ => now.saturating_sub(self.rng.below(30)),
        };
        let newest = newest.min(now + 2 * GRACE);
        let oldest = newest.saturating_sub(span);
        (now as i64 - oldest as i64, newest - oldest)
    }

    /// Model, release and terms: mostly ones that the session pays for at that time.
    pub(super) fn product(
        &mut self,
        reference: &Reference,
        session: Option<&Session>,
        oldest: u64,
        newest: u64,
    ) -> (Tag, u64, u64) {
        let mut fitting = vec![];
        for (id, work) in (1..).zip(&reference.works) {
            let listed = session.filter(|session| !session.models.is_empty());
            let release = listed.map_or(Some(None), |session| {
                let entry = session
                    .models
                    .iter()
                    .find(|(model, _)| *model == ModelId(id));
                entry.map(|(_, release)| *release)
            });
            let Some(release) = release.filter(|_| !work.releases.is_empty()) else {
                continue;
            };
            for (number, terms) in (1..).zip(&work.terms) {
                let same_money = session.is_none_or(|session| session.money == terms.money);
                if same_money && terms.in_force(oldest, newest) {
                    fitting.push((work, release, number));
                }
            }
        }
        let any = self.rng.pick(&reference.works);
        let chosen = match self.rng.chance(90) {
            true => self.rng.pick(&fitting).copied(),
            false => None,
        };
        let (work, release, terms) = match (chosen, any) {
            (Some(chosen), _) => chosen,
            (None, Some(work)) => {
                let terms = match self.rng.chance(75) {
                    true => 1 + self.rng.below(work.terms.len() as u64),
                    false => self.rng.below(work.terms.len() as u64 + 2),
                };
                (work, None, terms)
            }
            (None, None) => return (NOWHERE, 1, 1),
        };
        let releases = work.releases.len() as u64;
        let release = match self.rng.chance(95) {
            true => release.unwrap_or_else(|| ReleaseNumber(1 + self.rng.below(releases))),
            false => ReleaseNumber(self.rng.below(releases + 2)),
        };
        let model = match self.rng.chance(1) {
            true => NOWHERE,
            false => work.tag,
        };
        (model, release.0, terms)
    }

    pub(super) fn units(&mut self) -> Units {
        match self.rng.below(40) {
            0 => Units::new(0, 0),
            1 | 2 => Units::new(u64::MAX, u64::MAX),
            3 => Units::new(1, 0),
            4..=11 => Units::new(self.rng.below(40) * 100, self.rng.below(15) * 100),
            _ => Units::new(self.rng.below(4_000), self.rng.below(1_500)),
        }
    }

    pub(super) fn work_done(&mut self, netted: bool) -> Work {
        if netted {
            let count = match self.rng.below(20) {
                0 => u16::MAX,
                _ => 1 + self.rng.below(60) as u16,
            };
            let one = self.units();
            return Work::Netted {
                count,
                total: Units::new(
                    one.input.saturating_mul(count.into()),
                    one.output.saturating_mul(count.into()),
                ),
            };
        }
        let count = match self.rng.below(20) {
            0 => 40,
            _ => 1 + self.rng.below(6),
        };
        Work::Itemised((0..count).map(|_| self.units()).collect())
    }

    /// For sessions with a voucher key, mostly; good, bad, low and foreign ones.
    pub(super) fn vouchers(&mut self, reference: &Reference, sessions: &[Tag]) -> Vec<VoucherPlan> {
        let mut vouchers = vec![];
        for tag in sessions {
            let session = reference.session(reference.session_of(*tag));
            let key = session.and_then(|session| session.voucher_key);
            let wanted = if key.is_some() { 65 } else { 4 };
            let Some(session) = session.filter(|_| self.rng.chance(wanted)) else {
                continue;
            };
            for _ in 0..self.rng.weighted(&[(8, 1), (2, 2)]) {
                vouchers.push(VoucherPlan {
                    session: match self.rng.chance(3) {
                        true => NOWHERE,
                        false => *tag,
                    },
                    ceiling: self.ceiling(session),
                    signed_by: match self.rng.chance(93) {
                        true => key.unwrap_or_default(),
                        false => self.rng.below(KEYS.into()) as u8,
                    },
                    intact: self.rng.chance(95),
                });
            }
        }
        vouchers
    }
}

/// Whether a session could pay for some model now.
pub(super) fn sells(reference: &Reference, session: &Session) -> bool {
    (1..).zip(&reference.works).any(|(id, work)| {
        let listed = |(model, _): &(ModelId, Option<ReleaseNumber>)| model.0 == id;
        let offered = !work.releases.is_empty()
            && (session.models.is_empty() || session.models.iter().any(listed));
        let charged = |terms: &Terms| {
            terms.money == session.money && terms.in_force(reference.now, reference.now)
        };
        offered && work.terms.iter().any(charged)
    })
}
