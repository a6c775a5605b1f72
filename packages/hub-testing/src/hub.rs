use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use cosmwasm_std::testing::MockApi;
use cosmwasm_std::{
    to_json_binary, Addr, BlockInfo, CanonicalAddr, Coin, CosmosMsg, Empty, StdResult, Timestamp,
    WasmMsg,
};
use cw_multi_test::{
    no_init, App, AppBuilder, AppResponse, BankKeeper, Contract, ContractWrapper, Executor,
};
use cw_utils::parse_execute_response_data;
use hub_types::wire::Hash;
use hub_types::{billing, escrow, nitro_verifier, registry};
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::enclave::nitro_chain;
use crate::meter::{Meter, MeteredStorage, StorageCost};
use crate::money::{self, Money};
use crate::state::State;
use crate::{BillingError, EscrowError, NitroVerifierError, RegistryError};

/// Chain id of the embedded chain.
pub const CHAIN_ID: &str = "hub-testing-1";

/// Block time at which every Hub starts: Monday, 12 January 2026, noon UTC. Not at the edge of a day or week.
pub const START_TIME: u64 = 1_768_219_200;

const START_HEIGHT: u64 = 1_000_000;

/// The embedded chain: cw-multi-test as it comes, on a storage that counts.
pub type Chain = App<BankKeeper, MockApi, MeteredStorage>;

/// A chain with a registry, a billing contract and its escrow, and a verifier of Nitro Enclaves beside them.
pub struct Hub {
    /// The chain.
    pub app: Chain,
    /// Address of the registry.
    pub registry: Addr,
    /// Address of the escrow.
    pub escrow: Addr,
    /// Address of the billing contract.
    pub billing: Addr,
    /// Address of the verifier of Nitro Enclaves.
    pub nitro_verifier: Addr,
    /// Who stores Walrus committees.
    pub keeper: Addr,
    /// Codes stored on the chain, for instances of one's own.
    pub codes: Codes,
    pub(crate) meter: Meter,
    pub(crate) token: Addr,
    pub(crate) names: RefCell<BTreeMap<Addr, String>>,
    pub(crate) tokens: BTreeMap<Addr, String>,
    /// What was sent past each escrow.
    pub(crate) donated: BTreeMap<(Addr, Money), u128>,
    /// Whether every message that is accepted is followed by a check.
    watched: bool,
    /// Whether the test settles in the escrow itself, in billing's name.
    pub(crate) plays_billing: bool,
    /// Everything after the last such check.
    last: Option<State>,
}

/// A billing contract and its escrow. Several can stand on one registry; see [`Hub::another_venue`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venue {
    /// Address of the billing contract.
    pub billing: Addr,
    /// Address of its escrow.
    pub escrow: Addr,
}

/// Ids of the codes that a [`Hub`] stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codes {
    /// The registry.
    pub registry: u64,
    /// The escrow, which billing instantiates.
    pub escrow: u64,
    /// The billing contract.
    pub billing: u64,
    /// The verifier of Nitro Enclaves.
    pub nitro_verifier: u64,
    /// cw20-base.
    pub cw20: u64,
}

/// Both time constants of the registry where a test names none, so that tests reckon in days.
const DAY_SECONDS: u64 = 86_400;

/// What may differ from [`Hub::new`].
#[derive(Clone, Debug)]
pub struct HubBuilder {
    chain_id: String,
    start_time: u64,
    receipt_max_age: Option<u64>,
    price_notice: Option<u64>,
    admin: Option<String>,
    nitro_root: Option<Hash>,
    watched: bool,
    plays_billing: bool,
}

impl Default for HubBuilder {
    fn default() -> Self {
        Self {
            chain_id: CHAIN_ID.to_owned(),
            start_time: START_TIME,
            receipt_max_age: Some(DAY_SECONDS),
            price_notice: Some(DAY_SECONDS),
            admin: None,
            nitro_root: None,
            watched: true,
            plays_billing: false,
        }
    }
}

impl HubBuilder {
    /// Age in seconds from which receipts are refused; a day if not given.
    pub fn receipt_max_age(mut self, seconds: u64) -> Self {
        self.receipt_max_age = Some(seconds);
        self
    }

    /// How long a price rise waits, in seconds; a day if not given.
    pub fn price_notice(mut self, seconds: u64) -> Self {
        self.price_notice = Some(seconds);
        self
    }

    /// SHA-256 of the root certificate below which enclaves are attested; that of [`crate::nitro_chain`] if not given.
    pub fn nitro_root(mut self, root: Hash) -> Self {
        self.nitro_root = Some(root);
        self
    }

    /// Block time of the first block, unix seconds; [`START_TIME`] if not given.
    pub fn start_time(mut self, unix_seconds: u64) -> Self {
        self.start_time = unix_seconds;
        self
    }

    /// The test settles in the escrow itself, in billing's name, so nothing is expected of billing's books.
    pub fn plays_billing(mut self) -> Self {
        self.plays_billing = true;
        self
    }

    /// Does not check the invariants after every message: for tests with thousands of records, which would spend their
    /// time on it, and for those that break a contract on purpose.
    pub fn unwatched(mut self) -> Self {
        self.watched = false;
        self
    }

    /// Id of the chain; [`CHAIN_ID`] if not given.
    pub fn chain_id(mut self, chain_id: &str) -> Self {
        chain_id.clone_into(&mut self.chain_id);
        self
    }

    /// Name of the account that may migrate the contracts; nobody if not given.
    pub fn admin(mut self, name: &str) -> Self {
        self.admin = Some(name.to_owned());
        self
    }

    /// Starts the chain and instantiates the contracts.
    pub fn build(self) -> Hub {
        let storage = MeteredStorage::default();
        let meter = storage.meter();
        let mut app = AppBuilder::new()
            .with_storage(storage)
            .with_block(BlockInfo {
                height: START_HEIGHT,
                time: Timestamp::from_seconds(self.start_time),
                chain_id: self.chain_id,
            })
            .build(no_init);
        let codes = Codes {
            registry: app.store_code(registry_code()),
            escrow: app.store_code(escrow_code()),
            billing: app.store_code(billing_code()),
            nitro_verifier: app.store_code(nitro_verifier_code()),
            cw20: app.store_code(money::cw20_code()),
        };
        let nitro_root = self.nitro_root;
        let nitro_root = nitro_root.unwrap_or_else(|| nitro_chain().root_hash());
        let deployer = app.api().addr_make("deployer");
        let keeper = app.api().addr_make("keeper");
        let admin = self.admin.as_deref().map(|name| app.api().addr_make(name));
        let registry = instantiate(
            &mut app,
            codes.registry,
            &deployer,
            &registry::InstantiateMsg {
                receipt_max_age_seconds: self.receipt_max_age,
                price_notice_seconds: self.price_notice,
                walrus_keeper: Some(keeper.to_string()),
            },
            "registry",
            admin.as_ref(),
        );
        let birth = billing::InstantiateMsg {
            registry: registry.to_string(),
            escrow_code_id: codes.escrow,
            escrow_admin: admin.as_ref().map(Addr::to_string),
        };
        let Venue { billing, escrow } = open_venue(&mut app, codes, &birth, admin.as_ref());
        let nitro_verifier = instantiate(
            &mut app,
            codes.nitro_verifier,
            &deployer,
            &nitro_verifier::InstantiateMsg {
                root: Some(nitro_root.into()),
            },
            "nitro verifier",
            admin.as_ref(),
        );
        let token = money::instantiate_token(&mut app, codes.cw20, money::TOKEN, &[]);

        let names = [
            (deployer, "deployer"),
            (keeper.clone(), "keeper"),
            (registry.clone(), "registry"),
            (escrow.clone(), "escrow"),
            (billing.clone(), "billing"),
            (nitro_verifier.clone(), "nitro verifier"),
        ];
        Hub {
            app,
            registry,
            escrow,
            billing,
            nitro_verifier,
            keeper,
            codes,
            meter,
            tokens: BTreeMap::from([(token.clone(), money::TOKEN.to_owned())]),
            token,
            names: RefCell::new(
                names
                    .map(|(address, name)| (address, name.to_owned()))
                    .into(),
            ),
            donated: BTreeMap::new(),
            watched: self.watched,
            plays_billing: self.plays_billing,
            last: None,
        }
    }
}

/// A billing contract with an escrow of its own.
fn open_venue(
    app: &mut Chain,
    codes: Codes,
    birth: &billing::InstantiateMsg,
    admin: Option<&Addr>,
) -> Venue {
    let deployer = app.api().addr_make("deployer");
    let billing = instantiate(app, codes.billing, &deployer, birth, "billing", admin);
    let config: billing::ConfigResponse = app
        .wrap()
        .query_wasm_smart(&billing, &billing::QueryMsg::Config {})
        .expect("billing answers its config");
    Venue {
        billing,
        escrow: config.escrow,
    }
}

fn instantiate(
    app: &mut Chain,
    code: u64,
    sender: &Addr,
    msg: &impl Serialize,
    label: &str,
    admin: Option<&Addr>,
) -> Addr {
    app.instantiate_contract(
        code,
        sender.clone(),
        msg,
        &[],
        label,
        admin.map(Addr::to_string),
    )
    .unwrap_or_else(|error| panic!("{label} is not instantiated: {error:?}"))
}

fn registry_code() -> Box<dyn Contract<Empty>> {
    use hub_registry::contract::{execute, instantiate, migrate, query};
    Box::new(ContractWrapper::new(execute, instantiate, query).with_migrate(migrate))
}

fn escrow_code() -> Box<dyn Contract<Empty>> {
    use hub_escrow::contract::{execute, instantiate, migrate, query, reply};
    Box::new(
        ContractWrapper::new(execute, instantiate, query)
            .with_reply(reply)
            .with_migrate(migrate),
    )
}

fn billing_code() -> Box<dyn Contract<Empty>> {
    use hub_billing::contract::{execute, instantiate, migrate, query, reply};
    Box::new(
        ContractWrapper::new(execute, instantiate, query)
            .with_reply(reply)
            .with_migrate(migrate),
    )
}

fn nitro_verifier_code() -> Box<dyn Contract<Empty>> {
    use hub_nitro_verifier::contract::{execute, instantiate, migrate, query};
    Box::new(ContractWrapper::new(execute, instantiate, query).with_migrate(migrate))
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Hub {
    /// A Hub with the default time constants: one day each.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A Hub of another kind.
    pub fn builder() -> HubBuilder {
        HubBuilder::default()
    }

    /// Where the Hub is: its messages, questions, signatures, ledger and invariants are about this billing and escrow.
    pub fn venue(&self) -> Venue {
        Venue {
            billing: self.billing.clone(),
            escrow: self.escrow.clone(),
        }
    }

    /// Instantiates another billing contract with an escrow of its own beside the first, on the same registry. The Hub
    /// stays where it is: [`Hub::turn_to`] goes there.
    pub fn another_venue(&mut self) -> Venue {
        let birth = billing::InstantiateMsg {
            registry: self.registry.to_string(),
            escrow_code_id: self.codes.escrow,
            escrow_admin: None,
        };
        let venue = open_venue(&mut self.app, self.codes, &birth, None);
        for (address, name) in [(&venue.billing, "billing"), (&venue.escrow, "escrow")] {
            self.name(address, &format!("other {name}"));
        }
        venue
    }

    /// Goes to another billing and escrow on the registry.
    pub fn turn_to(&mut self, venue: &Venue) {
        self.billing.clone_from(&venue.billing);
        self.escrow.clone_from(&venue.escrow);
        self.last = None;
    }

    /// The account of this name: the same address every time. It appears under its name in the [`crate::Ledger`].
    pub fn account(&self, name: &str) -> Addr {
        let address = self.app.api().addr_make(name);
        self.name(&address, name);
        address
    }

    /// Lets an address, such as that of a contract of the test's own, appear under a name in the [`crate::Ledger`].
    pub fn name(&self, address: &Addr, name: &str) {
        self.names
            .borrow_mut()
            .insert(address.clone(), name.to_owned());
    }

    /// The name of an address, or the address where it has none.
    pub fn name_of(&self, address: &Addr) -> String {
        match self.names.borrow().get(address) {
            Some(name) => name.clone(),
            None => address.to_string(),
        }
    }

    /// Bytes of an address, as signatures and records carry it.
    pub fn canonical(&self, address: &Addr) -> CanonicalAddr {
        use cosmwasm_std::Api;
        self.app
            .api()
            .addr_canonicalize(address.as_str())
            .unwrap_or_else(|error| panic!("{address} is no address of this chain: {error}"))
    }

    /// Text of an address found in a record.
    pub fn human(&self, address: &CanonicalAddr) -> Addr {
        use cosmwasm_std::Api;
        self.app
            .api()
            .addr_humanize(address)
            .unwrap_or_else(|error| panic!("{address} is no address of this chain: {error}"))
    }

    /// Block time, unix seconds.
    pub fn now(&self) -> u64 {
        self.app.block_info().time.seconds()
    }

    /// Makes the next block `seconds` later.
    pub fn advance(&mut self, seconds: u64) {
        self.set_time(self.now() + seconds);
    }

    /// Makes the next block at `unix_seconds`.
    pub fn set_time(&mut self, unix_seconds: u64) {
        self.app.update_block(|block| {
            block.time = Timestamp::from_seconds(unix_seconds);
            block.height += 1;
        });
    }

    /// What `act` costs in storage operations, with its answer.
    pub fn metered<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> (T, StorageCost) {
        // Looking after the invariants reads everything, and is nobody's cost.
        let watched = std::mem::replace(&mut self.watched, false);
        self.meter.take();
        let answer = act(self);
        let cost = self.meter.take();
        self.watched = watched;
        self.inspect();
        (answer, cost)
    }

    /// Panics unless the invariants hold and nothing was taken back that stood after the last message.
    #[track_caller]
    fn inspect(&mut self) {
        if !self.watched {
            return;
        }
        let state = self.state();
        let mut violations = self.violations(&state);
        if let Some(last) = &self.last {
            violations.extend(state.breaches_since(last));
        }
        assert!(violations.is_empty(), "{}", violations.join("\n"));
        self.last = Some(state);
    }

    /// Sends a message to the registry.
    #[track_caller]
    pub fn registry(
        &mut self,
        sender: &Addr,
        msg: registry::ExecuteMsg,
    ) -> Result<AppResponse, RegistryError> {
        self.registry_with(sender, msg, &[])
    }

    /// Sends a message with coins to the registry.
    #[track_caller]
    pub fn registry_with(
        &mut self,
        sender: &Addr,
        msg: registry::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, RegistryError> {
        let contract = self.registry.clone();
        typed(self.execute(sender, &contract, &msg, funds))
    }

    /// Sends a message to the escrow.
    #[track_caller]
    pub fn escrow(
        &mut self,
        sender: &Addr,
        msg: escrow::ExecuteMsg,
    ) -> Result<AppResponse, EscrowError> {
        self.escrow_with(sender, msg, &[])
    }

    /// Sends a message with coins to the escrow.
    #[track_caller]
    pub fn escrow_with(
        &mut self,
        sender: &Addr,
        msg: escrow::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, EscrowError> {
        let contract = self.escrow.clone();
        typed(self.execute(sender, &contract, &msg, funds))
    }

    /// Sends a message to billing.
    #[track_caller]
    pub fn billing(
        &mut self,
        sender: &Addr,
        msg: billing::ExecuteMsg,
    ) -> Result<AppResponse, BillingError> {
        self.billing_with(sender, msg, &[])
    }

    /// Sends a message with coins to billing.
    #[track_caller]
    pub fn billing_with(
        &mut self,
        sender: &Addr,
        msg: billing::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, BillingError> {
        let contract = self.billing.clone();
        typed(self.execute(sender, &contract, &msg, funds))
    }

    /// Sends a message to the verifier of Nitro Enclaves.
    #[track_caller]
    pub fn nitro_verifier(
        &mut self,
        sender: &Addr,
        msg: nitro_verifier::ExecuteMsg,
    ) -> Result<AppResponse, NitroVerifierError> {
        self.nitro_verifier_with(sender, msg, &[])
    }

    /// Sends a message with coins to the verifier of Nitro Enclaves.
    #[track_caller]
    pub fn nitro_verifier_with(
        &mut self,
        sender: &Addr,
        msg: nitro_verifier::ExecuteMsg,
        funds: &[Coin],
    ) -> Result<AppResponse, NitroVerifierError> {
        let contract = self.nitro_verifier.clone();
        typed(self.execute(sender, &contract, &msg, funds))
    }

    /// Sends a message to any contract. The error holds every cause; the typed ones above find a contract's own.
    ///
    /// A message that is accepted must leave the invariants whole ([`Hub::check_invariants`]) and take nothing back
    /// ([`crate::State::breaches_since`]), or this panics: every scenario is a test of the invariants.
    #[track_caller]
    pub fn execute<M: Serialize + Debug>(
        &mut self,
        sender: &Addr,
        contract: &Addr,
        msg: &M,
        funds: &[Coin],
    ) -> anyhow::Result<AppResponse> {
        let response = self
            .app
            .execute_contract(sender.clone(), contract.clone(), msg, funds)?;
        self.inspect();
        Ok(response)
    }

    /// Carries several messages in one transaction: all of them happen, or none. Returns a response for each. Checks what
    /// [`Hub::execute`] checks.
    #[track_caller]
    pub fn bundle(
        &mut self,
        sender: &Addr,
        messages: Vec<CosmosMsg>,
    ) -> anyhow::Result<Vec<AppResponse>> {
        let mut responses = self.app.execute_multi(sender.clone(), messages)?;
        for response in &mut responses {
            // The chain wraps the data of a contract in a message of its own.
            if let Some(wrapped) = response.data.take() {
                response.data = parse_execute_response_data(&wrapped)?.data;
            }
        }
        self.inspect();
        Ok(responses)
    }

    /// A message to any contract, for [`Hub::bundle`].
    pub fn message<M: Serialize>(&self, contract: &Addr, msg: &M, funds: &[Coin]) -> CosmosMsg {
        let execute = WasmMsg::Execute {
            contract_addr: contract.to_string(),
            msg: to_json_binary(msg).expect("a message is JSON"),
            funds: funds.to_vec(),
        };
        execute.into()
    }

    /// Asks the registry.
    pub fn query_registry<T: DeserializeOwned>(&self, msg: registry::QueryMsg) -> StdResult<T> {
        self.app.wrap().query_wasm_smart(&self.registry, &msg)
    }

    /// Asks the escrow.
    pub fn query_escrow<T: DeserializeOwned>(&self, msg: escrow::QueryMsg) -> StdResult<T> {
        self.app.wrap().query_wasm_smart(&self.escrow, &msg)
    }

    /// Asks billing.
    pub fn query_billing<T: DeserializeOwned>(&self, msg: billing::QueryMsg) -> StdResult<T> {
        self.app.wrap().query_wasm_smart(&self.billing, &msg)
    }

    /// Asks the verifier of Nitro Enclaves.
    pub fn query_nitro_verifier<T: DeserializeOwned>(
        &self,
        msg: nitro_verifier::QueryMsg,
    ) -> StdResult<T> {
        let contract = &self.nitro_verifier;
        self.app.wrap().query_wasm_smart(contract, &msg)
    }
}

/// The contract's own error, wherever it stands in the chain of causes.
#[track_caller]
pub(crate) fn typed<T, E>(result: anyhow::Result<T>) -> Result<T, E>
where
    E: Display + Debug + Send + Sync + 'static,
{
    result.map_err(|error| match error.downcast::<E>() {
        Ok(error) => error,
        Err(other) => panic!(
            "expected an error of type {}, found another: {other:?}",
            std::any::type_name::<E>()
        ),
    })
}
