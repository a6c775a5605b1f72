//! Every status and shape of the HTTP API, as Walrus documents it and has it in its source, against golden files: a line
//! each with the request, the status, the headers that matter, and the body, with ids replaced by names.

use std::fmt::Write as _;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine as _;
use hub_walrus_encode::{Encoder, Options as EncodeOptions};
use hub_walrus_local::{Fault, LocalWalrus, On, Options, Server, What};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

struct Stage {
    walrus: LocalWalrus,
    face: hub_walrus_local::Face,
    server: Server,
    agent: ureq::Agent,
    transcript: String,
    names: Vec<(String, &'static str)>,
    _folder: tempfile::TempDir,
}

/// Headers that are a part of the shape.
const HEADERS: [&str; 9] = [
    "content-type",
    "content-length",
    "content-range",
    "content-encoding",
    "etag",
    "cache-control",
    "x-content-type-options",
    "x-quilt-patch-identifier",
    "x-walrus-streaming",
];

impl Stage {
    fn new(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Object ids follow from the path, so they are others each time: names stand for them.
        let walrus = LocalWalrus::open(folder.path(), options).unwrap();
        let face = walrus.face();
        let server = Server::start(&face, "127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            walrus,
            face,
            server,
            agent: ureq::Agent::config_builder()
                .http_status_as_error(false)
                .accept(ureq::config::AutoHeaderValue::None)
                .accept_encoding(ureq::config::AutoHeaderValue::None)
                .build()
                .new_agent(),
            transcript: String::new(),
            names: vec![],
            _folder: folder,
        }
    }

    fn name(&mut self, value: &str, name: &'static str) {
        self.names.push((value.to_owned(), name));
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Vec<u8> {
        let url = format!("{}{path}", self.server.url());
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.unwrap_or_default();
        let outcome = match method {
            "GET" | "HEAD" | "DELETE" => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(
                request
                    .header("content-length", body.len().to_string())
                    .body(body)
                    .unwrap(),
            ),
        };
        let mut response = outcome.unwrap();
        let status = response.status();
        let mut line = format!("{method} {path}");
        for (name, value) in headers {
            let _ = write!(line, " [{name}: {value}]");
        }
        let _ = write!(line, "\n  {}", status.as_u16());
        for name in HEADERS {
            // Of JSON and text the length follows from the body.
            if let Some(value) = response.headers().get(name) {
                if name != "content-length" || response.headers().contains_key("etag") {
                    let _ = write!(line, " [{name}: {}]", value.to_str().unwrap());
                }
            }
        }
        let bytes = response.body_mut().read_to_vec().unwrap();
        let text = match serde_json::from_slice::<Value>(&bytes) {
            Ok(value) => value.to_string(),
            Err(_) => match std::str::from_utf8(&bytes) {
                Ok(text) if text.len() < 300 => text.to_owned(),
                _ => format!("({} bytes)", bytes.len()),
            },
        };
        let _ = write!(line, "\n  {text}\n");
        self.transcript += &line;
        bytes
    }

    fn get(&mut self, path: &str) -> Vec<u8> {
        self.ask("GET", path, &[], None)
    }

    fn put(&mut self, path: &str, body: &[u8]) -> Value {
        serde_json::from_slice(&self.ask("PUT", path, &[], Some(body))).unwrap_or_default()
    }

    fn with(&mut self, on: On, what: What, ask: impl FnOnce(&mut Self)) {
        let fault = Fault {
            on,
            blob: None,
            skip: 0,
            times: None,
            what,
        };
        self.face.set_faults(vec![fault]);
        ask(self);
        self.face.set_faults(vec![]);
    }

    fn heading(&mut self, heading: &str) {
        let _ = write!(self.transcript, "\n# {heading}\n");
    }

    /// The transcript with names for what differs from run to run.
    fn finish(mut self) -> String {
        self.names
            .sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        for (value, name) in &self.names {
            self.transcript = self.transcript.replace(value, name);
        }
        self.transcript.trim_start().to_owned()
    }
}

fn object_of(answer: &Value) -> (String, String) {
    let text = |path: &str| {
        answer
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    (
        text("/newlyCreated/blobObject/id"),
        text("/newlyCreated/blobObject/storage/id"),
    )
}

const HELLO: &str = "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4";
const MISSING: &str = "M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk";
const OWNER: &str = "0x00000000000000000000000000000000000000000000000000000000000a11ce";

fn status(code: u16) -> What {
    What::Status {
        code,
        retry_after: None,
    }
}

#[test]
fn an_aggregator_answers_as_the_real_one() {
    let mut stage = Stage::new(Options::default());
    let answer = stage.put("/v1/blobs?epochs=5&permanent=true", b"hello");
    let (object, storage) = object_of(&answer);
    stage.transcript.clear();
    stage.name(&object, "{object}");
    stage.name(&storage, "{storage}");

    stage.heading("A blob, whole and in part");
    let blob = format!("/v1/blobs/{HELLO}");
    stage.get("/status");
    stage.get(&blob);
    stage.get(&format!("{blob}?strict_consistency_check=true"));
    stage.get(&format!("{blob}?skip_consistency_check=true"));
    stage.ask("GET", &blob, &[("accept", "image/png")], None);
    stage.ask(
        "GET",
        &blob,
        &[("accept", "image/*"), ("content-type", "text/html")],
        None,
    );
    stage.ask("HEAD", &blob, &[], None);
    for range in ["bytes=1-3", "bytes=0-0", "bytes=0-4"] {
        stage.ask("GET", &blob, &[("range", range)], None);
    }
    for range in [
        "bytes=1-",
        "bytes=-2",
        "bytes=0-1,3-4",
        "bytes=3-5",
        "bytes=3-2",
        "bytes=5-5",
        "lines=1-2",
    ] {
        stage.ask("GET", &blob, &[("range", range)], None);
    }
    stage.get(&format!("{blob}/byte-range?start=1&length=3"));
    for query in [
        "start=1&length=5",
        "start=1&length=0",
        "start=18446744073709551615&length=1",
        "start=1",
    ] {
        stage.get(&format!("{blob}/byte-range?{query}"));
    }
    stage.get(&format!("/v1alpha/blobs/{HELLO}/stream"));

    stage.heading("By object id, with attributes; several in a row");
    let attributes =
        br#"{"content-type": "text/plain", "content-encoding": "gzip", "x-own": "no"}"#;
    let path = format!("/local/objects/{object}/attributes");
    stage.ask(
        "PUT",
        &path,
        &[("content-type", "application/json")],
        Some(attributes),
    );
    stage.get(&format!("/v1/blobs/by-object-id/{object}"));
    stage.get(&format!("/v1/blobs/by-object-id/{OWNER}"));
    stage.get("/v1/blobs/by-object-id/0xz");
    stage.get(&format!("/v1alpha/blobs/concat?ids={HELLO},{HELLO}"));
    let ids = format!(r#"{{"ids": ["{object}", "{HELLO}"]}}"#);
    let of_ids = Sha256::digest(format!("{object},{HELLO}"));
    stage.name(&URL_SAFE_NO_PAD.encode(of_ids), "{hash of the ids}");
    stage.ask(
        "POST",
        "/v1alpha/blobs/concat",
        &[("content-type", "application/json")],
        Some(ids.as_bytes()),
    );
    stage.get("/v1alpha/blobs/concat?ids=");
    stage.get("/v1alpha/blobs/concat?ids=nonsense");
    stage.get(&format!("/v1alpha/blobs/concat?ids={OWNER}"));

    stage.heading("What is refused");
    stage.get(&format!("/v1/blobs/{MISSING}"));
    stage.get(&format!("/v1/blobs/{MISSING}/byte-range?start=0&length=1"));
    stage.get(&format!("/v1alpha/blobs/{MISSING}/stream"));
    stage.get("/v1/blobs/nonsense");
    stage.get(&format!("{blob}?cb=1"));
    stage.get(&format!(
        "{blob}?strict_consistency_check=true&skip_consistency_check=true"
    ));
    stage.ask("POST", &blob, &[], Some(b""));
    for code in [403, 429, 451, 500, 503] {
        stage.with(On::Read, status(code), |stage| {
            stage.get(&blob);
        });
    }

    stage.heading("After the end");
    stage.walrus.set_epoch(6).unwrap();
    stage.get(&blob);
    goldie::assert!(stage.finish());
}

#[test]
fn a_publisher_answers_as_the_real_one() {
    let mut stage = Stage::new(Options {
        limit: 100,
        quilt_limit: 100,
        ..Options::default()
    });
    stage.heading("Stored, stored already, stored again by force");
    for (query, name, storage_name) in [
        ("epochs=5&permanent=true", "{object 1}", "{storage 1}"),
        ("epochs=5&permanent=true", "", ""),
        (
            "epochs=2&force=true&encoding_type=RS2&reuse_resources=true",
            "{object 2}",
            "{storage 2}",
        ),
        ("epochs=1", "", ""),
        (
            "epochs=3&deletable=true&share=true",
            "{object 3}",
            "{storage 3}",
        ),
    ] {
        let answer = stage.put(&format!("/v1/blobs?{query}"), b"hello");
        let (object, storage) = object_of(&answer);
        if !object.is_empty() {
            stage.name(&object, name);
            stage.name(&storage, storage_name);
        }
        if let Some(digest) = answer
            .pointer("/alreadyCertified/event/txDigest")
            .and_then(Value::as_str)
        {
            stage.name(digest, "{digest}");
        }
    }
    let answer = stage.put(&format!("/v1/blobs?epochs=1&send_object_to={OWNER}"), b"");
    let (object, storage) = object_of(&answer);
    stage.name(&object, "{object 4}");
    stage.name(&storage, "{storage 4}");

    stage.heading("What is refused");
    for query in [
        "epoch=5",
        "epochs=max",
        "epochs=0",
        "epochs=54",
        "epochs=1&permanent=true&deletable=true",
        "encoding_type=RaptorQ",
        "send_object_to=alice",
    ] {
        stage.put(&format!("/v1/blobs?{query}"), b"hello");
    }
    stage.put("/v1/blobs?epochs=1", &[0; 101]);
    for code in [429, 451, 500, 504] {
        stage.with(On::Store, status(code), |stage| {
            stage.put("/v1/blobs?epochs=1", b"hello");
        });
    }

    stage.heading("Quilts");
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    let field = |name: &str, body: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n{body}\r\n")
    };
    let tags = r#"[{"identifier": "b.txt", "tags": {"content-type": "text/plain", "n": 1}}]"#;
    let form =
        field("b.txt", "bb") + &field("a.txt", "a") + &field("_metadata", tags) + "--b--\r\n";
    let answer = stage.ask(
        "PUT",
        "/v1/quilts?epochs=2&permanent=true&quilt_version=V1",
        &kind,
        Some(form.as_bytes()),
    );
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let (object, storage) = object_of(&answer["blobStoreResult"]);
    stage.name(&object, "{object 5}");
    stage.name(&storage, "{storage 5}");
    let quilt = answer["blobStoreResult"]["newlyCreated"]["blobObject"]["blobId"]
        .as_str()
        .unwrap()
        .to_owned();
    let patch = answer["storedQuiltBlobs"][1]["quiltPatchId"]
        .as_str()
        .unwrap()
        .to_owned();
    stage.get(&format!("/v1/quilts/{quilt}/patches"));
    stage.get(&format!("/v1/blobs/by-quilt-id/{quilt}/a.txt"));
    stage.get(&format!("/v1/blobs/by-quilt-patch-id/{patch}"));
    stage.get(&format!("/v1/blobs/by-quilt-id/{quilt}/c.txt"));
    stage.get(&format!("/v1/blobs/by-quilt-id/{MISSING}/a.txt"));
    stage.get(&format!("/v1/blobs/by-quilt-patch-id/{quilt}"));
    stage.get(&format!("/v1/quilts/{MISSING}/patches"));
    stage.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(b"--b--\r\n"));
    stage.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(b"nonsense"));
    let twice = field("a", "1") + &field("a", "2") + "--b--\r\n";
    stage.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(twice.as_bytes()));
    let long = field("a", &"x".repeat(101)) + "--b--\r\n";
    stage.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(long.as_bytes()));
    stage.put("/v1/quilts?epochs=2", b"");
    goldie::assert!(stage.finish());
}

#[test]
fn a_publisher_that_asks_for_a_token_answers_as_the_real_one() {
    let mut stage = Stage::new(Options {
        token: Some("secret".into()),
        ..Options::default()
    });
    stage.put("/v1/blobs?epochs=1", b"hello");
    stage.ask(
        "PUT",
        "/v1/blobs?epochs=1",
        &[("authorization", "Bearer wrong")],
        Some(b"hello"),
    );
    let transcript = std::mem::take(&mut stage.transcript);
    stage.ask(
        "PUT",
        "/v1/blobs?epochs=1",
        &[("authorization", "Bearer secret")],
        Some(b"hello"),
    );
    assert!(
        stage.transcript.contains("newlyCreated"),
        "{}",
        stage.transcript
    );
    goldie::assert!(transcript);
}

#[test]
fn storage_nodes_and_the_relay_answer_as_the_real_ones() {
    let mut stage = Stage::new(Options::default());
    let answer = stage.put("/v1/blobs?epochs=5", b"hello");
    let (object, _) = object_of(&answer);
    stage.transcript.clear();
    stage.name(&object, "{object}");
    let blob = format!("/v1/blobs/{HELLO}");

    stage.heading("Status, metadata, confirmations");
    stage.get(&format!("{blob}/status"));
    let answer = stage.put("/v1/blobs?epochs=5&permanent=true", b"hello");
    stage
        .transcript
        .truncate(stage.transcript.find("PUT ").unwrap());
    let (permanent, _) = object_of(&answer);
    stage.name(&permanent, "{object 2}");
    let answer = stage.get(&format!("{blob}/status"));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let digest = answer
        .pointer("/success/data/permanent/statusEvent/txDigest")
        .unwrap();
    stage.name(digest.as_str().unwrap(), "{digest}");
    stage.get(&format!("/v1/blobs/{MISSING}/status"));
    stage.get(&format!("{blob}/metadata"));
    stage.get(&format!("/v1/blobs/{MISSING}/metadata"));
    for path in [
        "permanent".to_owned(),
        format!("deletable/{object}"),
        format!("deletable/{OWNER}"),
    ] {
        let answer = stage.get(&format!("{blob}/confirmation/{path}"));
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        for field in ["signature", "serializedMessage"] {
            if let Some(value) = answer.pointer(&format!("/success/data/signed/{field}")) {
                stage.name(
                    value.as_str().unwrap(),
                    if field == "signature" {
                        "{signature}"
                    } else {
                        "{message}"
                    },
                );
            }
        }
    }
    stage.get(&format!("/v1/blobs/{MISSING}/confirmation/permanent"));

    stage.heading("Upload relay");
    stage.get("/v1/tip-config");
    let relay = format!("/v1/blob-upload-relay?blob_id={HELLO}");
    let answer = stage.ask("POST", &relay, &[], Some(b"hello"));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let signature = answer
        .pointer("/confirmation_certificate/signature")
        .unwrap();
    stage.name(signature.as_str().unwrap(), "{signature}");
    stage.ask("POST", &relay, &[], Some(b"hello!"));
    stage.ask(
        "POST",
        &format!("/v1/blob-upload-relay?blob_id={MISSING}"),
        &[],
        Some(b"hello"),
    );
    stage.ask("POST", "/v1/blob-upload-relay", &[], Some(b"hello"));
    goldie::assert!(stage.finish());
}

#[test]
fn metadata_is_the_documented_bcs() {
    let mut stage = Stage::new(Options::default());
    stage.put("/v1/blobs?epochs=5", b"hello");
    let bytes = stage.get(&format!("/v1/blobs/{HELLO}/metadata"));
    let encoding = Encoder::new(EncodeOptions::default())
        .encode(&b"hello"[..], &mut ())
        .unwrap();
    assert_eq!(bytes.len(), 32 + 1 + 1 + 8 + 2 + 1_000 * 2 * 33);
    assert_eq!(&bytes[..32], encoding.id.as_bytes());
    assert_eq!(&bytes[32..44], [0, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0xe8, 0x07]);
    let roots: Vec<u8> = bytes[44..]
        .chunks(33)
        .flat_map(|tagged| &tagged[1..])
        .copied()
        .collect();
    assert_eq!(roots, encoding.slivers.roots().to_bytes());
}

#[test]
fn a_folder_keeps_blobs_epoch_and_keys_between_runs() {
    let folder = tempfile::tempdir().unwrap();
    let committee = {
        let walrus = LocalWalrus::open(
            folder.path(),
            Options {
                nodes: 7,
                epoch: 40,
                ..Options::default()
            },
        )
        .unwrap();
        let server = Server::start(&walrus.face(), "127.0.0.1:0".parse().unwrap()).unwrap();
        ureq::put(format!("{}/v1/blobs?epochs=5", server.url()))
            .send(&b"hello"[..])
            .unwrap();
        walrus.set_epoch(42).unwrap();
        walrus.committee().message(42)
    };
    let walrus = LocalWalrus::open(folder.path(), Options::default()).unwrap();
    assert_eq!(walrus.epoch(), 42);
    assert_eq!(walrus.committee().message(42), committee);
    let server = Server::start(&walrus.face(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let mut answer = ureq::get(format!("{}/v1/blobs/{HELLO}", server.url()))
        .call()
        .unwrap();
    assert_eq!(answer.body_mut().read_to_vec().unwrap(), b"hello");
}

#[test]
fn epochs_pass_by_the_clock_where_they_have_a_length() {
    let folder = tempfile::tempdir().unwrap();
    let walrus = LocalWalrus::open(
        folder.path(),
        Options {
            epoch_seconds: Some(1),
            ..Options::default()
        },
    )
    .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert!((3..=4).contains(&walrus.epoch()), "{}", walrus.epoch());
}

#[test]
fn a_damaged_folder_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("network.json"), "{}").unwrap();
    let error = LocalWalrus::open(folder.path(), Options::default())
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("move it away to start anew"),
        "{error}"
    );
    assert_eq!(
        std::fs::read_to_string(folder.path().join("network.json")).unwrap(),
        "{}"
    );
}
