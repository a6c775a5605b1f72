//! An account that signs.

use std::fmt;

use bip32::{DerivationPath, XPrv};
use cosmrs::crypto::secp256k1::SigningKey;
use cosmrs::AccountId;

use crate::error::ChainError;

/// Coin type of the Cosmos Hub in SLIP-0044, which most of its relatives use as well.
pub const COSMOS_COIN_TYPE: u32 = 118;

/// An account that signs transactions: the key at `m/44'/<coin type>'/0'/0/<index>` of a mnemonic.
pub struct Wallet {
    key: SigningKey,
    address: String,
    canonical: Vec<u8>,
}

/// Which key of a mnemonic an account has: BIP-44 path `m/44'/coin_type'/0'/0/index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPath {
    /// SLIP-44 number of the chain's coin, below 2^31.
    pub coin_type: u32,
    /// Counts the accounts of one mnemonic, from 0; below 2^31.
    pub index: u32,
}

impl KeyPath {
    /// The first account, which is the one that wallets show.
    pub const fn first(coin_type: u32) -> Self {
        Self {
            coin_type,
            index: 0,
        }
    }
}

impl Wallet {
    /// The account of a BIP-39 mnemonic without a passphrase.
    pub fn from_mnemonic(
        mnemonic: &str,
        prefix: &str,
        KeyPath { coin_type, index }: KeyPath,
    ) -> Result<Self, ChainError> {
        // None of these sentences may show a part of what was given.
        let wrong = |what: &str| ChainError::Setting(what.to_owned());
        let words = mnemonic.split_whitespace().collect::<Vec<_>>().join(" ");
        let mnemonic = bip39::Mnemonic::from_phrase(&words, bip39::Language::English)
            .map_err(|_| wrong("the mnemonic is not valid BIP-39: give its 12 to 24 English words as they were shown"))?;
        let path: DerivationPath = format!("m/44'/{coin_type}'/0'/0/{index}")
            .parse()
            .map_err(|_| wrong("the coin type or the index is 2^31 or more: give a smaller one"))?;
        let seed = bip39::Seed::new(&mnemonic, "");
        let secret = XPrv::derive_from_path(seed.as_bytes(), &path)
            .map_err(|_| wrong("the mnemonic leads to no key at this path: take another index"))?;
        Self::from_secret(&secret.private_key().to_bytes(), prefix)
    }

    /// The account of a secret key of secp256k1, 32 bytes big-endian.
    pub fn from_secret(secret: &[u8], prefix: &str) -> Result<Self, ChainError> {
        let key = SigningKey::from_slice(secret).map_err(|_| {
            ChainError::Setting(
                "the bytes are no secret key of secp256k1: give 32 other ones".into(),
            )
        })?;
        let id: AccountId = key.public_key().account_id(prefix).map_err(|error| {
            ChainError::Setting(format!("the prefix {prefix:?} makes no address: {error}"))
        })?;
        Ok(Self {
            address: id.to_string(),
            canonical: id.to_bytes(),
            key,
        })
    }

    /// Its address as text.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The 20 bytes of its address, as signatures and records carry them.
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl fmt::Debug for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wallet({})", self.address)
    }
}

/// The bytes of an address, whatever its prefix.
pub fn canonical(address: &str) -> Result<Vec<u8>, ChainError> {
    let id = address.parse::<AccountId>();
    id.map(|id| id.to_bytes())
        .map_err(|_| ChainError::Setting(format!("{address:?} is no address: give one in bech32")))
}

/// The text of an address with these bytes.
pub fn human(prefix: &str, canonical: &[u8]) -> Result<String, ChainError> {
    AccountId::new(prefix, canonical)
        .map(|id| id.to_string())
        .map_err(|error| {
            ChainError::Setting(format!(
                "the bytes make no address with prefix {prefix:?}: {error}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `tests/devnet/accounts.json`, which cosmjs derives the same way.
    const AUTHOR: &str = "tiger awesome credit wash cup uphold blame topic click gown quarter maze rail gospel barely \
                          outer smart kit fossil piece canoe come obscure isolate";

    #[test]
    fn a_mnemonic_leads_to_the_address_that_other_wallets_show() {
        let wallet =
            Wallet::from_mnemonic(AUTHOR, "wasm", KeyPath::first(COSMOS_COIN_TYPE)).unwrap();
        assert_eq!(
            wallet.address(),
            "wasm1l8844te950rmwcgz46hdff3wtush73elasy8jn"
        );
        assert_eq!(canonical(wallet.address()).unwrap(), wallet.canonical());
        assert_eq!(human("wasm", wallet.canonical()).unwrap(), wallet.address());
        let second = KeyPath {
            index: 1,
            ..KeyPath::first(COSMOS_COIN_TYPE)
        };
        let other = Wallet::from_mnemonic(AUTHOR, "wasm", second).unwrap();
        assert_ne!(other.address(), wallet.address());
        let other = Wallet::from_mnemonic(AUTHOR, "wasm", KeyPath::first(60)).unwrap();
        assert_ne!(other.address(), wallet.address());
    }

    #[test]
    fn what_is_wrong_with_a_mnemonic_is_said_without_a_word_of_it() {
        let swapped = AUTHOR.replace("tiger awesome", "awesome tiger");
        for wrong in [swapped.as_str(), "", "tiger", &format!("{AUTHOR} tiger")] {
            let error =
                Wallet::from_mnemonic(wrong, "wasm", KeyPath::first(COSMOS_COIN_TYPE)).unwrap_err();
            assert!(error.to_string().contains("BIP-39"), "{error}");
            assert!(!error.to_string().contains("tiger"), "{error}");
        }
        let wallet =
            Wallet::from_mnemonic(AUTHOR, "wasm", KeyPath::first(COSMOS_COIN_TYPE)).unwrap();
        assert_eq!(
            format!("{wallet:?}"),
            "Wallet(wasm1l8844te950rmwcgz46hdff3wtush73elasy8jn)"
        );
        assert!(Wallet::from_mnemonic(AUTHOR, "wasm", KeyPath::first(1 << 31)).is_err());
        assert!(Wallet::from_secret(&[0; 32], "wasm").is_err());
        assert!(canonical("wasm1").is_err());
    }
}
