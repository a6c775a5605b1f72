//! The buyer on a whole Hub: failure cases first.
#![allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use cosmwasm_std::{coins, Addr, HexBinary, Uint128};
use cw_multi_test::{AppResponse, ContractWrapper, Executor};
use hub_testing::{data, rates, Attester, Hub, KeyType, Mode, NewModel, Receipt, NATIVE};
use hub_types::billing::InclusionProof;
use hub_types::denom::Denom;
use hub_types::escrow::{ExecuteMsg as Escrow, SessionState};
use hub_types::ids::{ModelId, SessionId};
use hub_types::wire::{merkle, sha256};
use inference_buyer::contract;
use inference_buyer::error::ContractError;
use inference_buyer::msg::{
    ExecuteMsg, InstantiateMsg, OrderCreated, OrderResponse, QueryMsg, RequestResponse,
};

const DAY: u64 = 86_400;
/// What a call costs: 5, and 2 USD per million units in, of 1 000 units.
const CALL: u128 = 5 + 2_000;
const BUDGET: u128 = 10 * CALL;

struct Shop {
    hub: Hub,
    buyer: Addr,
    alice: Addr,
    bob: Addr,
    author: Addr,
    model: ModelId,
    attester: Attester,
}

impl Shop {
    fn open() -> Self {
        let mut hub = Hub::new();
        let [author, operator, alice, bob] =
            ["author", "operator", "alice", "bob"].map(|name| hub.account(name));
        let model = NewModel::named("forecast")
            .price(&hub.money_native(), rates(5, 2_000_000, 0))
            .release([7; 32]);
        let model = hub.register_model(&author, model);
        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        let code = hub.app.store_code(Box::new(
            ContractWrapper::new(contract::execute, contract::instantiate, contract::query)
                .with_reply(contract::reply),
        ));
        let msg = InstantiateMsg {
            billing: hub.billing.to_string(),
            operator: operator.to_string(),
            measurement: None,
            model,
            order_seconds: DAY,
        };
        let buyer = hub
            .app
            .instantiate_contract(code, author.clone(), &msg, &[], "buyer", None)
            .unwrap();
        hub.name(&buyer, "buyer");
        for user in [&alice, &bob] {
            hub.mint(user, coins(2 * BUDGET, NATIVE));
        }
        Self {
            hub,
            buyer,
            alice,
            bob,
            author,
            model,
            attester,
        }
    }

    fn tell(
        &mut self,
        sender: &Addr,
        msg: ExecuteMsg,
        funds: &[cosmwasm_std::Coin],
    ) -> anyhow::Result<AppResponse> {
        let buyer = self.buyer.clone();
        self.hub.execute(sender, &buyer, &msg, funds)
    }

    /// The error of a message that must fail and change nothing in the Hub or in any wallet.
    #[track_caller]
    fn refused(&mut self, sender: &Addr, msg: ExecuteMsg) -> ContractError {
        self.refused_with(sender, msg, &[])
    }

    #[track_caller]
    fn refused_with(
        &mut self,
        sender: &Addr,
        msg: ExecuteMsg,
        funds: &[cosmwasm_std::Coin],
    ) -> ContractError {
        let before = (self.hub.ledger(), self.hub.snapshot());
        let error = self.tell(sender, msg, funds).unwrap_err();
        assert_eq!(before.0.diff(&self.hub.ledger()), []);
        before.1.assert_unchanged(&self.hub);
        error.downcast().unwrap()
    }

    /// What the Hub said to a message that must fail and change nothing.
    #[track_caller]
    fn refused_by_the_hub(&mut self, sender: &Addr, msg: ExecuteMsg) -> String {
        let before = (self.hub.ledger(), self.hub.snapshot());
        let error = self.tell(sender, msg, &[]).unwrap_err();
        assert_eq!(before.0.diff(&self.hub.ledger()), []);
        before.1.assert_unchanged(&self.hub);
        error.root_cause().to_string()
    }

    #[track_caller]
    fn order(&mut self, user: &Addr) -> SessionId {
        let response = self.tell(user, ExecuteMsg::Order {}, &coins(BUDGET, NATIVE));
        data::<OrderCreated>(&response.unwrap()).order
    }

    #[track_caller]
    fn ask(&mut self, user: &Addr, order: SessionId, request: &str) {
        self.tell(user, asking(order, request, CALL), &[]).unwrap();
    }

    /// Serves requests of an order in one batch: batch number 1 if it is the first. Returns what shows each answer.
    fn serve(&mut self, order: SessionId, requests: &[&str]) -> Vec<ExecuteMsg> {
        self.serve_with(order, requests, |_| {})
    }

    fn serve_with(
        &mut self,
        order: SessionId,
        requests: &[&str],
        change: impl Fn(&mut Receipt),
    ) -> Vec<ExecuteMsg> {
        let count = requests.len() as u64;
        let (hub, attester) = (&mut self.hub, &self.attester);
        let receipts = hub.receipts(attester, order, self.model, count, |place, receipt| {
            receipt.request_hash = hash(requests[place as usize]);
            receipt.units.output = 0;
            change(receipt);
        });
        let (batch, leaves) = hub.batch_and_leaves(attester, Mode::Itemised, receipts);
        let msg = hub.sign_batch(attester, &batch);
        let response = hub.billing(&attester.operator, msg).unwrap();
        let number = data::<hub_types::billing::BatchResponse>(&response)
            .batch
            .unwrap();
        answers(number, &leaves)
    }

    fn state(&self, order: SessionId) -> OrderResponse {
        let query = QueryMsg::Order { order };
        let wrap = self.hub.app.wrap();
        wrap.query_wasm_smart(&self.buyer, &query).unwrap()
    }

    fn request(&self, order: SessionId, request: &str) -> RequestResponse {
        let query = QueryMsg::Request {
            order,
            request_hash: hash(request).into(),
        };
        let wrap = self.hub.app.wrap();
        wrap.query_wasm_smart(&self.buyer, &query).unwrap()
    }
}

fn hash(request: &str) -> [u8; 32] {
    sha256(&[request.as_bytes()])
}

fn asking(order: SessionId, request: &str, max_price: u128) -> ExecuteMsg {
    ExecuteMsg::Ask {
        order,
        request_hash: hash(request).into(),
        max_price: Uint128::new(max_price),
    }
}

/// What shows each receipt of a batch.
fn answers(batch: u64, leaves: &[Receipt]) -> Vec<ExecuteMsg> {
    let bytes: Vec<_> = leaves.iter().map(Receipt::encode).collect();
    let show = |(place, receipt): (usize, &Vec<u8>)| {
        let proof = merkle::prove(&bytes, place as u64).unwrap();
        ExecuteMsg::Answer {
            batch,
            receipt: receipt.as_slice().into(),
            proof: InclusionProof {
                index: proof.index,
                siblings: proof.siblings.iter().map(HexBinary::from).collect(),
            },
        }
    };
    bytes.iter().enumerate().map(show).collect()
}

fn changes(expected: &[(&str, i128)]) -> Vec<(String, i128)> {
    let mut changes: Vec<_> = expected
        .iter()
        .map(|(entry, change)| ((*entry).to_owned(), *change))
        .collect();
    changes.sort();
    changes
}

#[test]
fn an_order_takes_one_coin_that_the_model_is_paid_in() {
    let mut shop = Shop::open();
    let alice = shop.alice.clone();
    shop.hub.mint(&alice, coins(9, "untrn"));
    let order = || ExecuteMsg::Order {};
    assert!(matches!(
        shop.refused(&alice, order()),
        ContractError::Payment(_)
    ));
    let both = [coins(9, NATIVE), coins(9, "untrn")].concat();
    assert!(matches!(
        shop.refused_with(&alice, order(), &both),
        ContractError::Payment(_)
    ));
    assert_eq!(
        shop.refused_with(&alice, order(), &coins(9, "untrn")),
        ContractError::WrongDenom {
            expected: Denom::Native(NATIVE.to_owned())
        }
    );
}

#[test]
fn messages_that_take_no_coins_refuse_them() {
    let mut shop = Shop::open();
    let alice = shop.alice.clone();
    let order = shop.order(&alice);
    for msg in [
        asking(order, "why?", 1),
        ExecuteMsg::Close { order },
        ExecuteMsg::Refund { order },
    ] {
        assert!(matches!(
            shop.refused_with(&alice, msg, &coins(1, NATIVE)),
            ContractError::Payment(_)
        ));
    }
}

#[test]
fn nobody_asks_in_or_closes_anothers_order() {
    let mut shop = Shop::open();
    let (alice, bob) = (shop.alice.clone(), shop.bob.clone());
    let order = shop.order(&alice);
    for msg in [asking(order, "why?", 1), ExecuteMsg::Close { order }] {
        assert_eq!(
            shop.refused(&bob, msg),
            ContractError::NotTheUser {
                order,
                user: alice.clone()
            }
        );
    }
    // A session that a stranger opened for the contract is nobody's order.
    let gift = shop.hub.new_session(&bob, 9);
    let money = shop.hub.money_native();
    let buyer = shop.buyer.clone();
    shop.hub
        .deposit(&bob, &money, 9, Some(&buyer), Some(gift))
        .unwrap();
    let gift = shop.hub.last_session(&buyer);
    for msg in [
        asking(gift, "why?", 1),
        ExecuteMsg::Close { order: gift },
        ExecuteMsg::Refund { order: gift },
    ] {
        let expected = ContractError::UnknownOrder { order: gift };
        assert_eq!(shop.refused(&bob, msg), expected);
    }
}

#[test]
fn no_more_is_promised_than_the_order_has_and_nothing_after_its_end() {
    let mut shop = Shop::open();
    let alice = shop.alice.clone();
    let order = shop.order(&alice);
    shop.ask(&alice, order, "why?");
    assert_eq!(
        shop.refused(&alice, asking(order, "why?", 1)),
        ContractError::AskedBefore { order }
    );
    let free = Uint128::new(BUDGET - CALL);
    assert_eq!(
        shop.refused(&alice, asking(order, "how?", free.u128() + 1)),
        ContractError::TooDear { order, free }
    );
    assert!(matches!(
        shop.refused(&alice, asking(order, "how?", u128::MAX)),
        ContractError::Overflow(_)
    ));
    shop.hub.advance(DAY);
    assert_eq!(
        shop.refused(&alice, asking(order, "how?", 1)),
        ContractError::Ended { order }
    );
}

#[test]
fn without_a_request_the_operator_is_paid_nothing() {
    let mut shop = Shop::open();
    let alice = shop.alice.clone();
    let order = shop.order(&alice);
    let receipts = shop
        .hub
        .receipts(&shop.attester, order, shop.model, 1, |_, _| {});
    let batch = shop.hub.batch(&shop.attester, Mode::Itemised, receipts);
    let msg = shop.hub.sign_batch(&shop.attester, &batch);
    let operator = shop.attester.operator.clone();
    let error = shop.hub.billing(&operator, msg).unwrap_err();
    assert!(error.to_string().contains("voucher_missing"), "{error}");
}

#[test]
fn answers_that_nobody_asked_for_or_that_another_operator_vouches_for_are_not_believed() {
    let mut shop = Shop::open();
    let (alice, bob) = (shop.alice.clone(), shop.bob.clone());
    let order = shop.order(&alice);
    shop.ask(&alice, order, "why?");
    let not_asked = shop.serve(order, &["how?"]).remove(0);
    assert_eq!(
        shop.refused(&alice, not_asked),
        ContractError::NotAsked { order }
    );

    // Mallory's batch of calls of its own holds a receipt for alice's order: the root says so, and the proof is right.
    let mallory = shop.hub.account("mallory");
    let forger = shop.hub.register_attester(&mallory, KeyType::Ed25519, 2);
    let money = shop.hub.money_native();
    let own = shop
        .hub
        .open_session(&mallory, &mallory, &money, BUDGET, |session| session);
    let billed = shop.hub.receipt(&forger, own, shop.model);
    let forged = Receipt {
        session: order,
        request_hash: hash("why?"),
        ..billed.clone()
    };
    let (mut batch, _) = shop
        .hub
        .batch_and_leaves(&forger, Mode::Itemised, vec![billed]);
    let leaves = [forged];
    batch.receipts_root = merkle::root(leaves.iter().map(Receipt::encode));
    let msg = shop.hub.sign_batch(&forger, &batch);
    shop.hub.billing(&mallory, msg).unwrap();
    let forged = answers(1, &leaves).remove(0);
    assert_eq!(
        shop.refused(&mallory, forged),
        ContractError::NotBelieved {
            reason: "its attester is another operator's"
        }
    );

    // The operator's own, for other weights, from another batch, and by a key that was stolen.
    shop.ask(&alice, order, "weights?");
    let answer = shop
        .serve_with(order, &["weights?"], |receipt| {
            receipt.blob_id = [8; 32].into();
        })
        .remove(0);
    assert_eq!(
        shop.refused(&bob, answer),
        ContractError::NotBelieved {
            reason: "other weights ran than the release says"
        }
    );
    shop.ask(&alice, order, "where?");
    let answer = shop.serve(order, &["where?"]).remove(0);
    let mut elsewhere = answer.clone();
    if let ExecuteMsg::Answer { batch, .. } = &mut elsewhere {
        *batch -= 1;
    }
    let said = shop.refused_by_the_hub(&bob, elsewhere);
    assert!(said.contains("proof"), "{said}");
    let operator = shop.attester.operator.clone();
    let attester = shop.attester.id;
    let revoke = hub_types::billing::ExecuteMsg::Revoke { attester };
    shop.hub.billing(&operator, revoke).unwrap();
    assert_eq!(
        shop.refused(&bob, answer),
        ContractError::NotBelieved {
            reason: "its attester was revoked"
        }
    );
}

#[test]
fn the_rest_waits_for_the_end_and_is_paid_once() {
    let mut shop = Shop::open();
    let (alice, bob) = (shop.alice.clone(), shop.bob.clone());
    let order = shop.order(&alice);
    let other = shop.order(&bob);
    shop.tell(&alice, ExecuteMsg::Close { order }, &[]).unwrap();
    let said = shop.refused_by_the_hub(&alice, ExecuteMsg::Refund { order });
    assert!(said.contains("can be released"), "{said}");

    shop.hub.advance(60 + DAY);
    shop.tell(&bob, ExecuteMsg::Refund { order }, &[]).unwrap();
    // Bob's rest lies in the same balance meanwhile.
    let operator = shop.attester.operator.clone();
    let release = Escrow::ReleaseSession { session: other };
    shop.hub.escrow(&operator, release).unwrap();
    assert_eq!(
        shop.refused(&alice, ExecuteMsg::Refund { order }),
        ContractError::RefundedBefore { order }
    );
}

#[test]
fn a_price_that_rises_while_an_order_lasts_is_not_paid() {
    let mut shop = Shop::open();
    let (alice, author, model) = (shop.alice.clone(), shop.author.clone(), shop.model);
    let dearer = hub_testing::terms(
        &shop.hub.money_native(),
        rates(6, 2_000_000, 0),
        0,
        &[(&author, 10_000)],
    );
    let rise = shop.hub.set_terms(&author, model, dearer);
    shop.hub.set_time(rise.effective_from - 10);
    let order = shop.order(&alice);
    shop.tell(&alice, asking(order, "why?", 2 * CALL), &[])
        .unwrap();
    shop.hub.set_time(rise.effective_from);
    shop.serve(order, &["why?"]);
    assert_eq!(shop.hub.session(order).spent, Uint128::zero());
}

#[test]
fn users_ask_see_that_they_were_answered_and_get_their_rest_back() {
    let mut shop = Shop::open();
    let (alice, bob) = (shop.alice.clone(), shop.bob.clone());
    let before = shop.hub.ledger();
    let order = shop.order(&alice);
    let other = shop.order(&bob);
    shop.ask(&alice, order, "why?");
    shop.ask(&alice, order, "how?");
    shop.ask(&bob, other, "when?");
    let shown = shop.serve(order, &["why?", "how?"]);
    shop.serve(other, &["when?"]);
    let spent = |calls: u128| (calls * CALL) as i128;
    assert_eq!(
        before.diff(&shop.hub.ledger()),
        changes(&[
            ("alice wallet uusdc", -(BUDGET as i128)),
            ("bob wallet uusdc", -(BUDGET as i128)),
            ("author available uusdc", spent(3)),
            ("author earned uusdc", spent(3)),
            ("escrow held uusdc", 2 * BUDGET as i128),
            ("escrow owed uusdc", 2 * BUDGET as i128),
            ("session 1 budget", BUDGET as i128),
            ("session 1 left", BUDGET as i128 - spent(2)),
            ("session 1 spent", spent(2)),
            ("session 2 budget", BUDGET as i128),
            ("session 2 left", BUDGET as i128 - spent(1)),
            ("session 2 spent", spent(1)),
        ])
    );

    assert_eq!(shop.request(order, "why?").answer, None);
    shop.tell(&bob, shown[0].clone(), &[]).unwrap();
    let answer = shop.request(order, "why?").answer.unwrap();
    assert_eq!(answer.attester, shop.attester.id);
    assert_eq!(
        answer.response_hash,
        HexBinary::from(sha256(&[b"response"]))
    );
    assert_eq!(answer.issued_at, shop.hub.now());
    assert_eq!(
        shop.refused(&alice, shown[0].clone()),
        ContractError::AnsweredBefore {}
    );

    // Alice's order is released by anyone, late; bob's by the operator, at once. Each gets the own rest.
    shop.tell(&alice, ExecuteMsg::Close { order }, &[]).unwrap();
    let before = shop.hub.ledger();
    shop.hub.advance(60 + DAY);
    let operator = shop.attester.operator.clone();
    let release = Escrow::ReleaseSession { session: other };
    shop.hub.escrow(&operator, release).unwrap();
    shop.tell(&bob, ExecuteMsg::Refund { order }, &[]).unwrap();
    shop.tell(&alice, ExecuteMsg::Refund { order: other }, &[])
        .unwrap();
    assert_eq!(
        before.diff(&shop.hub.ledger()),
        changes(&[
            ("alice wallet uusdc", BUDGET as i128 - spent(2)),
            ("bob wallet uusdc", BUDGET as i128 - spent(1)),
            ("escrow held uusdc", spent(3) - 2 * BUDGET as i128),
            ("escrow owed uusdc", spent(3) - 2 * BUDGET as i128),
            ("session 1 left", spent(2) - BUDGET as i128),
            ("session 2 left", spent(1) - BUDGET as i128),
        ])
    );
    for (order, user) in [(order, alice), (other, bob)] {
        assert_eq!(shop.hub.session(order).state, SessionState::Released);
        let refunded = true;
        assert_eq!(shop.state(order), OrderResponse { user, refunded });
    }
    shop.hub.assert_invariants();
}

#[test]
fn an_order_that_was_used_up_is_closed_with_nothing_to_pay_back() {
    let mut shop = Shop::open();
    let alice = shop.alice.clone();
    let order = shop.order(&alice);
    shop.tell(&alice, asking(order, "all?", BUDGET), &[])
        .unwrap();
    // Nothing more can be promised, but what costs nothing can be asked.
    shop.tell(&alice, asking(order, "gratis?", 0), &[]).unwrap();
    let requests: Vec<_> = (0..10).map(|_| "all?").collect();
    shop.serve(order, &requests);
    shop.hub.advance(2 * DAY);
    let before = shop.hub.ledger();
    shop.tell(&alice, ExecuteMsg::Refund { order }, &[])
        .unwrap();
    assert_eq!(before.diff(&shop.hub.ledger()), []);
    assert!(shop.state(order).refunded);
}

#[test]
fn a_buyer_is_not_made_for_what_is_no_hub_or_no_model() {
    let mut shop = Shop::open();
    let author = shop.author.clone();
    let code = shop.hub.app.contract_data(&shop.buyer).unwrap().code_id;
    let good = InstantiateMsg {
        billing: shop.hub.billing.to_string(),
        operator: author.to_string(),
        measurement: None,
        model: shop.model,
        order_seconds: DAY,
    };
    let bad = [
        InstantiateMsg {
            billing: shop.hub.registry.to_string(),
            ..good.clone()
        },
        InstantiateMsg {
            model: ModelId(99),
            ..good.clone()
        },
        InstantiateMsg {
            operator: "nobody".to_owned(),
            ..good.clone()
        },
        InstantiateMsg {
            measurement: Some(HexBinary::from([1; 31])),
            ..good
        },
    ];
    for msg in bad {
        shop.hub
            .app
            .instantiate_contract(code, author.clone(), &msg, &[], "buyer", None)
            .unwrap_err();
    }
}
