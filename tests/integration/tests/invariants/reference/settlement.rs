//! Who is charged for what, and who earns it.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::Uint512;
use hub_types::billing::{Outcome, UsageSums};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::wire::{Units, Work as Done};

use super::registry::Status;
use super::usage::Sale;
use super::{
    need, Account, Attester, Money, Rates, Reference, Refused, Session, Terms, Verdict, Work,
    GRACE, WHOLE,
};

/// Receipts under one signature, as an attester states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub attester: AttesterId,
    /// In the order of the batch.
    pub groups: Vec<OfferedGroup>,
    /// Signed, not in the future, in the format; nothing else is looked at if it is not.
    pub sound: bool,
}

/// Receipts of one session for one model, release and terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedGroup {
    pub session: SessionId,
    pub model: ModelId,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
    /// When its oldest receipt was issued.
    pub oldest: u64,
    /// When its newest receipt was issued.
    pub newest: u64,
    pub sequence: u64,
    pub work: Done,
    /// It names the blob of the release, where it names one.
    pub right_blob: bool,
}

impl OfferedGroup {
    pub fn count(&self) -> u64 {
        match &self.work {
            Done::Itemised(receipts) => receipts.len() as u64,
            Done::Netted { count, .. } => (*count).into(),
        }
    }

    /// Number behind its last receipt. A batch in which there is none has no encoding.
    pub fn end(&self) -> Option<u64> {
        self.sequence.checked_add(self.count())
    }
}

/// A ceiling that was signed, well or badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub session: SessionId,
    pub ceiling: u128,
    pub signed_by: u8,
    pub intact: bool,
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Its number among the attester's, if it was recorded.
    pub batch: Option<u64>,
    pub offered: u64,
    pub paid: u64,
    /// What was charged, where it is not nothing.
    pub gross: BTreeMap<Money, u128>,
    pub groups: Vec<Settled>,
}

/// What became of a group: receipts billed by this message and what was charged for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    pub outcome: Outcome,
    pub paid: u64,
    pub amount: u128,
}

/// What was sold of a model in one kind of money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub gross: u128,
    pub related: u128,
    pub aged: u128,
    pub calls: u64,
    pub free_calls: u64,
    pub units_in: u128,
    pub units_out: u128,
    /// First and last day with a paid call.
    pub days: Option<(u64, u64)>,
    pub payers: u64,
    pub returning: u64,
}

/// A batch on its way through its groups: what is stored if it changes anything.
struct Course<'a> {
    reference: &'a mut Reference,
    attester: AttesterId,
    /// Highest ceiling that a good voucher names, by session.
    ceilings: BTreeMap<SessionId, u128>,
    moved: BTreeSet<SessionId>,
    gross: BTreeMap<Money, u128>,
}

/// What is to be done with a group.
enum Decision {
    /// Nothing.
    Leave(Outcome),
    /// Its numbers are spent.
    Consume(Outcome),
    /// The first `receipts` from the lane's position on are billed.
    Bill {
        outcome: Outcome,
        receipts: u64,
        amount: u128,
    },
}

impl Reference {
    /// Settles a batch and records it under the attester.
    pub fn settle_batch(&mut self, offer: &Offer, vouchers: &[Voucher]) -> Verdict<Settlement> {
        let now = self.now;
        let (groups, gross, changed) = self.settle(offer, vouchers)?;
        let offered = offer.groups.iter().map(OfferedGroup::count).sum();
        let paid = groups.iter().map(|group| group.paid).sum();
        let batch = changed.then(|| {
            let attester = &mut self.attesters[offer.attester.0 as usize - 1];
            attester.batches.push((offered, paid, now));
            attester.batches.len() as u64
        });
        Ok(Settlement {
            batch,
            offered,
            paid,
            gross,
            groups,
        })
    }

    /// Settles one receipt, which is not recorded.
    pub fn settle_one(&mut self, offer: &Offer, vouchers: &[Voucher]) -> Verdict<Settled> {
        let (mut groups, _, _) = self.settle(offer, vouchers)?;
        Ok(groups.remove(0))
    }

    fn settle(
        &mut self,
        offer: &Offer,
        vouchers: &[Voucher],
    ) -> Verdict<(Vec<Settled>, BTreeMap<Money, u128>, bool)> {
        let attester = self.attester(offer.attester).ok_or(Refused::Message)?;
        need(offer.sound && !attester.is_spent(self.now, self.receipt_max_age))?;
        need(offer.groups.iter().all(|group| group.end().is_some()))?;
        let newest = offer.groups.iter().map(|group| group.newest).max();
        need(newest.is_some_and(|newest| newest <= self.now + GRACE))?;

        let mut course = Course {
            ceilings: self.ceilings(vouchers),
            attester: offer.attester,
            reference: self,
            moved: BTreeSet::new(),
            gross: BTreeMap::new(),
        };
        let groups: Vec<Settled> = offer
            .groups
            .iter()
            .map(|group| course.take(group))
            .collect();
        let (changed, gross) = (!course.moved.is_empty(), course.gross);
        let overtaken = groups.iter().any(|group| group.outcome == Outcome::Stale);
        if changed || overtaken {
            Ok((groups, gross, changed))
        } else {
            let reasons = groups.into_iter().map(|group| group.outcome);
            Err(Refused::Nothing(reasons.collect()))
        }
    }

    /// Per session the highest ceiling that was signed with its key.
    fn ceilings(&self, vouchers: &[Voucher]) -> BTreeMap<SessionId, u128> {
        let mut ceilings = BTreeMap::new();
        for voucher in vouchers {
            let key = self
                .session(voucher.session)
                .and_then(|session| session.voucher_key);
            if voucher.intact && key == Some(voucher.signed_by) {
                let highest: &mut u128 = ceilings.entry(voucher.session).or_default();
                *highest = (*highest).max(voucher.ceiling);
            }
        }
        ceilings
    }
}

impl Course<'_> {
    fn take(&mut self, group: &OfferedGroup) -> Settled {
        let (outcome, paid, amount) = match self.decide(group) {
            Decision::Leave(outcome) => (outcome, 0, 0),
            Decision::Consume(outcome) => {
                self.move_lane(group, group.end().expect("checked before"));
                (outcome, 0, 0)
            }
            Decision::Bill {
                outcome,
                receipts,
                amount,
            } => {
                self.bill(group, receipts, amount);
                (outcome, receipts, amount)
            }
        };
        Settled {
            outcome,
            paid,
            amount,
        }
    }

    fn session(&self, id: SessionId) -> Option<&Session> {
        self.reference
            .session(id)
            .filter(|session| !session.released)
    }

    fn attester(&self) -> &Attester {
        self.reference
            .attester(self.attester)
            .expect("looked up before")
    }

    /// Number of the attester's next receipt in a session.
    fn next(&self, session: &Session) -> u64 {
        session.next(self.attester).unwrap_or_default()
    }

    /// Whether the attester has a lane or can get one.
    fn has_room(&self, session: &Session) -> bool {
        session.next(self.attester).is_some()
            || session.lanes.len() < 4
            || session.lanes.iter().any(|(of, _)| self.is_spent(*of))
    }

    fn is_spent(&self, attester: AttesterId) -> bool {
        let (now, age) = (self.reference.now, self.reference.receipt_max_age);
        self.reference
            .attester(attester)
            .is_some_and(|attester| attester.is_spent(now, age))
    }

    /// The first rule that holds wins.
    fn decide(&self, group: &OfferedGroup) -> Decision {
        let Some(session) = self.session(group.session) else {
            return Decision::Leave(Outcome::UnknownSession);
        };
        let attester = self.attester();
        let right_finding = session.measured.is_none() || session.measured == attester.finding;
        if session.operator != attester.operator || !right_finding {
            return Decision::Leave(Outcome::AttesterNotAllowed);
        }
        let next = self.next(session);
        let netted = matches!(group.work, Done::Netted { .. });
        let end = group.end().expect("checked before");
        if end <= next {
            return Decision::Leave(Outcome::Stale);
        }
        if !self.has_room(session) {
            return Decision::Leave(Outcome::LanesFull);
        }
        if group.sequence > next {
            return Decision::Leave(Outcome::Gap);
        }
        if netted && group.sequence < next {
            return Decision::Leave(Outcome::Overlaps);
        }
        match self.sellable(session, group) {
            Err(outcome) => Decision::Consume(outcome),
            Ok((_, true)) => Decision::Leave(Outcome::Straddles),
            Ok((terms, false)) => self.afford(session, group, terms, next),
        }
    }

    /// The terms at which a group can be charged, and whether a limit of time keeps a part of it from that; or why none of
    /// it ever can.
    fn sellable(&self, session: &Session, group: &OfferedGroup) -> Result<(&Terms, bool), Outcome> {
        let unless = |holds: bool, outcome: Outcome| if holds { Ok(()) } else { Err(outcome) };
        let (now, age) = (self.reference.now, self.reference.receipt_max_age);
        let (oldest, newest) = (group.oldest, group.newest);
        unless(newest + age >= now, Outcome::Expired)?;
        let cutoff = self.attester().retired_at.unwrap_or(u64::MAX);
        unless(oldest < cutoff, Outcome::AttesterRetired)?;
        let (opens, ends) = (session.opened_at - GRACE, session.ends_at());
        unless(newest >= opens && oldest < ends, Outcome::Closed)?;
        let listed = |(model, release): &(ModelId, Option<ReleaseNumber>)| {
            *model == group.model && release.is_none_or(|release| release == group.release)
        };
        unless(
            session.models.is_empty() || session.models.iter().any(listed),
            Outcome::ModelNotAllowed,
        )?;
        let work = self
            .reference
            .work(group.model)
            .ok_or(Outcome::UnknownModel)?;
        let release = super::numbered(&work.releases, group.release);
        unless(
            release.is_some() && group.right_blob,
            Outcome::UnknownRelease,
        )?;
        let terms = super::numbered(&work.terms, group.terms).ok_or(Outcome::UnknownTerms)?;
        unless(
            terms.in_force_for_some(oldest, newest),
            Outcome::TermsNotInForce,
        )?;
        let retirement = match work.status {
            Status::Retired { cutoff } => cutoff,
            _ => u64::MAX,
        };
        unless(
            newest >= work.active_from && oldest < retirement,
            Outcome::Retired,
        )?;
        unless(terms.money == session.money, Outcome::WrongDenom)?;
        let within = |limit: Rates| {
            terms
                .rates
                .iter()
                .zip(limit)
                .all(|(rate, limit)| *rate <= limit)
        };
        unless(
            session.max_price.is_none_or(within),
            Outcome::PriceAboveLimit,
        )?;
        let too_early = oldest + age < now || oldest < opens || oldest < work.active_from;
        let too_late = newest >= cutoff || newest >= ends || newest >= retirement;
        let straddles = too_early || too_late || !terms.in_force(oldest, newest);
        Ok((terms, straddles))
    }

    /// How much of a group the session pays for.
    fn afford(
        &self,
        session: &Session,
        group: &OfferedGroup,
        terms: &Terms,
        next: u64,
    ) -> Decision {
        let Some(amounts) = amounts(&terms.rates, group, next) else {
            return Decision::Consume(Outcome::Overflow);
        };
        let ceiling = self.ceiling(session, group.session);
        let limit = session.budget.min(ceiling.unwrap_or(u128::MAX));
        let (mut receipts, mut amount) = (0, 0);
        for one in &amounts {
            let together = session.spent + amount;
            match together.checked_add(*one) {
                Some(spent) if spent <= limit => {
                    receipts += 1;
                    amount += one;
                }
                _ => break,
            }
        }
        let gross = self.gross_of(group.model, terms.money);
        if gross.checked_add(amount).is_none() {
            return Decision::Consume(Outcome::Overflow);
        }
        if receipts == amounts.len() as u64 {
            let receipts = group.end().expect("checked before") - next;
            return Decision::Bill {
                outcome: Outcome::Paid,
                receipts,
                amount,
            };
        }
        if receipts > 0 {
            let outcome = Outcome::Partial { receipts };
            return Decision::Bill {
                outcome,
                receipts,
                amount,
            };
        }
        let first = amounts.first().copied().unwrap_or_default();
        Decision::Leave(if first > session.left() {
            Outcome::Exhausted
        } else {
            Outcome::VoucherMissing
        })
    }

    fn gross_of(&self, model: ModelId, money: Money) -> u128 {
        self.reference
            .usage
            .get(&(model, money))
            .map_or(0, |usage| usage.gross)
    }

    /// The ceiling of a session with what vouchers make of it.
    fn ceiling(&self, session: &Session, id: SessionId) -> Option<u128> {
        let signed = self.ceilings.get(&id).copied().unwrap_or_default();
        session.ceiling.map(|ceiling| ceiling.max(signed))
    }

    fn move_lane(&mut self, group: &OfferedGroup, next: u64) {
        let attester = self.attester;
        let session = self.session(group.session).expect("looked up before");
        let ceiling = self.ceiling(session, group.session);
        let lane = session.lanes.iter().position(|(of, _)| *of == attester);
        let place = lane.or_else(|| {
            let full = session.lanes.len() >= 4;
            full.then(|| session.lanes.iter().position(|(of, _)| self.is_spent(*of)))
                .flatten()
        });
        self.moved.insert(group.session);
        let session = &mut self.reference.sessions[group.session.0 as usize - 1];
        session.ceiling = ceiling;
        match place {
            Some(place) => session.lanes[place] = (attester, next),
            None => session.lanes.push((attester, next)),
        }
    }

    fn bill(&mut self, group: &OfferedGroup, receipts: u64, amount: u128) {
        let session = self
            .session(group.session)
            .expect("looked up before")
            .clone();
        let next = self.next(&session);
        let operator = self.attester().operator;
        let work = self
            .reference
            .work(group.model)
            .expect("looked up before")
            .clone();
        let terms = work.terms[group.terms.0 as usize - 1].clone();

        let gross = self.gross_of(group.model, terms.money);
        let mut operators_part = 0;
        for (account, part) in divide(gross, amount, &terms, operator) {
            if account == operator {
                operators_part += part;
            }
            let balance = self
                .reference
                .balances
                .entry((account, terms.money))
                .or_default();
            balance.available += part;
            balance.earned = balance.earned.saturating_add(part);
        }
        self.count(group, &session, &work, (receipts, amount, operators_part));
        if amount > 0 {
            *self.gross.entry(terms.money).or_default() += amount;
        }
        self.move_lane(group, next + receipts);
        self.reference.sessions[group.session.0 as usize - 1].spent += amount;
    }

    /// Adds a billed group to the usage of its model.
    fn count(
        &mut self,
        group: &OfferedGroup,
        session: &Session,
        work: &Work,
        (receipts, amount, operators_part): (u64, u128, u128),
    ) {
        let next = self.next(session);
        let operator = self.attester().operator;
        let terms = &work.terms[group.terms.0 as usize - 1];
        let has_part = |account: Account| {
            account == work.author
                || terms
                    .shares
                    .payees
                    .iter()
                    .any(|(payee, _)| *payee == account)
        };
        let insider = |account: Account| account == operator || has_part(account);
        let related = insider(session.caller) || insider(session.funder);
        let kept = if related || has_part(operator) {
            0
        } else {
            operators_part
        };
        self.reference.sessions[group.session.0 as usize - 1].kept += kept;
        let today = self.reference.today();
        let young: u128 = session
            .funding
            .iter()
            .filter(|(day, _)| *day + 1 >= today)
            .map(|(_, amount)| amount)
            .sum();
        let aged = if related {
            0
        } else {
            amount.min((session.budget - young).saturating_sub(session.spent))
        };
        let calls = paid_calls(&terms.rates, group, next, receipts);
        let units = units(group, next, receipts);
        let sold =
            |of: fn(&Units) -> u64| units.iter().map(|one| u128::from(of(one))).sum::<u128>();
        let sale = Sale {
            day: today,
            model: group.model,
            release: group.release,
            money: session.money,
            author: work.author,
            attester: self.attester,
            operator,
            kept,
            sums: UsageSums {
                gross: amount.into(),
                related: if related { amount } else { 0 }.into(),
                aged: aged.into(),
                calls,
                free_calls: receipts - calls,
                units_in: sold(|one| one.input).into(),
                units_out: sold(|one| one.output).into(),
            },
            payer: (aged > 0).then_some(session.funder),
            lag: self.reference.now.saturating_sub(group.newest),
        };
        self.reference.sales.push(sale);
        let (payers, returning) = if aged > 0 {
            self.meet(group.model, session)
        } else {
            (0, 0)
        };

        let usage = self
            .reference
            .usage
            .entry((group.model, session.money))
            .or_default();
        usage.gross += amount;
        usage.aged = usage.aged.saturating_add(aged);
        if related {
            usage.related = usage.related.saturating_add(amount);
        }
        usage.calls = usage.calls.saturating_add(calls);
        usage.free_calls = usage.free_calls.saturating_add(receipts - calls);
        for one in units {
            usage.units_in = usage.units_in.saturating_add(one.input.into());
            usage.units_out = usage.units_out.saturating_add(one.output.into());
        }
        if calls > 0 {
            let first = usage.days.map_or(today, |(first, _)| first);
            usage.days = Some((first, today));
        }
        usage.payers += payers;
        usage.returning += returning;
    }

    /// The funder's aged money pays the model: 1 if for the first time, 1 if for the first time two weeks or more after that.
    fn meet(&mut self, model: ModelId, session: &Session) -> (u64, u64) {
        let week = self.reference.today() / 7;
        let key = (model, session.money, session.funder);
        match self.reference.payers.get_mut(&key) {
            None => {
                self.reference.payers.insert(key, (week, week));
                (1, 0)
            }
            Some((first, last)) => {
                let apart = |last: u64| last >= *first + 2;
                let returns = !apart(*last) && apart(week);
                *last = week;
                (0, returns.into())
            }
        }
    }
}

/// What each receipt from number `next` on costs; of a netted group, all of them together.
fn amounts(rates: &Rates, group: &OfferedGroup, next: u64) -> Option<Vec<u128>> {
    match &group.work {
        Done::Itemised(receipts) => {
            let done = usize::try_from(next - group.sequence).expect("within the group");
            let left = receipts.iter().skip(done);
            left.map(|units| price(rates, 1, units)).collect()
        }
        Done::Netted { count, total } => Some(vec![price(rates, (*count).into(), *total)?]),
    }
}

/// Calls at the price per call, and the metered rest rounded up.
fn price([per_call, per_in, per_out]: &Rates, calls: u64, units: Units) -> Option<u128> {
    let wide = |number: u128| Uint512::from(number);
    let metered =
        wide(units.input.into()) * wide(*per_in) + wide(units.output.into()) * wide(*per_out);
    let million = wide(1_000_000);
    let mut rounded = metered / million;
    if rounded * million < metered {
        rounded += Uint512::one();
    }
    let total = rounded + wide(calls.into()) * wide(*per_call);
    cosmwasm_std::Uint128::try_from(total)
        .ok()
        .map(|total| total.u128())
}

/// Receipts among those billed that cost something.
fn paid_calls(rates: &Rates, group: &OfferedGroup, next: u64, receipts: u64) -> u64 {
    let amounts = amounts(rates, group, next).expect("billed amounts fit");
    match &group.work {
        Done::Itemised(_) => {
            let billed = amounts
                .iter()
                .take(usize::try_from(receipts).expect("within the group"));
            billed.filter(|amount| **amount > 0).count() as u64
        }
        Done::Netted { count, .. } => {
            let amount = u64::try_from(amounts[0]).unwrap_or(u64::MAX);
            amount.min((*count).into())
        }
    }
}

/// Units of the receipts that are billed.
fn units(group: &OfferedGroup, next: u64, receipts: u64) -> Vec<Units> {
    match &group.work {
        Done::Itemised(all) => {
            let place = |number: u64| usize::try_from(number).expect("within the group");
            let from = place(next - group.sequence);
            all.iter().skip(from).take(place(receipts)).collect()
        }
        Done::Netted { total, .. } => vec![*total],
    }
}

/// Whose the units are that follow the first `gross` ones, nobody named for nothing: whole cycles by their shares, the
/// rest one by one.
fn divide(gross: u128, amount: u128, terms: &Terms, operator: Account) -> Vec<(Account, u128)> {
    let shares = terms.shares.payees.iter().copied();
    let mut shares: Vec<(Account, u128)> = shares
        .chain([(operator, terms.shares.operator_bps)])
        .map(|(account, bps)| (account, bps.into()))
        .collect();
    shares.retain(|(_, bps)| *bps > 0);
    let mut parts: Vec<u128> = shares.iter().map(|(_, bps)| amount / WHOLE * bps).collect();
    for unit in 0..amount % WHOLE {
        let place = (gross % WHOLE + unit) % WHOLE;
        let mut until = 0;
        let owner = shares.iter().position(|(_, bps)| {
            until += bps;
            place < until
        });
        parts[owner.expect("shares make a whole")] += 1;
    }
    shares
        .into_iter()
        .map(|(account, _)| account)
        .zip(parts)
        .collect()
}
