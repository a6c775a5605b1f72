//! What exists, who made it, what it costs.

use super::{need, Account, Blob, Money, Name, Rates, Reference, Refused, Tag, Verdict, GRACE};
use hub_types::ids::{ModelId, ReleaseNumber, TermsNumber};

/// A model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    pub tag: Tag,
    pub author: Account,
    pub name: Name,
    pub status: Status,
    pub active_from: u64,
    pub offered_to: Option<Account>,
    /// The first has number 1.
    pub releases: Vec<Release>,
    /// The first has number 1.
    pub terms: Vec<Terms>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Delisted,
    Retired { cutoff: u64 },
}

/// A blob that a model was published as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub label: (u32, u32),
    pub blob: Blob,
    pub publisher: Account,
    pub published_at: u64,
    pub claimed_at: u64,
    pub size_proven: bool,
}

/// Price and shares from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub money: Money,
    pub rates: Rates,
    pub shares: Shares,
    pub from: u64,
    pub until: Option<u64>,
    /// Replaced while it was pending, so it is never in force.
    pub dropped: bool,
}

/// Who shares the income, in basis points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    pub payees: Vec<(Account, u16)>,
    pub operator_bps: u16,
}

impl Shares {
    fn check(&self) -> Verdict<()> {
        let different = self.payees.iter().enumerate().all(|(place, (account, _))| {
            self.payees[..place]
                .iter()
                .all(|(before, _)| before != account)
        });
        let sum = self
            .payees
            .iter()
            .map(|(_, bps)| u32::from(*bps))
            .sum::<u32>()
            + u32::from(self.operator_bps);
        need((1..=4).contains(&self.payees.len()) && different)?;
        need(self.payees.iter().all(|(_, bps)| *bps >= 1) && sum == 10_000)
    }
}

impl Terms {
    /// Whether receipts issued from `oldest` to `newest` can be charged at these terms.
    pub fn in_force(&self, oldest: u64, newest: u64) -> bool {
        !self.dropped && self.from <= oldest && self.until.is_none_or(|until| newest < until)
    }

    /// Whether some second from `oldest` to `newest` is one at which receipts can be charged at these terms.
    pub fn in_force_for_some(&self, oldest: u64, newest: u64) -> bool {
        let last = self
            .until
            .map_or(newest, |until| newest.min(until.saturating_sub(1)));
        !self.dropped && (oldest.max(self.from)..=last).next().is_some()
    }
}

impl Work {
    /// The set that counts as in force when new terms are set: the last one that can no longer be dropped.
    pub fn base(&self, now: u64) -> usize {
        let standing = |terms: &Terms| !terms.dropped && now + GRACE >= terms.from;
        self.terms
            .iter()
            .rposition(standing)
            .expect("the first terms are in force at once")
    }

    /// Sets new terms: a rise waits, anything else holds at once, and what was pending is dropped.
    fn set_terms(&mut self, money: Money, rates: Rates, shares: Shares, now: u64, notice: u64) {
        let base = self.base(now);
        for pending in &mut self.terms[base + 1..] {
            pending.dropped = true;
            pending.until = None;
        }
        let old = &mut self.terms[base];
        let rises = money != old.money || rates.iter().zip(old.rates).any(|(new, old)| *new > old);
        let (from, until) = if rises {
            (now + notice, now + notice)
        } else {
            (now.max(old.from), now + GRACE)
        };
        old.until = Some(until);
        self.terms.push(Terms {
            money,
            rates,
            shares,
            from,
            until: None,
            dropped: false,
        });
    }
}

/// A release to be published: its label is so many steps above the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publication {
    pub label: (u32, u32),
    pub blob: Blob,
    pub salt: Option<u8>,
}

impl Reference {
    pub fn register_work(
        &mut self,
        tag: Tag,
        by: Account,
        name: Name,
        (money, rates, shares): (Money, Rates, Shares),
        release: Option<Publication>,
    ) -> Verdict<ModelId> {
        need(!self.names.contains_key(&(by, name)))?;
        shares.check()?;
        let id = ModelId(self.works.len() as u64 + 1);
        let mut work = Work {
            tag,
            author: by,
            name,
            status: Status::Active,
            active_from: 0,
            offered_to: None,
            releases: vec![],
            terms: vec![Terms {
                money,
                rates,
                shares,
                from: self.now - GRACE,
                until: None,
                dropped: false,
            }],
        };
        if let Some(release) = release {
            self.append(&mut work, id, by, release)?;
        }
        self.names.insert((by, name), id);
        self.works.push(work);
        self.registered.push(self.today());
        Ok(id)
    }

    pub fn publish(
        &mut self,
        by: Account,
        work: ModelId,
        release: Publication,
    ) -> Verdict<ReleaseNumber> {
        let mut changed = self.authored(by, work)?.clone();
        self.append(&mut changed, work, by, release)?;
        let number = changed.releases.len() as u64;
        *self.authored(by, work)? = changed;
        Ok(ReleaseNumber(number))
    }

    fn append(
        &mut self,
        work: &mut Work,
        id: ModelId,
        by: Account,
        Publication { label, blob, salt }: Publication,
    ) -> Verdict<()> {
        need(work.releases.last().is_none_or(|last| label > last.label))?;
        need(!self.claims.contains_key(&(by, blob)))?;
        let claimed_at = match salt {
            None => self.now,
            Some(salt) => *self
                .commitments
                .get(&(by, blob, salt))
                .ok_or(Refused::Message)?,
        };
        work.releases.push(Release {
            label,
            blob,
            publisher: by,
            published_at: self.now,
            claimed_at,
            size_proven: false,
        });
        let number = work.releases.len() as u64;
        self.claims.insert((by, blob), (id, ReleaseNumber(number)));
        Ok(())
    }

    pub fn update_metadata(&mut self, by: Account, work: ModelId) -> Verdict<()> {
        self.authored(by, work).map(|_| ())
    }

    /// Returns the number of the terms and when they can first be charged.
    pub fn set_terms(
        &mut self,
        by: Account,
        work: ModelId,
        (money, rates, shares): (Money, Rates, Shares),
    ) -> Verdict<(TermsNumber, u64)> {
        let (now, notice) = (self.now, self.price_notice);
        let work = self.authored(by, work)?;
        shares.check()?;
        work.set_terms(money, rates, shares, now, notice);
        Ok(newest(work))
    }

    pub fn set_status(&mut self, by: Account, work: ModelId, to: Wanted) -> Verdict<()> {
        let (now, receipt_max_age) = (self.now, self.receipt_max_age);
        let work = self.authored(by, work)?;
        if let Status::Retired { cutoff } = work.status {
            need(to != Wanted::Retired && now >= cutoff + receipt_max_age)?;
            work.active_from = now;
        }
        let status = match to {
            Wanted::Active => Status::Active,
            Wanted::Delisted => Status::Delisted,
            Wanted::Retired => Status::Retired {
                cutoff: now + GRACE,
            },
        };
        need(status != work.status)?;
        work.status = status;
        Ok(())
    }

    pub fn offer(&mut self, by: Account, work: ModelId, to: Account) -> Verdict<()> {
        let work = self.authored(by, work)?;
        need(to != by)?;
        work.offered_to = Some(to);
        Ok(())
    }

    pub fn cancel(&mut self, by: Account, work: ModelId) -> Verdict<()> {
        let work = self.authored(by, work)?;
        need(work.offered_to.is_some())?;
        work.offered_to = None;
        Ok(())
    }

    /// The model goes on at its present price and operator's share, with payees of the new author's choice.
    pub fn accept(
        &mut self,
        by: Account,
        id: u64,
        expected_terms: TermsNumber,
        payees: Vec<(Account, u16)>,
        name: Option<Name>,
    ) -> Verdict<(TermsNumber, u64)> {
        let (now, notice) = (self.now, self.price_notice);
        let work = super::numbered_mut(&mut self.works, id).ok_or(Refused::Message)?;
        need(work.offered_to == Some(by))?;
        need(!matches!(work.status, Status::Retired { .. }))?;
        need(expected_terms == TermsNumber(work.base(now) as u64 + 1))?;
        let present = work.terms[work.base(now)].clone();
        let shares = Shares {
            payees,
            operator_bps: present.shares.operator_bps,
        };
        shares.check()?;
        let name = name.unwrap_or(work.name);
        need(*self.names.entry((by, name)).or_insert(ModelId(id)) == ModelId(id))?;
        work.name = name;
        work.author = by;
        work.offered_to = None;
        work.set_terms(present.money, present.rates, shares, now, notice);
        Ok(newest(work))
    }

    pub fn commit(&mut self, by: Account, blob: Blob, salt: u8) -> Verdict<()> {
        self.commitments.entry((by, blob, salt)).or_insert(self.now);
        Ok(())
    }

    pub fn prove_size(
        &mut self,
        by: Account,
        work: ModelId,
        release: ReleaseNumber,
        honest: bool,
    ) -> Verdict<()> {
        let work = self.authored(by, work)?;
        let release = super::numbered_mut(&mut work.releases, release).ok_or(Refused::Message)?;
        need(honest && !release.size_proven)?;
        release.size_proven = true;
        Ok(())
    }

    fn authored(&mut self, by: Account, work: ModelId) -> Verdict<&mut Work> {
        super::numbered_mut(&mut self.works, work)
            .filter(|work| work.author == by)
            .ok_or(Refused::Message)
    }
}

fn newest(work: &Work) -> (TermsNumber, u64) {
    let from = work.terms.last().map_or(0, |terms| terms.from);
    (TermsNumber(work.terms.len() as u64), from)
}

/// A status that an author asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Active,
    Delisted,
    Retired,
}
