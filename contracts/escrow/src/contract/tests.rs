//! What an embedded chain does not show: gas limits, payloads, native transfers that fail, more coins than there are.

use std::cell::RefCell;

use cosmwasm_std::testing::{
    message_info, mock_dependencies, mock_env, MockApi, MockQuerier, MockStorage,
};
use cosmwasm_std::{
    coins, from_json, Addr, Api, BankMsg, CosmosMsg, DepsMut, Event, MessageInfo, Order, OwnedDeps,
    QuerierWrapper, Record, ReplyOn, Storage, SubMsg, SubMsgResponse, SubMsgResult, Uint128,
};
use cw_utils::PaymentError;
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{
    BalanceResponse, Books, Credit, DenomResponse, Models, NewSession, SessionSettlement,
};
use hub_types::ids::{AttesterId, DenomNumber, SessionId};
use hub_types::price::Rates;
use hub_types::time::Week;

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

/// Storage that notes every key that is read or written.
struct Noted<'a> {
    storage: &'a mut MockStorage,
    reads: RefCell<Vec<Vec<u8>>>,
    writes: Vec<Vec<u8>>,
}

impl Storage for Noted<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.reads.borrow_mut().push(key.to_vec());
        self.storage.get(key)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) {
        self.writes.push(key.to_vec());
        self.storage.set(key, value);
    }

    fn remove(&mut self, key: &[u8]) {
        self.writes.push(key.to_vec());
        self.storage.remove(key);
    }

    fn range<'a>(
        &'a self,
        _start: Option<&[u8]>,
        _end: Option<&[u8]>,
        _order: Order,
    ) -> Box<dyn Iterator<Item = Record> + 'a> {
        panic!("settlement walks through no range");
    }
}

#[test]
fn settlement_reads_the_collector_and_touches_each_session_and_balance_once() {
    let mut chain = Chain::new();
    let now = mock_env().block.time.seconds();
    for _ in 0..2 {
        let info = message_info(&chain.account("alice"), &coins(100, DENOM));
        let msg = ExecuteMsg::Deposit {
            beneficiary: None,
            session: Some(NewSession {
                operator: chain.account("operator").into_string(),
                measurement: None,
                models: Models::Any {},
                max_price: Some(Rates::default()),
                budget: Uint128::new(100),
                expires_at: now + 1,
                ceiling: None,
                label: None,
            }),
        };
        chain.execute(info, msg).unwrap();
    }
    let settlement = |session, charge: u128| SessionSettlement {
        session,
        attester: AttesterId(1),
        replaces: None,
        next_before: 0,
        next_after: 9,
        charge: charge.into(),
        kept: 0u128.into(),
        ceiling: None,
        paid_week: Week(0),
        paid_models: 0,
    };
    let canonical = |name: &str| {
        let account = chain.account(name);
        chain.0.api.addr_canonicalize(account.as_str()).unwrap()
    };
    let authors = ["anna", "bert", "cleo"].map(canonical);
    let books = Books {
        sessions: vec![settlement(SessionId(1), 20), settlement(SessionId(2), 10)],
        credits: authors
            .iter()
            .map(|account| Credit {
                account: account.clone(),
                denom: DenomNumber(1),
                amount: Uint128::new(10),
            })
            .collect(),
    };
    let msg = ExecuteMsg::Settle {
        books: books.encode(),
    };

    let info = message_info(&chain.account("billing"), &[]);
    let OwnedDeps {
        storage,
        api,
        querier,
        ..
    } = &mut chain.0;
    let mut noted = Noted {
        storage,
        reads: RefCell::default(),
        writes: vec![],
    };
    let deps = DepsMut {
        storage: &mut noted,
        api,
        querier: QuerierWrapper::new(querier),
    };
    let response = execute(deps, mock_env(), info, msg).unwrap();
    assert_eq!(response, Response::new());

    let sessions = [1u64, 2].map(|id| [b"S".as_slice(), &id.to_be_bytes()].concat());
    let balances = authors.map(|account| [b"B", account.as_slice(), &[0, 0, 0, 1]].concat());
    let records = [sessions.as_slice(), &balances].concat();
    let reads = [&[b"collector".to_vec()], records.as_slice()].concat();
    assert_eq!(noted.reads.into_inner(), reads);
    assert_eq!(noted.writes, records);
}
