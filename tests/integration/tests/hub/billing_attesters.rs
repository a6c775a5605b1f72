//! Attesters: registered with proof of possession, retired, revoked, found.

use cosmwasm_std::{Binary, HexBinary};
use hub_testing::{data, event, signing_key, BillingError, Hub, KeyType};
use hub_types::billing::{
    AttesterCreated, AttesterResponse, AttesterStatus, AttestersResponse, ExecuteMsg, QueryMsg,
};
use hub_types::ids::AttesterId;
use hub_types::text::TextError;
use hub_types::wire::{self, KeyError, Purpose};

use crate::fixture::{attributes, with_high_s};

const KEY_TYPES: [KeyType; 2] = [KeyType::Secp256k1, KeyType::Ed25519];

fn registration_with(msg: ExecuteMsg, new_possession: impl Into<Binary>) -> ExecuteMsg {
    match msg {
        ExecuteMsg::RegisterAttester {
            key,
            key_type,
            evidence,
            endpoint,
            ..
        } => ExecuteMsg::RegisterAttester {
            key,
            key_type,
            possession: new_possession.into(),
            evidence,
            endpoint,
        },
        other => other,
    }
}

/// Attack (confused deputy): somebody registers another operator's key as its own, to own what it signs.
/// Defence: possession is signed over the operator's address, under this contract's tag.
#[test]
fn a_key_whose_possession_is_not_proven_is_refused() {
    let mut hub = Hub::new();
    let other_chain = Hub::builder().chain_id("other-1").build();
    let (operator, thief) = (hub.account("operator"), hub.account("thief"));
    for key_type in KEY_TYPES {
        let key = signing_key(key_type, 1);
        let good = hub.registration(&operator, &key);

        // Somebody else sends what the operator made.
        let error = hub.billing(&thief, good.clone()).unwrap_err();
        assert_eq!(error, BillingError::PossessionInvalid);

        let foreign = other_chain.registration(&operator, &key);
        let by_another_key = hub.possession(&operator, &signing_key(key_type, 2));
        let for_another_purpose = {
            let bytes = wire::possession_bytes(&key.public_key(), &hub.canonical(&operator));
            let digest = wire::possession_digest(&hub.tag(Purpose::Batch), &bytes);
            Binary::from(key.sign_digest(&digest))
        };
        for bad in [
            foreign,
            registration_with(good.clone(), by_another_key),
            registration_with(good.clone(), for_another_purpose),
            registration_with(good.clone(), [0; 64]),
            registration_with(good.clone(), [0xff; 64]),
            registration_with(good.clone(), [1; 63]),
            registration_with(good.clone(), [1; 65]),
            registration_with(good.clone(), []),
        ] {
            let before = hub.snapshot();
            let error = hub.billing(&operator, bad).unwrap_err();
            assert_eq!(error, BillingError::PossessionInvalid);
            before.assert_unchanged(&hub);
        }
        hub.billing(&operator, good).unwrap();
    }
}

#[test]
fn a_possession_with_a_high_s_is_refused() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let key = signing_key(KeyType::Secp256k1, 1);
    let possession = with_high_s(&hub.possession(&operator, &key));
    let msg = registration_with(hub.registration(&operator, &key), possession);
    let error = hub.billing(&operator, msg).unwrap_err();
    assert_eq!(error, BillingError::PossessionInvalid);
}

#[test]
fn keys_of_the_wrong_form_are_refused() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let mut register = |key_type, key: &[u8]| {
        let msg = ExecuteMsg::RegisterAttester {
            key: key.into(),
            key_type,
            possession: [1; 64].into(),
            evidence: None,
            endpoint: None,
        };
        hub.billing(&operator, msg).unwrap_err()
    };
    let mut uncompressed = [7; 33];
    uncompressed[0] = 4;
    for (key_type, key) in [
        (KeyType::Secp256k1, &[2; 32][..]),
        (KeyType::Secp256k1, &[2; 65]),
        (KeyType::Secp256k1, &uncompressed),
        (KeyType::Ed25519, &[2; 33]),
        (KeyType::Ed25519, &[]),
    ] {
        let expected: KeyError = wire::PublicKey::new(key_type.into(), key).unwrap_err();
        assert_eq!(register(key_type, key), BillingError::Key(expected));
    }
    // Of the right form, but no point of the curve.
    let mut no_point = [0xff; 33];
    no_point[0] = 2;
    let error = register(KeyType::Secp256k1, &no_point);
    assert_eq!(error, BillingError::PossessionInvalid);
}

/// Attack (replay and ordering): a revoked key is registered again, so that its old receipts count anew.
/// Defence: a key registers once, ever.
#[test]
fn a_key_registers_once_ever_even_after_it_was_revoked() {
    let mut hub = Hub::new();
    let (operator, other) = (hub.account("operator"), hub.account("other"));
    let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
    for sender in [&operator, &other] {
        let again = hub.registration(sender, &attester.key);
        let error = hub.billing(sender, again).unwrap_err();
        assert_eq!(
            error,
            BillingError::KeyRegistered {
                attester: AttesterId(1)
            }
        );
    }
    hub.billing(
        &operator,
        ExecuteMsg::Revoke {
            attester: AttesterId(1),
        },
    )
    .unwrap();
    let again = hub.registration(&operator, &attester.key);
    let error = hub.billing(&operator, again).unwrap_err();
    assert_eq!(
        error,
        BillingError::KeyRegistered {
            attester: AttesterId(1)
        }
    );
}

#[test]
fn endpoints_have_a_limit() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    hub.register_attester(&operator, KeyType::Ed25519, 1);
    for (endpoint, expected) in [
        (
            "",
            TextError::Empty {
                field: "endpoint",
                max: 256,
            },
        ),
        (
            &"x".repeat(257),
            TextError::TooLong {
                field: "endpoint",
                length: 257,
                max: 256,
            },
        ),
        (
            "https://a\u{7}",
            TextError::Unseen {
                field: "endpoint",
                code_point: 7,
            },
        ),
        (
            "javascript:alert(1)",
            TextError::NotAUrl {
                field: "endpoint",
                reason: "begin with https:// or http://",
            },
        ),
        (
            "https://good.example@thief.example",
            TextError::NotAUrl {
                field: "endpoint",
                reason: "leave out the name before the host",
            },
        ),
    ] {
        let msg = ExecuteMsg::SetEndpoint {
            attester: AttesterId(1),
            endpoint: Some(endpoint.to_owned()),
        };
        let error = hub.billing(&operator, msg).unwrap_err();
        assert_eq!(error, BillingError::Text(expected));
    }
}

/// Attack (griefing and wedging): a stranger revokes a competitor's attester.
/// Defence: only its operator can.
#[test]
fn only_the_operator_may_change_an_attester_and_only_one_that_exists() {
    let mut hub = Hub::new();
    let (operator, stranger) = (hub.account("operator"), hub.account("stranger"));
    hub.register_attester(&operator, KeyType::Ed25519, 1);
    for (attester, expected) in [
        (
            1,
            BillingError::NotTheOperator {
                attester: AttesterId(1),
                operator: operator.clone(),
            },
        ),
        (
            0,
            BillingError::UnknownAttester {
                attester: AttesterId(0),
                last: AttesterId(1),
            },
        ),
        (
            2,
            BillingError::UnknownAttester {
                attester: AttesterId(2),
                last: AttesterId(1),
            },
        ),
        (
            u64::MAX,
            BillingError::UnknownAttester {
                attester: AttesterId::MAX,
                last: AttesterId(1),
            },
        ),
    ] {
        for msg in [
            ExecuteMsg::Retire {
                attester: AttesterId(attester),
            },
            ExecuteMsg::Revoke {
                attester: AttesterId(attester),
            },
            ExecuteMsg::SetEndpoint {
                attester: AttesterId(attester),
                endpoint: None,
            },
        ] {
            assert_eq!(hub.billing(&stranger, msg).unwrap_err(), expected);
        }
    }
}

#[test]
fn coins_are_refused_by_every_message() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    let money = hub.money_native();
    hub.give(&operator, &money, 1_000);
    let key = signing_key(KeyType::Ed25519, 1);
    for msg in [
        hub.registration(&operator, &key),
        ExecuteMsg::Retire {
            attester: AttesterId(1),
        },
        ExecuteMsg::Revoke {
            attester: AttesterId(1),
        },
        ExecuteMsg::SetEndpoint {
            attester: AttesterId(1),
            endpoint: None,
        },
        ExecuteMsg::SettleBatch {
            batch: Binary::default(),
            signature: Binary::default(),
            vouchers: vec![],
        },
        ExecuteMsg::Settle {
            receipt: Binary::default(),
            sequence: 0,
            signature: Binary::default(),
            voucher: None,
        },
    ] {
        let error = hub
            .billing_with(&operator, msg, &cosmwasm_std::coins(1, hub_testing::NATIVE))
            .unwrap_err();
        assert_eq!(
            error,
            BillingError::Payment(cw_utils::PaymentError::NonPayable {})
        );
    }
    assert_eq!(hub.wallet(&operator, &money), 1_000);
}

#[test]
fn a_registered_key_is_shown_with_its_operator_and_announced() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    for (id, key_type, name) in [(1, KEY_TYPES[0], "secp256k1"), (2, KEY_TYPES[1], "ed25519")] {
        let key = signing_key(key_type, 1);
        let public = key.public_key();
        let mut msg = hub.registration(&operator, &key);
        if let ExecuteMsg::RegisterAttester { endpoint, .. } = &mut msg {
            *endpoint = Some("https://tee.example".to_owned());
        }
        let response = hub.billing(&operator, msg).unwrap();
        assert_eq!(
            data::<AttesterCreated>(&response),
            AttesterCreated {
                attester: AttesterId(id)
            }
        );
        assert_eq!(
            event(&response, "hub_attester_registered"),
            attributes(&[
                ("attester", &id.to_string()),
                ("operator", operator.as_str()),
                ("key_type", name),
                ("key", &HexBinary::from(public.as_bytes()).to_hex()),
                ("verifier", ""),
                ("digest", ""),
                ("measurement", ""),
            ])
        );
        let expected = AttesterResponse {
            attester: AttesterId(id),
            operator: operator.clone(),
            key: public.as_bytes().into(),
            key_type,
            measurement: None,
            status: AttesterStatus::Active {},
            endpoint: Some("https://tee.example".to_owned()),
            batches: 0,
        };
        let by_id: AttesterResponse = hub
            .query_billing(QueryMsg::Attester {
                attester: AttesterId(id),
            })
            .unwrap();
        assert_eq!(by_id, expected);
        let by_key: Option<AttesterResponse> = hub
            .query_billing(QueryMsg::AttesterByKey {
                key: public.as_bytes().into(),
            })
            .unwrap();
        assert_eq!(by_key, Some(expected));
    }
    let unknown: Option<AttesterResponse> = hub
        .query_billing(QueryMsg::AttesterByKey {
            key: [3; 32].into(),
        })
        .unwrap();
    assert_eq!(unknown, None);
}

/// Attack (time and grace edges): an operator retires an attester again and again to move the cutoff.
/// Defence: a cutoff once set stands; repeating the message is an error.
#[test]
fn retiring_sets_a_cutoff_after_the_grace_that_cannot_be_moved() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    hub.register_attester(&operator, KeyType::Ed25519, 1);
    let cutoff = hub.now() + 60;
    let response = hub
        .billing(
            &operator,
            ExecuteMsg::Retire {
                attester: AttesterId(1),
            },
        )
        .unwrap();
    assert_eq!(
        event(&response, "hub_attester_retired"),
        attributes(&[("attester", "1"), ("cutoff", &cutoff.to_string())])
    );
    hub.advance(30);
    let error = hub
        .billing(
            &operator,
            ExecuteMsg::Retire {
                attester: AttesterId(1),
            },
        )
        .unwrap_err();
    assert_eq!(
        error,
        BillingError::AlreadyRetired {
            attester: AttesterId(1),
            cutoff
        }
    );
    let shown: AttesterResponse = hub
        .query_billing(QueryMsg::Attester {
            attester: AttesterId(1),
        })
        .unwrap();
    assert_eq!(shown.status, AttesterStatus::Retired { cutoff });
}

#[test]
fn a_revoked_attester_stays_revoked_and_a_retired_one_can_still_be_revoked() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    hub.register_attester(&operator, KeyType::Ed25519, 1);
    hub.billing(
        &operator,
        ExecuteMsg::Retire {
            attester: AttesterId(1),
        },
    )
    .unwrap();
    let response = hub
        .billing(
            &operator,
            ExecuteMsg::Revoke {
                attester: AttesterId(1),
            },
        )
        .unwrap();
    assert_eq!(
        event(&response, "hub_attester_revoked"),
        attributes(&[("attester", "1")])
    );
    for msg in [
        ExecuteMsg::Retire {
            attester: AttesterId(1),
        },
        ExecuteMsg::Revoke {
            attester: AttesterId(1),
        },
    ] {
        let error = hub.billing(&operator, msg).unwrap_err();
        assert_eq!(
            error,
            BillingError::AttesterRevoked {
                attester: AttesterId(1)
            }
        );
    }
    let shown: AttesterResponse = hub
        .query_billing(QueryMsg::Attester {
            attester: AttesterId(1),
        })
        .unwrap();
    assert_eq!(shown.status, AttesterStatus::Revoked {});
}

#[test]
fn an_endpoint_is_set_and_withdrawn_by_the_operator() {
    let mut hub = Hub::new();
    let operator = hub.account("operator");
    hub.register_attester(&operator, KeyType::Ed25519, 1);
    for endpoint in [Some("https://tee.example".to_owned()), None] {
        let msg = ExecuteMsg::SetEndpoint {
            attester: AttesterId(1),
            endpoint: endpoint.clone(),
        };
        let response = hub.billing(&operator, msg).unwrap();
        assert_eq!(
            event(&response, "hub_endpoint_set"),
            attributes(&[
                ("attester", "1"),
                ("endpoint", endpoint.as_deref().unwrap_or_default())
            ])
        );
        let shown: AttesterResponse = hub
            .query_billing(QueryMsg::Attester {
                attester: AttesterId(1),
            })
            .unwrap();
        assert_eq!(shown.endpoint, endpoint);
    }
}

#[test]
fn attesters_are_listed_by_id_and_by_operator_in_pages() {
    let mut hub = Hub::new();
    let operators = [hub.account("even"), hub.account("odd")];
    for seed in 1..=12 {
        hub.register_attester(&operators[seed as usize % 2], KeyType::Ed25519, seed);
    }
    let list = |msg| -> Vec<u64> {
        let page: AttestersResponse = hub.query_billing(msg).unwrap();
        page.attesters
            .into_iter()
            .map(|attester| attester.attester.0)
            .collect()
    };
    let all = |start_after, limit| list(QueryMsg::Attesters { start_after, limit });
    assert_eq!(all(None, None), (1..=10).collect::<Vec<_>>());
    assert_eq!(all(Some(AttesterId(10)), None), [11, 12]);
    assert_eq!(all(Some(AttesterId(12)), None), Vec::<u64>::new());
    assert_eq!(all(Some(AttesterId(u64::MAX)), None), Vec::<u64>::new());
    assert_eq!(all(None, Some(u32::MAX)), (1..=12).collect::<Vec<_>>());
    let of = |operator: &cosmwasm_std::Addr, start_after, limit| {
        list(QueryMsg::AttestersByOperator {
            operator: operator.to_string(),
            start_after,
            limit,
        })
    };
    assert_eq!(of(&operators[0], None, None), [2, 4, 6, 8, 10, 12]);
    assert_eq!(of(&operators[1], Some(AttesterId(3)), Some(2)), [5, 7]);
    assert_eq!(of(&hub.account("nobody"), None, None), Vec::<u64>::new());
}
