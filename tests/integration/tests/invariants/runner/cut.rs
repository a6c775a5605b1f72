//! The cure of what lies on both sides of a limit of time, or was settled in part: the same receipts, under the same
//! numbers, in smaller groups.

use hub_types::billing::Outcome;
use hub_types::ids::{AttesterId, SessionId};
use hub_types::wire::{Units, Work};

use super::{Fault, Runner};
use crate::action::Action;
use crate::reference::{Offer, OfferedGroup, Reference, Refused, Settled, Voucher};
use crate::sealed::Sealed;

impl Runner {
    /// Sends every group of a settlement again that waits to be cut, halved as often as it takes.
    pub(super) fn cut(&mut self, action: &Action, sealed: &Sealed) -> Result<(), Fault> {
        let attester = sealed.offer.attester;
        for group in &sealed.offer.groups {
            let name = match self.forecast(attester, group, &sealed.vouchers) {
                Some(Outcome::Straddles) => "a group cut at a limit of time",
                Some(Outcome::Overlaps) => "a group cut where the lane stood",
                _ => continue,
            };
            let one_by_one = self.one_by_one(attester, group, &sealed.vouchers);
            let overflows = self.overflows();
            let paid = self.cure(action, attester, group, &sealed.vouchers)?;
            *self.tally.situation(name) += 1;
            if paid > 0 && name.ends_with("time") {
                let name = "a group of which a limit of time left a part to be paid";
                *self.tally.situation(name) += 1;
            }
            let Some(expected) = one_by_one.filter(|_| self.overflows() == overflows) else {
                continue;
            };
            if expected.sessions != self.reference.sessions {
                let found = self.reference.session(group.session);
                let expected = expected.session(group.session);
                return Err(format!(
                    "cut into smaller groups: {found:?}, one by one: {expected:?}"
                ));
            }
        }
        Ok(())
    }

    /// What would become of a group now.
    fn forecast(
        &self,
        attester: AttesterId,
        group: &OfferedGroup,
        vouchers: &[Voucher],
    ) -> Option<Outcome> {
        let mut reference = self.reference.clone();
        let offer = alone(attester, group.clone());
        match reference.settle_batch(&offer, vouchers) {
            Ok(settlement) => settlement.groups.first().map(|group| group.outcome),
            Err(Refused::Nothing(reasons)) => reasons.into_iter().next(),
            Err(_) => None,
        }
    }

    /// How often a receipt beyond all money voided its group.
    fn overflows(&self) -> Option<u64> {
        self.tally.outcomes.get("Overflow").copied()
    }

    /// How things would stand if each receipt were sent by itself; for groups whose receipts are priced one by one.
    fn one_by_one(
        &self,
        attester: AttesterId,
        group: &OfferedGroup,
        vouchers: &[Voucher],
    ) -> Option<Reference> {
        if !matches!(group.work, Work::Itemised(_)) {
            return None;
        }
        let mut reference = self.reference.clone();
        for place in 0..group.count() {
            let offer = alone(attester, piece(group, place, place + 1));
            // What is refused waits, and makes all after it wait.
            let _ = reference.settle_batch(&offer, vouchers);
        }
        Some(reference)
    }

    /// Sends what is left of a group until nothing of it waits to be cut. Returns how many receipts were billed.
    fn cure(
        &mut self,
        action: &Action,
        attester: AttesterId,
        group: &OfferedGroup,
        vouchers: &[Voucher],
    ) -> Result<u64, Fault> {
        let mut paid = 0;
        // From the first receipt that is left, and of those after it so many as are sent together.
        let mut from = 0;
        while from < group.count() {
            let next = self.next(group.session, attester);
            from = from.max(next.saturating_sub(group.sequence));
            let mut until = group.count();
            while from < until {
                let part = piece(group, from, until);
                match self.forecast(attester, &part, vouchers) {
                    Some(Outcome::Straddles | Outcome::Overlaps) if until - from == 1 => {
                        return Err(format!("a single receipt waits to be cut: {part:?}"));
                    }
                    Some(Outcome::Straddles) => until = from + (until - from) / 2,
                    Some(Outcome::Overlaps) => {
                        return Err(format!("a group at the lane overlaps: {part:?}"));
                    }
                    _ => break,
                }
            }
            if from == until {
                break;
            }
            let offer = alone(attester, piece(group, from, until));
            let key = self.reference.attester(attester).map_or(0, |it| it.key);
            let sealed = self
                .fixture
                .signer()
                .batch(offer, vouchers.to_vec(), key, None);
            paid += self.settle_part(action, &sealed)?;
            if self.next(group.session, attester) < group.sequence + until {
                // It waits for money, or for its turn; so does what comes after it.
                break;
            }
            from = until;
        }
        Ok(paid)
    }

    /// Number of an attester's next receipt in a session.
    fn next(&self, session: SessionId, attester: AttesterId) -> u64 {
        let session = self.reference.session(session);
        session
            .and_then(|session| session.next(attester))
            .unwrap_or_default()
    }

    /// Sends a part, and says how many receipts of it were billed.
    fn settle_part(&mut self, action: &Action, sealed: &Sealed) -> Result<u64, Fault> {
        let mut reference = self.reference.clone();
        let expected = match reference.settle_batch(&sealed.offer, &sealed.vouchers) {
            Ok(settlement) => settlement
                .groups
                .iter()
                .map(|Settled { paid, .. }| *paid)
                .sum(),
            Err(_) => 0,
        };
        self.settle(action, sealed)?;
        Ok(expected)
    }
}

fn alone(attester: AttesterId, group: OfferedGroup) -> Offer {
    Offer {
        attester,
        groups: vec![group],
        sound: true,
    }
}

/// The receipts of a group at the places `from` to `until`. They were issued evenly from the oldest on.
fn piece(group: &OfferedGroup, from: u64, until: u64) -> OfferedGroup {
    let last = (group.count() - 1).max(1);
    let time = |place: u64| group.oldest + (group.newest - group.oldest) * place / last;
    let share = |units: u64, place: u64| {
        let part = u128::from(units) * u128::from(place) / u128::from(group.count());
        u64::try_from(part).expect("no more than all of them")
    };
    let between = |units: u64| share(units, until) - share(units, from);
    OfferedGroup {
        oldest: time(from),
        newest: time(until - 1),
        sequence: group.sequence + from,
        work: match &group.work {
            Work::Itemised(units) => {
                let place = |place: u64| usize::try_from(place).expect("within the group");
                let after = units.iter().skip(place(from));
                Work::itemised(after.take(place(until - from)))
            }
            Work::Netted { total, .. } => Work::Netted {
                count: u16::try_from(until - from).expect("no more than the group"),
                total: Units::new(between(total.input), between(total.output)),
            },
        },
        ..group.clone()
    }
}
