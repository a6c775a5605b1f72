//! The Hub at a glance.

use cosmwasm_std::{Decimal, Uint128};
use hub_types::billing::{
    HubByDayResponse, HubResponse, HubSpan, HubSums, HubWeek, HubWeeksResponse, QueryMsg,
};
use hub_types::denom::UncheckedDenom;
use hub_types::ids::{ModelId, SessionId};
use hub_types::registry::{ModelCountsResponse, ModelIdsResponse, QueryMsg as RegistryQuery};

use crate::usage_fixture::{Trade, DAY, PRICE, WEEK};

fn glance(trade: &Trade, days: u32) -> HubResponse {
    let denom = trade.denom();
    trade.ask(QueryMsg::Hub { denom, days })
}

fn weeks(trade: &Trade, start_after: Option<u64>, limit: u32) -> Vec<(u64, HubWeek)> {
    let page: HubWeeksResponse = trade.ask(QueryMsg::HubWeeks {
        denom: trade.denom(),
        start_after,
        limit: Some(limit),
    });
    let weeks = page.weeks.into_iter();
    weeks.map(|week| (week.week, week.counts)).collect()
}

fn sums(calls: u64, aged: u64) -> HubSums {
    HubSums {
        gross: (PRICE * u128::from(calls)).into(),
        aged: (PRICE * u128::from(aged)).into(),
        calls,
        ..HubSums::default()
    }
}

#[test]
fn spans_of_no_day_and_of_more_than_ninety_are_refused_with_what_to_give() {
    let trade = Trade::new();
    for days in [0, 91, u32::MAX] {
        let denom = trade.denom();
        let error = trade.refused(QueryMsg::Hub { denom, days });
        let sentence = format!("{days} days are no span to compare: give 1 to 90");
        assert!(error.contains(&sentence), "{error}");
    }
}

#[test]
fn a_hub_where_nothing_happened_is_all_zeros_but_for_the_models_registered() {
    let mut trade = Trade::new();
    trade.model("unused");
    for denom in [trade.denom(), UncheckedDenom::Native("never".into())] {
        let found: HubResponse = trade.ask(QueryMsg::Hub { denom, days: 90 });
        let registered = HubSpan {
            models_registered: 1,
            sums: HubSums::default(),
        };
        let expected = HubResponse {
            denom: found.denom.clone(),
            today: trade.today(),
            lifetime: registered,
            so_far_today: registered,
            last: HubSpan::default(),
            before: HubSpan::default(),
            this_week: HubWeek::default(),
            ten_largest: Uint128::zero(),
            ten_largest_share: Decimal::zero(),
        };
        assert_eq!(found, expected);
    }
    assert_eq!(weeks(&trade, None, 10), []);
}

#[test]
fn the_last_days_are_whole_days_before_today_and_are_compared_with_as_many_before_them() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (_, session) = trade.caller("caller");
    trade.hub.advance(2 * DAY);
    // One call on the first day, two on the next, and so on, on ten days.
    for day in 0..10 {
        trade.call(session, model, day + 1);
        trade.hub.advance(DAY);
    }
    let second = trade.model("second");
    trade.call(session, second, 50);
    let found = glance(&trade, 3);
    assert_eq!(found.last.sums, sums(8 + 9 + 10, 27));
    assert_eq!(found.before.sums, sums(5 + 6 + 7, 18));
    let today = HubSpan {
        models_registered: 1,
        sums: HubSums {
            models_called: 1,
            models_earning: 1,
            ..sums(50, 50)
        },
    };
    assert_eq!(found.so_far_today, today);
    let lifetime = HubSpan {
        models_registered: 2,
        sums: HubSums {
            models_called: 2,
            models_earning: 2,
            authors_earning: 1,
            payers: 1,
            ..sums(105, 105)
        },
    };
    assert_eq!(found.lifetime, lifetime);
    // Days without a call count as well, and those before the Hub was born are empty.
    trade.hub.advance(5 * DAY);
    let found = glance(&trade, 5);
    assert_eq!(found.so_far_today, HubSpan::default());
    assert_eq!(found.last, today);
    assert_eq!(found.before.sums, sums(6 + 7 + 8 + 9 + 10, 40));
    let found = glance(&trade, 90);
    assert_eq!((found.last, found.before), (lifetime, HubSpan::default()));

    let page: HubByDayResponse = trade.ask(QueryMsg::HubByDay {
        denom: trade.denom(),
        start_after: Some(found.today - 8),
        limit: None,
    });
    let days: Vec<(u64, u64)> = page.days.iter().map(|it| (it.day, it.sums.calls)).collect();
    let expected = [
        (found.today - 7, 9),
        (found.today - 6, 10),
        (found.today - 5, 50),
    ];
    assert_eq!(days, expected);
}

#[test]
fn models_and_payers_are_counted_once_and_authors_when_a_model_of_theirs_first_earns() {
    let mut trade = Trade::new();
    let other = trade.hub.account("other author");
    let models = [trade.model("one"), trade.model("two")];
    let theirs = trade.model_of(&other, "three");
    trade.model("unused");
    let (_, young) = trade.caller("caller");
    trade.call(SessionId(young.0), models[0], 1);
    trade.call(SessionId(young.0), theirs, 1);
    let counts = |trade: &Trade| {
        let sums = glance(trade, 1).lifetime.sums;
        [
            sums.models_called,
            sums.models_earning,
            sums.authors_earning,
            sums.payers,
        ]
    };
    assert_eq!(counts(&trade), [2, 0, 0, 0]);
    trade.hub.advance(2 * DAY);
    trade.call(SessionId(young.0), models[0], 1);
    trade.call(SessionId(young.0), models[1], 1);
    assert_eq!(counts(&trade), [3, 2, 1, 1]);
    let (_, second) = trade.caller("second caller");
    trade.hub.advance(2 * DAY);
    trade.call(SessionId(second.0), models[0], 1);
    trade.call(SessionId(second.0), theirs, 1);
    assert_eq!(counts(&trade), [3, 3, 2, 2]);
}

#[test]
fn each_week_counts_its_payers_those_who_came_back_and_the_models_they_used() {
    let mut trade = Trade::new();
    let (one, two) = (trade.model("one"), trade.model("two"));
    let [(_, first), (_, second)] = ["first", "second"].map(|name| trade.caller(name));
    let week = trade.this_week();
    trade.call(SessionId(first.0), one, 1);
    trade.call(SessionId(first.0), two, 1);
    trade.hub.advance(2 * DAY);
    trade.call(SessionId(first.0), one, 1);
    let counts = |payers, returning, models_called, models_earning| HubWeek {
        payers,
        returning,
        models_called,
        models_earning,
    };
    assert_eq!(weeks(&trade, None, 10), [(week, counts(1, 0, 2, 1))]);
    assert_eq!(glance(&trade, 7).this_week, counts(1, 0, 2, 1));
    trade.hub.advance(WEEK);
    assert_eq!(glance(&trade, 7).this_week, HubWeek::default());
    trade.call(SessionId(first.0), one, 1);
    trade.call(SessionId(first.0), two, 1);
    trade.call(SessionId(second.0), two, 1);
    trade.hub.advance(2 * WEEK);
    trade.call(SessionId(second.0), one, 1);
    trade.call(SessionId(second.0), two, 1);
    let expected = [
        (week, counts(1, 0, 2, 1)),
        // Those who paid the week before have not been away for long enough to return.
        (week + 1, counts(2, 0, 2, 2)),
        (week + 3, counts(1, 1, 2, 2)),
    ];
    assert_eq!(weeks(&trade, None, 10), expected);
    assert_eq!(weeks(&trade, None, 2), expected[..2]);
    assert_eq!(weeks(&trade, Some(week + 2), 10), expected[2..]);
    assert_eq!(weeks(&trade, Some(week + 3), 10), []);
}

#[test]
fn the_ten_largest_are_chosen_exactly_among_those_that_round_alike() {
    let mut trade = Trade::new();
    let (_, session) = trade.caller("caller");
    let models: Vec<ModelId> = (0..14)
        .map(|n| trade.model(&format!("model-{n}")))
        .collect();
    trade.hub.advance(2 * DAY);
    // All round to the same, the youngest have most.
    for (model, count) in models.iter().zip([32; 4].into_iter().chain([33; 10])) {
        trade.call(session, *model, count);
    }
    let found = glance(&trade, 1);
    assert_eq!(found.ten_largest.u128(), 330 * PRICE);
    let share = Decimal::from_ratio(330u128, 128u128 + 330);
    assert_eq!(found.ten_largest_share, share);
}

#[test]
fn models_registered_are_counted_up_to_the_end_of_each_day() {
    let mut trade = Trade::new();
    let first = trade.today();
    let ask = |trade: &Trade, days: Vec<u64>| {
        let counts: ModelCountsResponse = trade
            .hub
            .query_registry(RegistryQuery::ModelCounts { days })
            .unwrap();
        counts.models
    };
    assert_eq!(ask(&trade, vec![0, first, u64::MAX]), [0, 0, 0]);
    for (name, wait) in [("one", 0), ("two", 1), ("three", DAY), ("four", 3 * DAY)] {
        trade.hub.advance(wait);
        trade.model(name);
    }
    let days = vec![
        first + 5,
        first,
        0,
        first + 1,
        first - 1,
        first + 3,
        first + 4,
    ];
    assert_eq!(ask(&trade, days), [4, 2, 0, 3, 0, 3, 4]);
    assert_eq!(ask(&trade, vec![]), [] as [u64; 0]);
    let error = trade
        .hub
        .query_registry::<ModelCountsResponse>(RegistryQuery::ModelCounts { days: vec![1; 101] })
        .unwrap_err()
        .to_string();
    let sentence = "counts for 101 days were asked for: give at most 100 at a time";
    assert!(error.contains(sentence), "{error}");

    let author = trade.author.to_string();
    let ids: ModelIdsResponse = trade
        .hub
        .query_registry(RegistryQuery::ModelIdsByAuthor {
            author,
            start_after: Some(ModelId(1)),
            limit: Some(2),
        })
        .unwrap();
    assert_eq!(ids.models, [2, 3].map(ModelId));
}
