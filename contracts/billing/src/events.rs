//! Events: what happened, for readers off chain. Values are plain text, keys do not change.

use cosmwasm_std::{Addr, HexBinary, Uint128};
use hub_types::billing::{BatchResponse, Outcome};
use hub_types::denom::Denom;
use hub_types::ids::AttesterId;
use hub_types::verifier::Measurement;
use hub_types::wire::{Batch, Hash, KeyType, PublicKey, Receipt};

/// Events of the billing contract.
pub enum Event<'a> {
    /// Billing and its escrow stand.
    Instantiated {
        registry: &'a Addr,
        escrow: &'a Addr,
    },
    /// A key became an attester.
    AttesterRegistered {
        attester: AttesterId,
        operator: &'a Addr,
        key: &'a PublicKey,
        attestation: Option<&'a Attestation>,
    },
    /// An attester issues nothing billable from a cutoff on.
    AttesterRetired { attester: AttesterId, cutoff: u64 },
    /// Nothing of an attester is accepted any more.
    AttesterRevoked { attester: AttesterId },
    /// An attester can be reached elsewhere.
    EndpointSet {
        attester: AttesterId,
        endpoint: Option<&'a str>,
    },
    /// A batch was settled.
    BatchSettled {
        batch: &'a Batch,
        response: &'a BatchResponse,
    },
    /// A single receipt was settled.
    ReceiptSettled(ReceiptSettled<'a>),
}

/// What a verifier found about a key.
pub struct Attestation {
    pub verifier: Addr,
    pub digest: Hash,
    pub measurement: Measurement,
}

/// Everything about one receipt.
pub struct ReceiptSettled<'a> {
    pub receipt: &'a Receipt,
    pub sequence: u64,
    pub outcome: Outcome,
    pub amount: Uint128,
    pub denom: &'a Denom,
    pub caller: &'a Addr,
}

impl From<Event<'_>> for cosmwasm_std::Event {
    fn from(event: Event<'_>) -> Self {
        match event {
            Event::Instantiated { registry, escrow } => Self::new("hub_billing_instantiated")
                .add_attribute("registry", registry)
                .add_attribute("escrow", escrow),
            Event::AttesterRegistered {
                attester,
                operator,
                key,
                attestation,
            } => Self::new("hub_attester_registered")
                .add_attribute("attester", attester.to_string())
                .add_attribute("operator", operator)
                .add_attribute("key_type", key_type_name(key.key_type()))
                .add_attribute("key", HexBinary::from(key.as_bytes()).to_hex())
                .add_attribute(
                    "verifier",
                    attestation.map_or("", |found| found.verifier.as_str()),
                )
                .add_attribute("digest", hex(attestation.map(|found| found.digest)))
                .add_attribute(
                    "measurement",
                    hex(attestation.map(|found| found.measurement)),
                ),
            Event::AttesterRetired { attester, cutoff } => Self::new("hub_attester_retired")
                .add_attribute("attester", attester.to_string())
                .add_attribute("cutoff", cutoff.to_string()),
            Event::AttesterRevoked { attester } => {
                Self::new("hub_attester_revoked").add_attribute("attester", attester.to_string())
            }
            Event::EndpointSet { attester, endpoint } => Self::new("hub_endpoint_set")
                .add_attribute("attester", attester.to_string())
                .add_attribute("endpoint", endpoint.unwrap_or_default()),
            Event::BatchSettled { batch, response } => Self::new("hub_settle")
                .add_attribute("attester", response.attester.to_string())
                .add_attribute("batch", response.batch.unwrap_or_default().to_string())
                .add_attribute("root", HexBinary::from(&batch.receipts_root).to_hex())
                .add_attribute("offered", response.offered.to_string())
                .add_attribute("paid", response.paid.to_string())
                .add_attribute("gross", gross_text(response))
                .add_attribute("outcomes", outcomes_text(response)),
            Event::ReceiptSettled(settled) => settled.into(),
        }
    }
}

impl From<ReceiptSettled<'_>> for cosmwasm_std::Event {
    fn from(settled: ReceiptSettled<'_>) -> Self {
        let receipt = settled.receipt;
        Self::new("hub_receipt")
            .add_attribute("attester", receipt.attester.to_string())
            .add_attribute("session", receipt.session.to_string())
            .add_attribute("sequence", settled.sequence.to_string())
            .add_attribute("caller", settled.caller)
            .add_attribute("model", receipt.model.to_string())
            .add_attribute("release", receipt.release.to_string())
            .add_attribute("terms", receipt.terms.to_string())
            .add_attribute("blob_id", receipt.blob_id.to_string())
            .add_attribute("request_id", HexBinary::from(&receipt.request_id).to_hex())
            .add_attribute("issued_at", receipt.issued_at.to_string())
            .add_attribute("units_in", receipt.units.input.to_string())
            .add_attribute("units_out", receipt.units.output.to_string())
            .add_attribute(
                "request_hash",
                HexBinary::from(&receipt.request_hash).to_hex(),
            )
            .add_attribute(
                "response_hash",
                HexBinary::from(&receipt.response_hash).to_hex(),
            )
            .add_attribute("outcome", outcome_text(settled.outcome))
            .add_attribute("amount", settled.amount)
            .add_attribute("denom", settled.denom.to_string())
    }
}

/// Hex digits, or an empty text for nothing.
fn hex(bytes: Option<impl Into<HexBinary>>) -> String {
    bytes.map_or_else(String::new, |bytes| bytes.into().to_hex())
}

/// Amounts as coins are written, separated by commas: `12uusdc,5cw20:…`.
fn gross_text(response: &BatchResponse) -> String {
    response
        .gross
        .iter()
        .map(|gross| format!("{}{}", gross.amount, gross.denom))
        .collect::<Vec<_>>()
        .join(",")
}

/// Outcomes in the order of the batch, runs of equal ones counted: `paid*98,partial(3),gap`.
fn outcomes_text(response: &BatchResponse) -> String {
    let runs = response.outcomes.iter().map(|run| match run.groups {
        1 => outcome_text(run.outcome),
        groups => format!("{}*{groups}", outcome_text(run.outcome)),
    });
    runs.collect::<Vec<_>>().join(",")
}

fn outcome_text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Partial { receipts } => format!("{}({receipts})", outcome.name()),
        _ => outcome.name().to_owned(),
    }
}

fn key_type_name(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::Secp256k1 => "secp256k1",
        KeyType::Ed25519 => "ed25519",
    }
}
