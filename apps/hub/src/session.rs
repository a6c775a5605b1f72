use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use cosmwasm_std::{to_json_binary, HexBinary, Uint128};
use hub_chain::keys::AttesterKey;
use hub_chain::{Included, Message, Wallet};
use hub_types::denom::UncheckedDenom;
use hub_types::escrow::{
    Cw20HookMsg, ExecuteMsg, ModelRef, Models, NewCeiling, NewSession, QueryMsg, SessionCreated,
    SessionResponse, SessionState, SessionsResponse, VoucherKey,
};
use hub_types::ids::SessionId;
use hub_types::price::Rates;
use hub_wire::KeyType;
use serde_json::json;

use crate::chain::{model_name, money, transaction, Market, ModelName, Money, OnChain, Signer};
use crate::failure::{Failure, USAGE};
use crate::output::{table, Output};
use crate::{secrets, Outcome};

/// Budgets for calls: opened for one operator, charged by its attesters.
#[derive(Debug, Args)]
pub struct Session {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // Parsed once per run.
enum Command {
    /// Open a session: money that one operator can charge for calls, and nobody else.
    ///
    /// It pays up to a ceiling that calls raise one by one, signed by a key that is made for this session and kept with the others.
    #[command(after_help = "\
Example:
  hub session open --operator neutron1… --model 7 --budget 1000000untrn --days 7
  hub session open --operator neutron1… --any-model --max-per-call 1000 --budget 1000000untrn --days 7")]
    Open(Open),
    /// The sessions of an account, newest first.
    #[command(after_help = "Example:\n  hub session list")]
    List(List),
    /// Add to a session's budget from what the escrow holds for the account.
    #[command(after_help = "Example:\n  hub session topup 12 500000")]
    Topup(Topup),
    /// End a session after the grace. What was earned before is still paid.
    #[command(after_help = "Example:\n  hub session close 12")]
    Close(ById),
    /// Give what an ended session has left back to its caller.
    #[command(after_help = "Example:\n  hub session release 12")]
    Release(ById),
}

#[derive(Debug, Args)]
struct Open {
    /// The one operator that can charge it.
    #[arg(long, value_name = "ADDRESS")]
    operator: String,

    /// Model that can be charged, as a number or AUTHOR/NAME; up to 8.
    #[arg(long = "model", value_name = "MODEL", value_parser = model_name, required_unless_present = "any_model")]
    models: Vec<ModelName>,

    /// Any model can be charged, within --max-per-call and its like.
    #[arg(long, conflicts_with = "models", requires = "max_per_call")]
    any_model: bool,

    /// Most that a call may cost before its units are counted.
    #[arg(long, value_name = "AMOUNT")]
    max_per_call: Option<Uint128>,

    /// Most that a million input units may cost.
    #[arg(
        long,
        value_name = "AMOUNT",
        default_value = "0",
        requires = "max_per_call"
    )]
    max_per_million_in: Uint128,

    /// Most that a million output units may cost.
    #[arg(
        long,
        value_name = "AMOUNT",
        default_value = "0",
        requires = "max_per_call"
    )]
    max_per_million_out: Uint128,

    /// How much is set aside for it, such as 1000000untrn.
    #[arg(long, value_name = "MONEY", value_parser = money)]
    budget: Money,

    /// Days until it ends.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,

    /// Take the budget from what the escrow holds for the account, not from the wallet.
    #[arg(long)]
    from_balance: bool,

    /// Charge without a ceiling: the operator is trusted with all of the budget.
    #[arg(long)]
    no_ceiling: bool,

    /// Only attesters with this measurement, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = crate::ids::sha256)]
    measurement: Option<[u8; 32]>,

    /// A note to oneself, at most 64 bytes.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

#[derive(Debug, Args)]
struct List {
    /// Whose. Default: the account that signs.
    caller: Option<String>,

    /// Those that others opened for the account.
    #[arg(long)]
    from_others: bool,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

#[derive(Debug, Args)]
struct Topup {
    /// Number of the session.
    session: u64,

    /// How much, in the denomination of its budget.
    amount: Uint128,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

#[derive(Debug, Args)]
struct ById {
    /// Number of the session.
    session: u64,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

impl Session {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::Open(command) => command.run(output),
            Command::List(command) => command.run(output),
            Command::Topup(command) => command.run(output),
            Command::Close(command) => command.end(true, output),
            Command::Release(command) => command.end(false, output),
        }
    }
}

impl Open {
    fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let models = match self.any_model {
            true => Models::Any {},
            false => {
                let found: Result<Vec<_>, Failure> = self
                    .models
                    .iter()
                    .map(|named| Ok(market.model(named)?.model))
                    .collect();
                Models::Listed(
                    found?
                        .into_iter()
                        .map(|model| ModelRef {
                            model,
                            release: None,
                        })
                        .collect(),
                )
            }
        };
        let intent = format!(
            "open a session of {} with {} for {:?}",
            self.budget.text(),
            self.operator,
            self.models
        );
        let opening = Opening {
            operator: self.operator,
            models,
            max_price: self.max_per_call.map(|per_call| Rates {
                per_call,
                per_million_in: self.max_per_million_in,
                per_million_out: self.max_per_million_out,
            }),
            budget: self.budget,
            days: self.days,
            from_balance: self.from_balance,
            has_ceiling: !self.no_ceiling,
            measurement: self.measurement,
            label: self.label,
        };
        let (opened, created) = opening.open(&market, &wallet, &intent)?;
        let id = opened.session;
        let mut rows = shown(&opened);
        rows.push((
            "next",
            format!("hub call MODEL --session {id} --input FILE"),
        ));
        output.result(
            &table(&rows),
            &json!({ "session": opened, "transaction": transaction(&created) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// A session that is to be opened.
pub struct Opening {
    /// The one operator that can charge it.
    pub operator: String,
    pub models: Models,
    pub max_price: Option<Rates>,
    pub budget: Money,
    pub days: u64,
    /// From what the escrow holds for the account, not from the wallet.
    pub from_balance: bool,
    /// Whether a key is made that signs calls and raises the ceiling.
    pub has_ceiling: bool,
    pub measurement: Option<[u8; 32]>,
    pub label: Option<String>,
}

impl Opening {
    /// Opens it. The same `intent`, of a command that was killed, finds what that one opened.
    pub fn open(
        self,
        market: &Market,
        wallet: &Wallet,
        intent: &str,
    ) -> Result<(SessionResponse, Included), Failure> {
        // The key is kept before the session exists: a session whose key is lost can only be waited for.
        let ceiling = match self.has_ceiling {
            false => None,
            true => {
                let password = secrets::password(true)?;
                let key = AttesterKey::generate(KeyType::Secp256k1);
                let public = key.signing_key()?.public_key();
                secrets::make_folder()?;
                key.save(&secrets::voucher_path(public.as_bytes())?, password)?;
                let key_type = public.key_type().into();
                let key = public.as_bytes().into();
                Some(NewCeiling {
                    key: Some(VoucherKey { key_type, key }),
                })
            }
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let session = NewSession {
            operator: self.operator,
            measurement: self.measurement.map(HexBinary::from),
            models: self.models,
            max_price: self.max_price,
            budget: self.budget.amount,
            expires_at: now.saturating_add(self.days.saturating_mul(86_400)),
            ceiling,
            label: self.label,
        };
        let message = opening(market, session, &self.budget, self.from_balance)?;
        let created = market.tell(wallet, intent, &[message])?;
        // A token hands on no data of the contract that it calls: the newest session is the one.
        let id = match created.answer::<SessionCreated>(0) {
            Ok(answer) => answer.session,
            Err(_) => newest(market, wallet)?,
        };
        Ok((market.wait(market.hub.session(id))?.value, created))
    }
}

fn opening(
    market: &Market,
    session: NewSession,
    budget: &Money,
    from_balance: bool,
) -> Result<Message, Failure> {
    if from_balance {
        let denom = budget.denom.clone();
        return Ok(market
            .hub
            .tell_escrow(&ExecuteMsg::OpenSession { denom, session }, vec![])?);
    }
    match &budget.denom {
        UncheckedDenom::Native(_) => {
            let deposit = ExecuteMsg::Deposit {
                beneficiary: None,
                session: Some(session),
            };
            Ok(market
                .hub
                .tell_escrow(&deposit, budget.coin().into_iter().collect())?)
        }
        UncheckedDenom::Cw20(token) => {
            let hook = Cw20HookMsg::Deposit {
                beneficiary: None,
                session: Some(session),
            };
            let hook = to_json_binary(&hook)
                .map_err(|error| Failure::new(USAGE, error.to_string(), "look at the options"))?;
            let send = json!({ "send": { "contract": market.hub.escrow(), "amount": budget.amount, "msg": hook } });
            Ok(Message::execute(token, &send, vec![])?)
        }
    }
}

fn newest(market: &Market, wallet: &Wallet) -> Result<SessionId, Failure> {
    let page: SessionsResponse = market.escrow(&QueryMsg::SessionsByCaller {
        caller: wallet.address().to_owned(),
        start_after: None,
        limit: Some(1),
    })?;
    page.sessions
        .first()
        .map(|session| session.session)
        .ok_or_else(|| {
            Failure::new(
                crate::failure::FAILED,
                "the session was opened and is not found yet",
                "look again: hub session list",
            )
        })
}

impl List {
    fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let caller = match self.caller {
            Some(caller) => caller,
            None => self.signer.wallet(&market.profile)?.address().to_owned(),
        };
        let mut all: Vec<SessionResponse> = vec![];
        loop {
            let (caller, start_after, limit) = (
                caller.clone(),
                all.last().map(|last| last.session),
                Some(100),
            );
            let question = match self.from_others {
                true => QueryMsg::SessionsFromOthers {
                    caller,
                    start_after,
                    limit,
                },
                false => QueryMsg::SessionsByCaller {
                    caller,
                    start_after,
                    limit,
                },
            };
            let page: SessionsResponse = market.escrow(&question)?;
            let is_last = page.sessions.len() < 100;
            all.extend(page.sessions);
            if is_last {
                break;
            }
        }
        let mut text: String = all
            .iter()
            .map(|one| {
                format!(
                    "session {}  {}  {} of {}{} left  {}\n",
                    one.session,
                    state(one),
                    one.left,
                    one.budget,
                    one.denom,
                    one.operator
                )
            })
            .collect();
        if all.is_empty() {
            text = format!("{caller} has no session: open one with hub session open");
        }
        output.result(&text, &json!({ "caller": caller, "sessions": all }));
        Ok(ExitCode::SUCCESS)
    }
}

impl Topup {
    fn run(self, output: &Output) -> Outcome {
        let message = ExecuteMsg::TopUp {
            session: SessionId(self.session),
            amount: self.amount,
        };
        change(
            &self.chain,
            &self.signer,
            self.session,
            &message,
            &format!("add {} to session {}", self.amount, self.session),
            output,
        )
    }
}

impl ById {
    fn end(self, close: bool, output: &Output) -> Outcome {
        let session = SessionId(self.session);
        let (message, verb) = match close {
            true => (ExecuteMsg::CloseSession { session }, "close"),
            false => (ExecuteMsg::ReleaseSession { session }, "release"),
        };
        change(
            &self.chain,
            &self.signer,
            self.session,
            &message,
            &format!("{verb} session {session}"),
            output,
        )
    }
}

fn change(
    chain: &OnChain,
    signer: &Signer,
    session: u64,
    message: &ExecuteMsg,
    intent: &str,
    output: &Output,
) -> Outcome {
    let market = chain.market()?;
    let wallet = signer.wallet(&market.profile)?;
    let done = market.tell(&wallet, intent, &[market.hub.tell_escrow(message, vec![])?])?;
    let now = market.wait(market.hub.session(SessionId(session)))?.value;
    output.result(
        &table(&shown(&now)),
        &json!({ "session": now, "transaction": transaction(&done) }),
    );
    Ok(ExitCode::SUCCESS)
}

fn shown(session: &SessionResponse) -> Vec<(&'static str, String)> {
    let models = match &session.models {
        Models::Any {} => "any".to_owned(),
        Models::Listed(list) => list
            .iter()
            .map(|one| one.model.to_string())
            .collect::<Vec<_>>()
            .join(", "),
    };
    let mut rows = vec![
        ("session", session.session.to_string()),
        ("state", state(session).to_owned()),
        ("operator", session.operator.to_string()),
        ("models", models),
        ("budget", format!("{}{}", session.budget, session.denom)),
        ("left", session.left.to_string()),
        (
            "ends",
            hub_walrus_client::date(UNIX_EPOCH + std::time::Duration::from_secs(session.ends_at)),
        ),
    ];
    if let Some(ceiling) = &session.ceiling {
        rows.push(("ceiling", ceiling.ceiling.to_string()));
    }
    rows
}

fn state(session: &SessionResponse) -> &'static str {
    match session.state {
        SessionState::Open => "open",
        SessionState::Ended => "ended",
        SessionState::Released => "released",
    }
}
