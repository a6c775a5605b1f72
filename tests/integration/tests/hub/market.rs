//! The promise of the Hub, with the models and prices of a real market: whoever wrote the model has the whole price in
//! the transaction that proves the call.

use std::collections::BTreeMap;

use cosmwasm_std::Addr;
use hub_testing::{
    data, event, events, AppResponse, Attester, Hub, KeyType, Market, Mode, Money, NewModel,
    Receipt, Units,
};
use hub_types::billing::{
    BatchResponse, ExecuteMsg, Gross, Outcome, OutcomeRun, QueryMsg, ReceiptResponse, UsageResponse,
};
use hub_types::ids::{ModelId, SessionId};

const KEY_TYPES: [KeyType; 2] = [KeyType::Secp256k1, KeyType::Ed25519];

/// Every model of the market registered by an author of its own, and an attester to serve them.
struct Fixture {
    hub: Hub,
    market: Market,
    money: Money,
    operator: Addr,
    attester: Attester,
    /// Ids of the models, in the order of the market.
    models: Vec<ModelId>,
}

impl Fixture {
    fn new(money: impl FnOnce(&Hub) -> Money, key_type: KeyType) -> Self {
        let mut hub = Hub::new();
        let money = money(&hub);
        let market = Market::load();
        let register = |(place, model): (usize, &hub_testing::MarketModel)| {
            let author = hub.account(&author(place));
            let plan = NewModel::named(&model.name)
                .price(&money, market.rates(place))
                .release(model.blob_id);
            hub.register_model(&author, plan)
        };
        let models = market.models.iter().enumerate().map(register).collect();
        let operator = hub.account("operator");
        let attester = hub.register_attester(&operator, key_type, 1);
        Self {
            hub,
            market,
            money,
            operator,
            attester,
            models,
        }
    }

    fn open_session(&mut self, budget: u128) -> SessionId {
        let caller = self.hub.account("caller");
        self.hub
            .open_session(&caller, &self.operator, &self.money, budget, |session| {
                session
            })
    }

    fn send(&mut self, message: ExecuteMsg) -> AppResponse {
        let submitter = self.hub.account("submitter");
        self.hub.billing(&submitter, message).unwrap()
    }

    /// What calls of the model at `place` cost, one by one or in sum.
    fn price(&self, place: usize, mode: Mode, calls: &[Units]) -> u128 {
        let rates = self.market.rates(place);
        let amount = |calls: &[Units]| {
            let sum = calls
                .iter()
                .try_fold(Units::default(), |sum, call| sum.checked_add(*call));
            rates.amount(calls.len() as u64, sum.unwrap()).unwrap()
        };
        match mode {
            Mode::Itemised => calls.iter().map(|call| amount(&[*call])).sum(),
            Mode::Netted => amount(calls),
        }
    }

    fn usage(&self, place: usize) -> UsageResponse {
        let query = QueryMsg::Usage {
            model: self.models[place],
            denom: self.money.unchecked(),
        };
        self.hub.query_billing(query).unwrap()
    }
}

fn author(place: usize) -> String {
    format!("author {place}")
}

/// Units of the call at `place`, as different as real ones.
fn units(place: u64) -> Units {
    Units::new(50 + place * 7 % 3_951, 20 + place * 13 % 1_481)
}

fn named(changes: impl IntoIterator<Item = (String, u128)>, sign: i128) -> Vec<(String, i128)> {
    changes
        .into_iter()
        .map(|(entry, amount)| (entry, sign * i128::try_from(amount).unwrap()))
        .collect()
}

fn attributes<const N: usize>(pairs: [(&str, String); N]) -> Vec<(String, String)> {
    pairs.map(|(key, value)| (key.to_owned(), value)).into()
}

fn a_receipt_pays_in_full(money: impl FnOnce(&Hub) -> Money, key_type: KeyType) {
    let mut fixture = Fixture::new(money, key_type);
    let session = fixture.open_session(1_000_000);
    let place = 2;
    let receipt = fixture
        .hub
        .receipt(&fixture.attester, session, fixture.models[place]);
    let price = fixture.price(place, Mode::Itemised, &[receipt.units]);
    assert_eq!(
        price,
        1_250 + 2_000,
        "1.25 and 10 dollars per million, 1 000 in and 200 out"
    );

    let before = fixture.hub.ledger();
    let message = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    let response = fixture.send(message);

    let outcome = ReceiptResponse {
        outcome: Outcome::Paid,
        amount: price.into(),
    };
    assert_eq!(data::<ReceiptResponse>(&response), outcome);
    let what = fixture.hub.money_name(&fixture.money);
    let mut expected = named(
        [
            (format!("author 2 available {what}"), price),
            (format!("author 2 earned {what}"), price),
            (format!("session {session} spent"), price),
        ],
        1,
    );
    expected.extend(named([(format!("session {session} left"), price)], -1));
    expected.sort();
    assert_eq!(before.diff(&fixture.hub.ledger()), expected);
    let text = [
        ("attester", fixture.attester.id.to_string()),
        ("session", session.to_string()),
        ("sequence", "0".to_owned()),
        ("caller", fixture.hub.account("caller").to_string()),
        ("model", fixture.models[place].to_string()),
        ("release", "1".to_owned()),
        ("terms", "1".to_owned()),
        ("blob_id", fixture.market.models[place].blob_id.to_string()),
        ("request_id", hex::encode(receipt.request_id)),
        ("issued_at", fixture.hub.now().to_string()),
        ("units_in", "1000".to_owned()),
        ("units_out", "200".to_owned()),
        ("request_hash", hex::encode(receipt.request_hash)),
        ("response_hash", hex::encode(receipt.response_hash)),
        ("outcome", "paid".to_owned()),
        ("amount", price.to_string()),
        ("denom", fixture.money.checked().to_string()),
    ];
    assert_eq!(event(&response, "hub_receipt"), attributes(text));
    fixture.hub.assert_invariants();
}

/// Ten sessions, eight models and 125 calls of each in each: ten thousand receipts in eighty groups.
fn a_batch_pays_in_full(money: impl FnOnce(&Hub) -> Money, key_type: KeyType, mode: Mode) {
    let mut fixture = Fixture::new(money, key_type);
    let sessions: Vec<SessionId> = (0..10).map(|_| fixture.open_session(50_000_000)).collect();
    let mut receipts: Vec<Receipt> = vec![];
    let mut expected: BTreeMap<String, i128> = BTreeMap::new();
    let mut gross = 0;
    let what = fixture.hub.money_name(&fixture.money);
    for session in &sessions {
        for (place, model) in fixture.models.iter().enumerate() {
            let calls: Vec<Units> = (0..125)
                .map(|call| units(session.0 * 1_000 + call))
                .collect();
            receipts.extend(fixture.hub.receipts(
                &fixture.attester,
                *session,
                *model,
                125,
                |at, it| {
                    it.units = calls[at as usize];
                },
            ));
            let price = fixture.price(place, mode, &calls);
            gross += price;
            let who = author(place);
            for (entry, sign) in [
                (format!("{who} available {what}"), 1),
                (format!("{who} earned {what}"), 1),
                (format!("session {session} spent"), 1),
                (format!("session {session} left"), -1),
            ] {
                *expected.entry(entry).or_default() += sign * i128::try_from(price).unwrap();
            }
        }
    }

    let before = fixture.hub.ledger();
    let batch = fixture.hub.batch(&fixture.attester, mode, receipts);
    let message = fixture.hub.sign_batch(&fixture.attester, &batch);
    let response = fixture.send(message.clone());

    assert_eq!(
        data::<BatchResponse>(&response),
        BatchResponse {
            attester: fixture.attester.id,
            batch: Some(1),
            offered: 10_000,
            paid: 10_000,
            gross: vec![Gross {
                denom: fixture.money.checked(),
                amount: gross.into(),
            }],
            outcomes: vec![OutcomeRun {
                outcome: Outcome::Paid,
                groups: 80,
            }],
        }
    );
    let after = fixture.hub.ledger();
    assert_eq!(
        before.diff(&after),
        expected.into_iter().collect::<Vec<_>>()
    );
    let text = [
        ("attester", fixture.attester.id.to_string()),
        ("batch", "1".to_owned()),
        ("root", hex::encode(batch.receipts_root)),
        ("offered", "10000".to_owned()),
        ("paid", "10000".to_owned()),
        ("gross", format!("{gross}{}", fixture.money.checked())),
        ("outcomes", "paid*80".to_owned()),
    ];
    assert_eq!(event(&response, "hub_settle"), attributes(text));
    for (place, model) in fixture.models.iter().enumerate() {
        let usage = fixture.usage(place);
        let earned = after.get(&format!("{} earned {what}", author(place)));
        assert_eq!((usage.model, usage.sums.gross.u128()), (*model, earned));
        assert_eq!((usage.sums.calls, usage.sums.free_calls), (1_250, 0));
    }
    fixture.hub.assert_invariants();

    // The same bytes once more: recorded before, so nothing happens.
    let everything = fixture.hub.snapshot();
    let response = fixture.send(message);
    assert_eq!(events(&response), vec![]);
    let again: BatchResponse = data(&response);
    assert_eq!(
        again.outcomes_of_groups().collect::<Vec<_>>(),
        [Outcome::Stale; 80]
    );
    assert_eq!((again.batch, again.paid, again.gross), (None, 0, vec![]));
    everything.assert_unchanged(&fixture.hub);
}

#[test]
fn one_native_receipt_pays_the_author_in_full_in_its_transaction() {
    for key_type in KEY_TYPES {
        a_receipt_pays_in_full(Hub::money_native, key_type);
    }
}

#[test]
fn one_cw20_receipt_pays_the_author_in_full_in_its_transaction() {
    for key_type in KEY_TYPES {
        a_receipt_pays_in_full(Hub::money_cw20, key_type);
    }
}

#[test]
fn ten_thousand_itemised_native_receipts_pay_every_author_in_full_in_one_transaction() {
    for key_type in KEY_TYPES {
        a_batch_pays_in_full(Hub::money_native, key_type, Mode::Itemised);
    }
}

#[test]
fn ten_thousand_itemised_cw20_receipts_pay_every_author_in_full_in_one_transaction() {
    for key_type in KEY_TYPES {
        a_batch_pays_in_full(Hub::money_cw20, key_type, Mode::Itemised);
    }
}

#[test]
fn ten_thousand_netted_native_receipts_pay_every_author_in_full_in_one_transaction() {
    for key_type in KEY_TYPES {
        a_batch_pays_in_full(Hub::money_native, key_type, Mode::Netted);
    }
}

#[test]
fn ten_thousand_netted_cw20_receipts_pay_every_author_in_full_in_one_transaction() {
    for key_type in KEY_TYPES {
        a_batch_pays_in_full(Hub::money_cw20, key_type, Mode::Netted);
    }
}
