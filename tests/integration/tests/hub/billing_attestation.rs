//! Attesters whose enclave image the contract verified, and sessions that insist on one.

use cosmwasm_std::{Addr, Coin, HexBinary};
use cw_multi_test::Executor;
use hub_nitro::{Error, Place, Root};
use hub_nitro_testing::{Defect, Level, NitroChain};
use hub_testing::{
    data, event, measurement_of, nitro_chain, signing_key, BillingError, Hub, KeyType, Mode,
    StorageCost, Venue, NATIVE,
};
use hub_tests::vectors::{committed_folder, foreign_folder};
use hub_types::billing::{
    AttesterCreated, AttesterResponse, AttesterStatus, AttestersResponse, BatchesResponse,
    ConfigResponse, ExecuteMsg, InstantiateMsg, Outcome, QueryMsg,
};
use hub_types::hash::HashError;
use hub_types::ids::AttesterId;
use hub_types::wire::SigningKey;

use crate::stage::{nothing_settled, Stage, CALL};

const DAY: u64 = 86_400;

fn enclave_key() -> SigningKey {
    signing_key(KeyType::Ed25519, 1)
}

/// The error of a registration that must fail and change nothing.
#[track_caller]
fn refused(hub: &mut Hub, msg: ExecuteMsg) -> BillingError {
    let operator = hub.account("operator");
    let before = hub.snapshot();
    let error = hub.billing(&operator, msg).unwrap_err();
    before.assert_unchanged(hub);
    error
}

#[track_caller]
fn refused_document(hub: &mut Hub, document: Vec<u8>) -> Error {
    let operator = hub.account("operator");
    let msg = hub.attested_registration(&operator, &enclave_key(), document);
    match refused(hub, msg) {
        BillingError::Attestation(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn every_defect_is_refused_as_the_verifier_refuses_it() {
    let key = enclave_key().public_key();
    let chain = nitro_chain();
    let mut tried = 0;
    for defect in Defect::all() {
        let attempt = defect.apply(&chain, key.as_bytes());
        // What was accepted before has a test of its own, here a key registers only once.
        if attempt.before.is_some() || attempt.key != key.as_bytes() {
            continue;
        }
        let root = Root(attempt.root);
        let expected = hub_nitro::verify(&attempt.document, &attempt.key, attempt.now, &root, &());
        let expected = expected.unwrap_err();
        let mut hub = Hub::builder()
            .nitro_root(attempt.root)
            .start_time(attempt.now)
            .build();
        let error = refused_document(&mut hub, attempt.document);
        assert_eq!(error, expected, "{defect}");
        tried += 1;
    }
    assert!(tried > 60, "{tried}");
}

#[test]
fn what_costs_less_than_a_document_is_checked_before_it() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let money = hub.money_native();
    let key = enclave_key();
    let nonsense = || vec![0xff; hub_nitro::MAX_DOCUMENT + 1];

    hub.give(&operator, &money, 1);
    let msg = hub.attested_registration(&operator, &key, nonsense());
    let coin = [Coin::new(1_u128, NATIVE)];
    let error = hub.billing_with(&operator, msg, &coin).unwrap_err();
    assert!(matches!(error, BillingError::Payment(_)), "{error}");

    let stranger = hub.account("stranger");
    let msg = hub.attested_registration(&stranger, &key, nonsense());
    assert_eq!(refused(&mut hub, msg), BillingError::PossessionInvalid);

    let error = refused_document(&mut hub, nonsense());
    let length = hub_nitro::MAX_DOCUMENT + 1;
    assert_eq!(error, Error::TooLarge { length });
    assert!(matches!(
        refused_document(&mut hub, vec![]),
        Error::Envelope(_)
    ));

    hub.register_attester(&operator, KeyType::Ed25519, 1);
    let msg = hub.attested_registration(&operator, &key, nonsense());
    let expected = BillingError::KeyRegistered {
        attester: AttesterId(1),
    };
    assert_eq!(refused(&mut hub, msg), expected);
}

#[test]
fn a_document_below_another_root_is_refused() {
    let mut hub = Hub::builder().nitro_root(Root::AWS.0).build();
    let document = hub.attestation(&enclave_key(), "image");
    let error = refused_document(&mut hub, document.to_vec());
    assert_eq!(error, Error::UntrustedRoot);
}

#[test]
fn a_document_of_another_enclave_is_refused_whoever_sends_it() {
    let mut hub = Hub::new();
    let document = hub.attestation(&signing_key(KeyType::Ed25519, 2), "image");
    let error = refused_document(&mut hub, document.to_vec());
    assert_eq!(error, Error::KeyNotBound);
}

#[test]
fn a_billing_that_was_given_no_root_takes_no_document_but_those_of_aws() {
    let mut hub = Hub::new();
    let birth = InstantiateMsg {
        registry: hub.registry.to_string(),
        escrow_code_id: hub.codes.escrow,
        escrow_admin: None,
        nitro_root: None,
    };
    let (code, deployer) = (hub.codes.billing, hub.account("deployer"));
    let billing = hub
        .app
        .instantiate_contract(code, deployer, &birth, &[], "billing", None)
        .unwrap();
    let config: ConfigResponse = hub
        .app
        .wrap()
        .query_wasm_smart(&billing, &QueryMsg::Config {})
        .unwrap();
    assert_eq!(config.nitro_root, HexBinary::from(Root::AWS.0));
    hub.turn_to(&Venue {
        billing,
        escrow: config.escrow,
    });
    let document = hub.attestation(&enclave_key(), "image");
    let error = refused_document(&mut hub, document.to_vec());
    assert_eq!(error, Error::UntrustedRoot);
}

#[test]
fn a_document_is_taken_for_five_minutes_and_not_a_second_longer() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let key = enclave_key();
    let issued_at = hub.now();
    let document = nitro_chain().at(issued_at).document().timestamp(issued_at);
    let document = document.public_key(key.public_key().as_bytes()).build();

    hub.advance(hub_nitro::MAX_AGE_SECONDS + 1);
    let now = hub.now();
    let error = refused_document(&mut hub, document.clone());
    assert_eq!(error, Error::Stale { issued_at, now });

    hub.set_time(now - 1);
    let msg = hub.attested_registration(&operator, &key, document);
    hub.billing(&operator, msg).unwrap();
    assert_eq!(
        attester(&hub, AttesterId(1)),
        in_image(AttesterId(1), &operator, &key, "image")
    );
}

#[test]
fn a_document_from_a_minute_ahead_is_taken_and_not_from_a_second_more() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let key = enclave_key();
    let now = hub.now();
    let issued_at = now + hub_nitro::MAX_AHEAD_SECONDS + 1;
    let document = nitro_chain().at(now).document();
    let document = document.public_key(key.public_key().as_bytes());
    let early = document.clone().timestamp(issued_at).build();
    let error = refused_document(&mut hub, early.clone());
    assert_eq!(error, Error::FromTheFuture { issued_at, now });

    // Waiting for a second helps.
    hub.advance(1);
    let msg = hub.attested_registration(&operator, &key, early);
    hub.billing(&operator, msg).unwrap();
    assert_eq!(
        attester(&hub, AttesterId(1)),
        in_image(AttesterId(1), &operator, &key, "image")
    );
}

/// Attack (replay and ordering): whoever sees an enclave's registration sends its document again, for a key or an account of
/// their own.
/// Defence: a document names the key, the key names the operator, and a key registers once.
#[test]
fn a_document_that_was_used_makes_no_second_attester() {
    let mut hub = Hub::new();
    let [operator, other] = ["operator", "other operator"].map(|name| hub.account(name));
    let (key, stolen_for) = (enclave_key(), signing_key(KeyType::Ed25519, 2));
    let document = hub.attestation(&key, "image");
    let registered = hub.attested_registration(&operator, &key, document.clone());
    hub.billing(&operator, registered.clone()).unwrap();

    let once = || BillingError::KeyRegistered {
        attester: AttesterId(1),
    };
    let unbound = || BillingError::Attestation(Error::KeyNotBound);
    let same_key = hub.attested_registration(&other, &key, document.clone());
    for (sender, msg, expected) in [
        (&operator, registered.clone(), once()),
        // Even if the holder of the key agrees to another operator.
        (&other, same_key, once()),
        // The possession is of the first operator.
        (&other, registered, BillingError::PossessionInvalid),
        (
            &operator,
            hub.attested_registration(&operator, &stolen_for, document.clone()),
            unbound(),
        ),
        (
            &other,
            hub.attested_registration(&other, &stolen_for, document),
            unbound(),
        ),
    ] {
        let before = hub.snapshot();
        assert_eq!(hub.billing(sender, msg).unwrap_err(), expected);
        before.assert_unchanged(&hub);
    }
    assert_eq!(
        attesters(&hub),
        [in_image(AttesterId(1), &operator, &key, "image")]
    );
}

#[test]
fn a_document_that_names_two_keys_vouches_for_both() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let keys = [1, 2].map(|seed| signing_key(KeyType::Ed25519, seed));
    let hash = hub_types::wire::sha256(&[keys[1].public_key().as_bytes()]);
    let document = nitro_chain().at(hub.now()).document().image("image");
    let document = document.public_key(keys[0].public_key().as_bytes());
    let document = document.user_data(hash).build();
    for key in &keys {
        let msg = hub.attested_registration(&operator, key, document.clone());
        hub.billing(&operator, msg).unwrap();
    }
    let [first, second] = &keys;
    assert_eq!(
        attesters(&hub),
        [
            in_image(AttesterId(1), &operator, first, "image"),
            in_image(AttesterId(2), &operator, second, "image")
        ]
    );
}

/// A document is asked for once in a key's life: none that was made before or since puts it into another image, or an image at
/// all.
#[test]
fn what_a_key_was_registered_with_no_other_document_changes() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let [attested, plain] = [1, 2].map(|seed| signing_key(KeyType::Ed25519, seed));
    let earlier = hub.attestation(&attested, "earlier image");
    hub.advance(60);
    let document = hub.attestation(&attested, "image");
    let msg = hub.attested_registration(&operator, &attested, document);
    hub.billing(&operator, msg).unwrap();
    hub.register_attester(&operator, KeyType::Ed25519, 2);
    hub.advance(60);
    let later = hub.attestation(&attested, "later image");
    let too_late = hub.attestation(&plain, "image");

    for (key, document, id) in [
        (&attested, earlier, 1),
        (&attested, later, 1),
        (&plain, too_late, 2),
    ] {
        let msg = hub.attested_registration(&operator, key, document);
        let expected = BillingError::KeyRegistered {
            attester: AttesterId(id),
        };
        assert_eq!(refused(&mut hub, msg), expected);
    }
    let without_image = AttesterResponse {
        measurement: None,
        ..in_image(AttesterId(2), &operator, &plain, "")
    };
    assert_eq!(
        attesters(&hub),
        [
            in_image(AttesterId(1), &operator, &attested, "image"),
            without_image
        ]
    );
}

#[test]
fn a_fresh_document_under_a_certificate_that_has_expired_is_refused_where_nothing_is_remembered() {
    for (level, place, lifetime) in [
        (Level::Leaf, Place::Leaf, 3 * 3_600),
        (Level::Instance, Place::Intermediate(3), DAY - 3_600),
        (Level::Zonal, Place::Intermediate(2), 6 * DAY - 10 * 3_600),
        (Level::Regional, Place::Intermediate(1), 16 * DAY + 3_600),
    ] {
        let mut hub = Hub::new();
        let made = hub.now();
        hub.advance(lifetime);
        let now = hub.now();
        let key = enclave_key();
        // All others were made anew since.
        let old = nitro_chain().at(made);
        let chain = nitro_chain().at(now).edit(level, |certificate| {
            *certificate = old.certificate(level).clone();
        });
        let fresh = |now: u64| {
            let document = chain.document().timestamp(now);
            let bound = document.public_key(key.public_key().as_bytes());
            bound.build()
        };
        // Valid to its last second.
        let not_after = made + lifetime;
        hub.set_time(not_after + 1);
        let error = refused_document(&mut hub, fresh(not_after + 1));
        assert_eq!(
            error,
            Error::Expired {
                place,
                not_after,
                now: not_after + 1
            },
            "{level}"
        );
        hub.set_time(now);
        let operator = hub.account("operator");
        let msg = hub.attested_registration(&operator, &key, fresh(now));
        hub.billing(&operator, msg).unwrap();
        assert_eq!(
            attester(&hub, AttesterId(1)),
            in_image(AttesterId(1), &operator, &key, "image")
        );
    }
}

fn attester(hub: &Hub, attester: AttesterId) -> AttesterResponse {
    hub.query_billing(QueryMsg::Attester { attester }).unwrap()
}

fn attesters(hub: &Hub) -> Vec<AttesterResponse> {
    let query = QueryMsg::Attesters {
        start_after: None,
        limit: None,
    };
    let page: AttestersResponse = hub.query_billing(query).unwrap();
    page.attesters
}

/// An attester whose key an enclave of this image holds.
fn in_image(
    attester: AttesterId,
    operator: &Addr,
    key: &SigningKey,
    image: &str,
) -> AttesterResponse {
    let public = key.public_key();
    AttesterResponse {
        attester,
        operator: operator.clone(),
        key_type: public.key_type().into(),
        key: public.as_bytes().into(),
        measurement: Some(measurement_of(image).into()),
        status: AttesterStatus::Active {},
        endpoint: None,
        batches: 0,
    }
}

/// The chain that is in use for three hours from the start of the Hub, and documents of it at any time.
struct Enclaves {
    chain: NitroChain,
}

impl Enclaves {
    fn of(hub: &Hub) -> Self {
        Self {
            chain: nitro_chain().at(hub.now()),
        }
    }

    fn register(&self, hub: &mut Hub, seed: u64) -> Result<StorageCost, BillingError> {
        let operator = hub.account("operator");
        let key = signing_key(KeyType::Ed25519, seed);
        let document = self.chain.document().timestamp(hub.now());
        let document = document.public_key(key.public_key().as_bytes()).build();
        let msg = hub.attested_registration(&operator, &key, document);
        let (result, cost) = hub.metered(|hub| hub.billing(&operator, msg));
        result.map(|_| cost)
    }
}

#[test]
fn a_remembered_certificate_that_has_expired_since_is_refused() {
    let mut hub = Hub::new();
    let enclaves = Enclaves::of(&hub);
    enclaves.register(&mut hub, 1).unwrap();
    for (place, level, seconds) in [
        // Valid to the last second.
        (Place::Leaf, 4, 3 * 3_600 + 1),
        (Place::Intermediate(3), 3, DAY),
        (Place::Intermediate(2), 2, 6 * DAY),
        (Place::Intermediate(1), 1, 20 * DAY),
    ] {
        hub.advance(seconds);
        let now = hub.now();
        let before = hub.snapshot();
        let error = enclaves.register(&mut hub, 2).unwrap_err();
        before.assert_unchanged(&hub);
        // From the root down, whatever has expired as well.
        let BillingError::Attestation(Error::Expired {
            place: found,
            not_after,
            now: at,
        }) = error
        else {
            panic!("{error}");
        };
        assert_eq!((found, at), (place, now), "level {level}");
        assert!(not_after < now);
    }
}

#[test]
fn a_bad_certificate_below_a_remembered_one_is_refused() {
    let mut hub = Hub::new();
    let enclaves = Enclaves::of(&hub);
    enclaves.register(&mut hub, 1).unwrap();
    let key = signing_key(KeyType::Ed25519, 2);
    for level in 1..=3 {
        let mut document = enclaves.chain.document();
        document.public_key = Some(key.public_key().as_bytes().to_vec());
        // The last byte of a certificate is of its signature.
        *document.cabundle[level].last_mut().unwrap() ^= 1;
        let operator = hub.account("operator");
        let msg = hub.attested_registration(&operator, &key, document.build());
        let place = Place::Intermediate(level);
        assert_eq!(
            refused(&mut hub, msg),
            BillingError::Attestation(Error::CertificateSignature { place })
        );
    }
}

#[test]
fn certificates_are_remembered_once_and_an_attester_looks_them_up_from_below() {
    let mut hub = Hub::new();
    let cold = Enclaves::of(&hub);
    let same_zone = Enclaves {
        chain: cold.chain.clone().instance("0123456789abcdef0"),
    };
    let first = cold.register(&mut hub, 1).unwrap();
    let second = cold.register(&mut hub, 2).unwrap();
    let third = same_zone.register(&mut hub, 3).unwrap();
    let fourth = same_zone.register(&mut hub, 4).unwrap();
    // Region, zone and instance are written by the first, the other instance by the third.
    assert_eq!(first.writes - second.writes, 3);
    assert_eq!(third.writes - second.writes, 1);
    assert_eq!(fourth.writes, second.writes);
    // Three look-ups where nothing is known, two where the zone is, one where the instance is.
    assert_eq!(first.reads - second.reads, 2);
    assert_eq!(third.reads - second.reads, 1);
    assert_eq!(fourth.reads, second.reads);
}

#[test]
fn the_measurement_is_in_the_event_with_the_attester_and_in_the_index() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    hub.register_attester(&operator, KeyType::Ed25519, 10);
    for (seed, image) in [(1, "one"), (2, "two"), (3, "one"), (4, "one")] {
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
            let key = signing_key(key_type, seed);
            let document = hub.attestation(&key, image);
            let msg = hub.attested_registration(&operator, &key, document);
            let response = hub.billing(&operator, msg).unwrap();
            let measurement = HexBinary::from(measurement_of(image));
            let told = event(&response, "hub_attester_registered");
            let expected = ("measurement".to_owned(), measurement.to_hex());
            assert_eq!(told.last(), Some(&expected));
            let AttesterCreated { attester } = data(&response);
            let shown: AttesterResponse =
                hub.query_billing(QueryMsg::Attester { attester }).unwrap();
            assert_eq!(shown.measurement, Some(measurement));
        }
    }
    let page = |image: &str, start_after, limit| -> Vec<u64> {
        let query = QueryMsg::AttestersByMeasurement {
            measurement: measurement_of(image).into(),
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

#[test]
fn a_key_is_bound_by_its_hash_as_well() {
    let key = enclave_key();
    let hash = hub_types::wire::sha256(&[key.public_key().as_bytes()]);
    let multihashes = [&[0x12, 0x20][..], &[9; 32], &[0x12, 0x20], &hash].concat();
    for user_data in [hash.to_vec(), multihashes] {
        let mut hub = Hub::new();
        let operator = hub.account("operator");
        let document = nitro_chain().at(hub.now()).document();
        let document = document.public_key("dummy").user_data(user_data).build();
        let msg = hub.attested_registration(&operator, &key, document);
        hub.billing(&operator, msg).unwrap();
    }
}

#[test]
fn a_session_with_a_measurement_pays_attesters_of_that_image_alone() {
    let mut stage = Stage::with_session(100 * CALL, |mut session| {
        session.measurement = Some(measurement_of("good").into());
        session
    });
    let operator = stage.operator.clone();
    let hub = &mut stage.hub;
    let good = hub.register_enclave(&operator, KeyType::Ed25519, 7, "good");
    let other = hub.register_enclave(&operator, KeyType::Ed25519, 8, "other");
    let none = stage.attester.clone();

    for attester in [other, none] {
        stage.attester = attester;
        let batch = stage.batch(stage.receipts(3));
        let error = stage.refused_batch(&batch);
        assert_eq!(error, nothing_settled(&[Outcome::AttesterNotAllowed]));
        let receipt = stage.receipts(1).remove(0);
        let single = stage.hub.sign_receipt(&stage.attester, &receipt, 0);
        let error = stage.refused(single);
        assert_eq!(error, nothing_settled(&[Outcome::AttesterNotAllowed]));
    }

    let receipts = stage
        .hub
        .receipts(&good, stage.session, stage.model, 3, |_, _| {});
    let (answer, _) = stage.hub.settle(&good, Mode::Itemised, receipts);
    assert_eq!((answer.paid, answer.batch), (3, Some(1)));
    let session = stage.hub.session(stage.session);
    assert_eq!(session.spent.u128(), 3 * CALL);
    let recorded: BatchesResponse = stage
        .hub
        .query_billing(QueryMsg::Batches {
            attester: good.id,
            start_after: None,
            limit: None,
        })
        .unwrap();
    let measurement = Some(measurement_of("good").into());
    assert_eq!(recorded.batches[0].measurement, measurement);
    stage.hub.assert_invariants();
}

/// Real documents bind keys whose secrets nobody here has, so the contract refuses them at the proof of possession; with a key of
/// our own, past it, they are refused for the key they do not bind, or for what is wrong with them before that.
#[test]
#[cfg_attr(
    not(real_nitro_documents),
    ignore = "the documents lie in HUB_VECTORS/nitro, or in ../shared/vectors/nitro"
)]
fn real_documents_are_refused_for_a_key_that_they_do_not_bind() {
    let text = std::fs::read_to_string(committed_folder().join("nitro/documents.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    for entry in file["documents"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let bytes = std::fs::read(foreign_folder().join("nitro").join(name)).unwrap();
        let now = entry["timestamp_ms"].as_u64().unwrap() / 1_000;
        let mut hub = Hub::builder()
            .nitro_root(Root::AWS.0)
            .start_time(now)
            .build();
        let expected = match entry["expect"].as_str().unwrap() {
            "accept" => Error::KeyNotBound,
            _ => Error::DebugMode { index: 0 },
        };
        assert_eq!(
            refused_document(&mut hub, bytes.clone()),
            expected,
            "{name}"
        );

        let bound = hex::decode(entry["public_key_hex"].as_str().unwrap()).unwrap();
        let operator = hub.account("operator");
        let ExecuteMsg::RegisterAttester { possession, .. } =
            hub.registration(&operator, &enclave_key())
        else {
            unreachable!()
        };
        let is_a_key = bound.len() == 32;
        let msg = ExecuteMsg::RegisterAttester {
            key: bound.into(),
            key_type: KeyType::Ed25519,
            possession,
            attestation: Some(bytes.into()),
            endpoint: None,
        };
        match refused(&mut hub, msg) {
            BillingError::PossessionInvalid => assert!(is_a_key, "{name}"),
            BillingError::Key(_) => assert!(!is_a_key, "{name}"),
            other => panic!("{name}: {other}"),
        }
    }
}
