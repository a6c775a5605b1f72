//! What is stored, as answers and events show it.

use cosmwasm_std::CanonicalAddr;
use hub_nitro::Attestation;
use hub_types::nitro_verifier::VerifyResponse;
use hub_types::verifier::Measurement;

pub fn attestation(verifier: &CanonicalAddr, found: &Attestation) -> VerifyResponse {
    let [pcr0, pcr1, pcr2] = found.image.map(Into::into);
    VerifyResponse {
        digest: found.digest.into(),
        measurement: Measurement::new(verifier, &found.digest).into(),
        pcr0,
        pcr1,
        pcr2,
        issued_at_ms: found.timestamp,
        new_authorities: u32::try_from(found.learned.len()).unwrap_or(u32::MAX),
    }
}
