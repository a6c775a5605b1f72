//! A Hub on a chain, as commands use it: which one, who signs, and transactions of which it is always found out what became of them.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::Args;
use cosmwasm_std::{Coin, Uint128};
use hub_chain::{
    keys, BoxFuture, ChainError, Flight, Hub, Included, Journal, Message, Outcome, Profile,
    Profiles, SendOptions, Wallet,
};
use hub_types::denom::{UncheckedDenom, CW20_PREFIX};
use hub_types::escrow;
use hub_types::ids::ModelId;
use hub_types::registry::{self, ModelResponse};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::failure::{Failure, FAILED, GONE, USAGE};
use crate::output::say;
use crate::secrets;

/// Which Hub.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Chain")]
pub struct OnChain {
    /// Profile of the chain, of chains.toml. Default: the only one.
    #[arg(long, value_name = "NAME", env = "HUB_CHAIN", hide_env_values = true)]
    chain: Option<String>,
}

/// Who signs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Who signs")]
pub struct Signer {
    /// Key that signs: see hub keys. The words of an account in HUB_MNEMONIC go before it.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = secrets::name, env = "HUB_KEY", hide_env_values = true)]
    key: String,
}

/// A Hub that can be asked.
pub struct Market {
    /// Its name among the profiles.
    pub name: String,
    /// How it is reached.
    pub profile: Profile,
    /// The contracts.
    pub hub: Hub,
    runtime: Runtime,
}

/// The file of profiles.
pub fn profiles_path() -> Result<PathBuf, Failure> {
    Ok(crate::home::folder()?.join("chains.toml"))
}

impl OnChain {
    /// The profile that is meant.
    pub fn profile(&self) -> Result<(String, Profile), Failure> {
        let path = profiles_path()?;
        let profiles = Profiles::load(&path)?;
        let add = "add it: hub chain add NAME --deployment FILE --rpc URL --gas-price 0.025untrn --max-fee 250000";
        match (&self.chain, profiles.0.len()) {
            (_, 0) => Err(Failure::new(
                USAGE,
                format!("no chain is known: {} has no profile", path.display()),
                add,
            )),
            (Some(name), _) => match profiles.0.get(name) {
                Some(profile) => Ok((name.clone(), profile.clone())),
                None => Err(Failure::new(
                    USAGE,
                    format!("there is no chain {name:?} in {}", path.display()),
                    format!("name one of {}; or {add}", names(&profiles)),
                )),
            },
            (None, 1) => Ok(profiles
                .0
                .into_iter()
                .next()
                .unwrap_or_else(|| unreachable!())),
            (None, _) => Err(Failure::new(
                USAGE,
                "several chains are known, and none is named",
                format!("give --chain NAME, or set HUB_CHAIN: {}", names(&profiles)),
            )),
        }
    }

    /// The Hub on it. Nothing is asked yet.
    pub fn market(&self) -> Result<Market, Failure> {
        let (name, profile) = self.profile()?;
        let hub = profile.connect()?;
        let runtime = Runtime::new().map_err(|error| {
            Failure::new(
                FAILED,
                format!("no threads can be started: {error}"),
                "end other programs",
            )
        })?;
        Ok(Market {
            name,
            profile,
            hub,
            runtime,
        })
    }
}

fn names(profiles: &Profiles) -> String {
    profiles.0.keys().cloned().collect::<Vec<_>>().join(", ")
}

impl Signer {
    /// The account that signs.
    pub fn wallet(&self, profile: &Profile) -> Result<Wallet, Failure> {
        if std::env::var(keys::MNEMONIC).is_ok_and(|words| !words.trim().is_empty()) {
            return Ok(keys::wallet_from_env(&profile.prefix, profile.coin_type)?);
        }
        let path = secrets::account_path(&self.key)?;
        if !path.exists() {
            return Err(Failure::new(
                USAGE,
                format!("there is no key {:?}", self.key),
                format!("make one: hub keys new {0}; or import one: hub keys import {0}; or set HUB_MNEMONIC", self.key),
            ));
        }
        let words = secrets::mnemonic(&path, secrets::password(false)?)?;
        secrets::wallet(&words, &profile.prefix, profile.coin_type)
    }
}

/// A transaction that left, with what it was for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    chain_id: String,
    /// What the command was to do. The same command finds it again by this.
    intent: String,
    flight: Flight,
}

struct Sending<'a> {
    folder: PathBuf,
    chain_id: &'a str,
    intent: &'a str,
}

impl Journal for Sending<'_> {
    fn keep<'a>(&'a self, flight: &'a Flight) -> BoxFuture<'a, Result<(), String>> {
        let sent = Sent {
            chain_id: self.chain_id.to_owned(),
            intent: self.intent.to_owned(),
            flight: flight.clone(),
        };
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            serde_json::to_writer(&mut file, &sent)?;
            file.as_file().sync_all()?;
            file.persist(self.folder.join(format!("{}.json", flight.hash)))?;
            Ok(())
        };
        let written = write()
            .map_err(|error| format!("{} cannot be written: {error}", self.folder.display()));
        Box::pin(async move { written })
    }
}

impl Market {
    /// Waits for an answer.
    pub fn wait<T>(
        &self,
        answer: impl std::future::Future<Output = Result<T, ChainError>>,
    ) -> Result<T, Failure> {
        Ok(self.runtime.block_on(answer)?)
    }

    /// Waits for anything.
    pub fn run<T>(&self, work: impl std::future::Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Asks the registry.
    pub fn registry<T: serde::de::DeserializeOwned>(
        &self,
        msg: &registry::QueryMsg,
    ) -> Result<T, Failure> {
        Ok(self.wait(self.hub.ask_registry(msg))?.value)
    }

    /// Asks the escrow.
    pub fn escrow<T: serde::de::DeserializeOwned>(
        &self,
        msg: &escrow::QueryMsg,
    ) -> Result<T, Failure> {
        Ok(self.wait(self.hub.ask_escrow(msg))?.value)
    }

    /// Asks billing.
    pub fn billing<T: serde::de::DeserializeOwned>(
        &self,
        msg: &hub_types::billing::QueryMsg,
    ) -> Result<T, Failure> {
        Ok(self.wait(self.hub.ask_billing(msg))?.value)
    }

    /// The model that a command names, by its number or as `AUTHOR/NAME`.
    pub fn model(&self, named: &ModelName) -> Result<ModelResponse, Failure> {
        let question = match named {
            ModelName::Number(model) => registry::QueryMsg::Model { model: *model },
            ModelName::OfAuthor(author, name) => registry::QueryMsg::ModelByName {
                author: author.clone(),
                name: name.clone(),
            },
        };
        match self.run(self.hub.ask_registry(&question)) {
            Ok(found) => Ok(found.value),
            Err(ChainError::Query(error)) => Err(Failure::new(
                GONE,
                error.reason,
                "look for it: hub model list",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends messages as one transaction, and waits for its block.
    ///
    /// What an earlier command left open is found out first. If it was the same command, killed before it could say so, its
    /// transaction is the answer and no second one is sent.
    pub fn tell(
        &self,
        wallet: &Wallet,
        intent: &str,
        messages: &[Message],
    ) -> Result<Included, Failure> {
        if let Some(done) = self.settle_open(wallet, intent)? {
            return Ok(done);
        }
        let chain = self.hub.chain();
        let sending = Sending {
            folder: self.flights()?,
            chain_id: chain.chain_id(),
            intent,
        };
        let outcome = self.wait(chain.send(wallet, messages, &SendOptions::default(), &sending))?;
        if !matches!(outcome, Outcome::Unknown(_)) {
            // Those that others came before, too: what was to be done is decided.
            let open = self.open_of(wallet.address())?.into_iter();
            let decided = open.filter(|(_, sent)| sent.intent == intent);
            decided.for_each(|(path, _)| decide(path, &outcome));
        }
        concluded(outcome)
    }

    fn flights(&self) -> Result<PathBuf, Failure> {
        Ok(crate::home::folder()?.join("transactions"))
    }

    /// Transactions of an account on this chain that were kept, with their files.
    fn open_of(&self, sender: &str) -> Result<Vec<(PathBuf, Sent)>, Failure> {
        let entries = fs::read_dir(self.flights()?)
            .into_iter()
            .flatten()
            .flatten();
        let read = entries.filter_map(|entry| {
            let bytes = fs::read(entry.path()).ok()?;
            Some((entry.path(), serde_json::from_slice::<Sent>(&bytes).ok()?))
        });
        let chain = self.hub.chain().chain_id();
        let untold = untold();
        Ok(read
            .filter(|(path, sent)| {
                sent.chain_id == chain && sent.flight.sender == sender && !untold.contains(path)
            })
            .collect())
    }

    fn settle_open(&self, wallet: &Wallet, intent: &str) -> Result<Option<Included>, Failure> {
        let mut same = None;
        for (path, sent) in self.open_of(wallet.address())? {
            let outcome = self.run(self.hub.chain().resume(&sent.flight));
            let is_known = !matches!(outcome, Outcome::Unknown(_));
            if is_known && sent.intent == intent {
                decide(path, &outcome);
            } else if is_known {
                let _ = fs::remove_file(path);
            }
            match concluded(outcome) {
                Ok(done) if sent.intent == intent => {
                    say(format_args!(
                        "note: this was done by a transaction that was sent earlier, {}",
                        done.hash
                    ));
                    same = Some(done);
                }
                Ok(done) => say(format_args!(
                    "note: an earlier transaction, {} ({}), is in block {}",
                    done.hash, sent.intent, done.height
                )),
                Err(failure) if !is_known => return Err(failure),
                Err(failure) => say(format_args!(
                    "note: an earlier transaction ({}) did nothing: {}",
                    sent.intent, failure.sentence
                )),
            }
        }
        Ok(same)
    }
}

/// Files of transactions that did what they were to do, while the user was not told yet.
static UNTOLD: Mutex<Vec<PathBuf>> = Mutex::new(vec![]);

fn untold() -> MutexGuard<'static, Vec<PathBuf>> {
    UNTOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets a transaction of which it is known what became of it. One that succeeded is forgotten when the user was told: of a command
/// that is killed before, the same command has to find it.
fn decide(path: PathBuf, outcome: &Outcome) {
    match outcome {
        Outcome::Included(done) if done.succeeded() => untold().push(path),
        _ => drop(fs::remove_file(path)),
    }
}

/// What this command did was said.
pub fn told() {
    for path in untold().drain(..) {
        let _ = fs::remove_file(path);
    }
}

/// What a command says of a transaction.
fn concluded(outcome: Outcome) -> Result<Included, Failure> {
    match outcome {
        Outcome::Included(done) if done.succeeded() => Ok(done),
        Outcome::Included(failed) => Err(Failure::new(
            FAILED,
            format!(
                "the fee was paid and nothing else happened: {}",
                failed.reason()
            ),
            "see what stands there now, and try it again",
        )),
        Outcome::Refused(refusal) => Err(Failure::new(
            USAGE,
            format!("nothing happened: {}", refusal.reason),
            "change what the sentence names, and try it again",
        )),
        Outcome::Unknown(unknown) => Err(Failure::new(
            FAILED,
            format!(
                "it is not known yet what became of transaction {}: {}",
                unknown.flight.hash, unknown.because
            ),
            "run the same command again: it finds out first, and does nothing twice",
        )),
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        let code = match &error {
            ChainError::NoNodes | ChainError::Setting(_) | ChainError::FeeTooHigh { .. } => USAGE,
            ChainError::Query(_) => GONE,
            _ => FAILED,
        };
        let hint = match &error {
            ChainError::NoAnswer { .. } => Some("see which node answers: hub doctor".to_owned()),
            ChainError::UnknownAccount { address, .. } => {
                Some(format!("see what it has: hub balance {address}"))
            }
            _ => None,
        };
        Self {
            sentence: error.to_string(),
            hint,
            code,
        }
    }
}

/// How a command names a model.
#[derive(Clone, Debug)]
pub enum ModelName {
    /// By its number.
    Number(ModelId),
    /// By its author's address and its name.
    OfAuthor(String, String),
}

/// A model as a number or as `AUTHOR/NAME`.
pub fn model_name(text: &str) -> Result<ModelName, String> {
    if let Ok(number) = text.parse::<u64>() {
        return Ok(ModelName::Number(number.into()));
    }
    match text.split_once('/') {
        Some((author, name)) if !author.is_empty() && !name.is_empty() => Ok(ModelName::OfAuthor(author.to_owned(), name.to_owned())),
        _ => Err("expected a number, such as 7, or an author's address and a name, such as neutron1…/volatility".to_owned()),
    }
}

/// A denomination: a native coin, or `cw20:` and the address of a token.
pub fn denom(text: &str) -> Result<UncheckedDenom, String> {
    match text.strip_prefix(CW20_PREFIX) {
        Some(address) if !address.is_empty() => Ok(UncheckedDenom::Cw20(address.to_owned())),
        Some(_) => Err("expected the address of a token after cw20:".to_owned()),
        None => hub_types::denom::Denom::native(text)
            .map(|_| UncheckedDenom::Native(text.to_owned()))
            .map_err(|error| error.to_string()),
    }
}

/// An amount with its denomination, such as `25000untrn` or `25000cw20:neutron1…`.
#[derive(Clone, Debug)]
pub struct Money {
    /// How much, in the smallest unit.
    pub amount: Uint128,
    /// Of what.
    pub denom: UncheckedDenom,
}

/// Reads an amount with its denomination.
pub fn money(text: &str) -> Result<Money, String> {
    let split = text
        .find(|one: char| !one.is_ascii_digit())
        .unwrap_or(text.len());
    let (amount, of) = text.split_at(split);
    let amount = amount.parse::<u128>().ok().filter(|amount| *amount > 0);
    let amount =
        amount.ok_or("expected an amount above zero and a denomination, such as 25000untrn")?;
    Ok(Money {
        amount: amount.into(),
        denom: denom(of)?,
    })
}

impl Money {
    /// As it is typed.
    pub fn text(&self) -> String {
        format!("{}{}", self.amount, denom_text(&self.denom))
    }

    /// As a coin of the chain; none if it is a token's.
    pub fn coin(&self) -> Option<Coin> {
        match &self.denom {
            UncheckedDenom::Native(denom) => Some(Coin {
                denom: denom.clone(),
                amount: self.amount,
            }),
            UncheckedDenom::Cw20(_) => None,
        }
    }
}

/// A denomination as it is typed.
pub fn denom_text(denom: &UncheckedDenom) -> String {
    match denom {
        UncheckedDenom::Native(denom) => denom.clone(),
        UncheckedDenom::Cw20(address) => format!("{CW20_PREFIX}{address}"),
    }
}

/// A checked denomination, as a message names it.
pub fn unchecked(denom: &hub_types::denom::Denom) -> UncheckedDenom {
    match denom {
        hub_types::denom::Denom::Native(denom) => UncheckedDenom::Native(denom.clone()),
        hub_types::denom::Denom::Cw20(address) => UncheckedDenom::Cw20(address.to_string()),
    }
}

/// What every command says of a transaction.
pub fn transaction(done: &Included) -> serde_json::Value {
    serde_json::json!({ "hash": done.hash.to_string(), "height": done.height, "gas_used": done.gas_used })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_models_and_denominations_are_read_as_they_are_typed() {
        assert_eq!(money("25000untrn").unwrap().text(), "25000untrn");
        assert_eq!(money("1cw20:wasm1xyz").unwrap().text(), "1cw20:wasm1xyz");
        assert_eq!(
            money("7ibc/ABC").unwrap().coin().unwrap().to_string(),
            "7ibc/ABC"
        );
        for wrong in [
            "",
            "5",
            "untrn",
            "0untrn",
            "-5untrn",
            "1.5untrn",
            "5cw20:",
            "340282366920938463463374607431768211456untrn",
            "5 untrn",
        ] {
            assert!(money(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(model_name("7"), Ok(ModelName::Number(ModelId(7)))));
        assert!(matches!(model_name("a/b"), Ok(ModelName::OfAuthor(..))));
        for wrong in ["", "a", "/b", "a/", "-1"] {
            assert!(model_name(wrong).is_err(), "{wrong}");
        }
    }
}
