//! Certificates, put together from what storage nodes sign, and from an upload relay.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hub_walrus::{Persistence, PublicKey};
use hub_walrus_client::{CommitteeNode, Registration, Relay, Silent, Source, TipConfig, Upload};
use hub_walrus_local::{On, Options, What};

use crate::fixture::{encode, noise, patience, Fixture, Notes};

fn committee(fixture: &Fixture) -> Vec<CommitteeNode> {
    let message = fixture.walrus.committee().message(fixture.walrus.epoch());
    let node = |(place, member): (usize, &hub_walrus_local::MemberMessage)| CommitteeNode {
        url: format!("{}/local/nodes/{place}", fixture.url(0)),
        key: PublicKey::new(&STANDARD.decode(&member.key).unwrap()).unwrap(),
        weight: member.weight,
    };
    message.members.iter().enumerate().map(node).collect()
}

#[test]
fn a_certificate_needs_two_thirds_of_the_shards_and_leaves_out_who_signs_something_else() {
    let fixture = Fixture::with(
        1,
        Options {
            nodes: 7,
            ..Options::default()
        },
    );
    let blob = fixture.blob(1_000, 1);
    let client = fixture.client();
    let mut nodes = committee(&fixture);
    // One has another key than it says, one is not there.
    nodes[0].key = nodes[1].key;
    nodes[3].url = "http://127.0.0.1:9".into();
    let notes = Notes::default();
    let certificate = client
        .nodes()
        .certificate(&blob.id, Persistence::Permanent, 1, &nodes, &notes)
        .unwrap();
    assert_eq!(STANDARD.decode(certificate.signers).unwrap(), [0b111_0110]);
    assert_eq!(notes.all().len(), 2, "{:?}", notes.all());
    // A third of the shards is missing: no certificate.
    nodes[5].url = "http://127.0.0.1:9".into();
    let error = client
        .nodes()
        .certificate(&blob.id, Persistence::Permanent, 1, &nodes, &Silent)
        .unwrap_err();
    assert!(error.to_string().contains("667 have to"), "{error}");
}

#[test]
fn nodes_do_not_confirm_what_is_not_stored_or_of_another_epoch() {
    let fixture = Fixture::new(1);
    let blob = fixture.blob(1_000, 2);
    let nodes = committee(&fixture);
    let client = fixture.client();
    let certificate = |epoch| {
        client
            .nodes()
            .certificate(&blob.id, Persistence::Permanent, epoch, &nodes, &Silent)
    };
    certificate(1).unwrap();
    certificate(2).unwrap_err();
    fixture.walrus.set_epoch(11).unwrap();
    certificate(11).unwrap_err();
}

#[test]
fn a_relay_gives_the_certificate_of_a_registered_blob() {
    let fixture = Fixture::new(1);
    let relay = Relay::new(&fixture.url(0), patience()).unwrap();
    assert_eq!(relay.tip_config().unwrap(), TipConfig::NoTip);
    let bytes = noise(3_000, 3);
    let slivers = encode(&bytes);
    let upload = Upload {
        id: slivers.id(),
        length: 3_000,
        source: Source::Bytes(&bytes),
    };
    let error = relay
        .upload(upload, &Registration::default(), &Silent)
        .unwrap_err();
    assert!(error.to_string().contains("not registered"), "{error}");
    let registration = serde_json::json!({
        "blob_id": slivers.id().to_string(),
        "length": 3_000,
        "root_hash": hex::encode(slivers.roots().root_hash()),
        "epochs": 3,
    });
    let agent = ureq::Agent::config_builder().build().new_agent();
    let url = format!("{}/local/registrations", fixture.url(0));
    let body = registration.to_string();
    agent
        .post(&url)
        .header("content-type", "application/json")
        .send(&body)
        .unwrap();
    assert_eq!(
        fixture.client().holds(&upload.id),
        None,
        "registered is not stored"
    );
    let certificate = relay
        .upload(upload, &Registration::default(), &Silent)
        .unwrap();
    assert_eq!((certificate.epoch, &certificate.object_id), (1, &None));
    let same = fixture
        .client()
        .nodes()
        .certificate(
            &slivers.id(),
            Persistence::Permanent,
            1,
            &committee(&fixture),
            &Silent,
        )
        .unwrap();
    assert_eq!(certificate, same);
    fixture.fault(
        0,
        On::Store,
        What::Status {
            code: 504,
            retry_after: None,
        },
    );
    relay
        .upload(upload, &Registration::default(), &Silent)
        .unwrap_err();
}
