//! Attesters that a verifier vouches for, whoever made the verifier, and sessions that insist on one.

use cosmwasm_std::{Addr, Binary, HexBinary};
use hub_testing::{
    data, event, signing_key, BillingError, Hub, KeyType, Mode, NitroVerifierError, Snapshot,
};
use hub_types::billing::{
    AttesterCreated, AttesterResponse, AttestersResponse, BatchesResponse, ExecuteMsg, Outcome,
    QueryMsg,
};
use hub_types::hash::HashError;
use hub_types::ids::AttesterId;
use hub_types::verifier::{self, Evidence, Measurement};
use hub_types::wire::SigningKey;

use crate::fixture::{attributes, nothing_settled, Fixture, CALL};
use crate::hostile::token::Call;
use crate::hostile::verifier::{Behaviour, Verifier};

const DIGEST: [u8; 32] = [0xd1; 32];

fn key(seed: u64) -> SigningKey {
    signing_key(KeyType::Ed25519, seed)
}

/// The registration of a key with evidence for a verifier.
fn registration(
    hub: &Hub,
    operator: &Addr,
    key: &SigningKey,
    evidence: Option<Evidence>,
) -> ExecuteMsg {
    let plain = hub.registration(operator, key);
    let ExecuteMsg::RegisterAttester {
        key,
        key_type,
        possession,
        endpoint,
        ..
    } = plain
    else {
        unreachable!("a registration is one")
    };
    ExecuteMsg::RegisterAttester {
        key,
        key_type,
        possession,
        evidence,
        endpoint,
    }
}

fn for_verifier(verifier: &Addr) -> Option<Evidence> {
    Some(Evidence {
        verifier: verifier.to_string(),
        evidence: Binary::from(b"evidence"),
    })
}

/// Everything said by whoever refused a registration that must change nothing.
#[track_caller]
fn said(hub: &mut Hub, msg: &ExecuteMsg) -> String {
    let (operator, billing) = (hub.account("operator"), hub.billing.clone());
    let before = hub.snapshot();
    let error = hub.execute(&operator, &billing, msg, &[]).unwrap_err();
    before.assert_unchanged(hub);
    format!("{error:#}")
}

#[track_caller]
fn refused(hub: &mut Hub, msg: ExecuteMsg) -> BillingError {
    let operator = hub.account("operator");
    let before = hub.snapshot();
    let error = hub.billing(&operator, msg).unwrap_err();
    before.assert_unchanged(hub);
    error
}

fn attester(hub: &Hub, attester: AttesterId) -> AttesterResponse {
    hub.query_billing(QueryMsg::Attester { attester }).unwrap()
}

fn count(hub: &Hub) -> usize {
    let all = QueryMsg::Attesters {
        start_after: None,
        limit: Some(100),
    };
    let page: AttestersResponse = hub.query_billing(all).unwrap();
    page.attesters.len()
}

fn measured(hub: &Hub, verifier: &Addr, digest: [u8; 32]) -> Option<HexBinary> {
    Some(Measurement::new(&hub.canonical(verifier), &digest).into())
}

// --- What is no verifier --------------------------------------------------------------------------

#[test]
fn what_is_no_address_or_no_contract_is_no_verifier() {
    let mut hub = Hub::new();
    let (operator, wallet) = (hub.account("operator"), hub.account("wallet"));
    let msg = registration(&hub, &operator, &key(1), for_verifier(&wallet));
    // The chain itself finds nothing to call there.
    let text = said(&mut hub, &msg);
    assert!(
        text.contains("ContractData") && text.ends_with("not found"),
        "{text}"
    );

    for nonsense in ["", "nonsense"] {
        let nonsense = Addr::unchecked(nonsense);
        let msg = registration(&hub, &operator, &key(1), for_verifier(&nonsense));
        let error = refused(&mut hub, msg);
        assert!(
            matches!(
                error,
                BillingError::NotAnAddress {
                    field: "verifier",
                    ..
                }
            ),
            "{error}"
        );
    }
}

/// Attack (confused deputy): billing itself, the registry, the escrow or a token is named as verifier, to be called in billing's
/// name.
/// Defence: the call is `attest`, which none of them knows.
#[test]
fn contracts_that_are_no_verifiers_refuse() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let token = hub.token("token", &[]);
    let contracts = [
        hub.registry.clone(),
        hub.escrow.clone(),
        hub.billing.clone(),
        token,
    ];
    for contract in contracts {
        let msg = registration(&hub, &operator, &key(1), for_verifier(&contract));
        let said = said(&mut hub, &msg);
        assert!(said.contains("unknown variant `attest`"), "{said}");
    }
    assert_eq!(count(&hub), 0);
}

#[test]
fn a_verifiers_refusal_fails_the_registration_with_its_own_sentence() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let refuses = Behaviour {
        refuses: Some("the machine has no seal: put one on".to_owned()),
        answer: Some(DIGEST.into()),
        ..Behaviour::default()
    };
    let verifier = Verifier::new(&mut hub, refuses);
    let msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
    let said = said(&mut hub, &msg);
    assert!(
        said.contains("the machine has no seal: put one on"),
        "{said}"
    );
    // The key is free for another try.
    verifier.behave(&mut hub, Behaviour::answering(DIGEST));
    hub.billing(&operator, msg).unwrap();

    let nitro = hub.nitro_verifier.clone();
    let msg = registration(&hub, &operator, &key(2), for_verifier(&nitro));
    let billing = hub.billing.clone();
    let error = hub.execute(&operator, &billing, &msg, &[]).unwrap_err();
    let error: NitroVerifierError = error.downcast().unwrap();
    assert!(matches!(error, NitroVerifierError::Document(_)), "{error}");
}

/// Attack (griefing and wedging): a verifier answers nothing, garbage, too little or too much, to leave an attester that is half
/// registered or a record that cannot be read.
/// Defence: exactly 32 bytes are a digest; with anything else nothing is registered.
#[test]
fn an_answer_that_is_no_digest_registers_nothing() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let verifier = Verifier::new(&mut hub, Behaviour::default());
    let address = verifier.0.clone();
    let answers = [
        None,
        Some(vec![]),
        Some(vec![0]),
        Some(vec![7; 31]),
        Some(vec![7; 33]),
        Some(vec![7; 64]),
        Some(br#"{"digest":"0000000000000000000000000000000000000000"}"#.to_vec()),
        Some(vec![0xff; 1_000_000]),
    ];
    for answer in answers {
        let length = answer.as_ref().map_or(0, Vec::len);
        let behaviour = Behaviour {
            answer: answer.map(Binary::from),
            ..Behaviour::default()
        };
        verifier.behave(&mut hub, behaviour);
        let msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
        let expected = BillingError::NotADigest {
            verifier: address.clone(),
            length,
        };
        assert_eq!(refused(&mut hub, msg), expected);
    }
    assert_eq!(count(&hub), 0);
    assert_eq!(verifier.asked(&hub), []);
    // Any 32 bytes are one, zeros as well.
    verifier.behave(&mut hub, Behaviour::answering([0; 32]));
    let msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
    hub.billing(&operator, msg).unwrap();
    assert_eq!(
        attester(&hub, AttesterId(1)).measurement,
        measured(&hub, &address, [0; 32])
    );
}

// --- What a verifier is asked, and what becomes of it ---------------------------------------------

#[test]
fn a_verifier_is_asked_about_the_key_after_everything_that_costs_less() {
    let mut hub = Hub::new();
    let (operator, other) = (hub.account("operator"), hub.account("other"));
    let verifier = Verifier::new(&mut hub, Behaviour::answering(DIGEST));
    let stolen = registration(&hub, &other, &key(1), Some(verifier.evidence()));
    assert_eq!(refused(&mut hub, stolen), BillingError::PossessionInvalid);

    for (attester, key_type) in [(1, KeyType::Ed25519), (2, KeyType::Secp256k1)] {
        let key = signing_key(key_type, 1);
        let msg = registration(&hub, &operator, &key, Some(verifier.evidence()));
        let response = hub.billing(&operator, msg.clone()).unwrap();
        assert_eq!(
            data::<AttesterCreated>(&response),
            AttesterCreated {
                attester: AttesterId(attester)
            }
        );
        let again = refused(&mut hub, msg);
        assert_eq!(
            again,
            BillingError::KeyRegistered {
                attester: AttesterId(attester)
            }
        );
    }
    let asked = [KeyType::Ed25519, KeyType::Secp256k1].map(|key_type| {
        let public = signing_key(key_type, 1).public_key();
        verifier::ExecuteMsg::Attest {
            key: public.as_bytes().into(),
            key_type,
            evidence: Binary::from(b"evidence"),
        }
    });
    assert_eq!(verifier.asked(&hub), asked);
}

#[test]
fn what_was_found_is_told_with_its_verifier_and_without_evidence_nothing_is() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let verifier = Verifier::new(&mut hub, Behaviour::answering(DIGEST));
    let address = verifier.0.clone();
    let measurement = measured(&hub, &address, DIGEST).unwrap().to_hex();
    let digest = HexBinary::from(DIGEST).to_hex();
    for (seed, id, evidence, found) in [
        (1, "1", None, ["", "", ""]),
        (
            2,
            "2",
            Some(verifier.evidence()),
            [address.as_str(), &digest, &measurement],
        ),
    ] {
        let key = key(seed);
        let msg = registration(&hub, &operator, &key, evidence);
        let response = hub.billing(&operator, msg).unwrap();
        let public = HexBinary::from(key.public_key().as_bytes()).to_hex();
        let [verifier, digest, measurement] = found;
        assert_eq!(
            event(&response, "hub_attester_registered"),
            attributes(&[
                ("attester", id),
                ("operator", operator.as_str()),
                ("key_type", "ed25519"),
                ("key", &public),
                ("verifier", verifier),
                ("digest", digest),
                ("measurement", measurement),
            ])
        );
    }
}

#[test]
fn the_endpoint_waits_for_the_verifier_as_well() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let verifier = Verifier::new(&mut hub, Behaviour::default());
    let mut msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
    let ExecuteMsg::RegisterAttester { endpoint, .. } = &mut msg else {
        unreachable!("a registration is one")
    };
    *endpoint = Some("https://example.org/hub".to_owned());
    refused(&mut hub, msg.clone());
    verifier.behave(&mut hub, Behaviour::answering(DIGEST));
    hub.billing(&operator, msg).unwrap();
    let endpoint = attester(&hub, AttesterId(1)).endpoint;
    assert_eq!(endpoint.as_deref(), Some("https://example.org/hub"));
}

#[test]
fn the_measurement_is_with_the_attester_and_in_the_index() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    hub.register_attester(&operator, KeyType::Ed25519, 10);
    for (seed, image) in [(1, "one"), (2, "two"), (3, "one"), (4, "one")] {
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
            let key = signing_key(key_type, seed);
            let document = hub.attestation(&key, image);
            let msg = hub.attested_registration(&operator, &key, document);
            let response = hub.billing(&operator, msg).unwrap();
            let measurement = HexBinary::from(hub.measurement_of(image));
            let AttesterCreated { attester: id } = data(&response);
            assert_eq!(attester(&hub, id).measurement, Some(measurement));
        }
    }
    let page = |image: &str, start_after, limit| -> Vec<u64> {
        let query = QueryMsg::AttestersByMeasurement {
            measurement: hub.measurement_of(image).into(),
            start_after,
            limit,
        };
        let page: AttestersResponse = hub.query_billing(query).unwrap();
        page.attesters.iter().map(|it| it.attester.0).collect()
    };
    assert_eq!(page("one", None, None), [2, 3, 6, 7, 8, 9]);
    assert_eq!(page("one", Some(AttesterId(3)), Some(2)), [6, 7]);
    assert_eq!(page("two", None, None), [4, 5]);
    assert_eq!(page("three", None, None), [0; 0]);

    let query = QueryMsg::AttestersByMeasurement {
        measurement: [7; 31].into(),
        start_after: None,
        limit: None,
    };
    let error = hub.query_billing::<AttestersResponse>(query).unwrap_err();
    let field = "measurement";
    let expected = HashError { field, length: 31 };
    assert!(error.to_string().contains(&expected.to_string()), "{error}");
}

// --- Verifiers that do more than verify -----------------------------------------------------------

/// A registration of the verifier's own, to be sent from within its verification.
fn its_own(hub: &Hub, verifier: &Verifier, key: &SigningKey, evidence: Option<Evidence>) -> Call {
    let msg = registration(hub, &verifier.0, key, evidence);
    Call::new(&hub.billing, &msg)
}

/// Attack (replay and ordering): a verifier calls back and registers the very key that it is asked about, so that one key is two
/// attesters.
/// Defence: nothing is written before its answer, and what it may have changed is checked again after.
#[test]
fn a_verifier_that_registers_the_same_key_meanwhile_registers_it_for_nobody() {
    for lets_fail in [false, true] {
        let mut hub = Hub::new();
        let operator = hub.account("operator");
        let verifier = Verifier::new(&mut hub, Behaviour::default());
        // The holder of the key is in it: it lets the verifier register the key too.
        for own in [None, Some(verifier.evidence())] {
            let behaviour = Behaviour {
                calls_back: vec![its_own(&hub, &verifier, &key(1), own)],
                lets_fail,
                ..Behaviour::answering(DIGEST)
            };
            verifier.behave(&mut hub, behaviour);
            let msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
            let expected = BillingError::KeyRegistered {
                attester: AttesterId(1),
            };
            assert_eq!(refused(&mut hub, msg), expected);
            assert_eq!(count(&hub), 0);
        }
    }
}

#[test]
fn a_verifier_that_registers_another_key_meanwhile_gets_an_attester_of_its_own() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let verifier = Verifier::new(&mut hub, Behaviour::default());
    // One at once, and one that it is asked about itself.
    let calls_back = vec![
        its_own(&hub, &verifier, &key(2), None),
        its_own(&hub, &verifier, &key(3), Some(verifier.evidence())),
    ];
    let behaviour = Behaviour {
        calls_back,
        ..Behaviour::answering(DIGEST)
    };
    verifier.behave(&mut hub, behaviour);
    let msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
    let response = hub.billing(&operator, msg).unwrap();
    // The sender is told its own.
    assert_eq!(
        data::<AttesterCreated>(&response),
        AttesterCreated {
            attester: AttesterId(3)
        }
    );
    let expected = [
        (1, &verifier.0, key(2), None),
        (2, &verifier.0, key(3), measured(&hub, &verifier.0, DIGEST)),
        (3, &operator, key(1), measured(&hub, &verifier.0, DIGEST)),
    ];
    for (id, operator, key, measurement) in expected {
        let found = attester(&hub, AttesterId(id));
        let public = Binary::from(key.public_key().as_bytes());
        assert_eq!(
            (&found.operator, found.key, found.measurement),
            (operator, public, measurement)
        );
    }
    assert_eq!(count(&hub), 3);
    assert_eq!(verifier.answers(&hub), ["ok", "ok"]);
}

#[test]
fn no_half_of_an_attester_is_to_be_seen_while_its_verifier_works() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let looks = Behaviour {
        looks_at: Some(hub.billing.to_string()),
        ..Behaviour::answering(DIGEST)
    };
    let verifier = Verifier::new(&mut hub, looks);
    let msg = registration(&hub, &operator, &key(1), Some(verifier.evidence()));
    hub.billing(&operator, msg).unwrap();
    assert_eq!(verifier.answers(&hub), ["None"]);
    assert_eq!(count(&hub), 1);
}

#[test]
fn registrations_of_one_transaction_do_not_meet() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let verifiers = [1, 2].map(|n| Verifier::new(&mut hub, Behaviour::answering([n; 32])));
    let billing = hub.billing.clone();
    let messages = |hub: &Hub, seeds: [u64; 3]| {
        let evidence = [
            Some(verifiers[0].evidence()),
            None,
            Some(verifiers[1].evidence()),
        ];
        let sent = seeds.into_iter().zip(evidence);
        sent.map(|(seed, evidence)| {
            let msg = registration(hub, &operator, &key(seed), evidence);
            hub.message(&billing, &msg, &[])
        })
        .collect::<Vec<_>>()
    };
    let before: Snapshot = hub.snapshot();
    let twice = messages(&hub, [1, 2, 1]);
    let error = hub.bundle(&operator, twice).unwrap_err();
    let error: BillingError = error.downcast().unwrap();
    assert_eq!(
        error,
        BillingError::KeyRegistered {
            attester: AttesterId(1)
        }
    );
    before.assert_unchanged(&hub);

    let all = messages(&hub, [1, 2, 3]);
    let responses = hub.bundle(&operator, all).unwrap();
    for (attester, response) in (1..).zip(&responses) {
        assert_eq!(
            data::<AttesterCreated>(response),
            AttesterCreated {
                attester: AttesterId(attester)
            }
        );
    }
    let found = [1, 2, 3].map(|id| attester(&hub, AttesterId(id)).measurement);
    let [first, second] = [1_u8, 2].map(|n| {
        let verifier = &verifiers[usize::from(n) - 1].0;
        measured(&hub, verifier, [n; 32])
    });
    assert_eq!(found, [first, None, second]);
}

// --- Whom sessions believe ------------------------------------------------------------------------

#[test]
fn a_session_with_a_measurement_pays_attesters_of_that_image_alone() {
    let mut fixture = insisting_on_nitro();
    let operator = fixture.operator.clone();
    let hub = &mut fixture.hub;
    let good = hub.register_enclave(&operator, KeyType::Ed25519, 7, "good");
    let other = hub.register_enclave(&operator, KeyType::Ed25519, 8, "other");
    let none = fixture.attester.clone();

    for attester in [other, none] {
        fixture.attester = attester;
        refused_both_ways(&mut fixture);
    }

    let receipts = fixture
        .hub
        .receipts(&good, fixture.session, fixture.model, 3, |_, _| {});
    let (answer, _) = fixture.hub.settle(&good, Mode::Itemised, receipts);
    assert_eq!((answer.paid, answer.batch), (3, Some(1)));
    let session = fixture.hub.session(fixture.session);
    assert_eq!(session.spent.u128(), 3 * CALL);
    let recorded: BatchesResponse = fixture
        .hub
        .query_billing(QueryMsg::Batches {
            attester: good.id,
            start_after: None,
            limit: None,
        })
        .unwrap();
    let measurement = Some(fixture.hub.measurement_of("good").into());
    assert_eq!(recorded.batches[0].measurement, measurement);
    fixture.hub.assert_invariants();
}

/// A session that insists on the image `good`, by the word of the Hub's verifier.
fn insisting_on_nitro() -> Fixture {
    // Addresses are the same on every such chain.
    let measurement = Hub::new().measurement_of("good");
    Fixture::with_session(100 * CALL, |mut session| {
        session.measurement = Some(measurement.into());
        session
    })
}

#[track_caller]
fn refused_both_ways(fixture: &mut Fixture) {
    let batch = fixture.batch(fixture.receipts(3));
    let error = fixture.refused_batch(&batch);
    assert_eq!(error, nothing_settled(&[Outcome::AttesterNotAllowed]));
    let receipt = fixture.receipts(1).remove(0);
    let single = fixture.hub.sign_receipt(&fixture.attester, &receipt, 0);
    let error = fixture.refused(single);
    assert_eq!(error, nothing_settled(&[Outcome::AttesterNotAllowed]));
}

/// Attack (confused deputy): an operator brings a verifier of its own, which answers the digest of an image that callers trust for
/// a key that lives in no enclave.
/// Defence: a measurement names the verifier with what it found; sessions that insist on one believe nobody else.
#[test]
fn a_verifier_that_lies_is_believed_by_those_alone_who_name_it() {
    let mut fixture = insisting_on_nitro();
    let operator = fixture.operator.clone();
    let digest = hub_nitro_testing::image_digest("good");
    let liar = Verifier::new(&mut fixture.hub, Behaviour::answering(digest));
    let naked = key(9);
    let msg = registration(&fixture.hub, &operator, &naked, Some(liar.evidence()));
    let response = fixture.hub.billing(&operator, msg).unwrap();
    let AttesterCreated { attester } = data(&response);
    assert_ne!(
        self::attester(&fixture.hub, attester).measurement,
        Some(fixture.hub.measurement_of("good").into())
    );
    let naked = hub_testing::Attester {
        id: attester,
        operator: operator.clone(),
        key: naked,
    };
    let listed = QueryMsg::AttestersByMeasurement {
        measurement: fixture.hub.measurement_of("good").into(),
        start_after: None,
        limit: None,
    };
    let listed: AttestersResponse = fixture.hub.query_billing(listed).unwrap();
    assert_eq!(listed.attesters, []);
    fixture.attester = naked.clone();
    refused_both_ways(&mut fixture);

    // Who names the liar gets what it believes.
    let (caller, money) = (fixture.caller.clone(), fixture.money.clone());
    let measurement = measured(&fixture.hub, &liar.0, digest);
    let believer = fixture
        .hub
        .open_session(&caller, &operator, &money, CALL, |mut session| {
            session.measurement = measurement;
            session
        });
    let receipts = fixture
        .hub
        .receipts(&naked, believer, fixture.model, 1, |_, _| {});
    let (answer, _) = fixture.hub.settle(&naked, Mode::Itemised, receipts);
    assert_eq!(answer.paid, 1);
    fixture.hub.assert_invariants();
}

/// Attack (griefing and wedging): a verifier settles, registers and withdraws in the middle of a registration, or fails whatever
/// it is asked.
/// Defence: it can do what any account can, and only the registration that names it depends on it.
#[test]
fn a_verifier_that_fails_stops_nobody_who_does_not_name_it() {
    let mut fixture = Fixture::with_session(100 * CALL, |session| session);
    let operator = fixture.operator.clone();
    let hub = &mut fixture.hub;
    let wedge = Verifier::new(
        hub,
        Behaviour {
            refuses: Some("never".to_owned()),
            ..Behaviour::default()
        },
    );
    let msg = registration(hub, &operator, &key(5), Some(wedge.evidence()));
    let billing = hub.billing.clone();
    hub.execute(&operator, &billing, &msg, &[]).unwrap_err();
    // The same key, by somebody else's word or nobody's.
    hub.register_enclave(&operator, KeyType::Ed25519, 5, "good");
    hub.register_attester(&operator, KeyType::Ed25519, 6);

    // A settlement in the middle of a registration counts once, as any.
    let batch = fixture.batch(fixture.receipts(2));
    let settle = fixture.hub.sign_batch(&fixture.attester, &batch);
    let busy = Behaviour {
        calls_back: vec![Call::new(&fixture.hub.billing, &settle)],
        ..Behaviour::answering(DIGEST)
    };
    wedge.behave(&mut fixture.hub, busy);
    let msg = registration(&fixture.hub, &operator, &key(7), Some(wedge.evidence()));
    fixture.hub.billing(&operator, msg).unwrap();
    assert_eq!(fixture.hub.session(fixture.session).spent.u128(), 2 * CALL);
    fixture.hub.assert_invariants();
}
