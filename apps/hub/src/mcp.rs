use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use hub_mcp::{over_stdio, Budget, Desk, Limits, Listening, McpError, Parts};
use hub_types::ids::SessionId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::chain::{money, Money, OnChain};
use crate::failure::{Failure, FAILED, USAGE};
use crate::network::Network;
use crate::output::Output;
use crate::progress::Bars;
use crate::Outcome;

/// Variable with the token that clients of `--listen` give.
const TOKEN: &str = "HUB_MCP_TOKEN";

/// Let an assistant that speaks MCP find, price and call models, within a budget.
///
/// It speaks over the standard input and output, as assistants start it, or with --listen over streamable HTTP. What was spent is kept on
/// disk: a restart forgets nothing, and several processes share one budget. Without a session, calls are paid by the assistant's own
/// wallet, by the metadata of x402. The key of the account is not used: an assistant can spend what is in the sessions, and nothing else.
#[derive(Debug, Args)]
#[command(after_help = "\
Example, as an assistant's configuration has it:
  {\"command\": \"hub\", \"args\": [\"mcp\", \"--session\", \"12\", \"--per-day\", \"20000untrn\", \"--per-call\", \"1000\"],
   \"env\": {\"HUB_KEY_PASSWORD\": \"…\"}}")]
pub struct Mcp {
    /// Session that may pay; several.
    #[arg(long = "session", value_name = "N")]
    sessions: Vec<u64>,

    /// Most that all calls of a day (UTC) may cost, such as 20000untrn.
    #[arg(long, value_name = "MONEY", value_parser = money_or_nothing)]
    per_day: (u128, String),

    /// Most that one call may cost. Default: a tenth of --per-day.
    #[arg(long, value_name = "AMOUNT")]
    per_call: Option<u128>,

    /// Most that the calls of one model may cost in a day. Default: --per-day.
    #[arg(long, value_name = "AMOUNT")]
    per_model: Option<u128>,

    /// Ask a person before a call that can cost more than this. Default: a tenth of --per-day.
    #[arg(long, value_name = "AMOUNT")]
    confirm_above: Option<u128>,

    /// File that keeps what was spent. Default: mcp-budget-DENOM.json in the folder of the command.
    #[arg(long, value_name = "FILE")]
    budget: Option<PathBuf>,

    /// Serve streamable HTTP here instead, such as 127.0.0.1:8402; HUB_MCP_TOKEN is the bearer token that clients give.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// Server. Default: the first that the session's operator has on chain.
    #[arg(long, value_name = "URL", env = "HUB_SERVER", hide_env_values = true)]
    server: Option<String>,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    network: Network,
}

/// An amount with its denomination; nothing is allowed too.
fn money_or_nothing(text: &str) -> Result<(u128, String), String> {
    let digits = text.trim_start_matches('0');
    if text.starts_with('0')
        && digits
            .chars()
            .next()
            .is_none_or(|one| !one.is_ascii_digit())
    {
        // The parser of budgets wants more than nothing.
        let Money { denom, .. } = money(&format!("1{digits}"))?;
        return Ok((0, crate::chain::denom_text(&denom)));
    }
    let found = money(text)?;
    Ok((found.amount.u128(), crate::chain::denom_text(&found.denom)))
}

impl Mcp {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let home = crate::home::folder()?;
        let mut sessions = vec![];
        for number in &self.sessions {
            let session = market.wait(market.hub.session(SessionId(*number)))?.value;
            sessions.push((SessionId(*number), crate::call::voucher_key(&session)?));
        }
        let (per_day, asset) = self.per_day;
        let name: String = asset
            .chars()
            .map(|one| {
                if one.is_ascii_alphanumeric() {
                    one
                } else {
                    '-'
                }
            })
            .collect();
        let path = self
            .budget
            .unwrap_or_else(|| home.join(format!("mcp-budget-{name}.json")));
        let limits = Limits {
            asset,
            per_call: self.per_call.unwrap_or(per_day / 10),
            per_model: self.per_model.unwrap_or(per_day),
            per_day,
            confirm_above: self.confirm_above.unwrap_or(per_day / 10),
        };
        let client = self.network.client()?;
        let parts = Parts {
            hub: market.hub.clone(),
            sessions,
            tallies: home.join("sessions"),
            budget: Budget::open(&path, limits).map_err(McpError::from)?,
            manifests: Arc::new(move |id| {
                let manifest = hub_model::fetch_manifest(&client, id, &Bars::new());
                Ok(manifest.map_err(|error| error.to_string())?.metering)
            }),
            server: self.server,
        };
        let listen = self.listen;
        market.run(async {
            let desk = Arc::new(Desk::open(parts).await?);
            let Some(at) = listen else {
                return Ok(over_stdio(desk).await?);
            };
            let token = std::env::var(TOKEN).unwrap_or_default();
            if token.is_empty() {
                return Err(Failure::new(
                    USAGE,
                    "over HTTP, whoever connects could spend the budget, and no token is set",
                    format!("choose one: export {TOKEN}=$(openssl rand -hex 16), and give it to the client as a bearer token"),
                ));
            }
            let listening = Listening::bind(at, desk, &token).await?;
            let url = listening.url()?;
            output.result(&format!("listening at {url}"), &json!({ "url": url }));
            crate::interrupt::wait();
            let stop = CancellationToken::new();
            let stopping = stop.clone();
            tokio::spawn(async move {
                while !crate::interrupt::asked() {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                stopping.cancel();
            });
            listening.serve(stop).await;
            Ok(())
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

impl From<McpError> for Failure {
    fn from(error: McpError) -> Self {
        let value = error.to_value();
        let sentence = value["sentence"].as_str().unwrap_or_default();
        let said = value["untrusted"]["text"].as_str();
        Self {
            sentence: said
                .map_or_else(|| sentence.to_owned(), |said| format!("{sentence}: {said}")),
            hint: None,
            code: FAILED,
        }
    }
}
