//! Queries of the application by gRPC path, as `abci_query` carries them.

use cosmwasm_std::{
    to_json_vec, Addr, Coin, ContractResult, Empty, QueryRequest, StdResult, SystemResult,
    WasmQuery,
};
use hub_testing::Hub;
use prost::Message;

/// Gas that a node allows to a query of a contract (wasmd's `query_gas_limit`).
const QUERY_GAS: u64 = 3_000_000;

/// Why the application refuses a query: code and codespace of the SDK, and its log.
pub struct Refusal {
    pub code: u32,
    pub codespace: &'static str,
    pub log: String,
}

fn refusal(code: u32, codespace: &'static str, log: impl Into<String>) -> Refusal {
    let log = log.into();
    Refusal {
        code,
        codespace,
        log,
    }
}

/// `QuerySmartContractStateRequest` and `QueryRawContractStateRequest` of wasmd.
#[derive(Clone, PartialEq, Message)]
struct ContractStateRequest {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(bytes = "vec", tag = "2")]
    query_data: Vec<u8>,
}

/// The responses to both.
#[derive(Clone, PartialEq, Message)]
struct ContractStateResponse {
    #[prost(bytes = "vec", tag = "1")]
    data: Vec<u8>,
}

/// `QueryContractInfoRequest`, `QueryAccountRequest` and `QueryAllBalancesRequest`, whose pages are one.
#[derive(Clone, PartialEq, Message)]
struct AddressRequest {
    #[prost(string, tag = "1")]
    address: String,
}

#[derive(Clone, PartialEq, Message)]
struct ContractInfoResponse {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(message, optional, tag = "2")]
    contract_info: Option<ContractInfo>,
}

/// The fields of wasmd's that an embedded chain knows.
#[derive(Clone, PartialEq, Message)]
struct ContractInfo {
    #[prost(uint64, tag = "1")]
    code_id: u64,
    #[prost(string, tag = "2")]
    creator: String,
    #[prost(string, tag = "3")]
    admin: String,
    #[prost(string, tag = "4")]
    label: String,
}

#[derive(Clone, PartialEq, Message)]
struct BalanceRequest {
    #[prost(string, tag = "1")]
    address: String,
    #[prost(string, tag = "2")]
    denom: String,
}

#[derive(Clone, PartialEq, Message)]
struct BalanceResponse {
    #[prost(message, optional, tag = "1")]
    balance: Option<ProtoCoin>,
}

#[derive(Clone, PartialEq, Message)]
struct AllBalancesResponse {
    #[prost(message, repeated, tag = "1")]
    balances: Vec<ProtoCoin>,
}

#[derive(Clone, PartialEq, Message)]
struct ProtoCoin {
    #[prost(string, tag = "1")]
    denom: String,
    #[prost(string, tag = "2")]
    amount: String,
}

impl From<Coin> for ProtoCoin {
    fn from(coin: Coin) -> Self {
        Self {
            denom: coin.denom,
            amount: coin.amount.to_string(),
        }
    }
}

/// The answer to a query, as protobuf.
pub fn answer(hub: &mut Hub, path: &str, data: &[u8]) -> Result<Vec<u8>, Refusal> {
    match path {
        "/cosmwasm.wasm.v1.Query/SmartContractState" => smart(hub, decode(data)?),
        "/cosmwasm.wasm.v1.Query/RawContractState" => raw(hub, decode(data)?),
        "/cosmwasm.wasm.v1.Query/ContractInfo" => contract_info(hub, decode(data)?),
        "/cosmos.bank.v1beta1.Query/Balance" => balance(hub, decode(data)?),
        "/cosmos.bank.v1beta1.Query/AllBalances" => all_balances(hub, decode(data)?),
        "/cosmos.auth.v1beta1.Query/Account" => Err(refusal(
            22,
            "sdk",
            format!(
                "rpc error: code = NotFound desc = account {} not found: key not found",
                decode::<AddressRequest>(data)?.address
            ),
        )),
        _ => Err(refusal(
            6,
            "sdk",
            format!("unknown query path: {path}: unknown request"),
        )),
    }
}

fn decode<M: Message + Default>(data: &[u8]) -> Result<M, Refusal> {
    M::decode(data).map_err(|error| refusal(18, "sdk", format!("{error}: invalid request")))
}

fn smart(hub: &mut Hub, request: ContractStateRequest) -> Result<Vec<u8>, Refusal> {
    known(hub, &request.address)?;
    let query = WasmQuery::Smart {
        contract_addr: request.address,
        msg: request.query_data.into(),
    };
    let (answer, cost) = hub.metered(|hub| ask(hub, query));
    if cost.gas_of_query() > QUERY_GAS {
        let log = format!(
            "out of gas in location: wasm contract; gasWanted: {QUERY_GAS}, gasUsed: {}: out of gas",
            cost.gas_of_query()
        );
        return Err(refusal(11, "sdk", log));
    }
    match answer {
        Ok(data) => Ok(ContractStateResponse { data }.encode_to_vec()),
        Err(error) => Err(refusal(
            6,
            "sdk",
            format!("{error}: query wasm contract failed: unknown request"),
        )),
    }
}

fn raw(hub: &Hub, request: ContractStateRequest) -> Result<Vec<u8>, Refusal> {
    known(hub, &request.address)?;
    let query = WasmQuery::Raw {
        contract_addr: request.address,
        key: request.query_data.into(),
    };
    let data = ask(hub, query).map_err(|error| refusal(6, "sdk", error))?;
    Ok(ContractStateResponse { data }.encode_to_vec())
}

fn contract_info(hub: &Hub, request: AddressRequest) -> Result<Vec<u8>, Refusal> {
    let data = known(hub, &request.address)?;
    let contract_info = Some(ContractInfo {
        code_id: data.code_id,
        creator: data.creator.into(),
        admin: data.admin.map(String::from).unwrap_or_default(),
        label: data.label,
    });
    let address = request.address;
    Ok(ContractInfoResponse {
        address,
        contract_info,
    }
    .encode_to_vec())
}

/// What the chain knows of a contract; refused if there is none.
fn known(hub: &Hub, address: &str) -> Result<cw_multi_test::ContractData, Refusal> {
    let found = hub.app.contract_data(&Addr::unchecked(address));
    found.map_err(|_| refusal(22, "wasm", format!("no such contract: address {address}")))
}

fn balance(hub: &Hub, request: BalanceRequest) -> Result<Vec<u8>, Refusal> {
    let BalanceRequest { address, denom } = request;
    let coin = account(hub.app.wrap().query_balance(address, denom))?;
    let balance = Some(coin.into());
    Ok(BalanceResponse { balance }.encode_to_vec())
}

fn all_balances(hub: &Hub, request: AddressRequest) -> Result<Vec<u8>, Refusal> {
    #[allow(deprecated)]
    let coins = account(hub.app.wrap().query_all_balances(request.address))?;
    let balances = coins.into_iter().map(ProtoCoin::from).collect();
    Ok(AllBalancesResponse { balances }.encode_to_vec())
}

fn account<T>(found: StdResult<T>) -> Result<T, Refusal> {
    found.map_err(|error| refusal(18, "sdk", format!("{error}: invalid request")))
}

fn ask(hub: &Hub, query: WasmQuery) -> Result<Vec<u8>, String> {
    let request: QueryRequest<Empty> = query.into();
    let request = to_json_vec(&request).map_err(|error| error.to_string())?;
    match hub.app.wrap().raw_query(&request) {
        SystemResult::Ok(ContractResult::Ok(answer)) => Ok(answer.into()),
        SystemResult::Ok(ContractResult::Err(error)) => Err(error),
        SystemResult::Err(error) => Err(error.to_string()),
    }
}
