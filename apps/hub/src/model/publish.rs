use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use cosmwasm_std::HexBinary;
use hub_chain::Wallet;
use hub_types::ids::ReleaseNumber;
use hub_types::registry::{
    CommitmentResponse, CommitteesResponse, ExecuteMsg, Metadata, ModelCreated, ModelResponse,
    NewRelease, QueryMsg, ReleaseRef, ReleaseResponse, StorageCertificate, UncheckedTerms,
};
use hub_types::wire::Purpose;
use hub_wire::commit_hash;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::terms::{self, Price};
use super::upload::version;
use crate::blob::HowToStore;
use crate::chain::{Market, OnChain, Signer};
use crate::failure::{Failure, FAILED, USAGE};
use crate::network::{Name, Network, PublisherArgs};
use crate::output::{say, table, Output};
use crate::progress::Bars;
use crate::Outcome;

/// Publish a folder as a model that can be called: from files to a price, in one command.
///
/// It computes the ids, commits to them on chain, stores the folder on Walrus, registers the model or a release of it, proves its size,
/// shows a storage certificate where it can, and sets the price. Each step is looked up first and done once: stopped anywhere, the
/// same command goes on.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub model publish ./my-model --name volatility --denom untrn --per-call 100 --epochs 26 --owner 0x… --publisher https://publisher.example.com")]
pub struct Publish {
    /// The model's folder.
    folder: PathBuf,

    /// Name of the model, for ever its author's: small letters, digits, and . _ - within. Default: the folder's.
    #[arg(long)]
    name: Option<String>,

    /// Label of the release; each release of a model has a higher one.
    #[arg(long, value_name = "MAJOR.MINOR", default_value = "1.0", value_parser = version)]
    version: (u32, u32),

    /// Go on in spite of warnings of secrets, pickles or missing weights.
    #[arg(long)]
    anyway: bool,

    /// Storage certificate to show, as JSON: what an upload relay gives. Of a local Walrus it is fetched.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,

    #[command(flatten)]
    price: Price,

    #[command(flatten)]
    how: HowToStore,

    #[command(flatten)]
    publisher: PublisherArgs,

    #[command(flatten)]
    network: Network,

    #[command(flatten)]
    chain: OnChain,

    #[command(flatten)]
    signer: Signer,
}

/// What must survive a kill: the salt of a commitment that was sent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Commitment {
    chain_id: String,
    registry: String,
    author: String,
    blob_id: String,
    salt: HexBinary,
}

impl Commitment {
    /// The one of this folder, or a new one, which is kept before it is used.
    fn of(root: &Path, market: &Market, author: &str, blob_id: &str) -> Result<Self, Failure> {
        let path = root.join(".hub").join("commitment.json");
        let known = fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let fits = |one: &Self| {
            one.chain_id == market.hub.chain().chain_id()
                && one.registry == market.hub.registry()
                && one.author == author
                && one.blob_id == blob_id
        };
        if let Some(known) = known.filter(fits) {
            return Ok(known);
        }
        let failed = |what: String| {
            Failure::new(
                FAILED,
                what,
                "nothing was sent: make room, or allow the folder to be written, and run it again",
            )
        };
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)
            .map_err(|error| failed(format!("the system gives no random numbers: {error}")))?;
        let new = Self {
            chain_id: market.hub.chain().chain_id().to_owned(),
            registry: market.hub.registry().to_owned(),
            author: author.to_owned(),
            blob_id: blob_id.to_owned(),
            salt: HexBinary::from(salt),
        };
        let write = || -> std::io::Result<()> {
            let folder = root.join(".hub");
            fs::create_dir_all(&folder)?;
            let mut next = tempfile::NamedTempFile::new_in(&folder)?;
            serde_json::to_writer(&mut next, &new)?;
            next.as_file().sync_all()?;
            next.persist(&path)?;
            Ok(())
        };
        write()
            .map_err(|error| failed(format!("{} cannot be written: {error}", path.display())))?;
        Ok(new)
    }
}

impl Publish {
    pub fn run(self, output: &Output) -> Outcome {
        let progress = Bars::new();
        let market = self.chain.market()?;
        let wallet = self.signer.wallet(&market.profile)?;
        let name = self.model_name()?;
        let wanted = self.price.terms(wallet.address())?;
        let client = self.network.client()?;
        let publisher = self.publisher.publisher(&self.network)?;
        let options = self.how.options(&self.network.clock(&client))?;

        step(1, "computing ids");
        let plan = super::plan::safe(&self.folder, self.anyway, "nothing was published")?;
        let blob_id = plan.release().to_string();
        let published = self.published(&market, &wallet, &blob_id)?;

        step(
            2,
            "committing to the blob id, before anybody can see the files",
        );
        let commitment = match published {
            Some(_) => None,
            None => Some(commit(&market, &wallet, &plan, &self.folder)?),
        };

        step(3, "storing the folder on Walrus");
        let placed = plan.upload(&client, &publisher, &options, &progress)?;

        step(4, "registering");
        let (major, minor) = self.version;
        let mut new = plan.new_release(major, minor);
        new.salt = commitment.map(|commitment| commitment.salt);
        let at = match published {
            Some(at) => at,
            None => register(&market, &wallet, &name, &plan, new, &wanted)?,
        };

        step(5, "proving its size");
        let release = market.wait(market.hub.release(at.model, at.release))?.value;
        if release.size.is_none() {
            let message = plan.prove_size(at.model, at.release);
            market.tell(
                &wallet,
                &format!("prove the size of {}/{}", at.model, at.release),
                &[market.hub.tell_registry(&message)?],
            )?;
        }

        step(6, "showing that it is stored");
        let certified = match self.certify(&market, &wallet, &client, &release, at) {
            Ok(said) => said,
            // The model can be called without; the size is proven.
            Err(failure) => {
                say(format_args!("note: not certified: {}", failure.sentence));
                None
            }
        };

        step(7, "the price");
        let model = market.wait(market.hub.model(at.model))?.value;
        if !terms::same(&super::registered::latest_terms(&market, &model)?, &wanted) {
            let message = ExecuteMsg::SetTerms {
                model: at.model,
                terms: wanted.clone(),
            };
            market.tell(
                &wallet,
                &format!("set the price of model {} to {wanted:?}", at.model),
                &[market.hub.tell_registry(&message)?],
            )?;
        }

        let model = market.wait(market.hub.model(at.model))?.value;
        let release = market.wait(market.hub.release(at.model, at.release))?.value;
        let terms = super::registered::latest_terms(&market, &model)?;
        let rows = [
            ("model", format!("{} ({}/{})", model.model, model.author, model.name)),
            ("release", format!("{}.{} (number {})", release.major, release.minor, release.release)),
            ("blob", release.blob_id.clone()),
            ("manifest", plan.manifest_encoding.id.to_string()),
            ("size", release.size.map_or_else(|| "not proven".to_owned(), |size| format!("{size} bytes, proven"))),
            ("storage", certified.map_or_else(|| "not certified".to_owned(), |epoch| format!("certified by the committee of epoch {epoch}"))),
            ("price", terms::told(&terms)),
            ("next", format!("once an operator serves it: hub session open --operator ADDRESS --model {} --budget MONEY --days 7", model.model)),
        ];
        let blobs: Vec<_> = placed
            .iter()
            .map(|one| json!({ "what": one.what, "blob_id": one.stored.id.to_string(), "end_epoch": one.stored.end_epoch }))
            .collect();
        output.result(
            &table(&rows),
            &json!({ "model": model, "release": release, "terms": terms, "blobs": blobs }),
        );
        Ok(ExitCode::SUCCESS)
    }

    fn model_name(&self) -> Result<String, Failure> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let folder = fs::canonicalize(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase());
        name.filter(|name| !name.is_empty())
            .ok_or_else(|| Failure::new(USAGE, "the folder has no name", "give one: --name"))
    }

    /// The release under which this account published the blob already.
    fn published(
        &self,
        market: &Market,
        wallet: &Wallet,
        blob_id: &str,
    ) -> Result<Option<ReleaseRef>, Failure> {
        market.registry(&QueryMsg::ByPublisherAndBlob {
            publisher: wallet.address().to_owned(),
            blob_id: blob_id.to_owned(),
        })
    }

    /// Shows a certificate, if there is one that the registry can check and does not have. The epoch of the one that stands there in the end.
    fn certify(
        &self,
        market: &Market,
        wallet: &Wallet,
        client: &hub_walrus_client::Client,
        release: &ReleaseResponse,
        at: ReleaseRef,
    ) -> Result<Option<u32>, Failure> {
        let shown = release.permanent.as_ref().map(|one| one.epoch);
        let text = match (&self.certificate, self.network.network) {
            (Some(path), _) => fs::read_to_string(path).map_err(|error| {
                Failure::new(
                    USAGE,
                    format!("{} cannot be read: {error}", path.display()),
                    "look at the path",
                )
            })?,
            (None, Name::Local) => {
                let urls = client.aggregators().urls();
                let url = format!(
                    "{}/local/certificates/{}",
                    urls.first().cloned().unwrap_or_default(),
                    release.blob_id
                );
                let failed = |error: ureq::Error| {
                    Failure::new(
                        FAILED,
                        format!("{url} gives no certificate: {error}"),
                        "is it a local Walrus?",
                    )
                };
                let mut answer = ureq::get(&url).call().map_err(failed)?;
                answer.body_mut().read_to_string().map_err(failed)?
            }
            (None, _) => return Ok(shown),
        };
        let certificate: StorageCertificate = serde_json::from_str(&text).map_err(|error| {
            Failure::new(
                USAGE,
                format!("this is no storage certificate: {error}"),
                "give what hub blob put or a relay printed",
            )
        })?;
        if shown.is_some_and(|shown| shown >= certificate.epoch) {
            return Ok(shown);
        }
        let known: CommitteesResponse = market.registry(&QueryMsg::Committees {})?;
        let epoch = certificate.epoch;
        if !known.committees.iter().any(|one| one.epoch == epoch) {
            say(format_args!("note: not certified: the registry keeps no committee of Walrus epoch {epoch}, whose keeper stores them"));
            return Ok(shown);
        }
        let message = ExecuteMsg::Certify {
            model: at.model,
            release: at.release,
            certificate,
        };
        market.tell(
            wallet,
            &format!("certify {}/{} in epoch {epoch}", at.model, at.release),
            &[market.hub.tell_registry(&message)?],
        )?;
        Ok(Some(epoch))
    }
}

fn step(number: u8, what: &str) {
    say(format_args!("[{number}/7] {what}"));
}

/// Sends the commitment, unless it stands there.
fn commit(
    market: &Market,
    wallet: &Wallet,
    plan: &hub_model::Plan,
    root: &Path,
) -> Result<Commitment, Failure> {
    let blob = plan.release();
    let commitment = Commitment::of(root, market, wallet.address(), &blob.to_string())?;
    let salt: [u8; 32] = commitment.salt.to_array().map_err(|_| {
        Failure::new(
            FAILED,
            "the salt of the commitment is damaged",
            "remove .hub/commitment.json in the folder",
        )
    })?;
    let hash = commit_hash(
        &market.hub.tag(Purpose::Commit)?,
        wallet.canonical(),
        &blob,
        &salt,
    );
    let hash = HexBinary::from(hash);
    let stands: CommitmentResponse =
        market.registry(&QueryMsg::Commitment { hash: hash.clone() })?;
    if stands.committed_at.is_none() {
        let message = ExecuteMsg::Commit { hash };
        market.tell(
            wallet,
            &format!("commit to {blob}"),
            &[market.hub.tell_registry(&message)?],
        )?;
    }
    Ok(commitment)
}

/// Registers the model with this release, or publishes the release where there is a model of that name.
fn register(
    market: &Market,
    wallet: &Wallet,
    name: &str,
    plan: &hub_model::Plan,
    new: NewRelease,
    terms: &UncheckedTerms,
) -> Result<ReleaseRef, Failure> {
    let author = wallet.address().to_owned();
    let question = QueryMsg::ModelByName {
        author,
        name: name.to_owned(),
    };
    let there: Option<ModelResponse> = match market.run(market.hub.ask_registry(&question)) {
        Ok(found) => Some(found.value),
        Err(hub_chain::ChainError::Query(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let label = format!("{}.{}", new.major, new.minor);
    match there {
        Some(model) => {
            let message = ExecuteMsg::PublishRelease {
                model: model.model,
                release: new,
            };
            let done = market.tell(
                wallet,
                &format!("publish release {label} of {name}"),
                &[market.hub.tell_registry(&message)?],
            )?;
            let created: hub_types::registry::ReleaseCreated = done.answer(0)?;
            Ok(ReleaseRef {
                model: model.model,
                release: created.release,
            })
        }
        None => {
            let said = &plan.description;
            let message = ExecuteMsg::RegisterModel {
                name: name.to_owned(),
                metadata: Metadata {
                    title: said.title.clone().unwrap_or_else(|| name.to_owned()),
                    description: said.description.clone().unwrap_or_default(),
                    task: said.task.clone().unwrap_or_default(),
                    license: said
                        .license
                        .clone()
                        .unwrap_or_else(|| "LicenseRef-unknown".to_owned()),
                    tags: said.tags.clone(),
                    homepage: said.homepage.clone(),
                },
                terms: terms.clone(),
                release: Some(new),
            };
            let done = market.tell(
                wallet,
                &format!("register {name} {label}"),
                &[market.hub.tell_registry(&message)?],
            )?;
            let created: ModelCreated = done.answer(0)?;
            Ok(ReleaseRef {
                model: created.model,
                release: ReleaseNumber(1),
            })
        }
    }
}
