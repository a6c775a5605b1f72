//! What each release of a model was used for.

use hub_types::billing::{QueryMsg, UsageByReleaseResponse, UsageOfRelease};
use hub_types::ids::{ModelId, ReleaseNumber};

use crate::usage_fixture::{calls, Trade, DAY};

fn page(
    trade: &Trade,
    model: ModelId,
    start_after: Option<ReleaseNumber>,
    limit: Option<u32>,
) -> Vec<UsageOfRelease> {
    let page: UsageByReleaseResponse = trade.ask(QueryMsg::UsageByRelease {
        model,
        denom: trade.denom(),
        start_after,
        limit,
    });
    page.releases
}

fn sold(release: ReleaseNumber, count: u64, aged: u64) -> UsageOfRelease {
    UsageOfRelease {
        release,
        sums: calls(count, aged),
    }
}

#[test]
fn models_and_releases_that_were_never_billed_are_left_out() {
    let mut trade = Trade::new();
    let model = trade.model("forecast");
    assert_eq!(page(&trade, ModelId(99), None, None), []);
    assert_eq!(page(&trade, model, None, None), []);
    let author = trade.author.clone();
    for blob in 2..=4 {
        trade.hub.publish(&author, model, [blob; 32]);
    }
    let (_, session) = trade.caller("caller");
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(3)), 2);
    assert_eq!(
        page(&trade, model, None, None),
        [sold(ReleaseNumber(3), 2, 0)]
    );
    assert_eq!(page(&trade, model, Some(ReleaseNumber(3)), None), []);
}

#[test]
fn releases_are_told_apart_however_their_calls_interleave() {
    let mut trade = Trade::new();
    let (model, other) = (trade.model("forecast"), trade.model("other"));
    let author = trade.author.clone();
    for blob in 2..=4 {
        trade.hub.publish(&author, model, [blob; 32]);
    }
    let (_, session) = trade.caller("caller");
    trade.call(session, other, 7);
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(1)), 1);
    assert_eq!(
        page(&trade, model, None, None),
        [sold(ReleaseNumber(1), 1, 0)]
    );
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(3)), 2);
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(1)), 4);
    trade.hub.advance(2 * DAY);
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(2)), 8);
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(4)), 16);
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(3)), 32);
    trade.call_release(session, (ModelId(model.0), ReleaseNumber(4)), 1);
    let releases = [
        sold(ReleaseNumber(1), 5, 0),
        sold(ReleaseNumber(2), 8, 8),
        sold(ReleaseNumber(3), 34, 32),
        sold(ReleaseNumber(4), 17, 17),
    ];
    assert_eq!(page(&trade, model, None, None), releases);
    assert_eq!(page(&trade, model, None, Some(2)), releases[..2]);
    assert_eq!(
        page(&trade, model, Some(ReleaseNumber(2)), Some(2)),
        releases[2..]
    );
    assert_eq!(page(&trade, model, Some(ReleaseNumber(4)), None), []);
}
