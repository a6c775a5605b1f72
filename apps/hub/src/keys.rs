use std::io::{IsTerminal, Read};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use hub_chain::keys::AttesterKey;
use hub_chain::COSMOS_COIN_TYPE;
use hub_wire::KeyType;
use serde_json::json;

use crate::chain::OnChain;
use crate::failure::{Failure, FAILED, USAGE};
use crate::output::{table, Output};
use crate::secrets;
use crate::Outcome;

/// Accounts and signing keys, in files that a password opens.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key.
    ///
    /// The 24 words of a new account are shown once: who has them has the account, and nobody else can restore it.
    #[command(after_help = "\
The password is asked for, or stands in HUB_KEY_PASSWORD.

Example:
  hub keys new
  hub keys new server --attester")]
    New(New),
    /// Show a key's address, or the public key of an attester's.
    #[command(after_help = "Example:\n  hub keys show")]
    Show(Show),
    /// Put the words of an account that exists into a file.
    #[command(after_help = "\
The words are read from the standard input.

Example:
  hub keys import < words.txt")]
    Import(Import),
}

#[derive(Debug, Args)]
struct New {
    /// What to call it.
    #[arg(default_value = "default", value_parser = secrets::name)]
    name: String,

    /// A key that signs receipts, for an operator's server, in place of an account.
    #[arg(long)]
    attester: bool,

    #[command(flatten)]
    chain: OnChain,
}

#[derive(Debug, Args)]
struct Show {
    /// Which.
    #[arg(default_value = "default", value_parser = secrets::name)]
    name: String,

    /// The key of an attester of that name.
    #[arg(long)]
    attester: bool,

    /// Show the words too: who sees them has the account.
    #[arg(long, conflicts_with = "attester")]
    words: bool,

    #[command(flatten)]
    chain: OnChain,
}

#[derive(Debug, Args)]
struct Import {
    /// What to call it.
    #[arg(default_value = "default", value_parser = secrets::name)]
    name: String,

    #[command(flatten)]
    chain: OnChain,
}

impl Keys {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::New(command) => command.run(output),
            Command::Show(command) => command.run(output),
            Command::Import(command) => command.run(output),
        }
    }
}

/// The address of an account on the chain that is meant; on the Cosmos Hub where none is known.
fn address(words: &str, chain: &OnChain) -> Result<String, Failure> {
    let (prefix, coin_type) = match chain.profile() {
        Ok((_, profile)) => (profile.prefix, profile.coin_type),
        Err(_) => ("cosmos".to_owned(), COSMOS_COIN_TYPE),
    };
    Ok(secrets::wallet(words, &prefix, coin_type)?
        .address()
        .to_owned())
}

impl New {
    fn run(self, output: &Output) -> Outcome {
        let path = match self.attester {
            true => secrets::attester_path(&self.name)?,
            false => secrets::account_path(&self.name)?,
        };
        if path.exists() {
            return Err(secrets::exists(&path));
        }
        let password = secrets::password(true)?;
        secrets::make_folder()?;
        if self.attester {
            let key = AttesterKey::generate(KeyType::Secp256k1);
            key.save(&path, password)?;
            return attester(&key, &path, output);
        }
        let mut entropy = [0_u8; 32];
        getrandom::fill(&mut entropy).map_err(|error| {
            Failure::new(
                FAILED,
                format!("the system gives no random numbers: {error}"),
                "make the key on another machine",
            )
        })?;
        let words = bip39::Mnemonic::from_entropy(&entropy, bip39::Language::English)
            .map_err(|error| Failure::new(FAILED, error.to_string(), "try it again"))?
            .into_phrase();
        let address = address(&words, &self.chain)?;
        secrets::save_account(&path, &words, password)?;
        let rows = [
            ("address", address.clone()),
            ("file", path.display().to_string()),
            ("words", format!("{words}\n\nWrite the words down and keep them where nobody finds them: they are shown this once.")),
        ];
        let value =
            json!({ "name": self.name, "address": address, "file": path, "mnemonic": words });
        output.result(&table(&rows), &value);
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn run(self, output: &Output) -> Outcome {
        if self.attester {
            let path = secrets::attester_path(&self.name)?;
            if !path.exists() {
                return Err(Failure::new(
                    USAGE,
                    format!("there is no key of an attester {:?}", self.name),
                    format!("make one: hub keys new {} --attester", self.name),
                ));
            }
            let key = AttesterKey::load(&path, secrets::password(false)?)?;
            return attester(&key, &path, output);
        }
        let path = secrets::account_path(&self.name)?;
        if !path.exists() {
            return Err(Failure::new(
                USAGE,
                format!("there is no key {:?}", self.name),
                format!("make one: hub keys new {}", self.name),
            ));
        }
        let words = secrets::mnemonic(&path, secrets::password(false)?)?;
        let address = address(&words, &self.chain)?;
        let mut rows = vec![
            ("address", address.clone()),
            ("file", path.display().to_string()),
        ];
        let mut value = json!({ "name": self.name, "address": address, "file": path });
        if self.words {
            rows.push(("words", words.clone()));
            value["mnemonic"] = json!(words);
        }
        output.result(&table(&rows), &value);
        Ok(ExitCode::SUCCESS)
    }
}

impl Import {
    fn run(self, output: &Output) -> Outcome {
        let path = secrets::account_path(&self.name)?;
        if path.exists() {
            return Err(secrets::exists(&path));
        }
        let words = match std::io::stdin().is_terminal() {
            true => rpassword::prompt_password("Words of the account: "),
            false => {
                let mut text = String::new();
                std::io::stdin()
                    .take(4096)
                    .read_to_string(&mut text)
                    .map(|_| text)
            }
        };
        let words = words.map_err(|error| {
            Failure::new(
                FAILED,
                format!("the words could not be read: {error}"),
                "give them on the standard input",
            )
        })?;
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let address = address(&words, &self.chain)?;
        let password = secrets::password(true)?;
        secrets::make_folder()?;
        secrets::save_account(&path, &words, password)?;
        let rows = [
            ("address", address.clone()),
            ("file", path.display().to_string()),
        ];
        output.result(
            &table(&rows),
            &json!({ "name": self.name, "address": address, "file": path }),
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn attester(key: &AttesterKey, path: &std::path::Path, output: &Output) -> Outcome {
    let public = key.signing_key()?.public_key();
    let text = hex::encode(public.as_bytes());
    let rows = [
        ("public key", text.clone()),
        ("file", path.display().to_string()),
    ];
    output.result(
        &table(&rows),
        &json!({ "public_key": text, "key_type": "secp256k1", "file": path }),
    );
    Ok(ExitCode::SUCCESS)
}
