//! Invariant 6: everything that billing, escrow and registry answer about usage against a recount of what was sold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use cosmwasm_std::{Addr, Decimal, Uint128, Uint256};
use hub_types::billing::{
    AttesterSums, AttesterUsageResponse, AttestersUsageResponse, AuthorUsageResponse,
    BackingResponse, BackingsResponse, HubByDayResponse, HubOfDay, HubOfWeek, HubResponse, HubSpan,
    HubSums, HubWeeksResponse, ModelAt, OperatorServed, PayerResponse, PayersResponse, QueryMsg,
    RankedModel, RankingAtResponse, RankingPlace, RankingResponse, ServedByResponse,
    UsageByDayResponse, UsageByReleaseResponse, UsageOfDay, UsageOfDaysResponse, UsageOfModelByDay,
    UsageOfModelDays, UsageOfRelease, UsageResponse, UsageSums, UsagesByDayResponse,
    UsagesOfDaysResponse, UsagesResponse,
};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{
    FunderSpend, QueryMsg as EscrowQuery, SessionsResponse, SpendByOperatorResponse, SpendResponse,
    SpendsResponse, SpentWith,
};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{ModelCountsResponse, QueryMsg as RegistryQuery};
use serde::de::DeserializeOwned;

use crate::fixture::{Fixture, MONEYS};
use crate::reference::usage::{add, served, signed, sum, Sale};
use crate::reference::{Account, Money, Reference, Session};

/// Entries on a page: few, so that there are several.
const PAGE: u32 = 2;

/// A sentence for every answer that is not the recount's.
pub fn differences(fixture: &Fixture, reference: &Reference) -> Vec<String> {
    let mut found = vec![];
    for money in 0..MONEYS {
        let mut recount = Recount {
            fixture,
            reference,
            money,
            differences: vec![],
        };
        recount.models();
        recount.several_models();
        recount.operators();
        recount.attesters();
        recount.accounts();
        recount.ranking();
        recount.hub();
        found.extend(recount.differences);
    }
    found
}

struct Recount<'a> {
    fixture: &'a Fixture,
    reference: &'a Reference,
    money: Money,
    differences: Vec<String>,
}

impl Recount<'_> {
    fn same<T: PartialEq + Debug>(&mut self, what: impl Debug, expected: T, found: T) {
        if expected != found {
            self.differences.push(format!(
                "{what:?} in money {}: expected {expected:?}, found {found:?}",
                self.money
            ));
        }
    }

    fn ask<T: DeserializeOwned>(&self, query: QueryMsg) -> T {
        self.fixture
            .hub
            .query_billing(query)
            .expect("billing answers")
    }

    fn denom(&self) -> UncheckedDenom {
        self.fixture.moneys[self.money].unchecked()
    }

    /// All pages of a list, each from the last entry of the one before on.
    fn pages<T, K>(&self, page: impl Fn(Option<K>) -> Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
        let mut all: Vec<T> = vec![];
        loop {
            let next = page(all.last().map(&key));
            let full = next.len() == PAGE as usize;
            all.extend(next);
            if !full {
                return all;
            }
        }
    }

    fn models(&mut self) {
        // One more, which does not exist.
        for model in 1..=self.reference.works.len() as u64 + 1 {
            let sales: Vec<Sale> = self
                .reference
                .sales_of(ModelId(model), self.money)
                .copied()
                .collect();
            self.lifetime(ModelId(model), &sales);
            self.days(ModelId(model), &sales);
            self.releases(ModelId(model), &sales);
            self.payers(ModelId(model), &sales);
            self.served_by(ModelId(model), &sales);
        }
    }

    fn lifetime(&mut self, model: ModelId, sales: &[Sale]) {
        let denom = self.denom();
        let found: UsageResponse = self.ask(QueryMsg::Usage { model, denom });
        let paid = || sales.iter().filter(|sale| sale.sums.calls > 0);
        let weeks = weeks_by_payer(sales);
        let this_week = self.reference.today() / 7;
        let last = sales.last().map(|sale| sale.day);
        let of_last_day = sales.iter().filter(|sale| Some(sale.day) == last);
        let expected = UsageResponse {
            model,
            denom: self.fixture.moneys[self.money].checked(),
            sums: sum(sales),
            first_day: paid().map(|sale| sale.day).min(),
            last_day: paid().map(|sale| sale.day).max(),
            payers: weeks.len() as u64,
            payers_this_week: weeks.values().filter(|it| it.contains(&this_week)).count() as u64,
            returning: weeks.values().filter(|weeks| returned(weeks)).count() as u64,
            payer_weeks: weeks.values().map(|weeks| weeks.len() as u64).sum(),
            recent_aged: self
                .reference
                .recent(model, self.money)
                .at(this_week)
                .into(),
            settle_lag_seconds: of_last_day.map(|sale| sale.lag).min(),
        };
        self.same(("usage", model), expected, found);
    }

    fn days(&mut self, model: ModelId, sales: &[Sale]) {
        let days: BTreeSet<u64> = sales.iter().map(|sale| sale.day).collect();
        let on = |day: u64| sum(sales.iter().filter(|sale| sale.day == day));
        let expected: Vec<UsageOfDay> = days
            .iter()
            .map(|day| UsageOfDay {
                day: *day,
                sums: on(*day),
            })
            .collect();
        let page = |start_after| {
            let page: UsageByDayResponse = self.ask(QueryMsg::UsageByDay {
                model,
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.days
        };
        let found = self.pages(page, |entry| entry.day);
        let total = found
            .iter()
            .map(|entry| entry.sums)
            .fold(UsageSums::default(), add);
        self.same(("all days", model), sum(sales), total);
        self.same(("days", model), expected, found);

        let today = self.reference.today();
        for (from, until) in [
            (0, u64::MAX),
            (today, today),
            (today - 7, today - 1),
            (0, today - 2),
        ] {
            let found: UsageOfDaysResponse = self.ask(QueryMsg::UsageOfDays {
                model,
                denom: self.denom(),
                from,
                until,
            });
            let within = sales
                .iter()
                .filter(|sale| (from..=until).contains(&sale.day));
            self.same(("days", from, until, model), sum(within), found.sums);
        }
    }

    fn releases(&mut self, model: ModelId, sales: &[Sale]) {
        let releases: BTreeSet<ReleaseNumber> = sales.iter().map(|sale| sale.release).collect();
        let expected: Vec<UsageOfRelease> = releases
            .into_iter()
            .map(|release| UsageOfRelease {
                release,
                sums: sum(sales.iter().filter(|sale| sale.release == release)),
            })
            .collect();
        let page = |start_after| {
            let page: UsageByReleaseResponse = self.ask(QueryMsg::UsageByRelease {
                model,
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.releases
        };
        let found = self.pages(page, |entry| entry.release);
        self.same(("releases", model), expected, found);
    }

    fn payers(&mut self, model: ModelId, sales: &[Sale]) {
        let mut expected: Vec<(Account, PayerResponse)> = weeks_by_payer(sales)
            .into_iter()
            .map(|(payer, weeks)| {
                let response = PayerResponse {
                    payer: self.fixture.accounts[payer].clone(),
                    first_week: *weeks.first().expect("it paid"),
                    last_week: *weeks.last().expect("it paid"),
                };
                (payer, response)
            })
            .collect();
        expected.sort_by_key(|(payer, _)| self.fixture.canonical[*payer].to_vec());
        let page = |start_after| {
            let page: PayersResponse = self.ask(QueryMsg::Payers {
                model,
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.payers
        };
        let found = self.pages(page, |entry| entry.payer.to_string());
        let expected: Vec<PayerResponse> = expected.into_iter().map(|(_, it)| it).collect();
        self.same(("payers", model), expected, found);
    }

    fn attesters(&mut self) {
        for attester in 1..=self.reference.attesters.len() as u64 {
            let sales = self.reference.sales_in(self.money);
            let expected = AttesterUsageResponse {
                attester: AttesterId(attester),
                denom: self.fixture.moneys[self.money].checked(),
                sums: signed(sales.filter(|sale| sale.attester == AttesterId(attester))),
            };
            let denom = self.denom();
            let found = self.ask(QueryMsg::AttesterUsage {
                attester: AttesterId(attester),
                denom,
            });
            self.same(("attester", attester), expected, found);
        }
    }

    fn accounts(&mut self) {
        for account in 0..self.fixture.accounts.len() {
            self.author(account);
            self.operator(account);
            self.funder(account);
        }
    }

    fn author(&mut self, account: Account) {
        let works = (1..).zip(&self.reference.works);
        let own: Vec<u64> = works
            .filter(|(_, work)| work.author == account)
            .map(|(model, _)| model)
            .collect();
        let sums = own
            .iter()
            .map(|model| sum(self.reference.sales_of(ModelId(*model), self.money)))
            .fold(UsageSums::default(), add);
        let (mut models, mut found, mut start_after) = (0, UsageSums::default(), None);
        loop {
            let page: AuthorUsageResponse = self.ask(QueryMsg::AuthorUsage {
                author: self.fixture.accounts[account].to_string(),
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            models += page.models;
            found = add(found, page.sums);
            start_after = page.next;
            if start_after.is_none() {
                break;
            }
        }
        self.same(
            ("author", account),
            (own.len() as u64, sums),
            (models, found),
        );
    }

    fn operator(&mut self, account: Account) {
        let attesters = (1..).zip(&self.reference.attesters);
        let own: BTreeSet<AttesterId> = attesters
            .filter(|(_, attester)| attester.operator == account)
            .map(|(id, _)| AttesterId(id))
            .collect();
        let sales = self.reference.sales_in(self.money);
        let sums = signed(sales.filter(|sale| own.contains(&sale.attester)));
        let (mut count, mut found, mut start_after) = (0, AttesterSums::default(), None);
        loop {
            let page: AttestersUsageResponse = self.ask(QueryMsg::OperatorUsage {
                operator: self.fixture.accounts[account].to_string(),
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            count += page.attesters;
            found = AttesterSums {
                gross: found.gross.saturating_add(page.sums.gross),
                aged: found.aged.saturating_add(page.sums.aged),
                calls: found.calls.saturating_add(page.sums.calls),
                kept: found.kept.saturating_add(page.sums.kept),
            };
            start_after = page.next;
            if start_after.is_none() {
                break;
            }
        }
        self.same(
            ("operator", account),
            (own.len() as u64, sums),
            (count, found),
        );
    }

    fn funder(&mut self, account: Account) {
        let funder = self.fixture.accounts[account].to_string();
        let funded = || {
            let sessions = (1..).zip(&self.reference.sessions);
            sessions.filter(|(_, session)| session.funder == account)
        };
        let mut with: BTreeMap<Account, (u128, u128)> = BTreeMap::new();
        for (_, session) in funded() {
            if session.released && session.money == self.money && session.spent > 0 {
                let (spent, kept) = with.entry(session.operator).or_default();
                *spent = spent.saturating_add(session.spent);
                *kept = kept.saturating_add(session.kept);
            }
        }
        let all = with.values().fold((0u128, 0u128), |all, with| {
            (all.0.saturating_add(with.0), all.1.saturating_add(with.1))
        });
        let found: SpendResponse = self
            .fixture
            .hub
            .query_escrow(EscrowQuery::Spend {
                funder: funder.clone(),
                denom: self.denom(),
            })
            .expect("the escrow answers");
        let found = (found.released.u128(), found.kept.u128());
        self.same(("spend", account), all, found);
        self.spend_by_operator(&funder, &with, all.0);

        self.session_lists(account);
    }

    fn spend_by_operator(
        &mut self,
        funder: &str,
        with: &BTreeMap<Account, (u128, u128)>,
        all: u128,
    ) {
        let mut operators: Vec<Account> = with.keys().copied().collect();
        operators.sort_by_key(|operator| self.fixture.canonical[*operator].to_vec());
        let expected: Vec<SpentWith> = operators
            .iter()
            .map(|operator| SpentWith {
                operator: self.fixture.accounts[*operator].clone(),
                released: with[operator].0.into(),
                kept: with[operator].1.into(),
            })
            .collect();
        let page = |start_after| {
            let query = EscrowQuery::SpendByOperator {
                funder: funder.to_owned(),
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            };
            let page = self
                .fixture
                .hub
                .query_escrow::<SpendByOperatorResponse>(query);
            page.expect("the escrow answers").operators
        };
        let found = self.pages(page, |entry| entry.operator.to_string());
        self.same(("spend by operator", funder), expected, found);

        let believed: Vec<Account> = (0..self.fixture.accounts.len()).step_by(2).collect();
        let sum = |part: fn(&(u128, u128)) -> u128| {
            let parts = believed.iter().filter_map(|operator| with.get(operator));
            parts.fold(0u128, |sum, with| sum.saturating_add(part(with)))
        };
        let expected = FunderSpend {
            funder: Addr::unchecked(funder),
            released: all.into(),
            released_with: sum(|(spent, _)| *spent).into(),
            kept_with: sum(|(_, kept)| *kept).into(),
        };
        let query = EscrowQuery::Spends {
            funders: vec![funder.to_owned(), funder.to_owned()],
            denom: self.denom(),
            operators: self.names(&believed),
        };
        let found = self.fixture.hub.query_escrow::<SpendsResponse>(query);
        let found = found.expect("the escrow answers").funders;
        self.same(("spends", funder), vec![expected.clone(), expected], found);
    }

    fn names(&self, accounts: &[Account]) -> Vec<String> {
        let names = accounts
            .iter()
            .map(|account| &self.fixture.accounts[*account]);
        names.map(ToString::to_string).collect()
    }

    /// Sales of a model by operator, in the order in which the operators registered their first attesters.
    fn by_operator<'s>(&self, sales: &'s [Sale]) -> Vec<(Account, Vec<&'s Sale>)> {
        let mut operators: Vec<Account> = vec![];
        for attester in &self.reference.attesters {
            if !operators.contains(&attester.operator) {
                operators.push(attester.operator);
            }
        }
        let own = |operator| sales.iter().filter(move |sale| sale.operator == operator);
        operators
            .into_iter()
            .map(|operator| (operator, own(operator).collect::<Vec<_>>()))
            .filter(|(_, sales)| sales.iter().any(|sale| sale.sums.calls > 0))
            .collect()
    }

    fn served_by(&mut self, model: ModelId, sales: &[Sale]) {
        let week = self.reference.today() / 7;
        let by_operator = self.by_operator(sales);
        let expected: Vec<OperatorServed> = by_operator
            .iter()
            .map(|(operator, sales)| OperatorServed {
                operator: self.fixture.accounts[*operator].clone(),
                sums: served(sales, week),
            })
            .collect();
        let page = |start_after| {
            let page: ServedByResponse = self.ask(QueryMsg::ServedBy {
                model,
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.operators
        };
        let found = self.pages(page, |entry| entry.operator.to_string());
        self.same(("served by", model), expected, found);

        // Believing everybody, and some of them, by several factors.
        let everybody: Vec<Account> = (0..self.fixture.accounts.len().min(16)).collect();
        let some: Vec<Account> = everybody.iter().copied().step_by(2).collect();
        for (believed, factor) in [(&everybody, 1), (&some, 20), (&some, 5)] {
            self.backing(model, sales, believed, factor);
        }
    }

    fn backing(&mut self, model: ModelId, sales: &[Sale], believed: &[Account], factor: u32) {
        let week = self.reference.today() / 7;
        let (mut backed, mut recent_backed, mut strange) = (0u128, 0u128, 0u128);
        let mut operators = vec![];
        for operator in believed {
            let own = sales.iter().filter(|sale| sale.operator == *operator);
            let sums = served(&own.collect::<Vec<_>>(), week);
            let back = |strange: Uint128, kept: Uint128| {
                let speaks_for = Uint256::from(kept) * Uint256::from(factor);
                Uint128::try_from(speaks_for.min(Uint256::from(strange)))
                    .expect("it fits")
                    .u128()
            };
            backed += back(sums.strange, sums.kept);
            recent_backed += back(sums.recent_strange, sums.recent_kept);
            strange += sums.strange.u128();
            let operator = self.fixture.accounts[*operator].clone();
            operators.push(OperatorServed { operator, sums });
        }
        let unrelated: u128 = sales.iter().map(Sale::strange).sum();
        let coverage = match unrelated {
            0 => Uint256::zero(),
            _ => Uint256::from(10_000u64) * Uint256::from(strange) / Uint256::from(unrelated),
        };
        let expected = BackingResponse {
            model,
            denom: self.fixture.moneys[self.money].checked(),
            factor,
            backed: backed.into(),
            recent_backed: recent_backed.into(),
            coverage_bps: Uint128::try_from(coverage).expect("a part").u128() as u64,
            operators,
        };
        let found: BackingResponse = self.ask(QueryMsg::Backing {
            model,
            denom: self.denom(),
            operators: self.names(believed),
            factor: (factor != 5).then_some(factor),
        });
        self.same(("backing", model, factor), expected.clone(), found);
        let several: BackingsResponse = self.ask(QueryMsg::Backings {
            models: vec![model],
            denom: self.denom(),
            operators: self.names(believed),
            factor: Some(factor),
        });
        self.same(
            ("backings", model, factor),
            vec![expected],
            several.backings,
        );
    }

    /// What is asked about several models at once is what is asked about each.
    fn several_models(&mut self) {
        let models: Vec<ModelId> = (0..=self.reference.works.len() as u64 + 1)
            .rev()
            .map(ModelId)
            .collect();
        let today = self.reference.today();
        let (from, until) = (today.saturating_sub(9), today);
        let (mut usages, mut of_days, mut by_day) = (vec![], vec![], vec![]);
        for model in models.iter().copied() {
            let denom = self.denom();
            usages.push(self.ask::<UsageResponse>(QueryMsg::Usage { model, denom }));
            let within: Vec<Sale> = self
                .reference
                .sales_of(model, self.money)
                .filter(|sale| (from..=until).contains(&sale.day))
                .copied()
                .collect();
            let sums = sum(&within);
            of_days.push(UsageOfModelDays { model, sums });
            let days: BTreeSet<u64> = within.iter().map(|sale| sale.day).collect();
            let on = |day: u64| UsageOfDay {
                day,
                sums: sum(within.iter().filter(|sale| sale.day == day)),
            };
            let days = days.into_iter().map(on).collect();
            by_day.push(UsageOfModelByDay { model, days });
        }
        let (denom, named) = (self.denom(), models.clone());
        let found: UsagesResponse = self.ask(QueryMsg::Usages {
            models: named,
            denom,
        });
        self.same("usages", usages, found.usages);
        let (denom, named) = (self.denom(), models.clone());
        let found: UsagesOfDaysResponse = self.ask(QueryMsg::UsagesOfDays {
            models: named,
            denom,
            from,
            until,
        });
        self.same("usages of days", of_days, found.models);
        let denom = self.denom();
        let found: UsagesByDayResponse = self.ask(QueryMsg::UsagesByDay {
            models,
            denom,
            from,
            until,
        });
        self.same("usages by day", by_day, found.models);
    }

    /// The ranking of each operator, and of everybody else.
    fn operators(&mut self) {
        let week = self.reference.today() / 7;
        for account in 0..self.fixture.accounts.len() {
            let ranking = self.reference.ranking_at(account, self.money);
            let expected: Vec<ModelAt> = ranking
                .into_iter()
                .map(|(score, model)| {
                    let sales: Vec<Sale> = self.sales(model);
                    let own = sales.iter().filter(|sale| sale.operator == account);
                    let sums = sum(&sales);
                    let weeks = weeks_by_payer(&sales);
                    ModelAt {
                        place: RankingPlace { score, model },
                        sums: served(&own.collect::<Vec<_>>(), week),
                        gross: sums.gross,
                        related: sums.related,
                        payers: weeks.len() as u64,
                        returning: weeks.values().filter(|weeks| returned(weeks)).count() as u64,
                    }
                })
                .collect();
            let page = |start_after| {
                let page: RankingAtResponse = self.ask(QueryMsg::RankingAt {
                    operator: self.fixture.accounts[account].to_string(),
                    denom: self.denom(),
                    start_after,
                    limit: Some(PAGE),
                });
                page.models
            };
            let found = self.pages(page, |entry| entry.place);
            self.same(("ranking at", account), expected, found);
        }
    }

    fn sales(&self, model: ModelId) -> Vec<Sale> {
        self.reference
            .sales_of(model, self.money)
            .copied()
            .collect()
    }

    /// Each session of an account stands in one list of its caller, and in its funder's if that is somebody else.
    fn session_lists(&mut self, account: Account) {
        let address = self.fixture.accounts[account].to_string();
        let limit = Some(PAGE);
        type List<'a> = (
            &'a str,
            fn(&Session, Account) -> bool,
            &'a dyn Fn(Option<SessionId>) -> EscrowQuery,
        );
        let lists: [List; 3] = [
            (
                "sessions by caller",
                |session, account| session.caller == account && session.funder == account,
                &|start_after| EscrowQuery::SessionsByCaller {
                    caller: address.clone(),
                    start_after,
                    limit,
                },
            ),
            (
                "sessions from others",
                |session, account| session.caller == account && session.funder != account,
                &|start_after| EscrowQuery::SessionsFromOthers {
                    caller: address.clone(),
                    start_after,
                    limit,
                },
            ),
            (
                "sessions for others",
                |session, account| session.caller != account && session.funder == account,
                &|start_after| EscrowQuery::SessionsForOthers {
                    funder: address.clone(),
                    start_after,
                    limit,
                },
            ),
        ];
        for (name, belongs, query) in lists {
            let sessions = (1..).map(SessionId).zip(&self.reference.sessions);
            let mut expected: Vec<SessionId> = sessions
                .filter(|(_, session)| belongs(session, account))
                .map(|(id, _)| id)
                .collect();
            expected.reverse();
            let page = |start_after| {
                let page = self.fixture.hub.query_escrow(query(start_after));
                let page: SessionsResponse = page.expect("it answers");
                page.sessions.into_iter().map(|it| it.session).collect()
            };
            let found = self.pages(page, |id: &SessionId| *id);
            self.same((name, account), expected, found);
        }
    }

    fn ranking(&mut self) {
        let recent = self.reference.recent_ranking(self.money);
        let page = |start_after| QueryMsg::Ranking {
            denom: self.denom(),
            start_after,
            limit: Some(PAGE),
        };
        let found = self.ranked_pages(page);
        self.same("ranking", self.ranked(recent), found);

        let lifetime = self.reference.ranking(self.money);
        let lifetime = lifetime.into_iter().map(|(score, model, _)| (score, model));
        let page = |start_after| QueryMsg::LifetimeRanking {
            denom: self.denom(),
            start_after,
            limit: Some(PAGE),
        };
        let found = self.ranked_pages(page);
        self.same(
            "ranking of all time",
            self.ranked(lifetime.collect()),
            found,
        );
    }

    fn ranked_pages(&self, query: impl Fn(Option<RankingPlace>) -> QueryMsg) -> Vec<RankedModel> {
        let page = |start_after| self.ask::<RankingResponse>(query(start_after)).models;
        self.pages(page, |entry| entry.place)
    }

    fn ranked(&self, places: Vec<(u16, ModelId)>) -> Vec<RankedModel> {
        let week = self.reference.today() / 7;
        let models = places.into_iter().map(|(score, model)| {
            let sales = self.sales(model);
            let (sums, weeks) = (sum(&sales), weeks_by_payer(&sales));
            RankedModel {
                place: RankingPlace { score, model },
                recent_aged: self.reference.recent(model, self.money).at(week).into(),
                aged: sums.aged,
                gross: sums.gross,
                related: sums.related,
                payers: weeks.len() as u64,
                returning: weeks.values().filter(|weeks| returned(weeks)).count() as u64,
            }
        });
        models.collect()
    }

    fn hub(&mut self) {
        let (reference, money) = (self.reference, self.money);
        let days: BTreeSet<u64> = reference.sales_in(money).map(|sale| sale.day).collect();
        let expected: Vec<HubOfDay> = days
            .iter()
            .map(|day| HubOfDay {
                day: *day,
                sums: without(
                    reference.hub_up_to(money, *day),
                    reference.hub_up_to(money, day - 1),
                ),
            })
            .collect();
        let page = |start_after| {
            let page: HubByDayResponse = self.ask(QueryMsg::HubByDay {
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.days
        };
        let found = self.pages(page, |entry| entry.day);
        self.same("days of the Hub", expected, found);

        let weeks: BTreeSet<u64> = reference.sales_in(money).map(Sale::week).collect();
        let expected: Vec<HubOfWeek> = weeks
            .iter()
            .map(|week| HubOfWeek {
                week: *week,
                counts: reference.hub_in_week(money, *week),
            })
            .collect();
        let page = |start_after| {
            let page: HubWeeksResponse = self.ask(QueryMsg::HubWeeks {
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.weeks
        };
        let found = self.pages(page, |entry| entry.week);
        self.same("weeks of the Hub", expected, found);
        for days in [1, 2, 7, 90] {
            self.glance(days);
        }
    }

    fn glance(&mut self, days: u32) {
        let (reference, money) = (self.reference, self.money);
        let today = reference.today();
        let back = u64::from(days);
        let models_up_to = |day: u64| {
            let registered = reference.registered.iter();
            registered.filter(|registered| **registered <= day).count() as u64
        };
        let ends = [today, today - 1, today - 1 - back, today - 1 - 2 * back];
        let [now, yesterday, middle, start] =
            ends.map(|day| (models_up_to(day), reference.hub_up_to(money, day)));
        let span = |end: (u64, HubSums), start: (u64, HubSums)| HubSpan {
            models_registered: end.0 - start.0,
            sums: without(end.1, start.1),
        };
        let mut aged: Vec<u128> = reference
            .ranking(money)
            .into_iter()
            .take(32)
            .map(|(.., aged)| aged)
            .collect();
        aged.sort_unstable();
        let ten = aged.iter().rev().take(10);
        let ten_largest = ten.fold(0u128, |sum, aged| sum.saturating_add(*aged));
        let all = now.1.aged.u128();
        let share = match all {
            0 => Uint256::zero(),
            _ => Uint256::from(ten_largest) * Uint256::from(10u128.pow(18)) / Uint256::from(all),
        };
        let share: Uint128 = share.try_into().expect("a share is at most 1");
        let expected = HubResponse {
            denom: self.fixture.moneys[money].checked(),
            today,
            lifetime: span(now, Default::default()),
            so_far_today: span(now, yesterday),
            last: span(yesterday, middle),
            before: span(middle, start),
            this_week: reference.hub_in_week(money, today / 7),
            ten_largest: ten_largest.into(),
            ten_largest_share: Decimal::new(share),
        };
        let denom = self.denom();
        let found: HubResponse = self.ask(QueryMsg::Hub { denom, days });
        self.same(("the Hub", days), expected, found);

        let query = RegistryQuery::ModelCounts {
            days: ends.to_vec(),
        };
        let found: ModelCountsResponse = self
            .fixture
            .hub
            .query_registry(query)
            .expect("the registry answers");
        self.same(
            "models registered",
            ends.map(models_up_to).to_vec(),
            found.models,
        );
    }
}

/// The weeks in which each payer's aged money paid.
fn weeks_by_payer(sales: &[Sale]) -> BTreeMap<Account, BTreeSet<u64>> {
    let mut weeks: BTreeMap<Account, BTreeSet<u64>> = BTreeMap::new();
    for sale in sales {
        if let Some(payer) = sale.payer {
            weeks.entry(payer).or_default().insert(sale.week());
        }
    }
    weeks
}

/// Whether two of the weeks are at least two apart.
fn returned(weeks: &BTreeSet<u64>) -> bool {
    weeks
        .iter()
        .any(|week| weeks.iter().any(|other| *other >= week + 2))
}

fn without(all: HubSums, part: HubSums) -> HubSums {
    HubSums {
        gross: all.gross - part.gross,
        related: all.related - part.related,
        aged: all.aged - part.aged,
        calls: all.calls - part.calls,
        free_calls: all.free_calls - part.free_calls,
        models_called: all.models_called - part.models_called,
        models_earning: all.models_earning - part.models_earning,
        authors_earning: all.authors_earning - part.authors_earning,
        payers: all.payers - part.payers,
    }
}
