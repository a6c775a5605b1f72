use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use hub_chain::{Profile, Profiles};
use serde_json::json;

use crate::chain::profiles_path;
use crate::failure::{Failure, FAILED, USAGE};
use crate::output::Output;
use crate::{secrets, Outcome};

/// Chains that have a Hub, and how they are reached.
#[derive(Debug, Args)]
pub struct Chains {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a chain to chains.toml, by what its deployment wrote.
    #[command(after_help = "\
With three nodes or more, one that lies can do no harm.

Example:
  hub chain add devnet --deployment deploy/deployments/hub-devnet-1.json --rpc http://127.0.0.1:26657 --gas-price 0.025stake --max-fee 500000")]
    Add(Add),
    /// The chains of chains.toml.
    List,
}

#[derive(Debug, Args)]
struct Add {
    /// What to call it.
    #[arg(value_parser = secrets::name)]
    name: String,

    /// Addresses of the contracts: deploy/deployments/<chain id>.json.
    #[arg(long, value_name = "FILE")]
    deployment: PathBuf,

    /// RPC address of a node; several.
    #[arg(long, value_name = "URL", required = true)]
    rpc: Vec<String>,

    /// What a unit of gas costs, such as 0.025untrn.
    #[arg(long, value_name = "PRICE")]
    gas_price: String,

    /// Most that one transaction may pay for gas, in the coin of the price.
    #[arg(long, value_name = "AMOUNT")]
    max_fee: u64,
}

impl Chains {
    pub fn run(self, output: &Output) -> Outcome {
        let path = profiles_path()?;
        let mut profiles = Profiles::load(&path)?;
        if let Command::Add(add) = self.command {
            let failed =
                |what: String| Failure::new(FAILED, what, "look at the path and at who may do so");
            let json = std::fs::read_to_string(&add.deployment).map_err(|error| {
                failed(format!(
                    "{} cannot be read: {error}",
                    add.deployment.display()
                ))
            })?;
            let profile = Profile::of_deployment(&json, add.rpc, &add.gas_price, add.max_fee)?;
            // What cannot be used is not written.
            profile.connect()?;
            if profiles
                .0
                .get(&add.name)
                .is_some_and(|there| *there != profile)
            {
                return Err(Failure::new(
                    USAGE,
                    format!(
                        "there is another chain {:?} in {}",
                        add.name,
                        path.display()
                    ),
                    "choose another name, or edit the file",
                ));
            }
            profiles.0.insert(add.name, profile);
            let write = || -> std::io::Result<()> {
                let folder = path.parent().unwrap_or(&path);
                std::fs::create_dir_all(folder)?;
                let mut next = tempfile::NamedTempFile::new_in(folder)?;
                std::io::Write::write_all(
                    &mut next,
                    profiles.to_toml().unwrap_or_default().as_bytes(),
                )?;
                next.persist(&path)?;
                Ok(())
            };
            write().map_err(|error| {
                failed(format!("{} cannot be written: {error}", path.display()))
            })?;
        }
        let mut text = String::new();
        for (name, profile) in &profiles.0 {
            text += &format!("{name}  {}  {}\n", profile.chain_id, profile.rpc.join(", "));
        }
        if profiles.0.is_empty() {
            text = format!(
                "{} has no chain: add one with hub chain add",
                path.display()
            );
        }
        output.result(&text, &json!({ "file": path, "chains": profiles }));
        Ok(ExitCode::SUCCESS)
    }
}
