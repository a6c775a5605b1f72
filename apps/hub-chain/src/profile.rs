//! Where Hubs are: one TOML for all chains that somebody uses.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::error::ChainError;
use crate::hub::Hub;
use crate::settings::Settings;
use crate::wallet::COSMOS_COIN_TYPE;

/// Profiles by name, as a file holds them.
///
/// ```
/// let profiles = hub_chain::Profiles::parse(r#"
///     [neutron]
///     chain_id = "neutron-1"
///     rpc = ["https://rpc.one.example", "https://rpc.two.example", "https://rpc.three.example"]
///     prefix = "neutron"
///     gas_price = "0.025untrn"
///     max_fee = 250000
///     registry = "neutron1zwv6feuzhy6a9wekh96cd57lsarmqlwxdypdsplw6zhfncqw6ftqcvqy5v"
///     escrow = "neutron1zwv6feuzhy6a9wekh96cd57lsarmqlwxdypdsplw6zhfncqw6ftqcvqy5v"
///     billing = "neutron1zwv6feuzhy6a9wekh96cd57lsarmqlwxdypdsplw6zhfncqw6ftqcvqy5v"
/// "#)?;
/// let hub = profiles.get("neutron")?.connect()?;
/// assert_eq!(hub.chain().chain_id(), "neutron-1");
/// # Ok::<(), hub_chain::ChainError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profiles(pub BTreeMap<String, Profile>);

/// A Hub on a chain, and how it is reached and paid for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The chain.
    pub chain_id: String,
    /// RPC addresses of its nodes. With three, one that lies can do no harm.
    pub rpc: Vec<String>,
    /// Prefix of its addresses.
    pub prefix: String,
    /// Coin type of its accounts, by SLIP-0044; 118 if not given.
    #[serde(default = "coin_type")]
    pub coin_type: u32,
    /// What a unit of gas costs, such as `0.025untrn`.
    pub gas_price: String,
    /// Most that one transaction may pay for gas, in the coin of `gas_price`.
    pub max_fee: u64,
    /// Address of the registry.
    pub registry: String,
    /// Address of the escrow.
    pub escrow: String,
    /// Address of the billing contract.
    pub billing: String,
    /// Address of the verifier of Nitro Enclaves; a Hub is whole without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nitro_verifier: Option<String>,
}

fn coin_type() -> u32 {
    COSMOS_COIN_TYPE
}

/// `deploy/deployments/<chain-id>.json`, as far as it is needed here.
#[derive(Deserialize)]
struct Deployment {
    chain_id: String,
    prefix: String,
    contracts: BTreeMap<String, Deployed>,
}

#[derive(Deserialize)]
struct Deployed {
    address: String,
}

impl Profiles {
    /// The profiles of a TOML text.
    pub fn parse(text: &str) -> Result<Self, ChainError> {
        toml::from_str(text)
            .map_err(|error| ChainError::Setting(format!("the profiles cannot be read: {error}")))
    }

    /// The profiles of a file; none if there is no file.
    pub fn load(path: &Path) -> Result<Self, ChainError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text)
                .map_err(|error| ChainError::Setting(format!("{}: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ChainError::Setting(format!(
                "{} cannot be read: {error}",
                path.display()
            ))),
        }
    }

    /// As TOML.
    pub fn to_toml(&self) -> Result<String, ChainError> {
        toml::to_string(self).map_err(|error| ChainError::Setting(error.to_string()))
    }

    /// The profile of this name.
    pub fn get(&self, name: &str) -> Result<&Profile, ChainError> {
        self.0.get(name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(String::as_str).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            ChainError::Setting(format!(
                "there is no profile {name:?}: add it, or name one of those there are ({known})"
            ))
        })
    }
}

impl Profile {
    /// A profile of what a deployment wrote, `deploy/deployments/<chain-id>.json`.
    pub fn of_deployment(
        json: &str,
        rpc: Vec<String>,
        gas_price: &str,
        max_fee: u64,
    ) -> Result<Self, ChainError> {
        let wrong =
            |what: String| ChainError::Setting(format!("the deployment cannot be read: {what}"));
        let deployment: Deployment =
            serde_json::from_str(json).map_err(|error| wrong(error.to_string()))?;
        let find = |name: &str| {
            deployment
                .contracts
                .get(name)
                .map(|contract| contract.address.clone())
        };
        let address = |name: &str| find(name).ok_or_else(|| wrong(format!("it names no {name}")));
        Ok(Self {
            rpc,
            coin_type: COSMOS_COIN_TYPE,
            gas_price: gas_price.to_owned(),
            max_fee,
            registry: address("registry")?,
            escrow: address("escrow")?,
            billing: address("billing")?,
            nitro_verifier: find("nitro_verifier"),
            chain_id: deployment.chain_id,
            prefix: deployment.prefix,
        })
    }

    /// How the chain is used.
    pub fn settings(&self) -> Result<Settings, ChainError> {
        Settings::new(
            &self.chain_id,
            &self.prefix,
            &self.gas_price,
            self.max_fee.into(),
        )
    }

    /// The Hub behind the nodes of this profile. Nothing is asked yet.
    pub fn connect(&self) -> Result<Hub, ChainError> {
        Ok(self.over(Chain::connect(self.settings()?, &self.rpc)?))
    }

    /// The Hub of this profile on a chain that is reached in another way.
    pub fn over(&self, chain: Chain) -> Hub {
        Hub::new(chain, &self.registry, &self.escrow, &self.billing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: &str = r#"{
        "chain_id": "hub-devnet-1", "name": "x", "prefix": "wasm", "deployer": "d", "admin": null,
        "contracts": {
            "registry": {"address": "r", "code_id": 1, "sha256": "", "version": "0.3.0"},
            "escrow": {"address": "e", "code_id": 1, "sha256": "", "version": "0.3.0"},
            "billing": {"address": "b", "code_id": 1, "sha256": "", "version": "0.3.0"}
        },
        "transactions": {}
    }"#;

    #[test]
    fn what_is_wrong_with_a_profile_is_said() {
        let profile =
            Profile::of_deployment(DEPLOYMENT, vec!["http://x".into()], "0.025stake", 9).unwrap();
        let profiles = Profiles(BTreeMap::from([("dev".to_owned(), profile)]));
        let toml = profiles.to_toml().unwrap();
        assert_eq!(Profiles::parse(&toml).unwrap(), profiles);

        let unknown = profiles.get("prod").unwrap_err().to_string();
        assert!(
            unknown.contains("\"prod\"") && unknown.contains("dev"),
            "{unknown}"
        );
        let misspelt = Profiles::parse(&toml.replace("max_fee", "maxfee"))
            .unwrap_err()
            .to_string();
        assert!(misspelt.contains("maxfee"), "{misspelt}");
        let none = DEPLOYMENT.replace("billing", "other");
        let none = Profile::of_deployment(&none, vec![], "0.025stake", 9)
            .unwrap_err()
            .to_string();
        assert!(none.contains("names no billing"), "{none}");
        let mut without = profiles.get("dev").unwrap().clone();
        without.rpc.clear();
        assert_eq!(without.connect().err(), Some(ChainError::NoNodes));
    }

    #[test]
    fn a_folder_without_profiles_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            Profiles::load(&folder.path().join("chains.toml")).unwrap(),
            Profiles::default()
        );
        assert!(Profiles::load(folder.path()).is_err());
    }
}
