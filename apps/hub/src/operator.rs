use std::process::ExitCode;

use clap::{Args, Subcommand};
use hub_chain::keys::AttesterKey;
use hub_types::billing::{
    AttesterCreated, AttesterResponse, AttesterStatus, AttestersResponse, ExecuteMsg, QueryMsg,
};
use hub_types::ids::AttesterId;
use hub_types::wire::Purpose;
use hub_wire::{possession_bytes, possession_digest};
use serde_json::{json, Value};

use crate::chain::{transaction, Market, OnChain, Signer};
use crate::failure::{Failure, USAGE};
use crate::output::Output;
use crate::{secrets, Outcome};

/// Attesters: the keys with which an operator's servers sign receipts.
#[derive(Debug, Args)]
pub struct Operator {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Register the key of a server; the account that signs becomes its operator.
    ///
    /// A key registers once, ever: if it is registered already, that is said and nothing is sent.
    #[command(after_help = "\
Example:
  hub keys new server --attester
  hub operator register server --endpoint https://models.example.com")]
    Register(Register),
    /// Take no receipts that an attester issues from now on. Earlier ones stay billable.
    #[command(after_help = "Example:\n  hub operator retire 3")]
    Retire(ById),
    /// Take nothing of an attester any more, whenever it was issued: for a key that was stolen.
    #[command(after_help = "Example:\n  hub operator revoke 3 --yes")]
    Revoke(Revoke),
    /// The attesters of an operator.
    #[command(after_help = "Example:\n  hub operator status")]
    Status(Status),
}

#[derive(Debug, Args)]
struct Register {
    /// Name of the attester's key: see hub keys new --attester.
    #[arg(value_parser = secrets::name)]
    attester_key: String,

    /// Where callers reach the server.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

#[derive(Debug, Args)]
struct ById {
    /// Number of the attester.
    attester: u64,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

#[derive(Debug, Args)]
struct Revoke {
    /// It is meant: receipts that are not settled yet will never be paid.
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    by_id: ById,
}

#[derive(Debug, Args)]
struct Status {
    /// Whose. Default: the account that signs.
    operator: Option<String>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

impl Operator {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::Register(command) => command.run(output),
            Command::Retire(command) => command.end(false, output),
            Command::Revoke(command) => match command.yes {
                true => command.by_id.end(true, output),
                false => Err(Failure::new(
                    USAGE,
                    "nothing was revoked: receipts of the attester that are not settled yet would never be paid",
                    format!("if the key is stolen: hub operator revoke {0} --yes; else: hub operator retire {0}", command.by_id.attester),
                )),
            },
            Command::Status(command) => command.run(output),
        }
    }
}

impl Register {
    fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let path = secrets::attester_path(&self.attester_key)?;
        if !path.exists() {
            return Err(Failure::new(
                USAGE,
                format!("there is no key of an attester {:?}", self.attester_key),
                format!("make one: hub keys new {} --attester", self.attester_key),
            ));
        }
        let key = AttesterKey::load(&path, secrets::password(false)?)?.signing_key()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let public = key.public_key();
        let known: Option<AttesterResponse> = market
            .wait(market.hub.attester_by_key(public.as_bytes()))?
            .value;
        let (attester, done) = match known {
            Some(known) if known.operator.as_str() != wallet.address() => {
                return Err(Failure::new(
                    USAGE,
                    format!(
                        "the key is registered already, as attester {} of {}",
                        known.attester, known.operator
                    ),
                    "make another one: hub keys new NAME --attester",
                ))
            }
            Some(known) => (known.attester, None),
            None => {
                let digest = possession_digest(
                    &market.hub.tag(Purpose::Attester)?,
                    &possession_bytes(&public, wallet.canonical()),
                );
                let message = ExecuteMsg::RegisterAttester {
                    key: public.as_bytes().into(),
                    key_type: public.key_type().into(),
                    possession: key.sign_digest(&digest).to_vec().into(),
                    evidence: None,
                    endpoint: self.endpoint.clone(),
                };
                let intent = format!("register attester {}", hex::encode(public.as_bytes()));
                let done = market.tell(&wallet, &intent, &[market.hub.tell_billing(&message)?])?;
                let created: AttesterCreated = done.answer(0)?;
                (created.attester, Some(done))
            }
        };
        let text = match &done {
            Some(done) => format!(
                "attester {attester} of {}, block {}",
                wallet.address(),
                done.height
            ),
            None => format!(
                "attester {attester} of {} was registered already",
                wallet.address()
            ),
        };
        output.result(
            &text,
            &json!({ "attester": attester, "operator": wallet.address(), "transaction": done.as_ref().map(transaction) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl ById {
    fn end(self, revoke: bool, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let attester = AttesterId(self.attester);
        let (message, intent, word) = match revoke {
            true => (
                ExecuteMsg::Revoke { attester },
                format!("revoke attester {attester}"),
                "revoked",
            ),
            false => (
                ExecuteMsg::Retire { attester },
                format!("retire attester {attester}"),
                "retired",
            ),
        };
        let done = market.tell(&wallet, &intent, &[market.hub.tell_billing(&message)?])?;
        let now: AttesterResponse = market.wait(market.hub.attester(attester))?.value;
        output.result(
            &format!("attester {attester} is {word}: {}", status(&now)),
            &json!({ "attester": now, "transaction": transaction(&done) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Status {
    fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let operator = match self.operator {
            Some(operator) => operator,
            None => self.signer.wallet(&market.profile)?.address().to_owned(),
        };
        let attesters = of_operator(&market, &operator)?;
        let mut text = String::new();
        for one in &attesters {
            text += &format!(
                "attester {}  {}  {} batches  {}\n",
                one.attester,
                status(one),
                one.batches,
                one.endpoint.as_deref().unwrap_or("no address")
            );
        }
        if attesters.is_empty() {
            text = format!("{operator} has no attester: register one with hub operator register");
        }
        let list: Value = json!(attesters);
        output.result(&text, &json!({ "operator": operator, "attesters": list }));
        Ok(ExitCode::SUCCESS)
    }
}

/// All attesters of an operator.
pub fn of_operator(market: &Market, operator: &str) -> Result<Vec<AttesterResponse>, Failure> {
    let mut all: Vec<AttesterResponse> = vec![];
    loop {
        let page: AttestersResponse = market.billing(&QueryMsg::AttestersByOperator {
            operator: operator.to_owned(),
            start_after: all.last().map(|last| last.attester),
            limit: Some(100),
        })?;
        let is_last = page.attesters.len() < 100;
        all.extend(page.attesters);
        if is_last {
            return Ok(all);
        }
    }
}

fn status(attester: &AttesterResponse) -> String {
    match attester.status {
        AttesterStatus::Active {} => "active".to_owned(),
        AttesterStatus::Retired { cutoff } => {
            format!("takes receipts issued before {cutoff} alone")
        }
        AttesterStatus::Revoked {} => "nothing of it is taken".to_owned(),
    }
}
