use crate::stage::{fake, small};

#[test]
fn an_authors_own_money_is_all_related_however_long_it_lies() {
    let (faking, models) = fake("own money, cycled");
    assert!(faking.moved.gross > 0.0 && faking.moved.related == faking.moved.gross);
    assert_eq!((faking.moved.aged, faking.moved.payers), (0.0, 0.0));
    assert!(models.iter().all(|row| row.place.is_none()));
}

#[test]
fn money_borrowed_within_a_transaction_moves_gross_and_neither_age_nor_payers_nor_rank() {
    let (faking, models) = fake("borrowed within a transaction");
    assert_eq!(faking.moved.gross, 21.0 * 100_000.0);
    assert_eq!(
        (faking.moved.related, faking.moved.aged, faking.moved.payers),
        (0.0, 0.0, 0.0)
    );
    assert_eq!((faking.locked, faking.lost), (0.0, 0.0));
    assert!(models.iter().all(|row| row.place.is_none()));
}

#[test]
fn invented_calls_move_nothing_but_the_count_of_calls() {
    for (name, calls, free_calls) in [
        ("calls invented at a millionth", 105_000.0, 0.0),
        ("calls invented at no price", 0.0, 105_000.0),
    ] {
        let (faking, models) = fake(name);
        assert_eq!(
            (faking.moved.calls, faking.moved.free_calls),
            (calls, free_calls)
        );
        assert_eq!((faking.moved.aged, faking.moved.payers), (0.0, 0.0));
        assert!(models.iter().all(|row| row.place.is_none()));
    }
}

#[test]
fn callers_named_without_consent_are_no_payers() {
    let (faking, _) = fake("callers named without consent");
    // The one who really paid is.
    assert_eq!((faking.moved.calls, faking.moved.payers), (10.0, 1.0));
    assert_eq!(faking.accepted, 0);
}

#[test]
fn patience_buys_aged_income_at_the_price_of_gas_and_of_locked_money() {
    let (faking, models) = fake("patient, ten accounts");
    // Ten times fifty dollars in three weeks, from one sum of fifty.
    assert_eq!((faking.moved.aged, faking.moved.gross), (500.0, 500.0));
    assert_eq!((faking.moved.payers, faking.moved.returning), (10.0, 10.0));
    assert_eq!((faking.locked, faking.lost), (50.0, 0.0));
    // Each time for 24 hours and ten minutes; an eleventh deposit is on its way.
    assert!(
        faking.locked_days > 10.0 && faking.locked_days < 10.2,
        "{faking:?}"
    );
    assert!(faking.gas_cost > 0.0 && faking.interest > 0.0);
    assert!(models.iter().all(|row| row.place.is_some()));
}

#[test]
fn an_honest_operator_keeps_its_share_of_what_is_faked_through_it() {
    let (faking, _) = fake("patient, through an honest operator");
    let share = small().scenario.market.operator_share / 100.0;
    assert!(
        (faking.lost - share * faking.moved.gross).abs() < 1e-6,
        "{faking:?}"
    );
    assert_eq!(faking.moved.related, 0.0);
}

#[test]
fn dust_makes_payers_and_no_income_to_speak_of() {
    let (faking, _) = fake("dust from twenty accounts");
    assert_eq!((faking.moved.payers, faking.moved.aged), (20.0, 0.001));
    assert_eq!(faking.accepted, 0);
}

#[test]
fn models_in_heaps_are_stored_and_no_more() {
    let (faking, models) = fake("warehouse");
    assert_eq!((faking.models, models.len()), (20.0, 20));
    assert_eq!((faking.moved.calls, faking.with_aged), (0.0, 0));
    let (faking, _) = fake("warehouse that looks earning");
    assert_eq!((faking.with_aged, faking.accepted), (20, 0));
}

#[test]
fn smearing_costs_what_it_moves() {
    let (faking, _) = fake("smearing another's income as related");
    let share = small().scenario.market.operator_share / 100.0;
    assert!((faking.moved.related - 50.0).abs() < 0.001, "{faking:?}");
    assert!(
        (faking.lost - faking.moved.related * (1.0 - share)).abs() < 0.001,
        "{faking:?}"
    );
}

#[test]
fn every_transaction_of_a_ring_is_charged_for() {
    let outcome = small();
    for ring in &outcome.rings {
        let each = ring.bill.gas / ring.bill.transactions;
        assert!(each > 69_000, "less than a bank transfer: {:?}", ring.bill);
    }
}
