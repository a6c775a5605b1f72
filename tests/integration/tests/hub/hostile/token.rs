//! A cw20 token that can be told to take a fee, to lie, to fail, to call back, or not to be a token at all.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Reply, Response,
    StdError, StdResult, SubMsg, SubMsgResult, Uint128, WasmMsg,
};
use cw20::{BalanceResponse, Cw20ReceiveMsg, TokenInfoResponse};
use cw_multi_test::{Contract, ContractWrapper, Executor};
use cw_storage_plus::{Item, Map};
use hub_testing::{Hub, Money};
use hub_types::escrow;
use serde::Serialize;

const MANNERS: Item<Behaviour> = Item::new("behaviour");
const BALANCES: Map<&Addr, Uint128> = Map::new("balance");
const ANSWERS: Item<Vec<String>> = Item::new("answers");

/// How it behaves.
#[cw_serde]
#[derive(Default)]
pub struct Behaviour {
    /// Kept of every transfer and send, while the recipient is told of the whole.
    pub fee: Uint128,
    /// What it says that anybody holds, whatever is true.
    pub says: Option<Uint128>,
    /// Recipients to whom transfers fail.
    pub fails_for: Vec<String>,
    /// What it calls from within a transfer, failing or not.
    pub calls_back: Vec<Call>,
    /// Whether it answers no query at all, as a contract that is no token.
    pub mute: bool,
}

/// A message to any contract.
#[cw_serde]
pub struct Call {
    pub contract: String,
    pub msg: Binary,
}

impl Call {
    pub fn new(contract: &Addr, msg: &impl Serialize) -> Self {
        Self {
            contract: contract.to_string(),
            msg: to_json_binary(msg).unwrap(),
        }
    }

    pub fn message(self) -> WasmMsg {
        WasmMsg::Execute {
            contract_addr: self.contract,
            msg: self.msg,
            funds: vec![],
        }
    }
}

#[cw_serde]
pub enum TokenMsg {
    Transfer {
        recipient: String,
        amount: Uint128,
    },
    Send {
        contract: String,
        amount: Uint128,
        msg: Binary,
    },
    /// Makes tokens out of nothing.
    Give {
        recipient: String,
        amount: Uint128,
    },
    Behave(Behaviour),
    /// Calls a contract in its own name.
    Call(Call),
}

#[cw_serde]
pub enum TokenQuery {
    Balance {
        address: String,
    },
    TokenInfo {},
    /// What its calls back led to.
    Answers {},
}

fn instantiate(
    deps: DepsMut,
    _env: Env,
    _info: MessageInfo,
    behaviour: Behaviour,
) -> StdResult<Response> {
    MANNERS.save(deps.storage, &behaviour)?;
    ANSWERS.save(deps.storage, &vec![])?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, _env: Env, info: MessageInfo, msg: TokenMsg) -> StdResult<Response> {
    let behaviour = MANNERS.load(deps.storage)?;
    match msg {
        TokenMsg::Transfer { recipient, amount } => {
            if behaviour.fails_for.contains(&recipient) {
                return Err(StdError::generic_err("not to that one"));
            }
            transfer(deps, &info.sender, recipient, amount, behaviour.fee)?;
            let calls = behaviour.calls_back.into_iter();
            Ok(Response::new()
                .add_submessages(calls.map(|call| SubMsg::reply_always(call.message(), 0))))
        }
        TokenMsg::Send {
            contract,
            amount,
            msg,
        } => {
            transfer(deps, &info.sender, contract.clone(), amount, behaviour.fee)?;
            let hook = Cw20ReceiveMsg {
                sender: info.sender.into_string(),
                amount,
                msg,
            };
            Ok(Response::new().add_message(hook.into_cosmos_msg(contract)?))
        }
        TokenMsg::Give { recipient, amount } => {
            credit(deps, recipient, amount)?;
            Ok(Response::new())
        }
        TokenMsg::Behave(behaviour) => {
            MANNERS.save(deps.storage, &behaviour)?;
            Ok(Response::new())
        }
        TokenMsg::Call(call) => Ok(Response::new().add_message(call.message())),
    }
}

fn transfer(
    deps: DepsMut,
    from: &Addr,
    to: String,
    amount: Uint128,
    fee: Uint128,
) -> StdResult<()> {
    let held = BALANCES.may_load(deps.storage, from)?.unwrap_or_default();
    // One that lies about balances moves what nobody has.
    BALANCES.save(deps.storage, from, &held.saturating_sub(amount))?;
    credit(deps, to, amount.checked_sub(fee)?)
}

fn credit(deps: DepsMut, to: String, amount: Uint128) -> StdResult<()> {
    let to = Addr::unchecked(to);
    let held = BALANCES.may_load(deps.storage, &to)?.unwrap_or_default();
    BALANCES.save(deps.storage, &to, &held.saturating_add(amount))
}

fn query(deps: Deps, _env: Env, msg: TokenQuery) -> StdResult<Binary> {
    let behaviour = MANNERS.load(deps.storage)?;
    match msg {
        TokenQuery::Answers {} => to_json_binary(&ANSWERS.load(deps.storage)?),
        _ if behaviour.mute => Err(StdError::generic_err("no token")),
        TokenQuery::Balance { address } => {
            let held = BALANCES.may_load(deps.storage, &Addr::unchecked(address))?;
            let balance = behaviour.says.unwrap_or(held.unwrap_or_default());
            to_json_binary(&BalanceResponse { balance })
        }
        TokenQuery::TokenInfo {} => to_json_binary(&TokenInfoResponse {
            name: "Hostile".to_owned(),
            symbol: "HOST".to_owned(),
            decimals: 6,
            total_supply: Uint128::MAX,
        }),
    }
}

fn reply(deps: DepsMut, _env: Env, reply: Reply) -> StdResult<Response> {
    let answer = match reply.result {
        SubMsgResult::Ok(_) => "ok".to_owned(),
        SubMsgResult::Err(error) => error,
    };
    ANSWERS.update(deps.storage, |mut answers| {
        answers.push(answer);
        StdResult::Ok(answers)
    })?;
    Ok(Response::new())
}

fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply))
}

/// A hostile token on a chain.
pub struct HostileToken(pub Addr);

impl HostileToken {
    pub fn new(hub: &mut Hub, behaviour: &Behaviour) -> Self {
        let code = hub.app.store_code(code());
        let deployer = hub.account("deployer");
        let address = hub
            .app
            .instantiate_contract(code, deployer, behaviour, &[], "hostile", None)
            .unwrap();
        hub.name(&address, "hostile");
        Self(address)
    }

    pub fn money(&self) -> Money {
        Money::Cw20(self.0.clone())
    }

    pub fn tell(&self, hub: &mut Hub, msg: &TokenMsg) {
        let deployer = hub.account("deployer");
        hub.execute(&deployer, &self.0, msg, &[]).unwrap();
    }

    pub fn behave(&self, hub: &mut Hub, behaviour: Behaviour) {
        self.tell(hub, &TokenMsg::Behave(behaviour));
    }

    pub fn give(&self, hub: &mut Hub, to: &Addr, amount: u128) {
        let give = TokenMsg::Give {
            recipient: to.to_string(),
            amount: amount.into(),
        };
        self.tell(hub, &give);
    }

    /// Calls the escrow's hook in its own name, as a token would; the error, if the escrow refuses.
    pub fn hook(
        &self,
        hub: &mut Hub,
        hook: Cw20ReceiveMsg,
    ) -> Result<(), hub_testing::EscrowError> {
        let call = Call::new(&hub.escrow, &escrow::ExecuteMsg::Receive(hook));
        let anyone = hub.account("deployer");
        hub.execute(&anyone, &self.0, &TokenMsg::Call(call), &[])
            .map(|_| ())
            .map_err(|error| error.downcast().unwrap())
    }

    /// What its calls back led to.
    pub fn answers(&self, hub: &Hub) -> Vec<String> {
        hub.app
            .wrap()
            .query_wasm_smart(&self.0, &TokenQuery::Answers {})
            .unwrap()
    }
}
