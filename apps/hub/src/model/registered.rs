//! Models in the registry.

use std::process::ExitCode;

use clap::Args;
use hub_types::billing::{QueryMsg as BillingQuery, UsageResponse};
use hub_types::registry::{
    ExecuteMsg, ModelResponse, ModelsResponse, QueryMsg, ReleaseResponse, Status, StatusName,
    TermsCreated, TermsListResponse, TermsResponse, UncheckedPayee,
};
use serde_json::json;

use super::terms::{self, Price};
use crate::chain::{model_name, transaction, unchecked, Market, ModelName, OnChain, Signer};
use crate::failure::{Failure, USAGE};
use crate::output::{table, Output};
use crate::Outcome;

/// Set what calls of a model cost.
///
/// A rise waits for the registry's notice; anything else counts at once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub model price 7 --denom untrn --per-call 100")]
pub struct SetPrice {
    /// The model, as a number or AUTHOR/NAME.
    #[arg(value_parser = model_name)]
    model: ModelName,

    #[command(flatten)]
    price: Price,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// List models: the newest, an author's, or those of a task or tag.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub model list --task forecasting")]
pub struct List {
    /// Of this author, of any status.
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["task", "tag"])]
    author: Option<String>,

    /// Of the account that signs.
    #[arg(long, conflicts_with_all = ["author", "task", "tag"])]
    mine: bool,

    /// That do this.
    #[arg(long, conflicts_with = "tag")]
    task: Option<String>,

    /// That carry this tag.
    #[arg(long)]
    tag: Option<String>,

    /// How many, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// Show a model: release, price, what it earned.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub model show 7")]
pub struct Show {
    /// The model, as a number or AUTHOR/NAME.
    #[arg(value_parser = model_name)]
    model: ModelName,

    #[command(flatten)]
    chain: OnChain,
}

/// Let nobody call a model any more, after the grace. It can be made active again later.
#[derive(Debug, Args)]
#[command(after_help = "\
--delist hides it from lists and leaves it callable; --activate undoes either.

Example:
  hub model retire 7")]
pub struct Retire {
    /// The model, as a number or AUTHOR/NAME.
    #[arg(value_parser = model_name)]
    model: ModelName,

    /// Hide it from lists only.
    #[arg(long, conflicts_with = "activate")]
    delist: bool,

    /// Show it and let it be called again.
    #[arg(long)]
    activate: bool,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// Give a model to another account, in two steps: its author offers it, the other accepts.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub model transfer 7 --to neutron1…
  hub model transfer 7 --accept")]
pub struct Transfer {
    /// The model, as a number or AUTHOR/NAME.
    #[arg(value_parser = model_name)]
    model: ModelName,

    /// Offer it to this account.
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["accept", "cancel"])]
    to: Option<String>,

    /// Take what was offered; what the payees had goes to the account that signs.
    #[arg(long, conflicts_with_all = ["to", "cancel"])]
    accept: bool,

    /// Take the offer back.
    #[arg(long, conflicts_with = "to")]
    cancel: bool,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// The terms in force; where none are yet, those that will be.
fn present_terms(market: &Market, model: &ModelResponse) -> Result<TermsResponse, Failure> {
    let chargeable: TermsListResponse = market.registry(&QueryMsg::TermsAt {
        model: model.model,
        time: None,
    })?;
    // The latest first; during a grace the ones before as well.
    let now = chargeable.terms.into_iter().next();
    now.map_or_else(|| latest_terms(market, model), Ok)
}

/// The latest terms of a model, those that wait included.
pub fn latest_terms(market: &Market, model: &ModelResponse) -> Result<TermsResponse, Failure> {
    market.registry(&QueryMsg::Terms {
        model: model.model,
        terms: model.latest_terms,
    })
}

impl SetPrice {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let model = market.model(&self.model)?;
        let wanted = self.price.terms(wallet.address())?;
        if terms::same(&latest_terms(&market, &model)?, &wanted) {
            output.result(
                &format!("model {} costs that already", model.model),
                &json!({ "model": model.model, "terms": model.latest_terms, "transaction": null }),
            );
            return Ok(ExitCode::SUCCESS);
        }
        let message = ExecuteMsg::SetTerms {
            model: model.model,
            terms: wanted.clone(),
        };
        let intent = format!("set the price of model {} to {wanted:?}", model.model);
        let done = market.tell(&wallet, &intent, &[market.hub.tell_registry(&message)?])?;
        let created: TermsCreated = done.answer(0)?;
        output.result(
            &format!(
                "terms {} of model {} count from {} on (unix seconds)",
                created.terms, model.model, created.effective_from
            ),
            &json!({ "model": model.model, "terms": created.terms, "effective_from": created.effective_from, "transaction": transaction(&done) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let (start_after, limit) = (None, Some(self.limit));
        let author = match self.mine {
            true => Some(self.signer.wallet(&market.profile)?.address().to_owned()),
            false => self.author,
        };
        let question = match (author, self.task, self.tag) {
            (Some(author), ..) => QueryMsg::ModelsByAuthor {
                author,
                start_after,
                limit,
            },
            (None, Some(task), _) => QueryMsg::ModelsByTask {
                task,
                start_after,
                limit,
            },
            (None, None, Some(tag)) => QueryMsg::ModelsByTag {
                tag,
                start_after,
                limit,
            },
            (None, None, None) => QueryMsg::Models { start_after, limit },
        };
        let found: ModelsResponse = market.registry(&question)?;
        let mut text = String::new();
        for one in &found.models {
            text += &format!(
                "{}  {}/{}  {}  {}{} a call  {}\n",
                one.model,
                one.author,
                one.name,
                one.title,
                one.price.per_call,
                one.price.denom,
                status(&one.status)
            );
        }
        if found.models.is_empty() {
            text = "there is none: publish one with hub model publish".to_owned();
        }
        output.result(&text, &json!({ "models": found.models }));
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let model = market.model(&self.model)?;
        let terms = present_terms(&market, &model)?;
        let release: Option<ReleaseResponse> = match model.latest_release.0 {
            0 => None,
            _ => Some(
                market
                    .wait(market.hub.release(model.model, model.latest_release))?
                    .value,
            ),
        };
        let usage: UsageResponse = market.billing(&BillingQuery::Usage {
            model: model.model,
            denom: unchecked(&terms.price.denom),
        })?;
        let mut rows = vec![
            ("model", model.model.to_string()),
            ("name", format!("{}/{}", model.author, model.name)),
            ("title", model.metadata.title.clone()),
            ("status", status(&model.status)),
            ("price", terms::told(&terms)),
        ];
        match &release {
            None => rows.push((
                "release",
                "none: publish one with hub model publish".to_owned(),
            )),
            Some(release) => {
                rows.push((
                    "release",
                    format!(
                        "{}.{} (number {})",
                        release.major, release.minor, release.release
                    ),
                ));
                rows.push(("blob", release.blob_id.clone()));
                rows.extend(
                    release
                        .manifest
                        .clone()
                        .map(|manifest| ("manifest", manifest)),
                );
                rows.push((
                    "size",
                    release.size.map_or_else(
                        || "not proven".to_owned(),
                        |size| format!("{size} bytes, proven"),
                    ),
                ));
                let certified = release
                    .permanent
                    .as_ref()
                    .map(|one| format!("stored in Walrus epoch {}", one.epoch));
                rows.push((
                    "storage",
                    certified.unwrap_or_else(|| "not certified".to_owned()),
                ));
            }
        }
        rows.push(("calls", usage.sums.calls.to_string()));
        rows.push((
            "earned",
            format!(
                "{}{}, of that aged and unrelated {}",
                usage.sums.gross, usage.denom, usage.sums.aged
            ),
        ));
        rows.extend(
            model
                .offered_to
                .as_ref()
                .map(|to| ("offered to", to.to_string())),
        );
        output.result(
            &table(&rows),
            &json!({ "model": model, "terms": terms, "release": release, "usage": usage }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Retire {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let model = market.model(&self.model)?;
        let wanted = match (self.delist, self.activate) {
            (true, _) => StatusName::Delisted,
            (_, true) => StatusName::Active,
            _ => StatusName::Retired,
        };
        let is_so = matches!(
            (&model.status, wanted),
            (Status::Active {}, StatusName::Active)
                | (Status::Delisted {}, StatusName::Delisted)
                | (Status::Retired { .. }, StatusName::Retired)
        );
        let done = match is_so {
            true => None,
            false => {
                let message = ExecuteMsg::SetStatus {
                    model: model.model,
                    status: wanted,
                };
                Some(market.tell(
                    &wallet,
                    &format!("make model {} {wanted}", model.model),
                    &[market.hub.tell_registry(&message)?],
                )?)
            }
        };
        let now = market.wait(market.hub.model(model.model))?.value;
        output.result(
            &format!("model {}: {}", now.model, status(&now.status)),
            &json!({ "model": now, "transaction": done.as_ref().map(transaction) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Transfer {
    pub fn run(self, output: &Output) -> Outcome {
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let model = market.model(&self.model)?;
        let (message, intent) = if let Some(to) = &self.to {
            let offer = ExecuteMsg::OfferTransfer {
                model: model.model,
                to: to.clone(),
            };
            (offer, format!("offer model {} to {to}", model.model))
        } else if self.cancel {
            (
                ExecuteMsg::CancelTransfer { model: model.model },
                format!("take the offer of model {} back", model.model),
            )
        } else {
            if model
                .offered_to
                .as_ref()
                .is_none_or(|to| to.as_str() != wallet.address())
            {
                return Err(Failure::new(
                    USAGE,
                    format!(
                        "model {} is not offered to {}",
                        model.model,
                        wallet.address()
                    ),
                    format!(
                        "its author offers it: hub model transfer {} --to {}",
                        model.model,
                        wallet.address()
                    ),
                ));
            }
            let now = present_terms(&market, &model)?;
            let accept = ExecuteMsg::AcceptTransfer {
                model: model.model,
                expected_terms: now.terms,
                payees: vec![UncheckedPayee {
                    address: wallet.address().to_owned(),
                    bps: 10_000 - now.operator_bps,
                }],
                name: None,
            };
            (accept, format!("accept model {}", model.model))
        };
        let done = market.tell(&wallet, &intent, &[market.hub.tell_registry(&message)?])?;
        let now = market.wait(market.hub.model(model.model))?.value;
        let offered = now
            .offered_to
            .as_ref()
            .map_or_else(|| "to nobody".to_owned(), ToString::to_string);
        output.result(
            &table(&[
                ("model", now.model.to_string()),
                ("author", now.author.to_string()),
                ("offered", offered),
            ]),
            &json!({ "model": now, "transaction": transaction(&done) }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn status(status: &Status) -> String {
    match status {
        Status::Active {} => "active".to_owned(),
        Status::Delisted {} => "callable, not listed".to_owned(),
        Status::Retired { cutoff } => format!("takes no calls from {cutoff} on (unix seconds)"),
    }
}
