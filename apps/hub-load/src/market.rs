//! Who settles what: the market that tests/e2e opened, and how far its lanes are.

use std::path::Path;
use std::time::Duration;

use anyhow::{anyhow, ensure, Context, Result};
use cosmrs::crypto::secp256k1;
use cosmrs::AccountId;
use hub_chain::{Chain, Hub, Settings};
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_wire::SigningKey;
use serde::Deserialize;

/// What tests/e2e wrote once the market was open.
#[derive(Deserialize)]
pub struct Market {
    pub chain_id: String,
    /// Address of the node's RPC.
    pub rpc: String,
    /// Prefix of addresses.
    pub prefix: String,
    /// Such as `0.025stake`.
    pub gas_price: String,
    pub registry: String,
    pub escrow: String,
    pub billing: String,
    /// Time that receipts state, unix seconds.
    pub issued_at: u64,
    pub sessions: Vec<SessionInfo>,
    pub attesters: Vec<AttesterInfo>,
    /// Secret keys of the accounts that send, 32 bytes in hex: one for each attester.
    pub submitters: Vec<String>,
}

#[derive(Deserialize)]
pub struct SessionInfo {
    pub session: SessionId,
    /// Models that it lists, ascending.
    pub offers: Vec<Offer>,
}

/// What a group is billed by.
#[derive(Deserialize, Clone, Copy)]
pub struct Offer {
    pub model: ModelId,
    pub release: ReleaseNumber,
    pub terms: TermsNumber,
}

#[derive(Deserialize)]
pub struct AttesterInfo {
    pub attester: AttesterId,
    pub key_type: KeyType,
    /// Of the secret key, 32 bytes in hex.
    pub seed: String,
    /// Places of the sessions that it serves.
    pub sessions: Vec<usize>,
}

#[derive(Deserialize, serde::Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    Secp256k1,
    Ed25519,
}

impl Market {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let market: Self =
            serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        ensure!(
            market.submitters.len() >= market.attesters.len(),
            "{} names fewer submitters than attesters: each attester needs one",
            path.display()
        );
        Ok(market)
    }

    pub fn hub(&self) -> Result<Hub> {
        let mut settings = Settings::new(&self.chain_id, &self.prefix, &self.gas_price, u128::MAX)?;
        // A node that executes a large block answers late.
        settings.request_timeout = Duration::from_secs(120);
        let chain = Chain::connect(settings, std::slice::from_ref(&self.rpc))?;
        Ok(Hub::new(chain, &self.registry, &self.escrow, &self.billing))
    }

    /// Its attesters with keys of a type, each with its submitter and with its lanes as they stand on the chain.
    pub async fn lanes(&self, hub: &Hub, key_type: KeyType) -> Result<Vec<Attester<'_>>> {
        let mut attesters = vec![];
        for (info, secret) in self.attesters.iter().zip(&self.submitters) {
            if info.key_type == key_type {
                attesters.push(self.attester(hub, info, secret).await?);
            }
        }
        ensure!(
            !attesters.is_empty(),
            "the market has no attester with a key of {key_type:?}"
        );
        Ok(attesters)
    }

    async fn attester<'a>(
        &'a self,
        hub: &Hub,
        info: &AttesterInfo,
        secret: &str,
    ) -> Result<Attester<'a>> {
        let mut served: Vec<&SessionInfo> = info
            .sessions
            .iter()
            .map(|place| self.sessions.get(*place).context("a session of the market"))
            .collect::<Result<_>>()?;
        // The groups of a batch ascend by session.
        served.sort_unstable_by_key(|one| one.session);
        let ids: Vec<SessionId> = served.iter().map(|one| one.session).collect();
        let next = hub.lanes(info.attester, &ids).await?.value;
        let lanes = served.into_iter().zip(next).map(|(info, next)| {
            let next = next.with_context(|| format!("session {} is closed", info.session))?;
            Ok(Lane { info, next })
        });
        let seed: [u8; 32] = hex::decode(&info.seed)?
            .try_into()
            .ok()
            .context("a seed of 32 bytes")?;
        let submitter = secp256k1::SigningKey::from_slice(&hex::decode(secret)?)
            .map_err(|error| anyhow!("a submitter has no key: {error}"))?;
        Ok(Attester {
            id: info.attester,
            key: match info.key_type {
                KeyType::Secp256k1 => SigningKey::secp256k1_from_seed(&seed)?,
                KeyType::Ed25519 => SigningKey::ed25519_from_seed(&seed),
            },
            address: submitter
                .public_key()
                .account_id(&self.prefix)
                .map_err(|error| anyhow!("a submitter has no address: {error}"))?,
            submitter,
            lanes: lanes.collect::<Result<_>>()?,
        })
    }
}

/// An attester, who sends for it, and where its lanes stand.
pub struct Attester<'a> {
    pub id: AttesterId,
    pub key: SigningKey,
    pub submitter: secp256k1::SigningKey,
    /// Of the submitter.
    pub address: AccountId,
    pub lanes: Vec<Lane<'a>>,
}

/// The receipts of an attester in one session.
pub struct Lane<'a> {
    pub info: &'a SessionInfo,
    /// Number of its next receipt.
    pub next: u64,
}
