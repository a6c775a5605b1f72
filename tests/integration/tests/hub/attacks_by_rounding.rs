//! What could be gained where amounts are rounded and divided.

use hub_testing::{data, rates, terms, NewModel};
use hub_types::billing::{BatchResponse, ReceiptResponse};
use hub_types::ids::{SessionId, TermsNumber};
use hub_types::registry::ExecuteMsg;
use hub_types::wire::{Mode, Units};

use crate::fixture::Fixture;

/// Attack (rounding): a caller lets its units be counted in the smallest pieces, so that each is rounded down to
/// nothing.
/// Defence: every receipt is rounded up for itself: a piece costs no less than its part of the whole.
#[test]
fn units_in_small_pieces_cost_no_less_than_at_once() {
    let mut fixture = Fixture::new();
    let fine = NewModel::named("fine")
        .price(&fixture.money, rates(0, 1, 0))
        .release([9; 32]);
    let model = fixture.hub.register_model(&fixture.author.clone(), fine);
    let one_unit = |_: u64, receipt: &mut hub_types::wire::Receipt| {
        receipt.units = Units::new(1, 0);
    };
    let pieces = fixture
        .hub
        .receipts(&fixture.attester, fixture.session, model, 100, one_unit);
    let before = fixture.hub.session(SessionId(1)).spent.u128();
    fixture.send(&fixture.batch(pieces)).unwrap();
    let in_pieces = fixture.hub.session(SessionId(1)).spent.u128() - before;

    let mut whole = fixture
        .hub
        .receipt(&fixture.attester, fixture.session, model);
    whole.units = Units::new(100, 0);
    let next = fixture.next();
    let response = fixture.send_receipt(&whole, next).unwrap();
    let at_once = data::<ReceiptResponse>(&response).amount.u128();
    assert_eq!((in_pieces, at_once), (100, 1));
}

/// Attack (rounding): a submitter cuts a model's income into the raggedest pieces, so that what is lost in each division
/// goes to the same payee or to nobody.
/// Defence: whose a unit is hangs on its number in the model's lifetime alone: every 10 000 are divided exactly.
#[test]
fn every_ten_thousand_units_are_divided_exactly_however_they_came() {
    let mut fixture = Fixture::new();
    let (author, backer) = (fixture.author.clone(), fixture.hub.account("backer"));
    let shared = NewModel::named("shared")
        .price(&fixture.money, rates(1, 0, 0))
        .operator_bps(1)
        .payees(&[(&author, 3_333), (&backer, 6_666)])
        .release([9; 32]);
    let model = fixture.hub.register_model(&author, shared);
    let mut left = 10_000;
    let mut piece = 1;
    let before = fixture.hub.ledger();
    while left > 0 {
        let count = left.min(piece);
        let receipts =
            fixture
                .hub
                .receipts(&fixture.attester, fixture.session, model, count, |_, _| {});
        let mode = [Mode::Itemised, Mode::Netted][(piece % 2) as usize];
        let batch = fixture.hub.batch(&fixture.attester, mode, receipts);
        let answer: BatchResponse = data(&fixture.send(&batch).unwrap());
        assert_eq!(answer.paid, count);
        (left, piece) = (left - count, piece * 2 + 1);
    }
    let after = fixture.hub.ledger();
    let earned = |who: &str| {
        let entry = format!("{who} earned uusdc");
        after.get(&entry) - before.get(&entry)
    };
    assert_eq!(
        ["author", "backer", "operator"].map(earned),
        [3_333, 6_666, 1]
    );
}

/// Attack (rounding): an author sets the same terms anew before every call, so that the first payee gets the first units
/// of every division.
/// Defence: the count of units goes on through new terms and is never reset.
#[test]
fn terms_set_anew_do_not_begin_the_division_anew() {
    let mut fixture = Fixture::new();
    let (author, backer) = (fixture.author.clone(), fixture.hub.account("backer"));
    let (money, price) = (fixture.money.clone(), rates(1_000, 0, 0));
    let shares = [(&author, 5_000), (&backer, 5_000)];
    let shared = NewModel::named("shared")
        .price(&money, price)
        .payees(&shares)
        .release([9; 32]);
    let model = fixture.hub.register_model(&author, shared);
    for _ in 0..10 {
        // Not in the second in which the call is made: terms begin at once, and the receipt names the newest.
        fixture.hub.advance(1);
        let terms = terms(&money, price, 0, &shares);
        fixture
            .hub
            .registry(&author, ExecuteMsg::SetTerms { model, terms })
            .unwrap();
        let receipt = fixture
            .hub
            .receipt(&fixture.attester, fixture.session, model);
        let next = fixture.next();
        fixture.send_receipt(&receipt, next).unwrap();
    }
    assert_eq!(fixture.hub.model(model).latest_terms, TermsNumber(11));
    let ledger = fixture.hub.ledger();
    assert_eq!(
        ["author", "backer"].map(|who| ledger.get(&format!("{who} earned uusdc"))),
        [5_000, 5_000]
    );
}
