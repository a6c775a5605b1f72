//! Attempts, as somebody presents them to a verifier.

use hub_nitro::{verify, Attestation, Error, Hash, Remembered, Root};
use hub_nitro_testing::{Attempt, Defect, NitroChain};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::OnceLock;

/// A compressed secp256k1 key, as attesters have; the verifier knows only its bytes.
pub const KEY: [u8; 33] = [7; 33];

pub fn chain() -> NitroChain {
    NitroChain::new(1)
}

/// Every defect, in an attempt that is sound but for it. Made once: each takes half a dozen signatures.
pub fn defective() -> &'static [(Defect, Attempt)] {
    static ALL: OnceLock<Vec<(Defect, Attempt)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let apply = |defect: Defect| (defect, defect.apply(&chain(), &KEY));
        Defect::all().into_iter().map(apply).collect()
    })
}

/// The outcome with nothing remembered.
pub fn outcome(attempt: &Attempt) -> Result<Attestation<'_>, Error> {
    outcome_with(attempt, &())
}

pub fn outcome_with<'a>(
    attempt: &'a Attempt,
    remembered: &impl Remembered,
) -> Result<Attestation<'a>, Error> {
    let root = Root(attempt.root);
    verify(
        &attempt.document,
        &attempt.key,
        attempt.now,
        &root,
        remembered,
    )
}

/// The verifier of a contract: it remembers what accepted documents taught.
#[derive(Default)]
pub struct Verifier {
    pub paths: BTreeSet<Hash>,
}

impl Verifier {
    /// How many certificates were new, or why the attempt was refused.
    pub fn present(&mut self, attempt: &Attempt) -> Result<usize, Error> {
        if let Some((document, now)) = &attempt.before {
            let before = Attempt {
                document: document.clone(),
                now: *now,
                before: None,
                ..attempt.clone()
            };
            self.present(&before)?;
        }
        let attestation = outcome_with(attempt, &|path: &Hash| self.paths.contains(path))?;
        let learned: Vec<Hash> = attestation.learned.iter().map(|it| it.path).collect();
        self.paths.extend(&learned);
        Ok(learned.len())
    }
}

/// A number from the environment.
pub fn setting<T: FromStr>(name: &str, default: T) -> T {
    match std::env::var(name) {
        Ok(text) => match text.parse() {
            Ok(value) => value,
            Err(_) => panic!("{name} is {text:?}, expected a number"),
        },
        Err(_) => default,
    }
}
