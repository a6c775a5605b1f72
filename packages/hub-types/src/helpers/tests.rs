use cosmwasm_std::testing::MockQuerier;
use cosmwasm_std::{
    coin, from_json, to_json_binary, Addr, Binary, ContractResult, Empty, MsgResponse,
    QuerierWrapper, Reply, StdError, SubMsgResponse, SubMsgResult, SystemError, SystemResult,
    Uint128, WasmMsg, WasmQuery,
};
use cw20::Cw20ExecuteMsg;
use hub_wire::ids::{ModelId, SessionId};
use serde::de::DeserializeOwned;

use super::{answer, BillingContract, EscrowContract, RegistryContract};
use crate::denom::{Denom, UncheckedDenom};
use crate::escrow::{Cw20HookMsg, ExecuteMsg, Models, NewSession, SessionCreated};
use crate::{billing, escrow, registry};

fn escrow_contract() -> EscrowContract {
    EscrowContract(Addr::unchecked("escrow"))
}

fn session() -> NewSession {
    NewSession {
        operator: "operator".to_owned(),
        measurement: None,
        models: Models::Any {},
        max_price: None,
        budget: Uint128::new(5),
        expires_at: 9,
        ceiling: None,
        label: None,
    }
}

/// Address, message and coins of an execution.
fn parts<T: DeserializeOwned>(msg: WasmMsg) -> (String, T, Vec<cosmwasm_std::Coin>) {
    match msg {
        WasmMsg::Execute {
            contract_addr,
            msg,
            funds,
        } => (contract_addr, from_json(msg).unwrap(), funds),
        other => panic!("{other:?} executes nothing"),
    }
}

fn reply(result: SubMsgResult) -> Reply {
    Reply {
        id: 1,
        payload: Binary::default(),
        gas_used: 0,
        result,
    }
}

fn succeeded(msg_responses: Vec<MsgResponse>) -> Reply {
    #[allow(deprecated)] // What chains of before CosmWasm 2.0 filled in.
    let response = SubMsgResponse {
        events: vec![],
        data: None,
        msg_responses,
    };
    reply(SubMsgResult::Ok(response))
}

/// A `MsgExecuteContractResponse` with data of less than 128 bytes.
fn executed(data: &[u8]) -> MsgResponse {
    let value = match data.len() {
        0 => vec![],
        length => [&[0x0a, u8::try_from(length).unwrap()], data].concat(),
    };
    MsgResponse {
        type_url: "/cosmwasm.wasm.v1.MsgExecuteContractResponse".to_owned(),
        value: value.into(),
    }
}

#[test]
fn a_reply_without_the_expected_data_is_an_error_that_says_why() {
    let failed = reply(SubMsgResult::Err("no money".to_owned()));
    assert_eq!(
        answer::<SessionCreated>(failed),
        Err(StdError::generic_err("no money"))
    );
    assert_eq!(
        answer::<SessionCreated>(succeeded(vec![])),
        Err(StdError::generic_err("the reply holds no message response"))
    );
    assert_eq!(
        answer::<SessionCreated>(succeeded(vec![executed(b"")])),
        Err(StdError::generic_err("the message returned no data"))
    );
    for nonsense in [&b"{}"[..], b"7", b"\xff"] {
        let error = answer::<SessionCreated>(succeeded(vec![executed(nonsense)])).unwrap_err();
        assert!(matches!(error, StdError::ParseErr { .. }), "{error}");
    }
    let mut torn = executed(br#"{"session":7}"#);
    torn.value = torn.value[..5].into();
    answer::<SessionCreated>(succeeded(vec![torn])).unwrap_err();
}

#[test]
fn what_a_message_created_is_in_the_data_of_its_reply() {
    assert_eq!(
        answer(succeeded(vec![executed(br#"{"session":7}"#)])),
        Ok(SessionCreated {
            session: SessionId(7)
        })
    );
}

#[test]
fn an_escrow_is_told_what_the_method_says_and_gets_coins_with_deposits_alone() {
    let escrow = escrow_contract();
    let usdc = UncheckedDenom::Native("uusdc".to_owned());
    let recipient = Addr::unchecked("user");
    let deposit = |session| ExecuteMsg::Deposit {
        beneficiary: None,
        session,
    };
    let told = [
        (escrow.deposit(coin(5, "uusdc")), deposit(None), true),
        (
            escrow.deposit_and_open(coin(5, "uusdc"), session()),
            deposit(Some(session())),
            true,
        ),
        (
            escrow.open_session(Denom::Native("uusdc".to_owned()), session()),
            ExecuteMsg::OpenSession {
                denom: usdc.clone(),
                session: session(),
            },
            false,
        ),
        (
            escrow.top_up(SessionId(3), Uint128::new(4)),
            ExecuteMsg::TopUp {
                session: SessionId(3),
                amount: Uint128::new(4),
            },
            false,
        ),
        (
            escrow.raise_ceiling(SessionId(3), Uint128::new(4)),
            ExecuteMsg::RaiseCeiling {
                session: SessionId(3),
                ceiling: Uint128::new(4),
            },
            false,
        ),
        (
            escrow.close_session(SessionId(3)),
            ExecuteMsg::CloseSession {
                session: SessionId(3),
            },
            false,
        ),
        (
            escrow.release_session(SessionId(3)),
            ExecuteMsg::ReleaseSession {
                session: SessionId(3),
            },
            false,
        ),
        (
            escrow.withdraw(usdc.clone(), Uint128::new(4), Some(&recipient)),
            ExecuteMsg::Withdraw {
                denom: usdc,
                amount: Some(Uint128::new(4)),
                recipient: Some("user".to_owned()),
            },
            false,
        ),
    ];
    for (msg, expected, with_coins) in told {
        let coins = with_coins.then(|| coin(5, "uusdc")).into_iter().collect();
        assert_eq!(parts(msg.unwrap()), ("escrow".to_owned(), expected, coins));
    }
}

#[test]
fn tokens_go_through_their_contract_with_the_session_inside() {
    let token = Addr::unchecked("token");
    let msg = escrow_contract()
        .deposit_and_open_cw20(&token, Uint128::new(5), session())
        .unwrap();
    let hook = Cw20HookMsg::Deposit {
        beneficiary: None,
        session: Some(session()),
    };
    let send = Cw20ExecuteMsg::Send {
        contract: "escrow".to_owned(),
        amount: Uint128::new(5),
        msg: to_json_binary(&hook).unwrap(),
    };
    assert_eq!(parts(msg), ("token".to_owned(), send, vec![]));
}

/// A chain where `billing` names the escrow `escrow`, and that escrow answers that `collector` charges it.
fn chain_with_collector(collector: &'static str) -> MockQuerier {
    let mut querier: MockQuerier<Empty> = MockQuerier::new(&[]);
    querier.update_wasm(move |query| {
        let answer = match query {
            WasmQuery::Smart { contract_addr, .. } => match contract_addr.as_str() {
                "billing" => to_json_binary(&billing::ConfigResponse {
                    layout: crate::packed::LAYOUT,
                    registry: Addr::unchecked("registry"),
                    escrow: Addr::unchecked("escrow"),
                    receipt_max_age_seconds: 1,
                }),
                "escrow" => to_json_binary(&escrow::ConfigResponse {
                    layout: crate::packed::LAYOUT,
                    collector: Addr::unchecked(collector),
                    receipt_max_age_seconds: 1,
                }),
                "registry" => to_json_binary(&registry::TermsListResponse { terms: vec![] }),
                other => {
                    let addr = other.to_owned();
                    return SystemResult::Err(SystemError::NoSuchContract { addr });
                }
            },
            other => panic!("{other:?} is not asked"),
        };
        SystemResult::Ok(ContractResult::Ok(answer.unwrap()))
    });
    querier
}

#[test]
fn a_billing_contract_that_its_escrow_does_not_know_is_refused() {
    let billing = BillingContract(Addr::unchecked("billing"));
    let chain = chain_with_collector("another");
    assert_eq!(
        billing.hub(&QuerierWrapper::<Empty>::new(&chain)),
        Err(StdError::generic_err(
            "billing is not the billing contract of the escrow escrow, which is another"
        ))
    );
}

#[test]
fn the_whole_hub_is_found_from_its_billing_contract() {
    let billing = BillingContract(Addr::unchecked("billing"));
    let chain = chain_with_collector("billing");
    let registry = RegistryContract(Addr::unchecked("registry"));
    let querier = QuerierWrapper::<Empty>::new(&chain);
    assert_eq!(
        billing.hub(&querier),
        Ok((registry.clone(), escrow_contract()))
    );
    assert_eq!(
        registry.terms_in_force(&querier, ModelId(7)),
        Err(StdError::generic_err("model 7 has no terms in force"))
    );
}
