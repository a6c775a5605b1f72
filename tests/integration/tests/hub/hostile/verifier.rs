//! A verifier that can be told what to answer, and what to do meanwhile.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Reply, Response,
    StdError, StdResult, Storage, SubMsg, SubMsgResult,
};
use cw_multi_test::{Contract, ContractWrapper, Executor};
use cw_storage_plus::Item;
use hub_testing::Hub;
use hub_types::billing::{AttesterResponse, QueryMsg};
use hub_types::verifier::{Evidence, ExecuteMsg};

use super::token::Call;

const MANNERS: Item<Behaviour> = Item::new("behaviour");
const ANSWERS: Item<Vec<String>> = Item::new("answers");
const ASKED: Item<Vec<ExecuteMsg>> = Item::new("asked");

/// How it behaves.
#[cw_serde]
#[derive(Default)]
pub struct Behaviour {
    /// What it answers; no data at all if none.
    pub answer: Option<Binary>,
    /// With what it refuses.
    pub refuses: Option<String>,
    /// What it calls before it answers.
    pub calls_back: Vec<Call>,
    /// Billing, where it looks whether the key is an attester already.
    pub looks_at: Option<String>,
    /// Whether what it calls may fail without harm to its own answer.
    pub lets_fail: bool,
}

impl Behaviour {
    pub fn answering(answer: impl Into<Binary>) -> Self {
        Self {
            answer: Some(answer.into()),
            ..Self::default()
        }
    }
}

/// It was told something, or is asked as any verifier.
#[cw_serde]
#[serde(untagged)]
enum Msg {
    Asked(ExecuteMsg),
    Told(Told),
}

#[cw_serde]
enum Told {
    Behave(Behaviour),
}

#[cw_serde]
enum Query {
    /// What its calls back led to.
    Answers {},
    /// What it was asked.
    Asked {},
}

/// On the chain.
pub struct Verifier(pub Addr);

impl Verifier {
    pub fn new(hub: &mut Hub, behaviour: Behaviour) -> Self {
        let code = hub.app.store_code(code());
        let deployer = hub.account("deployer of verifiers");
        let address = hub
            .app
            .instantiate_contract(code, deployer, &behaviour, &[], "verifier", None)
            .unwrap();
        hub.name(&address, "verifier");
        Self(address)
    }

    pub fn behave(&self, hub: &mut Hub, behaviour: Behaviour) {
        let anybody = hub.account("deployer of verifiers");
        let msg = Told::Behave(behaviour);
        hub.app
            .execute_contract(anybody, self.0.clone(), &msg, &[])
            .unwrap();
    }

    pub fn evidence(&self) -> Evidence {
        Evidence {
            verifier: self.0.to_string(),
            evidence: Binary::from(b"evidence"),
        }
    }

    /// What it saw, and `ok`, or why it failed, for each call back.
    pub fn answers(&self, hub: &Hub) -> Vec<String> {
        let query = Query::Answers {};
        hub.app.wrap().query_wasm_smart(&self.0, &query).unwrap()
    }

    /// What it was asked in transactions that succeeded.
    pub fn asked(&self, hub: &Hub) -> Vec<ExecuteMsg> {
        let query = Query::Asked {};
        hub.app.wrap().query_wasm_smart(&self.0, &query).unwrap()
    }
}

fn code() -> Box<dyn Contract<Empty>> {
    Box::new(ContractWrapper::new(execute, instantiate, query).with_reply(reply))
}

fn instantiate(deps: DepsMut, _: Env, _: MessageInfo, behaviour: Behaviour) -> StdResult<Response> {
    MANNERS.save(deps.storage, &behaviour)?;
    ANSWERS.save(deps.storage, &vec![])?;
    ASKED.save(deps.storage, &vec![])?;
    Ok(Response::new())
}

fn execute(deps: DepsMut, _: Env, _: MessageInfo, msg: Msg) -> StdResult<Response> {
    let asked = match msg {
        Msg::Told(Told::Behave(behaviour)) => {
            MANNERS.save(deps.storage, &behaviour)?;
            return Ok(Response::new());
        }
        Msg::Asked(asked) => asked,
    };
    let behaviour = MANNERS.load(deps.storage)?;
    if let Some(billing) = &behaviour.looks_at {
        let ExecuteMsg::Attest { key, .. } = &asked;
        let found: Option<AttesterResponse> = deps
            .querier
            .query_wasm_smart(billing, &QueryMsg::AttesterByKey { key: key.clone() })?;
        note(deps.storage, format!("{:?}", found.map(|it| it.attester)))?;
    }
    ASKED.update(deps.storage, |mut all| {
        all.push(asked);
        Ok::<_, StdError>(all)
    })?;
    if let Some(sentence) = behaviour.refuses {
        return Err(StdError::generic_err(sentence));
    }
    // Once: what it calls may ask it again.
    let quiet = Behaviour {
        calls_back: vec![],
        ..behaviour.clone()
    };
    MANNERS.save(deps.storage, &quiet)?;
    let submessage = |call: Call| match behaviour.lets_fail {
        true => SubMsg::reply_always(call.message(), 0),
        false => SubMsg::reply_on_success(call.message(), 0),
    };
    let response = Response::new()
        .add_attribute("asked", "yes")
        .add_submessages(behaviour.calls_back.into_iter().map(submessage));
    Ok(match behaviour.answer {
        Some(answer) => response.set_data(answer),
        None => response,
    })
}

fn reply(deps: DepsMut, _: Env, reply: Reply) -> StdResult<Response> {
    let answer = match reply.result {
        SubMsgResult::Ok(_) => "ok".to_owned(),
        SubMsgResult::Err(error) => error,
    };
    note(deps.storage, answer)?;
    Ok(Response::new())
}

fn note(storage: &mut dyn Storage, answer: String) -> StdResult<()> {
    ANSWERS.update(storage, |mut all| {
        all.push(answer);
        Ok::<_, StdError>(all)
    })?;
    Ok(())
}

fn query(deps: Deps, _: Env, msg: Query) -> StdResult<Binary> {
    match msg {
        Query::Answers {} => to_json_binary(&ANSWERS.load(deps.storage)?),
        Query::Asked {} => to_json_binary(&ASKED.load(deps.storage)?),
    }
}
