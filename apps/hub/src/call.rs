use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use clap::Args;
use cosmwasm_std::HexBinary;
use hub_caller::{Answer, CallError, Caller, Limits, Options, Tally, Trust, TrustedModel};
use hub_chain::keys::AttesterKey;
use hub_types::billing::{
    AttesterStatus, BatchesResponse, InclusionProof, InclusionResponse, QueryMsg as BillingQuery,
    RecordedBatch,
};
use hub_types::escrow::{
    ModelRef, Models, QueryMsg as EscrowQuery, SessionResponse, SessionState, SessionsResponse,
};
use hub_types::ids::SessionId;
use hub_types::registry::{ModelResponse, ReleaseResponse};
use hub_wire::{PublicKey, Receipt};
use hub_x402::RequestId;
use serde::Deserialize;
use serde_json::{json, Value};

use crate::chain::{self, model_name, money, Market, ModelName, Money, OnChain, Signer};
use crate::failure::{Failure, FAILED, GONE, USAGE, WRONG};
use crate::network::Network;
use crate::output::{say, table, Output};
use crate::progress::Bars;
use crate::session::Opening;
use crate::texts::{self, Kind};
use crate::{secrets, Outcome};

/// Call a model, paid from a session: the answer on the standard output, what it cost on the standard error.
///
/// The answer is checked before it is believed: that it is signed by an attester of the session's operator, that it is an answer to this
/// request, by this release, and that it costs what was agreed.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub call 7 --input request.json
  hub call 8 --prompt 'How far is the moon?'
  hub call 7 --input request.json --server https://models.example.com --budget 100000untrn --yes
  echo '{\"inputs\": […]}' | hub call neutron1…/volatility --session 12 --max-price 100")]
pub struct Call {
    /// The model, as a number or AUTHOR/NAME.
    #[arg(value_parser = model_name)]
    model: ModelName,

    /// Session that pays. Default: the newest open one of the account that signs that fits the model.
    #[arg(long, value_name = "N")]
    session: Option<u64>,

    /// Where no open session fits, open one with this budget, such as 100000untrn, for the operator of --server or of --operator. It
    /// ends after --days, and what is left of it comes back.
    #[arg(long, value_name = "MONEY", value_parser = money, conflicts_with = "session")]
    budget: Option<Money>,

    /// Days until a session ends that --budget opens.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "budget", value_parser = clap::value_parser!(u64).range(1..=3650))]
    days: u64,

    /// Operator of a session that --budget opens. Default: the one of --server.
    #[arg(long, value_name = "ADDRESS", requires = "budget")]
    operator: Option<String>,

    /// Open the session of --budget without asking.
    #[arg(long, requires = "budget")]
    yes: bool,

    /// What is asked: JSON of the Open Inference Protocol, or of a chat or embeddings as OpenAI has them. - is the standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    input: PathBuf,

    /// Ask a model of text this, and read what it says as it comes.
    #[arg(long, value_name = "TEXT", conflicts_with = "input")]
    prompt: Option<String>,

    /// Most tokens of the answer to --prompt. Default: what the server takes.
    #[arg(long, value_name = "N", requires = "prompt")]
    max_tokens: Option<u32>,

    /// Write the answer to a file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Server. Default: the first that the session's operator has on chain.
    #[arg(long, value_name = "URL", env = "HUB_SERVER", hide_env_values = true)]
    server: Option<String>,

    /// Most that the call may cost. Default: what the session has left.
    #[arg(long, value_name = "AMOUNT")]
    max_price: Option<u128>,

    /// Repeat the call with this id, 32 hexadecimal digits: it is paid once, and gives the same answer.
    #[arg(long, value_name = "ID")]
    request_id: Option<RequestId>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,

    #[command(flatten)]
    network: Network,
}

/// Show what became of a paid call, and prove on chain that its receipt was settled.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hub receipt 00112233445566778899aabbccddeeff --server https://models.example.com"
)]
pub struct ShowReceipt {
    /// Request id of the call, as hub call printed it.
    request_id: RequestId,

    /// Server that was called.
    #[arg(long, value_name = "URL", env = "HUB_SERVER", hide_env_values = true)]
    server: String,

    #[command(flatten)]
    chain: OnChain,
}

/// As far as it is needed here; what it says is checked on chain.
#[derive(Deserialize)]
struct HubJson {
    attester: u64,
}

impl Call {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let given = match self.prompt {
            Some(_) => None,
            None => Some(self.body()?),
        };
        let model = market.model(&self.model)?;
        let session = self.session(&market, &model)?;
        let key = voucher_key(&session)?;
        let release = market
            .wait(market.hub.release(model.model, model.latest_release))?
            .value;
        let server = self.server(&market, &session)?;
        let trust = self.trust(&market, &session, &release, &server)?;
        let folder = crate::home::folder()?.join("sessions");
        let failed = |error: std::io::Error| {
            Failure::new(
                FAILED,
                format!("{} cannot be made: {error}", folder.display()),
                "nothing was sent: look at who may write there",
            )
        };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let path = folder.join(format!(
            "{}-{}.json",
            market.hub.chain().chain_id(),
            session.session
        ));
        let tally =
            Tally::open(&path, session.session, session.spent.u128()).map_err(CallError::from)?;
        let options = Options::new(Limits {
            per_call: self.max_price.unwrap_or(session.left.u128()),
            total: session.budget.u128(),
        });
        let caller = Caller::new(key, trust, tally, options)?;
        let (body, kind) = match (given, &self.prompt) {
            (Some(body), _) => {
                let kind = Kind::of(&serde_json::from_slice(&body).unwrap_or_default());
                (body, kind)
            }
            (None, prompt) => {
                let prompt = prompt.as_deref().unwrap_or_default();
                let question = texts::question(model.model.0, prompt, self.max_tokens);
                (question.to_string().into_bytes(), Kind::Chat)
            }
        };
        let url = format!("{server}{}", kind.path(model.author.as_str(), &model.name));
        let is_read = self.prompt.is_some() && self.output.is_none() && !output.is_json();
        let mut read = |piece: &[u8]| {
            if is_read {
                // Whoever reads may have had enough; the call goes on, and is paid.
                let mut out = std::io::stdout();
                let _ = out.write_all(texts::said(piece).as_bytes());
                let _ = out.flush();
            }
        };
        let id = self.request_id.unwrap_or_else(hub_caller::fresh_id);
        let answer = market.run(caller.call_in_pieces(id, &url, body, &mut read))?;
        self.show(&answer, is_read, &session, output)
    }

    fn show(
        &self,
        answer: &Answer,
        is_read: bool,
        session: &SessionResponse,
        output: &Output,
    ) -> Outcome {
        let id = hex::encode(answer.receipt.request_id);
        let left = session.budget.u128().saturating_sub(answer.charged);
        if let Some(path) = &self.output {
            crate::save::save(&answer.body[..], path, true)?;
        }
        let body = serde_json::from_slice::<Value>(&answer.body)
            .or_else(|_| {
                std::str::from_utf8(&answer.body).map(|text| Value::String(text.to_owned()))
            })
            .unwrap_or_else(|_| Value::String(STANDARD.encode(&answer.body)));
        let value = json!({
            "answer": match self.output { Some(_) => Value::Null, None => body },
            "mime_type": answer.mime_type,
            "request_id": id,
            "amount": answer.amount.to_string(),
            "charged": answer.charged.to_string(),
            "left": left.to_string(),
            "denom": session.denom,
            "session": session.session,
            "engine": answer.engine,
            "label": answer.label,
            "receipt": STANDARD.encode(answer.receipt.encode()),
            "broken_off": answer.broken_off,
        });
        let text = match self.output {
            Some(_) => String::new(),
            // It was read as it came; what is left is the end of its line.
            None if is_read => String::new(),
            None => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        output.result(&text, &value);
        let _ = std::io::stdout().flush();
        if let Some(why) = &answer.broken_off {
            say(format_args!(
                "the answer broke off: {why}. What was said is paid, and no more"
            ));
        }
        say(format_args!(
            "paid {}{}, {left} left in session {}; {} by {}; request id {id}",
            answer.amount, session.denom, session.session, answer.engine, answer.label
        ));
        Ok(ExitCode::SUCCESS)
    }

    /// The session that is named, or the newest that fits.
    fn session(&self, market: &Market, model: &ModelResponse) -> Result<SessionResponse, Failure> {
        if let Some(session) = self.session {
            let found = market.wait(market.hub.session(SessionId(session)))?.value;
            return match found.state {
                SessionState::Open => Ok(found),
                _ => Err(Failure::new(GONE, format!("session {session} has ended"), format!("open another: hub session open --operator {} --model {} --budget MONEY --days 7", found.operator, model.model))),
            };
        }
        let caller = self.signer.wallet(&market.profile)?.address().to_owned();
        let page: SessionsResponse = market.escrow(&EscrowQuery::SessionsByCaller {
            caller,
            start_after: None,
            limit: Some(100),
        })?;
        let fits = |one: &SessionResponse| {
            let lists = match &one.models {
                Models::Any {} => true,
                Models::Listed(list) => list.iter().any(|listed| listed.model == model.model),
            };
            lists
                && one.state == SessionState::Open
                && !one.left.is_zero()
                && one
                    .ceiling
                    .as_ref()
                    .is_some_and(|ceiling| ceiling.key.is_some())
        };
        match page.sessions.into_iter().find(fits) {
            Some(session) => Ok(session),
            None => self.open(market, model),
        }
    }

    /// Opens a session within what the user allows.
    fn open(&self, market: &Market, model: &ModelResponse) -> Result<SessionResponse, Failure> {
        let sentence = format!("no open session of yours pays for model {}", model.model);
        let Some(budget) = &self.budget else {
            return Err(Failure::new(
                USAGE,
                sentence,
                format!("open one: hub session open --operator ADDRESS --model {} --budget MONEY --days 7; or let this command do it: --server URL --budget MONEY", model.model),
            ));
        };
        let operator = match (&self.operator, &self.server) {
            (Some(operator), _) => operator.clone(),
            (None, Some(server)) => {
                let server = server.trim_end_matches('/');
                let said: HubJson = get(&format!("{server}/.well-known/hub.json"))?;
                let attester = market.wait(market.hub.attester(said.attester.into()))?;
                attester.value.operator.to_string()
            }
            (None, None) => {
                return Err(Failure::new(
                    USAGE,
                    format!("{sentence}, and no operator is named"),
                    "nothing was opened: name its server with --server URL, or its account with --operator ADDRESS",
                ))
            }
        };
        let what = format!(
            "a session of {} for {} day{}, which operator {operator} can charge for model {} alone, call by call as you sign; what is left comes back to you",
            budget.text(), self.days, if self.days == 1 { "" } else { "s" }, model.model
        );
        if !self.yes {
            let declined = || {
                Failure::new(
                    USAGE,
                    format!("this would open {what}"),
                    "nothing was opened: add --yes",
                )
            };
            let reads_question = self.prompt.is_none() && self.input.as_os_str() == "-";
            if !std::io::stdin().is_terminal() || reads_question {
                return Err(declined());
            }
            eprint!("This opens {what}.\nOpen it? [y/N] ");
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer);
            if read.is_err() || !matches!(answer.trim(), "y" | "Y" | "yes") {
                return Err(declined());
            }
        }
        say(format_args!("opening {what}"));
        let wallet = self.signer.wallet(&market.profile)?;
        let intent = format!(
            "open a session of {} with {operator} for model {}, to call it",
            budget.text(),
            model.model
        );
        let opening = Opening {
            operator,
            models: Models::Listed(vec![ModelRef {
                model: model.model,
                release: None,
            }]),
            max_price: None,
            budget: budget.clone(),
            days: self.days,
            from_balance: false,
            has_ceiling: true,
            measurement: None,
            label: None,
        };
        let (session, _) = opening.open(market, &wallet, &intent)?;
        say(format_args!("session {} is open", session.session));
        chain::told();
        Ok(session)
    }

    fn server(&self, market: &Market, session: &SessionResponse) -> Result<String, Failure> {
        let url = match &self.server {
            Some(url) => url.clone(),
            None => {
                let attesters = crate::operator::of_operator(market, session.operator.as_str())?;
                let active = attesters
                    .into_iter()
                    .filter(|one| matches!(one.status, AttesterStatus::Active {}));
                active
                    .filter_map(|one| one.endpoint)
                    .next()
                    .ok_or_else(|| {
                        Failure::new(
                            GONE,
                            format!("operator {} has no server on chain", session.operator),
                            "ask it for its address, and give it with --server URL",
                        )
                    })?
            }
        };
        Ok(url.trim_end_matches('/').to_owned())
    }

    /// Whom to believe: the attester that the server names, as the chain has it.
    fn trust(
        &self,
        market: &Market,
        session: &SessionResponse,
        release: &ReleaseResponse,
        server: &str,
    ) -> Result<Trust, Failure> {
        let said: HubJson = get(&format!("{server}/.well-known/hub.json"))?;
        let attester = market
            .wait(market.hub.attester(said.attester.into()))?
            .value;
        if attester.operator != session.operator {
            return Err(Failure::new(
                WRONG,
                format!(
                    "the server's attester {} belongs to {}, and session {} trusts {} alone",
                    attester.attester, attester.operator, session.session, session.operator
                ),
                "call a server of the session's operator, or open a session with this one",
            ));
        }
        if !hub_chain::is_active(&attester) {
            return Err(Failure::new(
                GONE,
                format!(
                    "attester {} of the server is no longer active",
                    attester.attester
                ),
                "call another server: --server URL",
            ));
        }
        let key = PublicKey::new(attester.key_type.into(), &attester.key).map_err(|error| {
            Failure::new(
                WRONG,
                error.to_string(),
                "call another server: --server URL",
            )
        })?;
        let blob_id = release.blob_id.parse();
        let manifest = release.manifest.as_ref().and_then(|id| id.parse().ok());
        let metering = manifest.map(|id| {
            hub_model::fetch_manifest(&self.network.client()?, &id, &Bars::new())
                .map_err(Failure::from)
        });
        let model = match (metering, blob_id) {
            (Some(Ok(manifest)), Ok(blob_id)) => Some(TrustedModel {
                model: release.model,
                release: release.release,
                blob_id,
                metering: manifest.metering,
            }),
            (found, _) => {
                let why = found.and_then(Result::err).map_or_else(
                    || "the release has none".to_owned(),
                    |failure| failure.sentence,
                );
                say(format_args!("note: what a unit is, is the server's word: its manifest could not be read ({why})"));
                None
            }
        };
        Ok(Trust {
            chain_id: market.hub.chain().chain_id().to_owned(),
            billing: market.hub.billing().to_owned(),
            billing_canonical: hub_chain::canonical(market.hub.billing())?,
            operator: session.operator.to_string(),
            attester: attester.attester,
            key,
            asset: session.denom.to_string(),
            model,
        })
    }

    fn body(&self) -> Result<Vec<u8>, Failure> {
        let read = match self.input.as_os_str() == "-" {
            true => {
                let mut bytes = vec![];
                std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
            }
            false => std::fs::read(&self.input),
        };
        let failed = |what: String| {
            Failure::new(
                USAGE,
                what,
                "nothing was sent: give JSON of the Open Inference Protocol with --input FILE, or a question with --prompt TEXT",
            )
        };
        let bytes = read
            .map_err(|error| failed(format!("{} cannot be read: {error}", self.input.display())))?;
        match serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(failed(format!("the request is no JSON: {error}"))),
        }
    }
}

/// The key that signs vouchers of a session.
pub fn voucher_key(session: &SessionResponse) -> Result<hub_wire::SigningKey, Failure> {
    let id = session.session;
    let Some(key) = session
        .ceiling
        .as_ref()
        .and_then(|ceiling| ceiling.key.as_ref())
    else {
        return Err(Failure::new(
            USAGE,
            format!("session {id} has no key that signs calls"),
            "open one that has: hub session open, without --no-ceiling",
        ));
    };
    let path = secrets::voucher_path(&key.key)?;
    if !path.exists() {
        return Err(Failure::new(
            USAGE,
            format!("the key of session {id} is not here: {}", path.display()),
            format!("call from where the session was opened; or close it: hub session close {id}"),
        ));
    }
    Ok(AttesterKey::load(&path, secrets::password(false)?)?.signing_key()?)
}

fn get<T: serde::de::DeserializeOwned>(url: &str) -> Result<T, Failure> {
    let text = ureq::get(url)
        .call()
        .and_then(|mut answer| answer.body_mut().read_to_string());
    let text = text.map_err(|error| match error {
        ureq::Error::StatusCode(404) => Failure::new(
            GONE,
            format!("{url}: there is no such thing"),
            "look at the id and the server",
        ),
        error => Failure::new(
            FAILED,
            format!("{url} cannot be read: {error}"),
            "is the server up? Another one: --server URL",
        ),
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            FAILED,
            format!("{url} answers something else: {error}"),
            "is it a server of the Hub?",
        )
    })
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let (code, hint) = match &error {
            CallError::Limit { .. } => (
                USAGE,
                Some("nothing was paid: give a higher --max-price, or add to the session: hub session topup N AMOUNT".to_owned()),
            ),
            CallError::Overcharged { .. }
            | CallError::Dishonest { .. }
            | CallError::Distrusted(_) => (WRONG, None),
            CallError::Unknown { request_id, .. } => (
                FAILED,
                Some(format!(
                    "run the same command again with --request-id {request_id}"
                )),
            ),
            CallError::Refused { code, .. }
                if code.contains("budget") || code.contains("ceiling") =>
            {
                (
                    FAILED,
                    Some("add to the session: hub session topup N AMOUNT".to_owned()),
                )
            }
            _ => (FAILED, None),
        };
        Self {
            sentence: error.to_string(),
            hint,
            code,
        }
    }
}

#[derive(Deserialize)]
struct Receipts {
    receipts: Vec<ReceiptState>,
}

#[derive(Deserialize)]
struct ReceiptState {
    state: String,
    session: u64,
    amount: String,
    receipt: String,
    batch: Option<BatchState>,
    outcome: Option<String>,
}

#[derive(Deserialize)]
struct BatchState {
    place: u64,
    root: String,
    proof: Vec<String>,
}

impl ShowReceipt {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let server = self.server.trim_end_matches('/');
        let found: Receipts = get(&format!("{server}/v1/receipts/{}", self.request_id))?;
        let (mut text, mut list) = (String::new(), vec![]);
        for one in &found.receipts {
            let malformed = |what: String| {
                Failure::new(
                    WRONG,
                    format!("the server's receipt is none: {what}"),
                    "ask the operator",
                )
            };
            let bytes = STANDARD
                .decode(&one.receipt)
                .map_err(|error| malformed(error.to_string()))?;
            let receipt = Receipt::decode(&bytes).map_err(|error| malformed(error.to_string()))?;
            if receipt.request_id != self.request_id.0 {
                return Err(malformed("it is of another call".to_owned()));
            }
            let proven = match &one.batch {
                Some(batch) => prove(&market, &receipt, &bytes, batch)?,
                None => None,
            };
            let on_chain = match &proven {
                Some((number, shown)) => format!(
                    "proven: batch {number} of attester {}, block time {}",
                    receipt.attester, shown.settled_at
                ),
                None => "not settled yet".to_owned(),
            };
            text += &table(&[
                ("session", one.session.to_string()),
                (
                    "model",
                    format!("{} release {}", receipt.model, receipt.release),
                ),
                ("amount", one.amount.clone()),
                (
                    "state",
                    one.outcome.clone().unwrap_or_else(|| one.state.clone()),
                ),
                ("on chain", on_chain),
            ]);
            list.push(json!({
                "session": one.session, "model": receipt.model, "release": receipt.release, "amount": one.amount, "state": one.state,
                "outcome": one.outcome, "receipt": one.receipt,
                "proven": proven.map(|(number, shown)| json!({ "attester": receipt.attester, "batch": number, "settled_at": shown.settled_at })),
            }));
        }
        output.result(
            &text,
            &json!({ "request_id": self.request_id.to_string(), "receipts": list }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

/// Lets billing check that the receipt stands in a batch that it recorded; none while no such batch is recorded.
fn prove(
    market: &Market,
    receipt: &Receipt,
    bytes: &[u8],
    batch: &BatchState,
) -> Result<Option<(u64, InclusionResponse)>, Failure> {
    let malformed = |_| Failure::new(WRONG, "the server's proof is none", "ask the operator");
    let siblings: Result<Vec<HexBinary>, Failure> = batch
        .proof
        .iter()
        .map(|hash| HexBinary::from_hex(hash).map_err(malformed))
        .collect();
    let siblings = siblings?;
    let mut after = None;
    loop {
        let page: BatchesResponse = market.billing(&BillingQuery::Batches {
            attester: receipt.attester,
            start_after: after,
            limit: Some(100),
        })?;
        if let Some(recorded) = page
            .batches
            .iter()
            .find(|one: &&RecordedBatch| one.receipts_root.to_hex() == batch.root)
        {
            let shown = market.billing(&BillingQuery::VerifyInclusion {
                attester: receipt.attester,
                batch: recorded.batch,
                receipt: bytes.into(),
                proof: InclusionProof {
                    index: batch.place,
                    siblings,
                },
            })?;
            return Ok(Some((recorded.batch, shown)));
        }
        match page.batches.last() {
            Some(last) if page.batches.len() == 100 => after = Some(last.batch),
            _ => return Ok(None),
        }
    }
}
