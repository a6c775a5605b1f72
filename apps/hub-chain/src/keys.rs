//! Secrets: the mnemonic of an account from the environment, the key of an attester in an encrypted file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use age::secrecy::SecretString;
use bip32::secp256k1::elliptic_curve::rand_core::{OsRng, RngCore};
use hub_wire::{KeyType, SigningKey};
use serde::{Deserialize, Serialize};

use crate::error::ChainError;
use crate::wallet::{KeyPath, Wallet};

/// Environment variable with the mnemonic of the account that pays for transactions.
pub const MNEMONIC: &str = "HUB_MNEMONIC";

/// Environment variable with the password of key files.
pub const KEY_PASSWORD: &str = "HUB_KEY_PASSWORD";

/// The account of the mnemonic in `HUB_MNEMONIC`.
pub fn wallet_from_env(prefix: &str, coin_type: u32) -> Result<Wallet, ChainError> {
    Wallet::from_mnemonic(
        &secret(
            MNEMONIC,
            "the mnemonic of the account that pays for transactions",
        )?,
        prefix,
        KeyPath::first(coin_type),
    )
}

/// The password in `HUB_KEY_PASSWORD`.
pub fn password_from_env() -> Result<SecretString, ChainError> {
    secret(KEY_PASSWORD, "the password of the key file").map(SecretString::from)
}

fn secret(name: &str, what: &str) -> Result<String, ChainError> {
    match std::env::var(name) {
        Ok(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(ChainError::Setting(format!(
            "{name} is not set: give it {what}"
        ))),
    }
}

/// A secret key with its kind, as the file holds it within its encryption.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u8,
    key_type: String,
    /// 32 bytes in hex.
    seed: String,
}

/// A secret key of an attester, which can be kept in a file.
#[derive(Clone)]
pub struct AttesterKey {
    key_type: KeyType,
    seed: [u8; 32],
}

impl AttesterKey {
    /// A new key by the system's randomness.
    pub fn generate(key_type: KeyType) -> Self {
        loop {
            let mut seed = [0; 32];
            OsRng.fill_bytes(&mut seed);
            let key = Self { key_type, seed };
            // One seed in 2^128 is no scalar of secp256k1.
            if key.signing_key().is_ok() {
                return key;
            }
        }
    }

    /// The key with this seed: of secp256k1 the secret scalar, of ed25519 the seed of RFC 8032.
    pub fn from_seed(key_type: KeyType, seed: [u8; 32]) -> Result<Self, ChainError> {
        let key = Self { key_type, seed };
        key.signing_key()?;
        Ok(key)
    }

    /// What signs.
    pub fn signing_key(&self) -> Result<SigningKey, ChainError> {
        match self.key_type {
            KeyType::Secp256k1 => SigningKey::secp256k1_from_seed(&self.seed)
                .map_err(|error| ChainError::Setting(error.to_string())),
            KeyType::Ed25519 => Ok(SigningKey::ed25519_from_seed(&self.seed)),
        }
    }

    /// Writes the key into a new file, encrypted with a password (the age format, scrypt), that only its owner may read.
    /// A file that exists is never overwritten: it may hold the only copy of a key.
    pub fn save(&self, path: &Path, password: SecretString) -> Result<(), ChainError> {
        self.save_with(path, age::scrypt::Recipient::new(password))
    }

    fn save_with(&self, path: &Path, recipient: age::scrypt::Recipient) -> Result<(), ChainError> {
        let failed = |error: &dyn std::fmt::Display| {
            ChainError::Setting(format!(
                "the key cannot be written to {}: {error}",
                path.display()
            ))
        };
        let file = KeyFile {
            version: 1,
            key_type: name_of(self.key_type).to_owned(),
            seed: hex::encode(self.seed),
        };
        let plain = serde_json::to_vec(&file).map_err(|error| failed(&error))?;
        let sealed = age::encrypt(&recipient, &plain).map_err(|error| failed(&error))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut target = options.open(path).map_err(|error| failed(&error))?;
        let written = target.write_all(&sealed).and_then(|()| target.sync_all());
        written.map_err(|error| {
            // Half a key is none, and would stand in the way of the next try.
            let _ = fs::remove_file(path);
            failed(&error)
        })
    }

    /// Reads a key that [`AttesterKey::save`] wrote.
    pub fn load(path: &Path, password: SecretString) -> Result<Self, ChainError> {
        let failed =
            |what: String| ChainError::Setting(format!("the key file {} {what}", path.display()));
        let sealed = fs::read(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
        check_mode(path).map_err(failed)?;
        let mut identity = age::scrypt::Identity::new(password);
        // Whoever can write the file must not be able to make its reading take hours.
        identity.set_max_work_factor(22);
        let plain = age::decrypt(&identity, &sealed).map_err(|error| match error {
            age::DecryptError::DecryptionFailed | age::DecryptError::NoMatchingKeys => failed(
                format!("does not open: check the password in {KEY_PASSWORD}"),
            ),
            other => failed(format!("is damaged: {other}; take it from a backup")),
        })?;
        let damaged =
            || failed("holds no key that this program knows: take it from a backup".to_owned());
        let file: KeyFile = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        let key_type = match (file.version, file.key_type.as_str()) {
            (1, "secp256k1") => KeyType::Secp256k1,
            (1, "ed25519") => KeyType::Ed25519,
            _ => return Err(damaged()),
        };
        let seed = hex::decode(&file.seed)
            .ok()
            .and_then(|seed| seed.try_into().ok())
            .ok_or_else(damaged)?;
        Self::from_seed(key_type, seed)
    }
}

impl std::fmt::Debug for AttesterKey {
    /// Shows the kind only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttesterKey({:?})", self.key_type)
    }
}

fn name_of(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::Secp256k1 => "secp256k1",
        KeyType::Ed25519 => "ed25519",
    }
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|error| format!("cannot be read: {error}"))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(format!(
            "can be read by others (mode {:o}): chmod 600 it",
            mode & 0o777
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    /// A recipient that takes milliseconds, where the real one takes a second.
    fn quick(text: &str) -> age::scrypt::Recipient {
        let mut recipient = age::scrypt::Recipient::new(password(text));
        recipient.set_work_factor(4);
        recipient
    }

    #[test]
    fn a_key_survives_its_file_and_nobody_else_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        for (place, key_type) in [KeyType::Ed25519, KeyType::Secp256k1]
            .into_iter()
            .enumerate()
        {
            let path = folder.path().join(format!("{place}.age"));
            let key = AttesterKey::generate(key_type);
            key.save_with(&path, quick("right")).unwrap();
            let again = AttesterKey::load(&path, password("right")).unwrap();
            assert_eq!(
                again.signing_key().unwrap().public_key(),
                key.signing_key().unwrap().public_key()
            );
            let sealed = fs::read(&path).unwrap();
            assert!(!sealed.windows(32).any(|window| window == key.seed));
            assert!(!String::from_utf8_lossy(&sealed).contains(&hex::encode(key.seed)));
            assert_eq!(format!("{key:?}"), format!("AttesterKey({key_type:?})"));
            let wrong = AttesterKey::load(&path, password("wrong"))
                .unwrap_err()
                .to_string();
            assert!(
                wrong.contains("does not open: check the password"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_file_that_exists_is_never_overwritten_and_a_damaged_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.age");
        AttesterKey::generate(KeyType::Ed25519)
            .save_with(&path, quick("right"))
            .unwrap();
        let before = fs::read(&path).unwrap();
        let error = AttesterKey::generate(KeyType::Ed25519).save_with(&path, quick("right"));
        assert!(error.unwrap_err().to_string().contains("cannot be written"));
        assert_eq!(fs::read(&path).unwrap(), before);

        fs::write(&path, &before[..before.len() / 2]).unwrap();
        let error = AttesterKey::load(&path, password("right"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("key.age"), "{error}");
        let missing = AttesterKey::load(&folder.path().join("none.age"), password("right"));
        assert!(missing.unwrap_err().to_string().contains("cannot be read"));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.age");
        AttesterKey::generate(KeyType::Ed25519)
            .save_with(&path, quick("right"))
            .unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = AttesterKey::load(&path, password("right"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
