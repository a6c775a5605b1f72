//! A contract as caller: it opens a session with its own money, agrees to each call by raising the ceiling, settles the
//! receipt itself, reads what was charged from the data, and later checks a proof that the call was made.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    from_json, to_json_binary, Addr, Binary, Coin, Deps, DepsMut, Empty, Env, MessageInfo, Reply,
    Response, StdError, StdResult, SubMsg, Uint128, WasmMsg,
};
use cw_multi_test::{ContractWrapper, Executor};
use cw_storage_plus::Item;
use hub_testing::{data, Hub, NATIVE};
use hub_types::billing::{self, InclusionProof, InclusionResponse, Outcome, ReceiptResponse};
use hub_types::escrow::{self, ModelRef, Models, NewCeiling, NewSession, SessionCreated};
use hub_types::ids::{AttesterId, ModelId, SessionId};
use hub_types::wire::{merkle, Mode, Receipt};

use crate::fixture::{changes, Fixture, CALL};

/// A contract that buys inference, written against hub-types alone.
mod buyer {
    use super::*;

    #[cw_serde]
    pub struct Config {
        pub escrow: Addr,
        pub billing: Addr,
    }

    #[cw_serde]
    pub enum Execute {
        /// Opens a session for one model with the coins sent along. Its ceiling starts at nothing.
        Open {
            operator: String,
            model: ModelId,
        },
        /// Agrees to pay up to `price` more; whoever has receipts may settle them.
        Agree {
            price: Uint128,
        },
        /// Agrees likewise, and settles the receipt itself.
        Buy {
            price: Uint128,
            receipt: Binary,
            sequence: u64,
            signature: Binary,
        },
        /// Fails unless the receipt stands in a recorded batch.
        Check {
            attester: AttesterId,
            batch: u64,
            receipt: Binary,
            proof: InclusionProof,
        },
        /// Ends the session; takes what is left once it was released.
        Close {},
        Collect {},
    }

    const CONFIG: Item<Config> = Item::new("config");
    const SESSION: Item<SessionId> = Item::new("session");
    const AGREED: Item<Uint128> = Item::new("agreed");
    const BOUGHT: Item<u64> = Item::new("bought");

    const OPENED: u64 = 1;
    const SETTLED: u64 = 2;

    pub fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, msg: Config) -> StdResult<Response> {
        CONFIG.save(deps.storage, &msg)?;
        AGREED.save(deps.storage, &Uint128::zero())?;
        BOUGHT.save(deps.storage, &0)?;
        Ok(Response::new())
    }

    pub fn execute(
        deps: DepsMut,
        env: Env,
        info: MessageInfo,
        msg: Execute,
    ) -> StdResult<Response> {
        let Config { escrow, billing } = CONFIG.load(deps.storage)?;
        let call = |contract: &Addr, msg: Binary, funds: Vec<Coin>| WasmMsg::Execute {
            contract_addr: contract.to_string(),
            msg,
            funds,
        };
        match msg {
            Execute::Open { operator, model } => {
                let coin = cw_utils::one_coin(&info)
                    .map_err(|error| StdError::generic_err(error.to_string()))?;
                let session = NewSession {
                    operator,
                    measurement: None,
                    models: Models::Listed(vec![ModelRef {
                        model,
                        release: None,
                    }]),
                    max_price: None,
                    budget: coin.amount,
                    expires_at: env.block.time.seconds() + 86_400,
                    ceiling: Some(NewCeiling { key: None }),
                    label: None,
                };
                let deposit = escrow::ExecuteMsg::Deposit {
                    beneficiary: None,
                    session: Some(session),
                };
                let open = call(&escrow, to_json_binary(&deposit)?, vec![coin]);
                Ok(Response::new().add_submessage(SubMsg::reply_on_success(open, OPENED)))
            }
            Execute::Agree { price } => {
                Ok(Response::new().add_message(call(&escrow, agree(deps, price)?, vec![])))
            }
            Execute::Buy {
                price,
                receipt,
                sequence,
                signature,
            } => {
                let settle = billing::ExecuteMsg::Settle {
                    receipt,
                    sequence,
                    signature,
                    voucher: None,
                };
                let settle = call(&billing, to_json_binary(&settle)?, vec![]);
                Ok(Response::new()
                    .add_message(call(&escrow, agree(deps, price)?, vec![]))
                    .add_submessage(SubMsg::reply_on_success(settle, SETTLED)))
            }
            Execute::Check {
                attester,
                batch,
                receipt,
                proof,
            } => {
                let query = billing::QueryMsg::VerifyInclusion {
                    attester,
                    batch,
                    receipt,
                    proof,
                };
                let shown: InclusionResponse = deps.querier.query_wasm_smart(billing, &query)?;
                Ok(Response::new().set_data(to_json_binary(&shown)?))
            }
            Execute::Close {} => {
                let session = SESSION.load(deps.storage)?;
                let close = to_json_binary(&escrow::ExecuteMsg::CloseSession { session })?;
                Ok(Response::new().add_message(call(&escrow, close, vec![])))
            }
            Execute::Collect {} => {
                let session = SESSION.load(deps.storage)?;
                let release = escrow::ExecuteMsg::ReleaseSession { session };
                let withdraw = escrow::ExecuteMsg::Withdraw {
                    denom: hub_types::denom::UncheckedDenom::Native(NATIVE.into()),
                    amount: None,
                    recipient: None,
                };
                Ok(Response::new()
                    .add_message(call(&escrow, to_json_binary(&release)?, vec![]))
                    .add_message(call(&escrow, to_json_binary(&withdraw)?, vec![])))
            }
        }
    }

    /// The voucher of a contract: a message that raises the ceiling by `price`.
    fn agree(deps: DepsMut, price: Uint128) -> StdResult<Binary> {
        let session = SESSION.load(deps.storage)?;
        let ceiling = AGREED.load(deps.storage)? + price;
        AGREED.save(deps.storage, &ceiling)?;
        to_json_binary(&escrow::ExecuteMsg::RaiseCeiling { session, ceiling })
    }

    pub fn reply(deps: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
        let response = reply.result.into_result().map_err(StdError::generic_err)?;
        let value = &response.msg_responses[0].value;
        let data = cw_utils::parse_execute_response_data(value)
            .map_err(|error| StdError::generic_err(error.to_string()))?
            .data
            .unwrap_or_default();
        match reply.id {
            OPENED => {
                let SessionCreated { session } = from_json(&data)?;
                SESSION.save(deps.storage, &session)?;
                Ok(Response::new())
            }
            // A receipt that was recorded need not have been paid: the data tells.
            _ => {
                let settled: ReceiptResponse = from_json(&data)?;
                if settled.outcome != Outcome::Paid {
                    return Err(StdError::generic_err("not paid"));
                }
                BOUGHT.update(deps.storage, |bought| StdResult::Ok(bought + 1))?;
                Ok(Response::new().set_data(data))
            }
        }
    }

    pub fn query(deps: Deps, _: Env, _: Empty) -> StdResult<Binary> {
        to_json_binary(&BOUGHT.load(deps.storage)?)
    }
}

struct Buyer {
    fixture: Fixture,
    contract: Addr,
}

impl Buyer {
    /// A buyer contract whose session is the fixture's, with a budget of ten calls.
    fn new() -> Self {
        let mut fixture = Fixture::new();
        let hub = &mut fixture.hub;
        let code = hub.app.store_code(Box::new(
            ContractWrapper::new(buyer::execute, buyer::instantiate, buyer::query)
                .with_reply(buyer::reply),
        ));
        let config = buyer::Config {
            escrow: hub.escrow.clone(),
            billing: hub.billing.clone(),
        };
        let owner = hub.account("owner");
        let contract = hub
            .app
            .instantiate_contract(code, owner.clone(), &config, &[], "buyer", None)
            .unwrap();
        hub.name(&contract, "buyer");
        hub.give(&owner, &fixture.money, 10 * CALL);
        let open = buyer::Execute::Open {
            operator: fixture.operator.to_string(),
            model: fixture.model,
        };
        let coins = cosmwasm_std::coins(10 * CALL, NATIVE);
        hub.execute(&owner, &contract, &open, &coins).unwrap();
        fixture.session = hub.last_session(&contract);
        Self { fixture, contract }
    }

    fn tell(&mut self, msg: &buyer::Execute) -> anyhow::Result<cw_multi_test::AppResponse> {
        let owner = self.fixture.hub.account("owner");
        let contract = self.contract.clone();
        self.fixture.hub.execute(&owner, &contract, msg, &[])
    }

    fn buy(&self, price: u128, receipt: &Receipt, number: u64) -> buyer::Execute {
        match self
            .fixture
            .hub
            .sign_receipt(&self.fixture.attester, receipt, number)
        {
            billing::ExecuteMsg::Settle {
                receipt,
                sequence,
                signature,
                ..
            } => buyer::Execute::Buy {
                price: price.into(),
                receipt,
                sequence,
                signature,
            },
            _ => unreachable!(),
        }
    }

    fn bought(&self) -> SessionId {
        let hub: &Hub = &self.fixture.hub;
        hub.app
            .wrap()
            .query_wasm_smart(&self.contract, &Empty {})
            .unwrap()
    }
}

/// Attack (overdraft and double spending): a contract raises its ceiling, settles, and is paid for less than it
/// agreed to.
/// Defence: it reads the answer in `data` and undoes everything in the same transaction.
#[test]
fn a_contract_that_agrees_to_too_little_pays_nothing_and_its_agreement_is_undone() {
    let mut buyer = Buyer::new();
    let receipt = buyer.fixture.receipts(1).remove(0);
    let before = buyer.fixture.hub.snapshot();
    let msg = buyer.buy(CALL - 1, &receipt, 0);
    let error = buyer.tell(&msg).unwrap_err();
    assert!(
        format!("{error:?}").contains("voucher_missing"),
        "{error:?}"
    );
    before.assert_unchanged(&buyer.fixture.hub);
    assert_eq!(buyer.bought(), SessionId(0));
}

#[test]
fn a_contract_buys_calls_checks_a_proof_and_gets_its_rest_back() {
    let mut buyer = Buyer::new();
    let before = buyer.fixture.hub.ledger();
    let receipt = buyer.fixture.receipts(1).remove(0);
    let msg = buyer.buy(CALL, &receipt, 0);
    let response = buyer.tell(&msg).unwrap();
    assert_eq!(
        data::<ReceiptResponse>(&response),
        ReceiptResponse {
            outcome: Outcome::Paid,
            amount: CALL.into()
        }
    );
    assert_eq!(buyer.bought(), SessionId(1));
    let paid = CALL as i128;
    let session = buyer.fixture.session;
    assert_eq!(
        before.diff(&buyer.fixture.hub.ledger()),
        changes(&[
            ("author available uusdc", paid),
            ("author earned uusdc", paid),
            (&format!("session {session} left"), -paid),
            (&format!("session {session} spent"), paid),
        ])
    );

    // Two more calls, settled by the operator in a batch, once the contract has agreed.
    let price = Uint128::new(2 * CALL);
    buyer.tell(&buyer::Execute::Agree { price }).unwrap();
    let fixture = &mut buyer.fixture;
    let receipts = fixture.receipts(2);
    let (batch, leaves) = fixture
        .hub
        .batch_and_leaves(&fixture.attester, Mode::Itemised, receipts);
    fixture.send(&batch).unwrap();
    let settled_at = fixture.hub.now();
    let bytes: Vec<_> = leaves.iter().map(Receipt::encode).collect();
    let proof = merkle::prove(&bytes, 1).unwrap();
    let check = |receipt: &[u8]| buyer::Execute::Check {
        attester: AttesterId(1),
        batch: 1,
        receipt: receipt.into(),
        proof: InclusionProof {
            index: 1,
            siblings: proof.siblings.iter().map(|hash| hash.into()).collect(),
        },
    };
    let response = buyer.tell(&check(&bytes[1])).unwrap();
    assert_eq!(
        data::<InclusionResponse>(&response),
        InclusionResponse {
            attester: AttesterId(1),
            measurement: None,
            settled_at,
            offered: 2,
            paid: 2
        }
    );
    buyer.tell(&check(&bytes[0])).unwrap_err();

    buyer.tell(&buyer::Execute::Close {}).unwrap();
    let before = buyer.fixture.hub.ledger();
    buyer.fixture.hub.advance(60 + 86_400);
    buyer.tell(&buyer::Execute::Collect {}).unwrap();
    let rest = 7 * CALL as i128;
    assert_eq!(
        before.diff(&buyer.fixture.hub.ledger()),
        changes(&[
            ("buyer wallet uusdc", rest),
            ("escrow held uusdc", -rest),
            ("escrow owed uusdc", -rest),
            (&format!("session {session} left"), -rest),
        ])
    );
    buyer.fixture.hub.assert_invariants();
}
