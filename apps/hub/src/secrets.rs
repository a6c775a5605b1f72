//! Passwords, and files that a password opens (the age format, scrypt).

use std::fs::{self, OpenOptions};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use hub_chain::keys::KEY_PASSWORD;
use hub_chain::{KeyPath, Wallet};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, FAILED, USAGE, WRONG};

/// An account, as its file holds it within the encryption.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    version: u8,
    mnemonic: String,
}

/// Where the account of this name is kept.
pub fn account_path(name: &str) -> Result<PathBuf, Failure> {
    Ok(keys()?.join(format!("{name}.account.age")))
}

/// Where the signing key of an attester of this name is kept.
pub fn attester_path(name: &str) -> Result<PathBuf, Failure> {
    Ok(keys()?.join(format!("{name}.attester.age")))
}

/// Where the key that signs vouchers of a session is kept, by its public key.
pub fn voucher_path(public: &[u8]) -> Result<PathBuf, Failure> {
    Ok(keys()?.join(format!("voucher-{}.age", hex::encode(public))))
}

/// The folder of keys.
pub fn keys() -> Result<PathBuf, Failure> {
    Ok(crate::home::folder()?.join("keys"))
}

/// Makes the folder of keys, for its owner alone.
pub fn make_folder() -> Result<(), Failure> {
    let folder = keys()?;
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| {
        Failure::new(
            FAILED,
            format!("{} cannot be made: {error}", folder.display()),
            "look at who may write there, or set HUB_HOME",
        )
    })
}

/// Names of keys are names of files.
pub fn name(text: &str) -> Result<String, String> {
    let fits = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
    match !text.is_empty() && text.len() <= 64 && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("expected 1 to 64 letters, digits, - or _".to_owned()),
    }
}

/// The password that opens key files, from the environment or a person; twice from a person where it is new.
pub fn password(is_new: bool) -> Result<SecretString, Failure> {
    if let Ok(password) = std::env::var(KEY_PASSWORD) {
        if !password.is_empty() {
            return Ok(SecretString::from(password));
        }
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            USAGE,
            "key files need a password, and there is nobody to ask",
            format!("give it in the environment: {KEY_PASSWORD}"),
        ));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map_err(|error| {
            let sentence = format!("the password could not be read: {error}");
            Failure::new(
                FAILED,
                sentence,
                format!("give it in the environment: {KEY_PASSWORD}"),
            )
        })
    };
    let password = ask("Password of the key file: ")?;
    if password.is_empty() {
        return Err(Failure::new(
            USAGE,
            "the password is empty",
            "give one that nobody guesses",
        ));
    }
    if is_new && ask("Again: ")? != password {
        return Err(Failure::new(
            USAGE,
            "the two passwords differ: nothing was written",
            "try it again",
        ));
    }
    Ok(SecretString::from(password))
}

/// Writes an account into a new file. What exists is never replaced: it may be the only copy of a key.
pub fn save_account(path: &Path, mnemonic: &str, password: SecretString) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        let sentence = format!("the key cannot be written to {}: {error}", path.display());
        Failure::new(FAILED, sentence, "look at the folder; nothing was written")
    };
    let file = AccountFile {
        version: 1,
        mnemonic: mnemonic.to_owned(),
    };
    let plain = serde_json::to_vec(&file).map_err(|error| failed(&error))?;
    let sealed = age::encrypt(&age::scrypt::Recipient::new(password), &plain)
        .map_err(|error| failed(&error))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut target = options.open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => exists(path),
        _ => failed(&error),
    })?;
    let written = target.write_all(&sealed).and_then(|()| target.sync_all());
    written.map_err(|error| {
        // Half a key is none, and would stand in the way of the next try.
        let _ = fs::remove_file(path);
        failed(&error)
    })
}

/// A key that is there already.
pub fn exists(path: &Path) -> Failure {
    Failure::new(
        USAGE,
        format!(
            "{} is there already, and is not replaced: it may be the only copy of a key",
            path.display()
        ),
        "choose another name",
    )
}

/// The words of an account.
pub fn mnemonic(path: &Path, password: SecretString) -> Result<String, Failure> {
    let sealed = fs::read(path).map_err(|error| {
        let sentence = format!("the key file {} cannot be read: {error}", path.display());
        Failure::new(
            USAGE,
            sentence,
            "make a key: hub keys new; or give the words of one in HUB_MNEMONIC",
        )
    })?;
    let mut identity = age::scrypt::Identity::new(password);
    // Whoever can write the file must not be able to make its reading take hours.
    identity.set_max_work_factor(22);
    let plain = age::decrypt(&identity, &sealed).map_err(|error| match error {
        age::DecryptError::DecryptionFailed | age::DecryptError::NoMatchingKeys => Failure::new(
            USAGE,
            format!(
                "the key file {} does not open with this password",
                path.display()
            ),
            format!("try it again, or look at {KEY_PASSWORD}"),
        ),
        other => damaged(path, &other.to_string()),
    })?;
    match serde_json::from_slice::<AccountFile>(&plain) {
        Ok(AccountFile {
            version: 1,
            mnemonic,
        }) => Ok(mnemonic),
        _ => Err(damaged(path, "it holds no account that this program knows")),
    }
}

fn damaged(path: &Path, what: &str) -> Failure {
    Failure::new(
        WRONG,
        format!("the key file {} is damaged: {what}", path.display()),
        "take it from a backup, or import its words: hub keys import NAME",
    )
}

/// An account by its words.
pub fn wallet(mnemonic: &str, prefix: &str, coin_type: u32) -> Result<Wallet, Failure> {
    Ok(Wallet::from_mnemonic(
        mnemonic,
        prefix,
        KeyPath::first(coin_type),
    )?)
}
