//! What a transaction costs in gas.
//!
//! The embedded chain counts storage operations. A wasmd node charges for these by the SDK's schedule, 10 gas a byte of the
//! transaction, 60 000 for each contract that is loaded, and fixed amounts for a transaction and for a bank transfer.
//! The last two are what remains when the rest is taken away from the measured figures of `tests/gas/snapshot.json` for a
//! single `Settle` and for a bank transfer; so the estimate of a `Settle` is the measured figure, and that of a
//! batch can be compared with the measured one.

use std::path::Path;

use anyhow::{Context, Result};
use cosmwasm_std::{coins, Addr, BankMsg, CosmosMsg, WasmMsg};
use hub_testing::{
    rates, AppResponse, Attester, Hub, KeyType, Mode, NewModel, StorageCost, NATIVE,
};
use hub_types::escrow::{ModelRef, Models, NewSession};
use hub_types::ids::{ModelId, SessionId};
use serde::Deserialize;

/// A value read, and each byte of key and value (`KVGasConfig` of the SDK).
const READ: u64 = 1_000;
const READ_BYTE: u64 = 3;
/// A value written, and each byte of key and value.
const WRITE: u64 = 2_000;
const WRITE_BYTE: u64 = 30;
/// A value removed.
const REMOVAL: u64 = 1_000;
/// An entry that a range gives.
const RANGE_ENTRY: u64 = 30;
/// A byte of the transaction (`TxSizeCostPerByte` of the SDK).
const TX_BYTE: u64 = 10;
/// A contract loaded (`DefaultInstanceCost` of wasmd).
const CONTRACT: u64 = 60_000;
/// Bytes of a message around its JSON: type, sender, contract.
const MESSAGE_BYTES: u64 = 150;
/// The embedded chain's keys are longer than the 33 bytes of a node's prefix.
const LONGER_KEY: u64 = 50;

/// `tests/gas/snapshot.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Snapshot {
    rows: Rows,
}

/// The rows that are needed here.
#[derive(Clone, Debug, Deserialize)]
struct Rows {
    bank_send: f64,
    settle: f64,
    w1k_per_receipt: f64,
}

impl Snapshot {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the gas snapshot {} cannot be read", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{}", path.display()))
    }

    /// Gas of a single `Settle`.
    pub fn settle(&self) -> f64 {
        self.rows.settle
    }

    /// Gas of a bank transfer.
    pub fn bank_send(&self) -> f64 {
        self.rows.bank_send
    }

    /// Gas of a batch of a thousand receipts, for each.
    pub fn w1k_per_receipt(&self) -> f64 {
        self.rows.w1k_per_receipt
    }
}

/// Estimates what transactions cost.
#[derive(Clone, Copy, Debug)]
pub struct GasMeter {
    /// For a transaction: fee, account, signature, look-up.
    transaction: i64,
    /// For a bank transfer, beyond its storage operations.
    transfer: i64,
}

impl GasMeter {
    /// Takes the fixed amounts from the measured figures.
    pub fn calibrate(snapshot: &Snapshot) -> Result<Self> {
        let nothing = Self {
            transaction: 0,
            transfer: 0,
        };
        let settle = nothing.of_a_settle()?;
        let transaction = libm::round(snapshot.settle()) as i64 - settle as i64;
        let with_transaction = Self {
            transaction,
            transfer: 0,
        };
        let send = with_transaction.of_a_bank_send()?;
        let transfer = libm::round(snapshot.bank_send()) as i64 - send as i64;
        Ok(Self {
            transaction,
            transfer,
        })
    }

    /// Sends messages as one transaction and says what it costs.
    pub fn send(
        &self,
        hub: &mut Hub,
        sender: &Addr,
        messages: Vec<CosmosMsg>,
    ) -> Result<(Vec<AppResponse>, u64)> {
        let bytes: u64 = messages.iter().map(message_bytes).sum();
        let (responses, cost) = hub.metered(|hub| hub.bundle(sender, messages));
        let responses = responses?;
        let events = || responses.iter().flat_map(|response| &response.events);
        let contracts = events()
            .filter(|event| matches!(event.ty.as_str(), "execute" | "instantiate" | "reply"))
            .count() as u64;
        let transfers = events().filter(|event| event.ty == "transfer").count() as i64;
        let charged = storage(&cost) + TX_BYTE * bytes + CONTRACT * contracts;
        let gas = charged as i64 + self.transaction + self.transfer * transfers;
        Ok((responses, u64::try_from(gas).unwrap_or_default()))
    }

    /// A `Settle` under the conditions of the snapshot: money aged and unrelated, the payer seen this week, a receipt
    /// billed this day.
    fn of_a_settle(&self) -> Result<u64> {
        let mut fixture = Fixture::new(1, 1);
        let attester = fixture.attester.clone();
        let mut gas = 0;
        for sequence in 0..2 {
            let receipt = fixture
                .hub
                .receipt(&attester, fixture.sessions[0], fixture.models[0]);
            let settle = fixture.hub.sign_receipt(&attester, &receipt, sequence);
            let message = fixture.hub.message(&fixture.hub.billing, &settle, &[]);
            (_, gas) = self.send(&mut fixture.hub, &attester.operator, vec![message])?;
        }
        Ok(gas)
    }

    fn of_a_bank_send(&self) -> Result<u64> {
        let mut hub = Hub::new();
        let [from, to] = ["from", "to"].map(|name| hub.account(name));
        for account in [&from, &to] {
            hub.mint(account, coins(1_000_000, NATIVE));
        }
        let (_, gas) = self.send(&mut hub, &from, vec![bank_send(&to, 1_000)])?;
        Ok(gas)
    }

    /// A batch of a thousand receipts in 50 sessions and 100 groups for 20 models, each receipt: what the snapshot
    /// measures as `w1k_per_receipt`.
    pub fn of_w1k_per_receipt(&self) -> Result<f64> {
        let mut fixture = Fixture::new(50, 20);
        let attester = fixture.attester.clone();
        let mut gas = 0;
        for _ in 0..2 {
            let mut receipts = vec![];
            for (place, session) in fixture.sessions.iter().enumerate() {
                for model in Fixture::listed(place, &fixture.models) {
                    receipts.extend(fixture.hub.receipts(
                        &attester,
                        *session,
                        model,
                        10,
                        |_, _| {},
                    ));
                }
            }
            let batch = fixture.hub.batch(&attester, Mode::Itemised, receipts);
            let settle = fixture.hub.sign_batch(&attester, &batch);
            let message = fixture.hub.message(&fixture.hub.billing, &settle, &[]);
            (_, gas) = self.send(&mut fixture.hub, &attester.operator, vec![message])?;
        }
        Ok(gas as f64 / 1_000.0)
    }
}

/// What the storage operations cost on a node.
fn storage(cost: &StorageCost) -> u64 {
    let keys = |count: u64| count * LONGER_KEY;
    let written = cost.bytes_written.saturating_sub(keys(cost.writes));
    let read = (cost.bytes - cost.bytes_written).saturating_sub(keys(cost.reads + cost.scanned));
    READ * (cost.reads + cost.ranges)
        + WRITE * cost.writes
        + REMOVAL * cost.removals
        + RANGE_ENTRY * cost.scanned
        + READ_BYTE * read
        + WRITE_BYTE * written
}

fn message_bytes(message: &CosmosMsg) -> u64 {
    let json = match message {
        CosmosMsg::Wasm(WasmMsg::Execute { msg, .. }) => msg.len() as u64,
        _ => 0,
    };
    MESSAGE_BYTES + json
}

/// A bank transfer.
pub fn bank_send(to: &Addr, amount: u128) -> CosmosMsg {
    let send = BankMsg::Send {
        to_address: to.to_string(),
        amount: coins(amount, NATIVE),
    };
    send.into()
}

/// A market of one author and as many callers as sessions, whose money is aged.
struct Fixture {
    hub: Hub,
    attester: Attester,
    models: Vec<ModelId>,
    sessions: Vec<SessionId>,
}

impl Fixture {
    fn new(sessions: usize, models: u8) -> Self {
        let mut hub = Hub::new();
        let money = hub.money_native();
        let [author, operator] = ["author", "operator"].map(|name| hub.account(name));
        let models: Vec<ModelId> = (0..models)
            .map(|number| {
                let model = NewModel::named(&format!("m{number}"))
                    .price(&money, rates(1, 2_000_000, 8_000_000))
                    .release([number; 32]);
                hub.register_model(&author, model)
            })
            .collect();
        let attester = hub.register_attester(&operator, KeyType::Secp256k1, 1);
        let sessions = (0..sessions)
            .map(|place| {
                let caller = hub.account(&format!("caller {place}"));
                let listed = Self::listed(place, &models).map(|model| ModelRef {
                    model,
                    release: None,
                });
                let listed = Models::Listed(listed.collect());
                hub.open_session(&caller, &operator, &money, 100_000_000, |session| {
                    NewSession {
                        models: listed,
                        max_price: None,
                        ..session
                    }
                })
            })
            .collect();
        hub.advance(3 * 86_400);
        Self {
            hub,
            attester,
            models,
            sessions,
        }
    }

    /// The models of the session at `place`: two different ones, where there are two.
    fn listed(place: usize, models: &[ModelId]) -> impl Iterator<Item = ModelId> + '_ {
        (2 * place..2 * place + models.len().min(2)).map(|place| models[place % models.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot::load(&crate::project_file("tests/gas/snapshot.json")).unwrap()
    }

    #[test]
    fn a_snapshot_that_is_not_there_is_named() {
        let error = Snapshot::load(Path::new("nowhere/snapshot.json")).unwrap_err();
        assert!(error.to_string().contains("nowhere/snapshot.json"));
    }

    #[test]
    fn the_measured_transactions_are_met_and_a_batch_is_estimated_within_a_tenth() {
        let snapshot = snapshot();
        let meter = GasMeter::calibrate(&snapshot).unwrap();
        assert!(
            meter
                .of_a_settle()
                .unwrap()
                .abs_diff(snapshot.settle() as u64)
                <= 1
        );
        assert!(
            meter
                .of_a_bank_send()
                .unwrap()
                .abs_diff(snapshot.bank_send() as u64)
                <= 1
        );
        let (estimated, measured) = (
            meter.of_w1k_per_receipt().unwrap(),
            snapshot.w1k_per_receipt(),
        );
        let off = (estimated - measured).abs() / measured;
        assert!(off < 0.10, "estimated {estimated}, measured {measured}");
    }
}
