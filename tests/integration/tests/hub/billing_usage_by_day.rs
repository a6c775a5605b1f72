//! What a model was used for on each day, and over spans of days.

use hub_types::billing::{
    QueryMsg, UsageByDayResponse, UsageOfDay, UsageOfDaysResponse, UsageSums,
};
use hub_types::ids::ModelId;

use crate::usage_fixture::{calls, Trade, DAY};

fn page(trade: &Trade, model: ModelId, start_after: Option<u64>, limit: u32) -> Vec<UsageOfDay> {
    let page: UsageByDayResponse = trade.ask(QueryMsg::UsageByDay {
        model,
        denom: trade.denom(),
        start_after,
        limit: Some(limit),
    });
    page.days
}

fn span(trade: &Trade, model: ModelId, from: u64, until: u64) -> UsageSums {
    let span: UsageOfDaysResponse = trade.ask(QueryMsg::UsageOfDays {
        model,
        denom: trade.denom(),
        from,
        until,
    });
    span.sums
}

#[test]
fn a_span_that_ends_before_it_begins_is_refused_with_what_to_do() {
    let trade = Trade::new();
    let error = trade.refused(QueryMsg::UsageOfDays {
        model: ModelId(1),
        denom: trade.denom(),
        from: 10,
        until: 9,
    });
    assert!(
        error.contains(
            "the days from 10 to 9 go backwards: `until` is the last day, not before `from`"
        ),
        "{error}"
    );
}

#[test]
fn unknown_models_and_days_are_empty() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (_, session) = trade.caller("caller");
    assert_eq!(page(&trade, ModelId(99), None, 10), []);
    assert_eq!(page(&trade, model, None, 10), []);
    assert_eq!(span(&trade, model, 0, u64::MAX), UsageSums::default());
    trade.call(session, model, 1);
    let today = trade.today();
    assert_eq!(page(&trade, model, Some(today), 10), []);
    assert_eq!(page(&trade, model, Some(u64::MAX), 10), []);
    assert_eq!(span(&trade, model, 0, today - 1), UsageSums::default());
    assert_eq!(
        span(&trade, model, today + 1, u64::MAX),
        UsageSums::default()
    );
}

#[test]
fn every_day_with_calls_is_listed_with_what_it_added_the_open_one_too() {
    let mut trade = Trade::new();
    let (model, other) = (trade.model("forecast"), trade.model("other"));
    let (_, session) = trade.caller("caller");
    let first = trade.today();
    trade.call(session, model, 1);
    trade.call(session, other, 9);
    trade.hub.advance(DAY);
    trade.call(session, other, 9);
    trade.hub.advance(DAY);
    trade.call(session, model, 2);
    trade.call(session, model, 1);
    trade.hub.advance(30 * DAY - 1);
    let session = trade.caller("another").1;
    trade.call(session, model, 5);
    let day = |day, count, aged| UsageOfDay {
        day,
        sums: calls(count, aged),
    };
    let days = [
        day(first, 1, 0),
        day(first + 2, 3, 3),
        day(first + 32, 5, 0),
    ];
    assert_eq!(page(&trade, model, None, 10), days);
    assert_eq!(page(&trade, model, None, 2), days[..2]);
    assert_eq!(page(&trade, model, Some(first), 1), days[1..2]);
    // Days without calls lie between the pages as well.
    assert_eq!(page(&trade, model, Some(first + 1), 10), days[1..]);
    assert_eq!(page(&trade, model, Some(first + 31), 10), days[2..]);

    assert_eq!(span(&trade, model, 0, u64::MAX), calls(9, 3));
    assert_eq!(span(&trade, model, first, first), calls(1, 0));
    assert_eq!(span(&trade, model, first + 1, first + 31), calls(3, 3));
    assert_eq!(span(&trade, model, first + 2, first + 32), calls(8, 3));
    assert_eq!(
        span(&trade, model, first + 3, first + 31),
        UsageSums::default()
    );
}

#[test]
fn a_day_ends_with_the_block_time_and_not_with_the_receipts() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (_, session) = trade.caller("caller");
    let first = trade.today();
    trade.hub.set_time((first + 1) * DAY - 1);
    let receipts = trade
        .hub
        .receipts(&trade.attester, session, model, 2, |_, receipt| {
            receipt.units = hub_types::wire::Units::new(10, 1);
        });
    let batch = |place: usize| vec![receipts[place].clone()];
    trade
        .hub
        .settle(&trade.attester, hub_types::wire::Mode::Itemised, batch(0));
    trade.hub.advance(1);
    trade
        .hub
        .settle(&trade.attester, hub_types::wire::Mode::Itemised, batch(1));
    let days: Vec<(u64, u64)> = page(&trade, model, None, 10)
        .iter()
        .map(|day| (day.day, day.sums.calls))
        .collect();
    assert_eq!(days, [(first, 1), (first + 1, 1)]);
}
