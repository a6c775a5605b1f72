//! Documents of Nitro Enclaves, by way of a registration: which are believed, and what is remembered of them.

use cosmwasm_std::{Addr, Binary, Coin, HexBinary};
use cw_multi_test::Executor;
use hub_nitro::{Error, Place, Root};
use hub_nitro_testing::{image_digest, image_pcrs, Defect, Level, NitroChain};
use hub_testing::{
    event, nitro_chain, signing_key, AppResponse, BillingError, Hub, KeyType, NitroVerifierError,
    StorageCost, NATIVE,
};
use hub_tests::vectors::{committed_folder, foreign_folder};
use hub_types::billing::{self, AttesterResponse, AttesterStatus, AttestersResponse, ExecuteMsg};
use hub_types::hash::HashError;
use hub_types::ids::AttesterId;
use hub_types::nitro_verifier::{ConfigResponse, InstantiateMsg, QueryMsg, VerifyResponse};
use hub_types::verifier::{self, Evidence};
use hub_types::wire::{PublicKey, SigningKey};

use crate::fixture::attributes;

const DAY: u64 = 86_400;
/// The fingerprint that AWS publishes for the root of Nitro Enclaves, G1.
const AWS_ROOT: &str = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";

fn enclave_key() -> SigningKey {
    signing_key(KeyType::Ed25519, 1)
}

/// Another verifier's address.
fn instantiate(hub: &mut Hub, root: Option<HexBinary>) -> Result<Addr, NitroVerifierError> {
    let (code, sender) = (hub.codes.nitro_verifier, hub.account("deployer"));
    hub.app
        .instantiate_contract(
            code,
            sender,
            &InstantiateMsg { root },
            &[],
            "verifier",
            None,
        )
        .map_err(|error| error.downcast().unwrap())
}

/// Who refused a registration.
#[derive(Debug, PartialEq)]
enum Refusal {
    Billing(BillingError),
    Verifier(NitroVerifierError),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Verifier(error.into())
    }
}

impl From<BillingError> for Refusal {
    fn from(error: BillingError) -> Self {
        Self::Billing(error)
    }
}

fn send(hub: &mut Hub, sender: &Addr, msg: &ExecuteMsg) -> Result<AppResponse, Refusal> {
    let billing = hub.billing.clone();
    hub.execute(sender, &billing, msg, &[])
        .map_err(|error| match error.downcast() {
            Ok(error) => Refusal::Verifier(error),
            Err(error) => Refusal::Billing(error.downcast().unwrap()),
        })
}

/// The error of a registration that must fail and change nothing.
#[track_caller]
fn refused(hub: &mut Hub, msg: ExecuteMsg) -> Refusal {
    let operator = hub.account("operator");
    let before = hub.snapshot();
    let error = send(hub, &operator, &msg).unwrap_err();
    before.assert_unchanged(hub);
    error
}

#[track_caller]
fn refused_document(hub: &mut Hub, document: Vec<u8>) -> Error {
    let operator = hub.account("operator");
    let msg = hub.attested_registration(&operator, &enclave_key(), document);
    match refused(hub, msg) {
        Refusal::Verifier(NitroVerifierError::Document(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_root_that_is_no_hash_is_refused() {
    let mut hub = Hub::new();
    let field = "root";
    for length in [0, 31, 33, 48] {
        let root = Some(vec![7; length].into());
        let error = instantiate(&mut hub, root).unwrap_err();
        assert_eq!(error, HashError { field, length }.into());
    }
}

#[test]
fn the_root_that_is_given_is_the_one_that_is_shown() {
    let hub = Hub::builder().nitro_root([7; 32]).build();
    let config: ConfigResponse = hub.query_nitro_verifier(QueryMsg::Config {}).unwrap();
    assert_eq!(config.root, HexBinary::from([7; 32]));
}

#[test]
fn the_verifier_takes_no_coins() {
    let mut hub = Hub::new();
    let (stranger, money) = (hub.account("stranger"), hub.money_native());
    hub.give(&stranger, &money, 1);
    let key = enclave_key();
    let msg = attest(&hub, &key, "image");
    let coin = [Coin::new(1_u128, NATIVE)];
    let before = hub.snapshot();
    let error = hub.nitro_verifier_with(&stranger, msg, &coin).unwrap_err();
    assert!(matches!(error, NitroVerifierError::Payment(_)), "{error}");
    before.assert_unchanged(&hub);
}

#[test]
fn keys_of_the_wrong_form_are_refused_before_the_document_is_read() {
    let mut hub = Hub::new();
    let stranger = hub.account("stranger");
    for (key_type, key) in [
        (KeyType::Ed25519, vec![2; 33]),
        (KeyType::Ed25519, vec![0; 32]),
        (KeyType::Secp256k1, vec![2; 32]),
    ] {
        let expected = PublicKey::new(key_type.into(), &key).unwrap_err();
        let (key, evidence) = (Binary::from(key), Binary::default());
        let error = hub.query_nitro_verifier::<VerifyResponse>(QueryMsg::Verify {
            key: key.clone(),
            key_type,
            evidence: evidence.clone(),
        });
        let said = error.unwrap_err().to_string();
        assert!(said.contains(&expected.to_string()), "{said}");
        let msg = verifier::ExecuteMsg::Attest {
            key,
            key_type,
            evidence,
        };
        let error = hub.nitro_verifier(&stranger, msg).unwrap_err();
        assert_eq!(error, expected.into());
    }
}

fn attest(hub: &Hub, key: &SigningKey, image: &str) -> verifier::ExecuteMsg {
    let public = key.public_key();
    verifier::ExecuteMsg::Attest {
        key: public.as_bytes().into(),
        key_type: public.key_type().into(),
        evidence: hub.attestation(key, image),
    }
}

#[test]
fn anybody_may_ask_and_the_answer_is_the_digest_of_the_image() {
    let mut hub = Hub::new();
    let stranger = hub.account("stranger");
    let key = enclave_key();
    let msg = attest(&hub, &key, "image");
    let response = hub.nitro_verifier(&stranger, msg).unwrap();
    let digest = image_digest("image");
    assert_eq!(response.data, Some(digest.into()));
    let public = HexBinary::from(key.public_key().as_bytes()).to_hex();
    assert_eq!(
        event(&response, "hub_nitro_attested"),
        attributes(&[
            ("key", public.as_str()),
            ("digest", &HexBinary::from(digest).to_hex())
        ])
    );
    // It is nobody's attester by that.
    assert_eq!(attesters(&hub), []);
}

#[test]
fn a_dry_run_finds_what_attest_would_and_remembers_nothing() {
    let mut hub = Hub::new();
    let stranger = hub.account("stranger");
    let key = enclave_key();
    let msg = attest(&hub, &key, "image");
    let verifier::ExecuteMsg::Attest {
        key: public,
        key_type,
        evidence,
    } = msg.clone();
    let query = QueryMsg::Verify {
        key: public.clone(),
        key_type,
        evidence,
    };
    let [pcr0, pcr1, pcr2] = image_pcrs("image").map(HexBinary::from);
    let expected = VerifyResponse {
        digest: image_digest("image").into(),
        measurement: hub.measurement_of("image").into(),
        pcr0,
        pcr1,
        pcr2,
        issued_at_ms: nitro_chain().at(hub.now()).document().timestamp_ms,
        new_authorities: 3,
    };
    let before = hub.snapshot();
    for _ in 0..2 {
        let found: VerifyResponse = hub.query_nitro_verifier(query.clone()).unwrap();
        assert_eq!(found, expected);
    }
    before.assert_unchanged(&hub);

    hub.nitro_verifier(&stranger, msg).unwrap();
    let found: VerifyResponse = hub.query_nitro_verifier(query).unwrap();
    let known = VerifyResponse {
        new_authorities: 0,
        ..expected
    };
    assert_eq!(found, known);

    let nonsense = QueryMsg::Verify {
        key: public,
        key_type,
        evidence: Binary::from(b"nonsense"),
    };
    let error = hub.query_nitro_verifier::<VerifyResponse>(nonsense);
    let said = error.unwrap_err().to_string();
    assert!(
        said.contains("the attestation document is refused: "),
        "{said}"
    );
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
    let expected = BillingError::PossessionInvalid.into();
    assert_eq!(refused(&mut hub, msg), expected);

    let error = refused_document(&mut hub, nonsense());
    let length = hub_nitro::MAX_DOCUMENT + 1;
    assert_eq!(error, Error::TooLarge { length });
    assert!(matches!(
        refused_document(&mut hub, vec![]),
        Error::Envelope(_)
    ));
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
fn a_verifier_that_was_given_no_root_takes_no_document_but_those_of_aws() {
    let mut hub = Hub::new();
    hub.nitro_verifier = instantiate(&mut hub, None).unwrap();
    let config: ConfigResponse = hub.query_nitro_verifier(QueryMsg::Config {}).unwrap();
    let expected = ConfigResponse {
        root: HexBinary::from_hex(AWS_ROOT).unwrap(),
        max_age_seconds: 300,
        max_ahead_seconds: 60,
    };
    assert_eq!(config, expected);
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
        in_image(&hub, AttesterId(1), &operator, &key, "image")
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
        in_image(&hub, AttesterId(1), &operator, &key, "image")
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

    let once = || {
        Refusal::from(BillingError::KeyRegistered {
            attester: AttesterId(1),
        })
    };
    let unbound = || Refusal::from(Error::KeyNotBound);
    let same_key = hub.attested_registration(&other, &key, document.clone());
    for (sender, msg, expected) in [
        (&operator, registered.clone(), once()),
        // Even if the holder of the key agrees to another operator.
        (&other, same_key, once()),
        // The possession is of the first operator.
        (&other, registered, BillingError::PossessionInvalid.into()),
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
        assert_eq!(send(&mut hub, sender, &msg).unwrap_err(), expected);
        before.assert_unchanged(&hub);
    }
    assert_eq!(
        attesters(&hub),
        [in_image(&hub, AttesterId(1), &operator, &key, "image")]
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
            in_image(&hub, AttesterId(1), &operator, first, "image"),
            in_image(&hub, AttesterId(2), &operator, second, "image")
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
        }
        .into();
        assert_eq!(refused(&mut hub, msg), expected);
    }
    let without_image = AttesterResponse {
        measurement: None,
        ..in_image(&hub, AttesterId(2), &operator, &plain, "")
    };
    assert_eq!(
        attesters(&hub),
        [
            in_image(&hub, AttesterId(1), &operator, &attested, "image"),
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
            in_image(&hub, AttesterId(1), &operator, &key, "image")
        );
    }
}

fn attester(hub: &Hub, attester: AttesterId) -> AttesterResponse {
    hub.query_billing(billing::QueryMsg::Attester { attester })
        .unwrap()
}

fn attesters(hub: &Hub) -> Vec<AttesterResponse> {
    let query = billing::QueryMsg::Attesters {
        start_after: None,
        limit: None,
    };
    let page: AttestersResponse = hub.query_billing(query).unwrap();
    page.attesters
}

/// An attester whose key an enclave of this image holds.
fn in_image(
    hub: &Hub,
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
        measurement: Some(hub.measurement_of(image).into()),
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

    fn register(&self, hub: &mut Hub, seed: u64) -> Result<StorageCost, Refusal> {
        let operator = hub.account("operator");
        let key = signing_key(KeyType::Ed25519, seed);
        let document = self.chain.document().timestamp(hub.now());
        let document = document.public_key(key.public_key().as_bytes()).build();
        let msg = hub.attested_registration(&operator, &key, document);
        let (result, cost) = hub.metered(|hub| send(hub, &operator, &msg));
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
        let Refusal::Verifier(NitroVerifierError::Document(Error::Expired {
            place: found,
            not_after,
            now: at,
        })) = error
        else {
            panic!("{error:?}");
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
            Error::CertificateSignature { place }.into()
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
            evidence: Some(Evidence {
                verifier: hub.nitro_verifier.to_string(),
                evidence: bytes.into(),
            }),
            endpoint: None,
        };
        match refused(&mut hub, msg) {
            Refusal::Billing(BillingError::PossessionInvalid) => assert!(is_a_key, "{name}"),
            Refusal::Billing(BillingError::Key(_)) => assert!(!is_a_key, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
