//! Models by aged income.

use hub_types::billing::{QueryMsg, RankedModel, RankingPlace, RankingResponse};
use hub_types::denom::UncheckedDenom;
use hub_types::ids::ModelId;
use hub_types::records::usage::score;

use crate::usage_stage::{Trade, DAY, PRICE};

fn page(trade: &Trade, start_after: Option<RankingPlace>, limit: u32) -> Vec<RankedModel> {
    let page: RankingResponse = trade.ask(QueryMsg::Ranking {
        denom: trade.denom(),
        start_after,
        limit: Some(limit),
    });
    page.models
}

fn ranked(model: ModelId, calls: u128) -> RankedModel {
    let aged = calls * PRICE;
    RankedModel {
        place: RankingPlace {
            score: score(aged),
            model,
        },
        aged: aged.into(),
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
    trade.call(session, model, 1);
    assert_eq!(page(&trade, None, 10), [ranked(model, 1)]);
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
    // 33 of 32 is within a sixteenth: these two stand as equals, the older one first.
    let counts = [1, 32, 7, 33, 100, 0];
    for (model, count) in models.iter().zip(counts).filter(|(_, count)| *count > 0) {
        trade.call(session, *model, count);
    }
    let expected = [
        ranked(models[4], 100),
        ranked(models[1], 32),
        ranked(models[3], 33),
        ranked(models[2], 7),
        ranked(models[0], 1),
    ];
    assert_eq!(page(&trade, None, 10), expected);
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
        let (slow, fast) = (ranked(slow, 10), ranked(fast, calls));
        let expected = match slow.place.score >= fast.place.score {
            true => [slow, fast],
            false => [fast, slow],
        };
        assert_eq!(page(&trade, None, 10), expected, "{calls}");
    }
}
