//! Committee and certificates as they are served, through the registry's messages on an embedded chain.

use hub_testing::{Hub, NewModel};
use hub_types::registry::{ExecuteMsg, StorageCertificate};
use hub_walrus_local::{LocalWalrus, Options, Server};
use serde_json::Value;

const HELLO: &str = "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4";

#[test]
fn the_registry_accepts_what_a_local_walrus_certifies_and_nothing_else() {
    for nodes in [4, 5, 7, 10] {
        let folder = tempfile::tempdir().unwrap();
        let walrus = LocalWalrus::open(
            folder.path(),
            Options {
                nodes,
                epoch: 30,
                ..Options::default()
            },
        )
        .unwrap();
        let server = Server::start(&walrus.face(), "127.0.0.1:0".parse().unwrap()).unwrap();
        let json = |path: &str| -> Value {
            let mut answer = ureq::get(format!("{}{path}", server.url())).call().unwrap();
            serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap()
        };
        let put = |query: &str| -> Value {
            let mut answer = ureq::put(format!("{}/v1/blobs?{query}", server.url()))
                .send(&b"hello"[..])
                .unwrap();
            serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap()
        };
        put("epochs=5&permanent=true");
        let deletable = put("epochs=5&force=true");
        let object = deletable["newlyCreated"]["blobObject"]["id"]
            .as_str()
            .unwrap();

        let mut hub = Hub::new();
        let (author, anyone) = (hub.account("author"), hub.account("anyone"));
        let id: hub_testing::BlobId = HELLO.parse().unwrap();
        let model = hub.register_model(&author, NewModel::named("hello").release(id.to_bytes()));
        let mut message = json("/local/committee");
        message["type"] = Value::Null;
        message.as_object_mut().unwrap().remove("type");
        let set: ExecuteMsg =
            serde_json::from_value(serde_json::json!({ "set_committee": message })).unwrap();
        let keeper = hub.keeper.clone();
        hub.registry(&keeper, set).unwrap();

        let certificate =
            |path: &str| -> StorageCertificate { serde_json::from_value(json(path)).unwrap() };
        let permanent = certificate(&format!("/local/certificates/{HELLO}"));
        let of_object = certificate(&format!("/local/certificates/{HELLO}?object={object}"));
        // As the other kind it proves nothing.
        let mut wrong = of_object.clone();
        wrong.object_id = None;
        hub.certify(&anyone, model, 1.into(), wrong).unwrap_err();
        hub.certify(&anyone, model, 1.into(), permanent).unwrap();
        hub.certify(&anyone, model, 1.into(), of_object).unwrap();
    }
}
