//! However an itemised batch is split between receipts, and in whatever order the parts arrive: when every receipt is
//! billable, what everybody has is the same afterwards.

use std::collections::{BTreeMap, BTreeSet};

use cosmwasm_std::{Record, Uint256};
use hub_testing::{data, BillingError};
use hub_types::billing::{BatchResponse, Outcome};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::packed::{from_bytes, to_bytes, Packed, PackedKey, PackedMap};
use hub_types::records::billing::{BATCHES, BATCH_COUNTS};
use hub_types::records::escrow::{BALANCES, SESSIONS};
use hub_types::records::served::{RANKING_AT, SERVED};
use hub_types::records::usage::{ATTESTER_USAGE, USAGE};
use hub_types::wire::{Units, Work};

use crate::action::BatchPlan;
use crate::fixture::{Fixture, Message, Refusal};
use crate::reference::{Account, Behaviour, Money, Offer, OfferedGroup, Reference, Voucher, WHOLE};
use crate::rng::Rng;
use crate::runner::{Fault, Tally};
use crate::sealed;

/// A receipt with its place in the batch.
#[derive(Clone, Copy, Debug)]
struct Item {
    session: SessionId,
    model: ModelId,
    release: ReleaseNumber,
    terms: TermsNumber,
    sequence: u64,
    issued_at: u64,
    units: Units,
}

impl Item {
    fn key(&self) -> (SessionId, ModelId, ReleaseNumber, TermsNumber) {
        (self.session, self.model, self.release, self.terms)
    }
}

/// Settles what is billable of a batch at once, in parts, and in parts out of order, each time from where the Hub stands
/// now, and leaves the Hub there.
pub fn check(
    fixture: &mut Fixture,
    reference: &Reference,
    plan: &BatchPlan,
    seed: u64,
    tally: &mut Tally,
) -> Result<(), Fault> {
    let mut rng = Rng::new(seed);
    let Some((attester, items, vouchers)) = billable(reference, plan, &mut rng) else {
        return Ok(());
    };
    let key = reference
        .attester(AttesterId(attester))
        .map_or(0, |it| it.key);
    let mut parts = vec![];
    let mut rest = items.as_slice();
    while !rest.is_empty() {
        let longest = rest.len() as u64;
        let (part, later) = rest.split_at(rng.between(1, longest) as usize);
        parts.push(part);
        rest = later;
    }

    let start = fixture.checkpoint();
    let mut send = |fixture: &mut Fixture, part: &[Item]| {
        tally.messages += 1;
        settle(fixture, offer(AttesterId(attester), part), &vouchers, key)
    };

    send(fixture, &items)?;
    let at_once = Recorded::of(fixture);

    fixture.go_back(&start);
    for part in &parts {
        send(fixture, part)?;
    }
    at_once.compare(&Recorded::of(fixture), "in parts")?;

    fixture.go_back(&start);
    for place in (1..parts.len()).rev() {
        parts.swap(place, rng.index(place + 1));
    }
    let mut open = parts.clone();
    while !open.is_empty() {
        let mut left = vec![];
        for part in &open {
            if !send(fixture, part)? {
                left.push(*part);
            }
        }
        if left.len() == open.len() {
            return Err("the parts wait for each other".to_owned());
        }
        open = left;
    }
    let out_of_order = Recorded::of(fixture);
    let how = "in parts out of order";
    // Units of a model's income are numbered as they come, so it matters what came first: for less than a cycle of units in
    // each part of each group. Of the balances where divisions differ, of what operators kept of a session or of strangers in
    // any case.
    let pieces = parts
        .iter()
        .map(|part| offer(AttesterId(attester), part).groups.len());
    let cycles = WHOLE * pieces.sum::<usize>() as u128;
    if shares_differ(reference, &items) {
        at_once.compare_within(&out_of_order, how, cycles, cycles)?;
        *tally.situation("a split of income that depends on order") += 1;
    } else {
        at_once.compare_within(&out_of_order, how, 0, cycles)?;
    }

    fixture.go_back(&start);
    *tally.situation("a batch split in several ways") += 1;
    Ok(())
}

/// Whether a model is charged at terms that divide its income differently.
fn shares_differ(reference: &Reference, items: &[Item]) -> bool {
    let mut shares = BTreeMap::new();
    items.iter().any(|item| {
        let work = reference.work(item.model).expect("it is billable");
        let terms = &work.terms[item.terms.0 as usize - 1];
        let first = shares
            .entry((item.model, terms.money))
            .or_insert(&terms.shares);
        **first != terms.shares
    })
}

/// What of a batch is billed in full, in batch order, with vouchers that allow it.
fn billable(
    reference: &Reference,
    plan: &BatchPlan,
    rng: &mut Rng,
) -> Option<(u64, Vec<Item>, Vec<Voucher>)> {
    let mut batch = sealed::offered_batch(plan, reference);
    let next = |session: SessionId| {
        let session = reference.session(session)?;
        Some(session.next(batch.attester).unwrap_or_default())
    };
    let starts: BTreeMap<SessionId, u64> = batch
        .groups
        .iter()
        .filter_map(|group| Some((group.session, next(group.session)?)))
        .collect();
    let vouchers: Vec<Voucher> = starts
        .keys()
        .filter_map(|id| {
            Some(Voucher {
                session: *id,
                ceiling: u128::MAX,
                signed_by: reference.session(*id)?.voucher_key?,
                intact: true,
            })
        })
        .collect();
    loop {
        batch.groups.retain(|group| {
            starts.contains_key(&group.session) && matches!(group.work, Work::Itemised(_))
        });
        sealed::number(&mut batch.groups, |session| starts[&session]);
        if batch.groups.is_empty() {
            return None;
        }
        let settled = reference.clone().settle_batch(&batch, &vouchers).ok()?;
        let mut outcomes = settled.groups.iter();
        let before = batch.groups.len();
        batch.groups.retain(|_| {
            let settled = outcomes.next();
            settled.is_some_and(|settled| settled.outcome == Outcome::Paid)
        });
        if batch.groups.len() == before {
            break;
        }
    }
    let mut items = vec![];
    for group in &batch.groups {
        let Work::Itemised(receipts) = &group.work else {
            continue;
        };
        for (place, units) in (0..).zip(receipts) {
            items.push(Item {
                session: group.session,
                model: group.model,
                release: group.release,
                terms: group.terms,
                sequence: group.sequence + place,
                issued_at: rng.between(group.oldest, group.newest),
                units,
            });
        }
    }
    Some((batch.attester.0, items, vouchers))
}

/// The batch of these receipts.
fn offer(attester: AttesterId, items: &[Item]) -> Offer {
    let runs = items.chunk_by(|one, next| one.key() == next.key());
    let groups = runs.map(|run| {
        let times = || run.iter().map(|item| item.issued_at);
        let first = run[0];
        OfferedGroup {
            session: first.session,
            model: first.model,
            release: first.release,
            terms: first.terms,
            oldest: times().min().unwrap_or_default(),
            newest: times().max().unwrap_or_default(),
            sequence: first.sequence,
            work: Work::itemised(run.iter().map(|item| item.units)),
            right_blob: true,
        }
    });
    Offer {
        attester,
        groups: groups.collect(),
        sound: true,
    }
}

/// Whether all of it is settled now; what comes too early is refused for the gap before it.
fn settle(
    fixture: &mut Fixture,
    offer: Offer,
    vouchers: &[Voucher],
    key: u8,
) -> Result<bool, Fault> {
    let sealed = fixture.signer().batch(offer, vouchers.to_vec(), key, None);
    let message = Message::Billing(sealed.message);
    let outcomes: Vec<Outcome> = match fixture.send(0, message, false, Behaviour::Honest) {
        Ok(response) => {
            let settled: BatchResponse = data(&response);
            settled.outcomes_of_groups().collect()
        }
        Err(Refusal::Billing(BillingError::NothingSettled { outcomes })) => outcomes,
        Err(refusal) => return Err(format!("a part was refused: {refusal:?}")),
    };
    let violations = fixture.hub.check_invariants();
    if !violations.is_empty() {
        return Err(violations.join("\n"));
    }
    let mut done = true;
    for outcome in outcomes {
        match outcome {
            Outcome::Paid | Outcome::Stale => (),
            Outcome::Gap => done = false,
            other => return Err(format!("a billable part is {other:?}")),
        }
    }
    Ok(done)
}

/// Everything but roots and how many batches there were.
struct Recorded {
    /// What the escrow keeps beside balances.
    sessions: Vec<Record>,
    /// What billing keeps beside batches.
    usage: Vec<Record>,
    /// Available balances and income.
    balances: BTreeMap<(Account, Money), (u128, u128)>,
    /// What operators kept, by the key of the record that says so. It is left out of the records above.
    kept: BTreeMap<(Vec<u8>, usize), u128>,
}

impl Recorded {
    fn of(fixture: &Fixture) -> Self {
        let hub = &fixture.hub;
        let mut sessions = hub.app.dump_wasm_raw(&hub.escrow);
        sessions.retain(|(key, _)| BALANCES.key_of(key).is_none());
        let mut usage = hub.app.dump_wasm_raw(&hub.billing);
        usage
            .retain(|(key, _)| BATCHES.key_of(key).is_none() && BATCH_COUNTS.key_of(key).is_none());
        let mut kept = Kept::default();
        kept.take(&mut sessions, &SESSIONS, |it| vec![&mut it.kept]);
        kept.take(&mut usage, &ATTESTER_USAGE, |it| vec![&mut it.kept]);
        kept.take(&mut usage, &SERVED, |it| {
            vec![&mut it.kept, &mut it.recent_kept]
        });
        kept.take(&mut usage, &USAGE, |it| {
            let served = it.served.iter_mut();
            served
                .flat_map(|(_, it)| [&mut it.kept, &mut it.recent_kept])
                .collect()
        });
        usage.retain(|(key, _)| RANKING_AT.key_of(key).is_none());
        let mut balances = BTreeMap::new();
        let state = hub.state();
        for ((address, denom), balance) in &state.balances {
            let account = fixture.accounts.iter().position(|it| it == address);
            let money = fixture.money_of(&state.denoms[denom]);
            if let (Some(account), Some(money)) = (account, money) {
                balances.insert((account, money), (balance.available, balance.earned));
            }
        }
        Self {
            sessions,
            usage,
            balances,
            kept: kept.0,
        }
    }

    /// Both are the same.
    fn compare(&self, other: &Self, how: &str) -> Result<(), Fault> {
        self.compare_within(other, how, 0, 0)
    }

    /// Both are the same but for so much in each balance, and nothing in their sum, and so much in what was kept.
    fn compare_within(
        &self,
        other: &Self,
        how: &str,
        tolerance: u128,
        of_kept: u128,
    ) -> Result<(), Fault> {
        for (key, one) in &self.kept {
            let two = other.kept.get(key).copied().unwrap_or_default();
            if one.abs_diff(two) > of_kept {
                return Err(format!("kept, of {key:?}: at once {one}, {how} {two}"));
            }
        }
        let mut sums: BTreeMap<Money, [Uint256; 2]> = BTreeMap::new();
        let accounts: BTreeSet<_> = self.balances.keys().chain(other.balances.keys()).collect();
        for account in accounts {
            let one = self.balances.get(account).copied().unwrap_or_default();
            let two = other.balances.get(account).copied().unwrap_or_default();
            if one.0.abs_diff(two.0).max(one.1.abs_diff(two.1)) > tolerance {
                return Err(format!(
                    "balance of {account:?}: at once {one:?}, {how} {two:?}"
                ));
            }
            let sum = sums.entry(account.1).or_default();
            sum[0] += Uint256::from(one.0);
            sum[1] += Uint256::from(two.0);
        }
        if sums.values().any(|[one, two]| one != two) {
            return Err(format!("sums of balances, at once and {how}: {sums:?}"));
        }
        if self.sessions != other.sessions {
            return Err(format!("settled {how}, sessions differ from those at once"));
        }
        if self.usage != other.usage {
            return Err(format!("settled {how}, usage differs from that at once"));
        }
        Ok(())
    }
}

/// Takes what operators kept out of records.
#[derive(Default)]
struct Kept(BTreeMap<(Vec<u8>, usize), u128>);

impl Kept {
    fn take<K: PackedKey, V: Packed>(
        &mut self,
        records: &mut [Record],
        map: &PackedMap<K, V>,
        parts: impl Fn(&mut V) -> Vec<&mut u128>,
    ) {
        for (key, value) in records {
            if map.key_of(key).is_none() {
                continue;
            }
            let mut record: V = from_bytes(value).expect("a record");
            for (place, part) in parts(&mut record).into_iter().enumerate() {
                self.0.insert((key.clone(), place), std::mem::take(part));
            }
            *value = to_bytes(&record);
        }
    }
}
