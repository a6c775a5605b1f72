//! Remembered certificates spare work, and change nothing else.

use crate::attempt::{chain, defective, outcome, outcome_with, Verifier, KEY};
use hub_nitro::{Error, Hash, Place, Root};
use hub_nitro_testing::{Attempt, BundleDefect, Defect, Key, Level, NitroChain};

#[test]
fn refused_documents_teach_nothing() {
    let mut verifier = Verifier::default();
    for (defect, attempt) in defective() {
        let attempt = Attempt {
            before: None,
            ..attempt.clone()
        };
        assert!(verifier.present(&attempt).is_err(), "{defect}");
    }
    assert!(verifier.paths.is_empty());
}

#[test]
fn whatever_is_remembered_defects_are_refused_by_the_same_error() {
    let mut verifier = Verifier::default();
    // The chain itself, its neighbours, and the other chain that some defects borrow from.
    for known in [
        chain(),
        chain().zone("b"),
        chain().instance("0f0f0f0f0f0f0f0f0"),
        NitroChain::new(u64::MAX).at(chain().time()),
    ] {
        verifier.present(&Attempt::sound(&known, &KEY)).unwrap();
    }
    let known = |path: &Hash| verifier.paths.contains(path);
    for (defect, attempt) in defective() {
        let (with, without) = (outcome_with(attempt, &known), outcome(attempt));
        assert_eq!(with.map(|_| ()), without.map(|_| ()), "{defect}");
    }
}

#[test]
fn a_certificate_verified_below_one_issuer_is_a_stranger_below_another() {
    let mut verifier = Verifier::default();
    let other = NitroChain::new(u64::MAX).at(chain().time());
    assert_eq!(verifier.present(&Attempt::sound(&other, &KEY)), Ok(3));

    // Certificates that the verifier remembers, put below a root of the same name.
    let spliced = Defect::Bundle(BundleDefect::RegionalFromOtherRoot).apply(&chain(), &KEY);
    assert_eq!(
        verifier.present(&spliced),
        Err(Error::CertificateSignature {
            place: Place::Intermediate(1)
        })
    );
}

#[test]
fn a_forged_leaf_below_remembered_authorities_is_refused() {
    let mut verifier = Verifier::default();
    verifier.present(&Attempt::sound(&chain(), &KEY)).unwrap();
    let before = verifier.paths.clone();

    let forged = chain().edit(Level::Leaf, |leaf| leaf.signer = Some(Key::of("forger")));
    assert_eq!(
        verifier.present(&Attempt::sound(&forged, &KEY)),
        Err(Error::CertificateSignature { place: Place::Leaf })
    );
    assert_eq!(verifier.paths, before);
}

#[test]
fn only_certificates_that_are_new_are_learned() {
    let mut verifier = Verifier::default();
    let mut learned = |chain: NitroChain| verifier.present(&Attempt::sound(&chain, &KEY));
    assert_eq!(learned(chain()), Ok(3), "region, zone and instance");
    assert_eq!(learned(chain()), Ok(0));
    assert_eq!(
        learned(chain().enclave("0f0f")),
        Ok(0),
        "leaves are not remembered"
    );
    assert_eq!(learned(chain().instance("0f0f")), Ok(1));
    assert_eq!(learned(chain().zone("b")), Ok(2));
    assert_eq!(learned(NitroChain::new(2)), Ok(3));
}

#[test]
fn the_attestation_is_the_same_with_and_without_memory() {
    let attempt = Attempt::sound(&chain(), &KEY);
    let cold = outcome(&attempt).unwrap();
    let mut warm = outcome_with(&attempt, &|_: &Hash| true).unwrap();
    assert_eq!(warm.learned, vec![]);
    warm.learned.clone_from(&cold.learned);
    assert_eq!(warm, cold);
}

#[test]
fn what_is_learned_lasts_as_long_as_the_certificate() {
    let attempt = Attempt::sound(&chain(), &KEY);
    let learned = outcome(&attempt).unwrap().learned;
    let until: Vec<u64> = learned.iter().map(|it| it.not_after).collect();
    let stated = Level::INTERMEDIATE.map(|level| chain().certificate(level).not_after);
    assert_eq!(until, stated);
}

#[test]
fn a_remembered_certificate_is_held_to_every_rule_but_its_signature() {
    // The memory says yes to everything, the worst there can be: only forged signatures of authorities pass.
    for (defect, attempt) in defective() {
        let Err(without) = outcome(attempt) else {
            panic!("{defect} was accepted");
        };
        let with = hub_nitro::verify(
            &attempt.document,
            &attempt.key,
            attempt.now,
            &Root(attempt.root),
            &|_: &Hash| true,
        );
        match without {
            Error::CertificateSignature { place } if place != Place::Leaf => {}
            _ => assert_eq!(with, Err(without), "{defect}"),
        }
    }
}
