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
        let key = self.dice.below(KEYS.into()) as u8;
        let enclave = self.dice.chance(20).then(|| Enclave {
            finding: self.finding(),
            binds: key,
            age: match self.dice.below(8) {
                0 => DOCUMENT_AGE,
                1 => -DOCUMENT_AHEAD,
                _ => self.dice.below(60) as i64,
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
            verifier: self.dice.below(VERIFIERS as u64) as usize,
            image: self.dice.below(IMAGES.into()) as u8,
        }
    }

    pub(super) fn end_attester(&mut self, world: &Reference) -> Action {
        let (attester, by) = self
            .dice
            .pick(&world.attesters)
            .map_or((NOWHERE, 0), |it| (it.tag, it.operator));
        let what = match self.dice.below(8) {
            0..=3 => What::Retire { attester },
            4..=5 => What::Revoke { attester },
            _ => What::SetEndpoint { attester },
        };
        self.action(by, what)
    }

    pub(super) fn settle(&mut self, world: &Reference) -> Action {
        match self.dice.below(20) {
            0 => {
                let of = self.dice.pick(&self.signed).copied();
                let by = self.anybody();
                let what = What::Again {
                    of: of.unwrap_or(NOWHERE),
                };
                Action {
                    venue: self.dice.index(self.venues),
                    ..self.action(by, what)
                }
            }
            form => {
                let action = match form {
                    1..=3 => self.settle_one(world),
                    _ => self.settle_batch(world),
                };
                self.signed.push(action.tag);
                if self.dice.chance(25) {
                    let by = self.anybody();
                    let cut = self.action(by, What::Cut { of: action.tag });
                    self.ahead.push_back(cut);
                }
                action
            }
        }
    }

    pub(super) fn attester<'a>(&mut self, world: &'a Reference) -> Option<&'a Attester> {
        let good: Vec<&Attester> = world.attesters.iter().filter(|it| !it.revoked).collect();
        match self.dice.chance(96) {
            true => self.dice.pick(&good).copied(),
            false => self.dice.pick(&world.attesters),
        }
    }

    pub(super) fn settle_one(&mut self, world: &Reference) -> Action {
        let group = self.group(world, None);
        let (attester, group) = group;
        let units = match &group.work {
            Work::Itemised(receipts) => receipts.iter().next().expect("one receipt"),
            Work::Netted { total, .. } => *total,
        };
        let start = match self.dice.chance(1) {
            true => Start::At(u64::MAX),
            false => group.start,
        };
        let voucher = self.vouchers(world, &[group.session]).first().copied();
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
                right_blob: self.dice.chance(95),
            },
            voucher,
            flaw: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    pub(super) fn settle_batch(&mut self, world: &Reference) -> Action {
        let batch = self.batch(world, 7);
        let sessions: Vec<Tag> = batch.groups.iter().map(|group| group.session).collect();
        let vouchers = self.vouchers(world, &sessions);
        let what = What::SettleBatch {
            batch,
            vouchers,
            flaw: None,
        };
        let by = self.anybody();
        self.action(by, what)
    }

    /// Up to so many groups of one attester.
    pub(super) fn batch(&mut self, world: &Reference, most: u64) -> BatchPlan {
        let (attester, first) = self.group(world, None);
        let netted = matches!(first.work, Work::Netted { .. });
        let mut groups = vec![first];
        for _ in 1..self.dice.between(1, most) {
            let before = self.dice.pick(&groups).map_or(NOWHERE, |it| it.session);
            let (_, mut group) = self.group(world, Some(attester));
            if self.dice.chance(30) {
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
    pub(super) fn group(&mut self, world: &Reference, attester: Option<Tag>) -> (Tag, GroupPlan) {
        let attester = match attester {
            Some(tag) => world.attester(world.attester_of(tag)),
            None => self.attester(world),
        };
        let mut session = self.session_for(world, attester);
        for _ in 0..3 {
            if !session.is_some_and(|session| sells(world, session)) {
                session = self.session_for(world, attester);
            }
        }
        let group = self.group_for(world, attester, session);
        (attester.map_or(NOWHERE, |it| it.tag), group)
    }

    pub(super) fn group_for(
        &mut self,
        world: &Reference,
        attester: Option<&Attester>,
        session: Option<&Session>,
    ) -> GroupPlan {
        let (age, span) = self.times(world, session, attester);
        let oldest = world.now.saturating_add_signed(-age);
        let (model, release, terms) = self.product(world, session, oldest, oldest + span);
        let netted = self.dice.chance(30);
        GroupPlan {
            session: session.map_or(NOWHERE, |it| it.tag),
            model,
            release: ReleaseNumber(release),
            terms: TermsNumber(terms),
            age,
            span,
            start: match self.dice.below(40) {
                0..=1 => Start::Lane(1),
                2..=7 => Start::Lane(-1 - (self.dice.below(3) as i64)),
                8 => Start::At(0),
                9 if self.dice.chance(10) => Start::At(u64::MAX - 1),
                _ => Start::Lane(0),
            },
            work: self.work_done(netted),
        }
    }

    pub(super) fn session_for<'a>(
        &mut self,
        world: &'a Reference,
        attester: Option<&Attester>,
    ) -> Option<&'a Session> {
        let served = |session: &&Session| {
            !session.released
                && attester.is_some_and(|attester| {
                    attester.operator == session.operator
                        && (session.measured.is_none() || session.measured == attester.finding)
                })
        };
        let served: Vec<&Session> = world.sessions.iter().filter(served).collect();
        let open = |session: &&&Session| world.now < session.ends_at() && session.left() > 0;
        let open: Vec<&Session> = served.iter().filter(open).copied().collect();
        match self.dice.below(40) {
            0..=32 => self.dice.pick(&open).copied(),
            33..=38 => self.dice.pick(&served).copied(),
            _ => self.dice.pick(&world.sessions),
        }
    }

    /// Age and span of a group: mostly just now, sometimes at the edge of what is allowed.
    pub(super) fn times(
        &mut self,
        world: &Reference,
        session: Option<&Session>,
        attester: Option<&Attester>,
    ) -> (i64, u64) {
        let now = world.now;
        let span = match self.dice.below(10) {
            0..=5 => 0,
            6..=8 => self.dice.below(20),
            _ => self.dice.below(world.receipt_max_age),
        };
        // The newest receipt of a group that ends just in time or just too late.
        let edge = match self.dice.below(8) {
            0 => session.map(Session::ends_at),
            1 => attester.and_then(|attester| attester.retired_at),
            2 => session.map(|session| session.opened_at.saturating_sub(GRACE) + 1),
            3 => Some(now + GRACE + 1),
            4 => Some(now.saturating_sub(world.receipt_max_age) + 1),
            _ => {
                let edges = edges(world);
                self.dice.pick(&edges).copied()
            }
        };
        let newest = match (self.dice.below(20), edge) {
            (0..=3, Some(edge)) => edge.saturating_add(self.dice.below(3)).saturating_sub(2),
            (4, _) => now.saturating_sub(self.dice.below(world.receipt_max_age + 200)),
            (5, _) => now + self.dice.below(GRACE + 1),
            _ => now.saturating_sub(self.dice.below(30)),
        };
        let newest = newest.min(now + 2 * GRACE);
        let oldest = newest.saturating_sub(span);
        (now as i64 - oldest as i64, newest - oldest)
    }

    /// Model, release and terms: mostly ones that the session pays for at that time.
    pub(super) fn product(
        &mut self,
        world: &Reference,
        session: Option<&Session>,
        oldest: u64,
        newest: u64,
    ) -> (Tag, u64, u64) {
        let mut fitting = vec![];
        for (id, work) in (1..).zip(&world.works) {
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
        let any = self.dice.pick(&world.works);
        let chosen = match self.dice.chance(90) {
            true => self.dice.pick(&fitting).copied(),
            false => None,
        };
        let (work, release, terms) = match (chosen, any) {
            (Some(chosen), _) => chosen,
            (None, Some(work)) => {
                let terms = match self.dice.chance(75) {
                    true => 1 + self.dice.below(work.terms.len() as u64),
                    false => self.dice.below(work.terms.len() as u64 + 2),
                };
                (work, None, terms)
            }
            (None, None) => return (NOWHERE, 1, 1),
        };
        let releases = work.releases.len() as u64;
        let release = match self.dice.chance(95) {
            true => release.unwrap_or_else(|| ReleaseNumber(1 + self.dice.below(releases))),
            false => ReleaseNumber(self.dice.below(releases + 2)),
        };
        let model = match self.dice.chance(1) {
            true => NOWHERE,
            false => work.tag,
        };
        (model, release.0, terms)
    }

    pub(super) fn units(&mut self) -> Units {
        match self.dice.below(40) {
            0 => Units::new(0, 0),
            1 | 2 => Units::new(u64::MAX, u64::MAX),
            3 => Units::new(1, 0),
            4..=11 => Units::new(self.dice.below(40) * 100, self.dice.below(15) * 100),
            _ => Units::new(self.dice.below(4_000), self.dice.below(1_500)),
        }
    }

    pub(super) fn work_done(&mut self, netted: bool) -> Work {
        if netted {
            let count = match self.dice.below(20) {
                0 => u16::MAX,
                _ => 1 + self.dice.below(60) as u16,
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
        let count = match self.dice.below(20) {
            0 => 40,
            _ => 1 + self.dice.below(6),
        };
        Work::Itemised((0..count).map(|_| self.units()).collect())
    }

    /// For sessions with a voucher key, mostly; good, bad, low and foreign ones.
    pub(super) fn vouchers(&mut self, world: &Reference, sessions: &[Tag]) -> Vec<VoucherPlan> {
        let mut vouchers = vec![];
        for tag in sessions {
            let session = world.session(world.session_of(*tag));
            let key = session.and_then(|session| session.voucher_key);
            let wanted = if key.is_some() { 65 } else { 4 };
            let Some(session) = session.filter(|_| self.dice.chance(wanted)) else {
                continue;
            };
            for _ in 0..self.dice.weighted(&[(8, 1), (2, 2)]) {
                vouchers.push(VoucherPlan {
                    session: match self.dice.chance(3) {
                        true => NOWHERE,
                        false => *tag,
                    },
                    ceiling: self.ceiling(session),
                    signed_by: match self.dice.chance(93) {
                        true => key.unwrap_or_default(),
                        false => self.dice.below(KEYS.into()) as u8,
                    },
                    intact: self.dice.chance(95),
                });
            }
        }
        vouchers
    }
}

/// Whether a session could pay for some model now.
pub(super) fn sells(world: &Reference, session: &Session) -> bool {
    (1..).zip(&world.works).any(|(id, work)| {
        let listed = |(model, _): &(ModelId, Option<ReleaseNumber>)| model.0 == id;
        let offered = !work.releases.is_empty()
            && (session.models.is_empty() || session.models.iter().any(listed));
        let charged =
            |terms: &Terms| terms.money == session.money && terms.in_force(world.now, world.now);
        offered && work.terms.iter().any(charged)
    })
}
