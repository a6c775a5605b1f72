use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_model::Watch;
use hub_walrus_client::{Progress, Work};
use hub_walrus_encode::Options;
use serde_json::{json, Value};

use crate::failure::{Failure, USAGE};
use crate::network::Network;
use crate::output::{say, size, Output};
use crate::progress::Bars;
use crate::Outcome;

/// What publishing a folder would store, and under which ids.
///
/// Reads the folder and computes every id on this machine. Nothing is sent; nothing is asked either, but with --remote.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub model plan ./my-model")]
pub struct Plan {
    /// The model's folder.
    folder: PathBuf,

    /// Ask what of it is stored already.
    #[arg(long)]
    remote: bool,

    /// Price of storage, in dollars for a gigabyte and month of what Walrus stores.
    #[arg(long, value_name = "USD", default_value_t = PRICE)]
    price: f64,

    #[command(flatten)]
    network: Network,
}

/// What docs.wal.app asked in August 2026.
const PRICE: f64 = 0.023;

impl Plan {
    pub fn run(self, output: &Output) -> Outcome {
        let plan = make(&self.folder)?;
        let client = match self.remote {
            true => Some(self.network.client()?),
            false => None,
        };
        let held =
            |id: &hub_walrus::BlobId| client.as_ref().map(|client| client.holds(id).is_some());
        let blobs: Vec<_> = plan
            .stored()
            .into_iter()
            .map(|(what, id, length)| (what, id, length, held(&id)))
            .collect();
        let monthly = plan.storage() as f64 / 1e9 * self.price;

        let mut text = String::new();
        let width = blobs
            .iter()
            .map(|(what, ..)| what.chars().count())
            .max()
            .unwrap_or_default();
        for (what, id, length, held) in &blobs {
            let there = match held {
                Some(true) => "  stored already",
                Some(false) => "  to be stored",
                None => "",
            };
            text += &format!("{what:width$}  {id}  {}{there}\n", size(*length));
        }
        text += &format!("\nrelease   {}\n", plan.release());
        text += &format!("manifest  {}\n", plan.manifest_encoding.id);
        text += &format!(
            "storage   {}, some {monthly:.4} USD a month\n",
            size(plan.storage())
        );
        if let Some(model) = &plan.model {
            text += &shapes("takes", &model.inputs);
            text += &shapes("gives", &model.outputs);
        }
        for warning in &plan.warnings {
            let path = warning
                .path
                .as_deref()
                .map(|path| format!("{path} "))
                .unwrap_or_default();
            text += &format!("warning   {path}{}\n", warning.text);
        }
        output.result(&text, &value(&plan, &blobs, monthly));
        Ok(ExitCode::SUCCESS)
    }
}

fn shapes(verb: &str, tensors: &[hub_model::Tensor]) -> String {
    let line = |tensor: &hub_model::Tensor| {
        let shape = match &tensor.shape {
            Some(shape) => serde_json::to_string(shape)
                .unwrap_or_default()
                .replace('"', "")
                .replace(',', ", "),
            None => "of any shape".to_owned(),
        };
        format!("{verb:8}  {} {} {shape}\n", tensor.name, tensor.datatype)
    };
    tensors.iter().map(line).collect()
}

/// A plan, with a bar and Ctrl-C.
pub fn make(folder: &std::path::Path) -> Result<hub_model::Plan, Failure> {
    let watch = Watching(Bars::new(), std::sync::Mutex::new(0));
    let plan = hub_model::Plan::new(folder, Options::default(), &watch);
    watch.0.end();
    Ok(plan?)
}

/// A plan whose warnings are printed. One with what should not be published unseen is refused, unless `anyway`; `nothing` says what
/// was left undone then.
pub fn safe(
    folder: &std::path::Path,
    anyway: bool,
    nothing: &str,
) -> Result<hub_model::Plan, Failure> {
    let plan = make(folder)?;
    for warning in &plan.warnings {
        let path = warning
            .path
            .as_deref()
            .map(|path| format!("{path} "))
            .unwrap_or_default();
        say(format_args!("warning: {path}{}", warning.text));
    }
    if plan.stops() && !anyway {
        return Err(Failure::new(
            USAGE,
            format!("{nothing}: the folder has what should not be published unseen"),
            "mend what the warnings say, or give --anyway",
        ));
    }
    Ok(plan)
}

struct Watching(Bars, std::sync::Mutex<u64>);

impl Watch for Watching {
    fn file(&self, _path: &str, size: u64) {
        self.0.end();
        self.0.begin(Work::Encode, size, 0);
        if let Ok(mut done) = self.1.lock() {
            *done = 0;
        }
    }

    fn advance(&self, now: u64, _total: u64) -> ControlFlow<()> {
        if let Ok(mut done) = self.1.lock() {
            self.0.advance(now.saturating_sub(*done));
            *done = now.max(*done);
        }
        match self.0.cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

fn value(
    plan: &hub_model::Plan,
    blobs: &[(String, hub_walrus::BlobId, u64, Option<bool>)],
    monthly: f64,
) -> Value {
    let blob = |(what, id, length, held): &(String, hub_walrus::BlobId, u64, Option<bool>)| json!({ "what": what, "blob_id": id.to_string(), "length": length, "stored": held });
    let warning = |warning: &hub_model::Warning| json!({ "path": warning.path, "text": warning.text, "stops": warning.kind.stops() });
    json!({
        "release": plan.release().to_string(),
        "manifest": plan.manifest_encoding.id.to_string(),
        "blobs": blobs.iter().map(blob).collect::<Vec<_>>(),
        "storage": plan.storage(),
        "usd_per_month": monthly,
        "inputs": plan.manifest.inputs,
        "outputs": plan.manifest.outputs,
        "metering": plan.manifest.metering,
        "warnings": plan.warnings.iter().map(warning).collect::<Vec<_>>(),
    })
}
