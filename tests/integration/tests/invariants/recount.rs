//! Invariant 6: everything that billing, escrow and registry answer about usage against a recount of what was sold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use cosmwasm_std::{Decimal, Uint128, Uint256};
use hub_types::billing::{
    AttesterSums, AttesterUsageResponse, AttestersUsageResponse, AuthorUsageResponse,
    HubByDayResponse, HubOfDay, HubOfWeek, HubResponse, HubSpan, HubSums, HubWeeksResponse,
    PayerResponse, PayersResponse, QueryMsg, RankedModel, RankingPlace, RankingResponse,
    UsageByDayResponse, UsageByReleaseResponse, UsageOfDay, UsageOfDaysResponse, UsageOfRelease,
    UsageResponse, UsageSums,
};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{QueryMsg as EscrowQuery, SessionsResponse, SpendResponse};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId};
use hub_types::registry::{ModelCountsResponse, QueryMsg as RegistryQuery};
use serde::de::DeserializeOwned;

use crate::reference::usage::{add, signed, sum, Sale};
use crate::reference::{Account, Money, Reference, Session};
use crate::stage::{Stage, MONEYS};

/// Entries on a page: few, so that there are several.
const PAGE: u32 = 2;

/// A sentence for every answer that is not the recount's.
pub fn differences(stage: &Stage, reference: &Reference) -> Vec<String> {
    let mut found = vec![];
    for money in 0..MONEYS {
        let mut recount = Recount {
            stage,
            reference,
            money,
            differences: vec![],
        };
        recount.models();
        recount.attesters();
        recount.accounts();
        recount.ranking();
        recount.hub();
        found.extend(recount.differences);
    }
    found
}

struct Recount<'a> {
    stage: &'a Stage,
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
        self.stage
            .hub
            .query_billing(query)
            .expect("billing answers")
    }

    fn denom(&self) -> UncheckedDenom {
        self.stage.moneys[self.money].unchecked()
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
            denom: self.stage.moneys[self.money].checked(),
            sums: sum(sales),
            first_day: paid().map(|sale| sale.day).min(),
            last_day: paid().map(|sale| sale.day).max(),
            payers: weeks.len() as u64,
            payers_this_week: weeks.values().filter(|it| it.contains(&this_week)).count() as u64,
            returning: weeks.values().filter(|weeks| weeks.len() > 1).count() as u64,
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
                    payer: self.stage.accounts[payer].clone(),
                    first_week: *weeks.first().expect("it paid"),
                    last_week: *weeks.last().expect("it paid"),
                };
                (payer, response)
            })
            .collect();
        expected.sort_by_key(|(payer, _)| self.stage.canonical[*payer].to_vec());
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
                denom: self.stage.moneys[self.money].checked(),
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
        for account in 0..self.stage.accounts.len() {
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
                author: self.stage.accounts[account].to_string(),
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
                operator: self.stage.accounts[account].to_string(),
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            count += page.attesters;
            found = AttesterSums {
                gross: found.gross.saturating_add(page.sums.gross),
                aged: found.aged.saturating_add(page.sums.aged),
                calls: found.calls.saturating_add(page.sums.calls),
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
        let funder = self.stage.accounts[account].to_string();
        let funded = || {
            let sessions = (1..).zip(&self.reference.sessions);
            sessions.filter(|(_, session)| session.funder == account)
        };
        let released = funded()
            .filter(|(_, session)| session.released && session.money == self.money)
            .fold(0u128, |sum, (_, session)| sum.saturating_add(session.spent));
        let found: SpendResponse = self
            .stage
            .hub
            .query_escrow(EscrowQuery::Spend {
                funder: funder.clone(),
                denom: self.denom(),
            })
            .expect("the escrow answers");
        self.same(("spend", account), released, found.released.u128());

        self.session_lists(account);
    }

    /// Each session of an account stands in one list of its caller, and in its funder's if that is somebody else.
    fn session_lists(&mut self, account: Account) {
        let address = self.stage.accounts[account].to_string();
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
                let page = self.stage.hub.query_escrow(query(start_after));
                let page: SessionsResponse = page.expect("it answers");
                page.sessions.into_iter().map(|it| it.session).collect()
            };
            let found = self.pages(page, |id: &SessionId| *id);
            self.same((name, account), expected, found);
        }
    }

    fn ranking(&mut self) {
        let expected: Vec<RankedModel> = self
            .reference
            .ranking(self.money)
            .into_iter()
            .map(|(score, model, aged)| RankedModel {
                place: RankingPlace { score, model },
                aged: aged.into(),
            })
            .collect();
        let page = |start_after| {
            let page: RankingResponse = self.ask(QueryMsg::Ranking {
                denom: self.denom(),
                start_after,
                limit: Some(PAGE),
            });
            page.models
        };
        let found = self.pages(page, |entry| entry.place);
        self.same("ranking", expected, found);
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
            denom: self.stage.moneys[money].checked(),
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
            .stage
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
