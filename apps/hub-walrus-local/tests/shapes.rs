//! Every status and shape of the HTTP API, as Walrus documents it and has it in its source, against golden files: a line
//! each with the request, the status, the headers that matter, and the body, with ids replaced by names.

use std::fmt::Write as _;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::Engine as _;
use hub_walrus_encode::{Encoder, Options as EncodeOptions};
use hub_walrus_local::{Fault, LocalWalrus, On, Options, Server, What};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

struct Fixture {
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

impl Fixture {
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
    let mut fixture = Fixture::new(Options::default());
    let answer = fixture.put("/v1/blobs?epochs=5&permanent=true", b"hello");
    let (object, storage) = object_of(&answer);
    fixture.transcript.clear();
    fixture.name(&object, "{object}");
    fixture.name(&storage, "{storage}");

    fixture.heading("A blob, whole and in part");
    let blob = format!("/v1/blobs/{HELLO}");
    fixture.get("/status");
    fixture.get(&blob);
    fixture.get(&format!("{blob}?strict_consistency_check=true"));
    fixture.get(&format!("{blob}?skip_consistency_check=true"));
    fixture.ask("GET", &blob, &[("accept", "image/png")], None);
    fixture.ask(
        "GET",
        &blob,
        &[("accept", "image/*"), ("content-type", "text/html")],
        None,
    );
    fixture.ask("HEAD", &blob, &[], None);
    for range in ["bytes=1-3", "bytes=0-0", "bytes=0-4"] {
        fixture.ask("GET", &blob, &[("range", range)], None);
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
        fixture.ask("GET", &blob, &[("range", range)], None);
    }
    fixture.get(&format!("{blob}/byte-range?start=1&length=3"));
    for query in [
        "start=1&length=5",
        "start=1&length=0",
        "start=18446744073709551615&length=1",
        "start=1",
    ] {
        fixture.get(&format!("{blob}/byte-range?{query}"));
    }
    fixture.get(&format!("/v1alpha/blobs/{HELLO}/stream"));

    fixture.heading("By object id, with attributes; several in a row");
    let attributes =
        br#"{"content-type": "text/plain", "content-encoding": "gzip", "x-own": "no"}"#;
    let path = format!("/local/objects/{object}/attributes");
    fixture.ask(
        "PUT",
        &path,
        &[("content-type", "application/json")],
        Some(attributes),
    );
    fixture.get(&format!("/v1/blobs/by-object-id/{object}"));
    fixture.get(&format!("/v1/blobs/by-object-id/{OWNER}"));
    fixture.get("/v1/blobs/by-object-id/0xz");
    fixture.get(&format!("/v1alpha/blobs/concat?ids={HELLO},{HELLO}"));
    let ids = format!(r#"{{"ids": ["{object}", "{HELLO}"]}}"#);
    let of_ids = Sha256::digest(format!("{object},{HELLO}"));
    fixture.name(&URL_SAFE_NO_PAD.encode(of_ids), "{hash of the ids}");
    fixture.ask(
        "POST",
        "/v1alpha/blobs/concat",
        &[("content-type", "application/json")],
        Some(ids.as_bytes()),
    );
    fixture.get("/v1alpha/blobs/concat?ids=");
    fixture.get("/v1alpha/blobs/concat?ids=nonsense");
    fixture.get(&format!("/v1alpha/blobs/concat?ids={OWNER}"));

    fixture.heading("What is refused");
    fixture.get(&format!("/v1/blobs/{MISSING}"));
    fixture.get(&format!("/v1/blobs/{MISSING}/byte-range?start=0&length=1"));
    fixture.get(&format!("/v1alpha/blobs/{MISSING}/stream"));
    fixture.get("/v1/blobs/nonsense");
    fixture.get(&format!("{blob}?cb=1"));
    fixture.get(&format!(
        "{blob}?strict_consistency_check=true&skip_consistency_check=true"
    ));
    fixture.ask("POST", &blob, &[], Some(b""));
    for code in [403, 429, 451, 500, 503] {
        fixture.with(On::Read, status(code), |fixture| {
            fixture.get(&blob);
        });
    }

    fixture.heading("After the end");
    fixture.walrus.set_epoch(6).unwrap();
    fixture.get(&blob);
    goldie::assert!(fixture.finish());
}

#[test]
fn a_publisher_answers_as_the_real_one() {
    let mut fixture = Fixture::new(Options {
        limit: 100,
        quilt_limit: 100,
        ..Options::default()
    });
    fixture.heading("Stored, stored already, stored again by force");
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
        let answer = fixture.put(&format!("/v1/blobs?{query}"), b"hello");
        let (object, storage) = object_of(&answer);
        if !object.is_empty() {
            fixture.name(&object, name);
            fixture.name(&storage, storage_name);
        }
        if let Some(digest) = answer
            .pointer("/alreadyCertified/event/txDigest")
            .and_then(Value::as_str)
        {
            fixture.name(digest, "{digest}");
        }
    }
    let answer = fixture.put(&format!("/v1/blobs?epochs=1&send_object_to={OWNER}"), b"");
    let (object, storage) = object_of(&answer);
    fixture.name(&object, "{object 4}");
    fixture.name(&storage, "{storage 4}");

    fixture.heading("What is refused");
    for query in [
        "epoch=5",
        "epochs=max",
        "epochs=0",
        "epochs=54",
        "epochs=1&permanent=true&deletable=true",
        "encoding_type=RaptorQ",
        "send_object_to=alice",
    ] {
        fixture.put(&format!("/v1/blobs?{query}"), b"hello");
    }
    fixture.put("/v1/blobs?epochs=1", &[0; 101]);
    for code in [429, 451, 500, 504] {
        fixture.with(On::Store, status(code), |fixture| {
            fixture.put("/v1/blobs?epochs=1", b"hello");
        });
    }

    fixture.heading("Quilts");
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    let field = |name: &str, body: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n{body}\r\n")
    };
    let tags = r#"[{"identifier": "b.txt", "tags": {"content-type": "text/plain", "n": 1}}]"#;
    let form =
        field("b.txt", "bb") + &field("a.txt", "a") + &field("_metadata", tags) + "--b--\r\n";
    let answer = fixture.ask(
        "PUT",
        "/v1/quilts?epochs=2&permanent=true&quilt_version=V1",
        &kind,
        Some(form.as_bytes()),
    );
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let (object, storage) = object_of(&answer["blobStoreResult"]);
    fixture.name(&object, "{object 5}");
    fixture.name(&storage, "{storage 5}");
    let quilt = answer["blobStoreResult"]["newlyCreated"]["blobObject"]["blobId"]
        .as_str()
        .unwrap()
        .to_owned();
    let patch = answer["storedQuiltBlobs"][1]["quiltPatchId"]
        .as_str()
        .unwrap()
        .to_owned();
    fixture.get(&format!("/v1/quilts/{quilt}/patches"));
    fixture.get(&format!("/v1/blobs/by-quilt-id/{quilt}/a.txt"));
    fixture.get(&format!("/v1/blobs/by-quilt-patch-id/{patch}"));
    fixture.get(&format!("/v1/blobs/by-quilt-id/{quilt}/c.txt"));
    fixture.get(&format!("/v1/blobs/by-quilt-id/{MISSING}/a.txt"));
    fixture.get(&format!("/v1/blobs/by-quilt-patch-id/{quilt}"));
    fixture.get(&format!("/v1/quilts/{MISSING}/patches"));
    fixture.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(b"--b--\r\n"));
    fixture.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(b"nonsense"));
    let twice = field("a", "1") + &field("a", "2") + "--b--\r\n";
    fixture.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(twice.as_bytes()));
    let long = field("a", &"x".repeat(101)) + "--b--\r\n";
    fixture.ask("PUT", "/v1/quilts?epochs=2", &kind, Some(long.as_bytes()));
    fixture.put("/v1/quilts?epochs=2", b"");
    goldie::assert!(fixture.finish());
}

#[test]
fn a_publisher_that_asks_for_a_token_answers_as_the_real_one() {
    let mut fixture = Fixture::new(Options {
        token: Some("secret".into()),
        ..Options::default()
    });
    fixture.put("/v1/blobs?epochs=1", b"hello");
    fixture.ask(
        "PUT",
        "/v1/blobs?epochs=1",
        &[("authorization", "Bearer wrong")],
        Some(b"hello"),
    );
    let transcript = std::mem::take(&mut fixture.transcript);
    fixture.ask(
        "PUT",
        "/v1/blobs?epochs=1",
        &[("authorization", "Bearer secret")],
        Some(b"hello"),
    );
    assert!(
        fixture.transcript.contains("newlyCreated"),
        "{}",
        fixture.transcript
    );
    goldie::assert!(transcript);
}

#[test]
fn storage_nodes_and_the_relay_answer_as_the_real_ones() {
    let mut fixture = Fixture::new(Options::default());
    let answer = fixture.put("/v1/blobs?epochs=5", b"hello");
    let (object, _) = object_of(&answer);
    fixture.transcript.clear();
    fixture.name(&object, "{object}");
    let blob = format!("/v1/blobs/{HELLO}");

    fixture.heading("Status, metadata, confirmations");
    fixture.get(&format!("{blob}/status"));
    let answer = fixture.put("/v1/blobs?epochs=5&permanent=true", b"hello");
    fixture
        .transcript
        .truncate(fixture.transcript.find("PUT ").unwrap());
    let (permanent, _) = object_of(&answer);
    fixture.name(&permanent, "{object 2}");
    let answer = fixture.get(&format!("{blob}/status"));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let digest = answer
        .pointer("/success/data/permanent/statusEvent/txDigest")
        .unwrap();
    fixture.name(digest.as_str().unwrap(), "{digest}");
    fixture.get(&format!("/v1/blobs/{MISSING}/status"));
    fixture.get(&format!("{blob}/metadata"));
    fixture.get(&format!("/v1/blobs/{MISSING}/metadata"));
    for path in [
        "permanent".to_owned(),
        format!("deletable/{object}"),
        format!("deletable/{OWNER}"),
    ] {
        let answer = fixture.get(&format!("{blob}/confirmation/{path}"));
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        for field in ["signature", "serializedMessage"] {
            if let Some(value) = answer.pointer(&format!("/success/data/signed/{field}")) {
                fixture.name(
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
    fixture.get(&format!("/v1/blobs/{MISSING}/confirmation/permanent"));

    fixture.heading("Upload relay");
    fixture.get("/v1/tip-config");
    let relay = format!("/v1/blob-upload-relay?blob_id={HELLO}");
    let answer = fixture.ask("POST", &relay, &[], Some(b"hello"));
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let signature = answer
        .pointer("/confirmation_certificate/signature")
        .unwrap();
    fixture.name(signature.as_str().unwrap(), "{signature}");
    fixture.ask("POST", &relay, &[], Some(b"hello!"));
    fixture.ask(
        "POST",
        &format!("/v1/blob-upload-relay?blob_id={MISSING}"),
        &[],
        Some(b"hello"),
    );
    fixture.ask("POST", "/v1/blob-upload-relay", &[], Some(b"hello"));
    goldie::assert!(fixture.finish());
}

#[test]
fn metadata_is_the_documented_bcs() {
    let mut fixture = Fixture::new(Options::default());
    fixture.put("/v1/blobs?epochs=5", b"hello");
    let bytes = fixture.get(&format!("/v1/blobs/{HELLO}/metadata"));
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
