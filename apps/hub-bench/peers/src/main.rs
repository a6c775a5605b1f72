//! What a receipt check of the Timeline Aggregation Protocol costs: a signed receipt as it comes in a header, read, checked for its
//! sender and its time, and marked as checked. Prints microseconds of processor time.

use std::sync::Arc;
use std::time::Duration;

use rustix::time::{clock_gettime, ClockId};
use tap_core::receipt::checks::{
    Check, CheckError, CheckList, CheckResult, StatefulTimestampCheck,
};
use tap_core::receipt::state::Checking;
use tap_core::receipt::{Context, ReceiptWithState};
use tap_core::tap_eip712_domain;
use tap_graph::v2::{Receipt, SignedReceipt};
use thegraph_core::alloy::dyn_abi::Eip712Domain;
use thegraph_core::alloy::primitives::{Address, FixedBytes};
use thegraph_core::alloy::signers::local::PrivateKeySigner;

const RECEIPTS: u32 = 1_000;

/// Accepts receipts of one sender, as indexer-rs does.
struct Sender {
    domain: Eip712Domain,
    sender: Address,
}

#[async_trait::async_trait]
impl Check<SignedReceipt> for Sender {
    async fn check(
        &self,
        _: &Context,
        receipt: &ReceiptWithState<Checking, SignedReceipt>,
    ) -> CheckResult {
        let signer = receipt.signed_receipt().recover_signer(&self.domain);
        match signer {
            Ok(signer) if signer == self.sender => Ok(()),
            Ok(signer) => Err(CheckError::Failed(anyhow::anyhow!("{signer} is no sender"))),
            Err(error) => Err(CheckError::Failed(error.into())),
        }
    }
}

fn cpu() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::from_secs(used.tv_sec.unsigned_abs())
        + Duration::from_nanos(used.tv_nsec.unsigned_abs())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let key = PrivateKeySigner::random();
    let domain = tap_eip712_domain(1, Address::repeat_byte(9), tap_core::TapVersion::V2);
    let headers: Vec<Vec<u8>> = (0..RECEIPTS)
        .map(|number| {
            let receipt = Receipt::new(
                FixedBytes::repeat_byte(1),
                key.address(),
                Address::repeat_byte(2),
                Address::repeat_byte(3),
                u128::from(number),
            );
            let receipt = receipt.expect("a clock");
            let signed = SignedReceipt::new(&domain, receipt, &key).expect("a signature");
            serde_json::to_vec(&signed).expect("JSON")
        })
        .collect();
    let checks = CheckList::new(vec![
        Arc::new(StatefulTimestampCheck::new(0)),
        Arc::new(Sender {
            domain: domain.clone(),
            sender: key.address(),
        }),
    ]);
    let context = Context::new();
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let began = cpu();
        for header in &headers {
            let signed: SignedReceipt = serde_json::from_slice(header).expect("a receipt");
            let receipt = ReceiptWithState::new(signed);
            let checked = receipt.finalize_receipt_checks(&context, &checks).await;
            assert!(matches!(checked, Ok(Ok(_))), "a sound receipt is refused");
        }
        best = best.min((cpu() - began).as_secs_f64() * 1e6 / f64::from(RECEIPTS));
    }
    // A receipt of somebody else is refused: the signature was looked at.
    let other = PrivateKeySigner::random();
    let receipt = Receipt::new(
        FixedBytes::repeat_byte(1),
        key.address(),
        Address::repeat_byte(2),
        Address::repeat_byte(3),
        1,
    );
    let forged =
        SignedReceipt::new(&domain, receipt.expect("a clock"), &other).expect("a signature");
    let forged = ReceiptWithState::new(forged)
        .finalize_receipt_checks(&context, &checks)
        .await;
    assert!(matches!(forged, Ok(Err(_))), "a forged receipt passes");
    println!("{best:.1}");
}
