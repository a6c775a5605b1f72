//! Models by aged income, recent and of all time.

use hub_types::billing::{QueryMsg, RankedModel, RankingPlace, RankingResponse};
use hub_types::denom::UncheckedDenom;
use hub_types::ids::ModelId;
use hub_types::records::{recent, usage};
use hub_types::time::Week;

use crate::usage_fixture::{Trade, DAY, PRICE, WEEK};

fn page(trade: &Trade, start_after: Option<RankingPlace>, limit: u32) -> Vec<RankedModel> {
    let page: RankingResponse = trade.ask(QueryMsg::Ranking {
        denom: trade.denom(),
        start_after,
        limit: Some(limit),
    });
    page.models
}

fn lifetime_page(trade: &Trade, start_after: Option<RankingPlace>, limit: u32) -> Vec<RankedModel> {
    let page: RankingResponse = trade.ask(QueryMsg::LifetimeRanking {
        denom: trade.denom(),
        start_after,
        limit: Some(limit),
    });
    page.models
}

/// A model of which one payer made so many calls, all of them in this week.
fn ranked(trade: &Trade, model: ModelId, calls: u128) -> RankedModel {
    let aged = calls * PRICE;
    RankedModel {
        place: RankingPlace {
            score: recent::score(aged, Week(trade.this_week())),
            model,
        },
        recent_aged: aged.into(),
        aged: aged.into(),
        gross: aged.into(),
        related: 0u128.into(),
        payers: 1,
        returning: 0,
    }
}

/// The same in the ranking of all time.
fn of_all_time(ranked: RankedModel) -> RankedModel {
    RankedModel {
        place: RankingPlace {
            score: usage::score(ranked.aged.u128()),
            ..ranked.place
        },
        ..ranked
    }
}

/// Attack (market-number fakes): a model is called fifty times in a day by fresh money, or in a coin of its author's
/// own, to lead the ranking.
/// Defence: models rank by aged income, in one denomination at a time.
#[test]
fn models_without_aged_income_and_other_denominations_are_not_ranked() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    let (_, session) = trade.caller("caller");
    let author = trade.author.clone();
    let own = trade.session(&author);
    trade.call(session, model, 50);
    trade.hub.advance(2 * DAY);
    trade.call(own, model, 50);
    assert_eq!(page(&trade, None, 10), []);
    assert_eq!(lifetime_page(&trade, None, 10), []);
    trade.call(session, model, 1);
    let expected = RankedModel {
        gross: (101 * PRICE).into(),
        related: (50 * PRICE).into(),
        ..ranked(&trade, model, 1)
    };
    assert_eq!(page(&trade, None, 10), std::slice::from_ref(&expected));
    assert_eq!(lifetime_page(&trade, None, 10), [of_all_time(expected)]);
    let other: RankingResponse = trade.ask(QueryMsg::Ranking {
        denom: UncheckedDenom::Native("never".into()),
        start_after: None,
        limit: None,
    });
    assert_eq!(other.models, []);
}

#[test]
fn the_most_aged_income_comes_first_and_of_equals_the_older_model() {
    let mut trade = Trade::new();
    let models: Vec<ModelId> = (0..6).map(|n| trade.model(&format!("model-{n}"))).collect();
    let (_, session) = trade.caller("caller");
    trade.hub.advance(2 * DAY);
    // 44 of 43 is within a sixteenth of a doubling: these two stand as equals, the older one first.
    let counts = [1, 43, 7, 44, 100, 0];
    for (model, count) in models.iter().zip(counts).filter(|(_, count)| *count > 0) {
        trade.call(session, *model, count);
    }
    let expected = [(4, 100), (1, 43), (3, 44), (2, 7), (0, 1)]
        .map(|(place, calls)| ranked(&trade, models[place], calls));
    assert_eq!(page(&trade, None, 10), expected);
    let lifetime = lifetime_page(&trade, None, 10);
    // That of all time draws the line elsewhere.
    let order = [4, 3, 1, 2, 0].map(|place: usize| models[place]);
    let found: Vec<ModelId> = lifetime.iter().map(|model| model.place.model).collect();
    assert_eq!(found, order);
    let mut found = vec![];
    for _ in 0..6 {
        let last = found.last().map(|model: &RankedModel| model.place);
        found.extend(page(&trade, last, 1));
    }
    assert_eq!(found, expected);
}

#[test]
fn a_model_that_earns_more_moves_up_and_stands_in_one_place_only() {
    let mut trade = Trade::new();
    let (slow, fast) = (trade.model("slow"), trade.model("fast"));
    let (_, session) = trade.caller("caller");
    trade.hub.advance(2 * DAY);
    trade.call(session, slow, 10);
    for calls in 1..=30 {
        trade.call(session, fast, 1);
        let (slow, fast) = (ranked(&trade, slow, 10), ranked(&trade, fast, calls));
        let expected = match slow.place.score >= fast.place.score {
            true => [slow, fast],
            false => [fast, slow],
        };
        assert_eq!(page(&trade, None, 10), expected, "{calls}");
    }
}

/// The ranking is of the present: who earned much long ago makes room, and nobody has to touch it for that.
#[test]
fn an_idle_model_falls_behind_one_that_earns_less_now_and_stays_first_of_all_time() {
    let mut trade = Trade::new();
    let (old, new) = (trade.model("old"), trade.model("new"));
    let (caller, session) = trade.caller("caller");
    trade.hub.advance(2 * DAY);
    trade.call(session, old, 80);
    let then = ranked(&trade, old, 80);
    trade.hub.advance(8 * WEEK - 2 * DAY);
    let session = trade.session(&caller);
    trade.hub.advance(2 * DAY);
    // A quarter of the 80 is left.
    let old_now = RankedModel {
        recent_aged: (20 * PRICE).into(),
        ..then
    };
    assert_eq!(page(&trade, None, 10), std::slice::from_ref(&old_now));
    trade.call(session, new, 19);
    let new_now = ranked(&trade, new, 19);
    assert_eq!(page(&trade, None, 10), [old_now.clone(), new_now]);
    trade.call(session, new, 3);
    let new_now = ranked(&trade, new, 22);
    assert_eq!(page(&trade, None, 10), [new_now.clone(), old_now.clone()]);
    let of_all = [old_now.clone(), new_now.clone()].map(of_all_time);
    assert_eq!(lifetime_page(&trade, None, 10), of_all);
    // Pages go on within a ranking.
    let next = page(&trade, Some(new_now.place), 10);
    assert_eq!(next, [old_now]);
}
