//! What an embedded chain does not show: gas limits, payloads, native transfers that fail, more coins than there are.

use cosmwasm_std::testing::{
    message_info, mock_dependencies, mock_env, MockApi, MockQuerier, MockStorage,
};
use cosmwasm_std::{
    coins, from_json, Addr, BankMsg, CosmosMsg, Event, MessageInfo, OwnedDeps, ReplyOn, SubMsg,
    SubMsgResponse, SubMsgResult, Uint128,
};
use cw_utils::PaymentError;
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{BalanceResponse, DenomResponse};

use super::*;

const DENOM: &str = "uusdc";

struct Chain(OwnedDeps<MockStorage, MockApi, MockQuerier>);

impl Chain {
    fn new() -> Self {
        let mut deps = mock_dependencies();
        let info = message_info(&deps.api.addr_make("billing"), &[]);
        let msg = InstantiateMsg {
            receipt_max_age_seconds: 60,
        };
        instantiate(deps.as_mut(), mock_env(), info, msg).unwrap();
        Self(deps)
    }

    fn account(&self, name: &str) -> Addr {
        self.0.api.addr_make(name)
    }

    fn execute(&mut self, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, ContractError> {
        execute(self.0.as_mut(), mock_env(), info, msg)
    }

    fn deposit(&mut self, name: &str, amount: u128) -> Result<Response, ContractError> {
        let info = message_info(&self.account(name), &coins(amount, DENOM));
        let msg = ExecuteMsg::Deposit {
            beneficiary: None,
            session: None,
        };
        self.execute(info, msg)
    }

    /// Deposits for each account, which opt in, and pays them all out.
    fn pay_out(&mut self, accounts: &[(&str, u128)]) -> Vec<SubMsg> {
        for (name, amount) in accounts {
            self.deposit(name, *amount).unwrap();
            let info = message_info(&self.account(name), &[]);
            let msg = ExecuteMsg::SetAutoPayout {
                denom: denom(),
                on: true,
            };
            self.execute(info, msg).unwrap();
        }
        let msg = ExecuteMsg::Payout {
            accounts: accounts
                .iter()
                .map(|(name, _)| self.account(name).into_string())
                .collect(),
            denom: denom(),
        };
        let info = message_info(&self.account("anyone"), &[]);
        self.execute(info, msg).unwrap().messages
    }

    fn reply(
        &mut self,
        to: &SubMsg,
        id: u64,
        result: SubMsgResult,
    ) -> Result<Response, ContractError> {
        let answer = Reply {
            id,
            payload: to.payload.clone(),
            gas_used: 0,
            result,
        };
        reply(self.0.as_mut(), mock_env(), answer)
    }

    fn ask<T: serde::de::DeserializeOwned>(&self, msg: QueryMsg) -> T {
        from_json(query(self.0.as_ref(), mock_env(), msg).unwrap()).unwrap()
    }

    fn available(&self, name: &str) -> u128 {
        let balance: BalanceResponse = self.ask(QueryMsg::Balance {
            address: self.account(name).into_string(),
            denom: denom(),
        });
        balance.available.u128()
    }

    fn owed(&self) -> u128 {
        let known: Option<DenomResponse> = self.ask(QueryMsg::Denom { denom: denom() });
        known.unwrap().owed.u128()
    }
}

fn denom() -> UncheckedDenom {
    UncheckedDenom::Native(DENOM.to_owned())
}

#[test]
fn a_coin_of_nothing_is_no_deposit() {
    let mut chain = Chain::new();
    assert_eq!(
        chain.deposit("alice", 0),
        Err(PaymentError::NoFunds {}.into())
    );
}

#[test]
fn what_is_owed_stays_within_128_bits_in_native_coins_too() {
    let mut chain = Chain::new();
    chain.deposit("alice", u128::MAX - 5).unwrap();
    assert_eq!(
        chain.deposit("bob", 6),
        Err(ContractError::OwedOverflow {
            denom: Denom::Native(DENOM.to_owned()),
            owed: Uint128::new(u128::MAX - 5),
            amount: Uint128::new(6),
        })
    );
    chain.deposit("bob", 5).unwrap();
    assert_eq!(chain.owed(), u128::MAX);
}

#[test]
fn every_transfer_of_a_payout_is_limited_and_answers_only_errors() {
    let mut chain = Chain::new();
    let messages = chain.pay_out(&[("alice", 40), ("bob", 50)]);
    let sends: Vec<_> = messages.iter().map(|message| message.msg.clone()).collect();
    let send = |name: &str, amount| {
        CosmosMsg::Bank(BankMsg::Send {
            to_address: chain.account(name).into_string(),
            amount: coins(amount, DENOM),
        })
    };
    assert_eq!(sends, [send("alice", 40), send("bob", 50)]);
    for message in &messages {
        assert_eq!(message.reply_on, ReplyOn::Error);
        assert_eq!(message.gas_limit, Some(150_000));
    }
    assert_eq!(chain.owed(), 0);
}

#[test]
fn a_native_transfer_that_fails_is_credited_back() {
    let mut chain = Chain::new();
    let messages = chain.pay_out(&[("alice", 40), ("bob", 50)]);
    let error = SubMsgResult::Err("codespace: sdk, code: 4".to_owned());
    let response = chain.reply(&messages[1], messages[1].id, error).unwrap();
    assert_eq!(
        response,
        Response::new().add_event(
            Event::new("hub_payout_failed")
                .add_attribute("account", chain.account("bob"))
                .add_attribute("amount", "50")
                .add_attribute("denom", DENOM)
                .add_attribute("error", "codespace: sdk, code: 4")
        )
    );
    assert_eq!(
        (
            chain.available("alice"),
            chain.available("bob"),
            chain.owed()
        ),
        (0, 50, 50)
    );
}

#[test]
fn replies_to_anything_else_change_nothing() {
    let mut chain = Chain::new();
    let message = chain.pay_out(&[("alice", 40)]).remove(0);
    let error = SubMsgResult::Err("no".to_owned());
    for id in [0, 2, u64::MAX] {
        assert_eq!(
            chain.reply(&message, id, error.clone()),
            Err(ContractError::UnknownReply { id })
        );
    }
    #[allow(deprecated)]
    let success = SubMsgResult::Ok(SubMsgResponse {
        events: vec![],
        data: None,
        msg_responses: vec![],
    });
    assert_eq!(
        chain.reply(&message, message.id, success),
        Ok(Response::new())
    );
    assert_eq!((chain.available("alice"), chain.owed()), (0, 0));
}
