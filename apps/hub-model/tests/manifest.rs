//! A manifest's bytes: one for each content, read back as they were written, and nothing else taken.

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use hub_model::{
    Dimension, FileEntry, Kind, Manifest, ManifestError, Metering, Part, Place, Tensor, Unit,
};
use hub_walrus::BlobId;
use serde_json::{json, Value};

fn id(byte: u8) -> BlobId {
    BlobId::from_bytes([byte; 32])
}

fn file(path: &str, kind: Kind, size: u64, place: Place) -> FileEntry {
    FileEntry {
        path: path.to_owned(),
        kind,
        size,
        sha256: [0xab; 32],
        place,
    }
}

fn blob(size: u64) -> Place {
    Place::Blob {
        id: BlobId::derive(size, &[7; 32]),
        root: [7; 32],
    }
}

fn sample() -> Manifest {
    let parts = Place::Parts(vec![
        Part { id: id(1), size: 5 },
        Part { id: id(2), size: 4 },
    ]);
    Manifest {
        files: vec![
            file("README.md", Kind::Doc, 3, Place::Quilt(id(9))),
            file("big.safetensors", Kind::Weight, 9, parts),
            file("model.onnx", Kind::Weight, 77, blob(77)),
            file("vocab/a.json", Kind::WeightConfig, 0, Place::Quilt(id(9))),
        ],
        title: Some("A \"model\"\n".to_owned()),
        description: None,
        license: Some("MIT".to_owned()),
        format: Some("onnx".to_owned()),
        metering: Metering {
            input: Unit::Nonzero {
                tensor: "mask".to_owned(),
            },
            output: Unit::Tokens,
        },
        inputs: vec![Tensor {
            name: "mask".to_owned(),
            datatype: "INT64".to_owned(),
            shape: Some(vec![Dimension::Named("n".to_owned()), Dimension::Fixed(2)]),
        }],
        outputs: vec![],
    }
}

fn refusal(change: impl FnOnce(&mut Value)) -> String {
    let mut json: Value = serde_json::from_slice(&sample().to_bytes()).unwrap();
    change(&mut json);
    Manifest::parse(json.to_string().as_bytes())
        .unwrap_err()
        .to_string()
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let manifest = sample();
    assert_eq!(Manifest::parse(&manifest.to_bytes()), Ok(manifest));
}

#[test]
fn it_has_the_form_of_a_modelpack() {
    let json: Value = serde_json::from_slice(&sample().to_bytes()).unwrap();
    assert_eq!(json["schemaVersion"], 2);
    assert_eq!(
        json["mediaType"],
        "application/vnd.oci.image.manifest.v1+json"
    );
    assert_eq!(
        json["artifactType"],
        "application/vnd.cncf.model.manifest.v1+json"
    );
    let layer = json!({
        "mediaType": "application/vnd.cncf.model.weight.v1.raw",
        "digest": format!("sha256:{}", "ab".repeat(32)),
        "size": 77,
        "annotations": {
            "org.cncf.model.filepath": "model.onnx",
            "walrus.blob": BlobId::derive(77, &[7; 32]).to_string(),
            "walrus.root": "07".repeat(32),
        },
    });
    assert_eq!(json["layers"][2], layer);
    let config: Value = serde_json::from_slice(
        &STANDARD
            .decode(json["config"]["data"].as_str().unwrap())
            .unwrap(),
    )
    .unwrap();
    let expected = json!({
        "descriptor": { "title": "A \"model\"\n", "licenses": ["MIT"] },
        "config": { "format": "onnx" },
        "modelfs": { "type": "layers", "diffIds": vec![format!("sha256:{}", "ab".repeat(32)); 4] },
    });
    assert_eq!(config, expected);
    assert_eq!(
        json["annotations"]["hub.metering"],
        r#"{"input":{"tensor":"mask","unit":"nonzero"},"output":{"unit":"tokens"}}"#
    );
    assert_eq!(
        json["annotations"]["hub.inputs"],
        r#"[{"datatype":"INT64","name":"mask","shape":["n",2]}]"#
    );
}

#[test]
fn the_same_content_in_other_bytes_is_no_manifest() {
    let bytes = sample().to_bytes();
    let spaced = String::from_utf8(bytes.clone())
        .unwrap()
        .replacen(':', ": ", 1);
    assert_eq!(
        Manifest::parse(spaced.as_bytes()),
        Err(ManifestError::NotCanonical)
    );
    assert_eq!(
        Manifest::parse(&[&bytes[..], b"\n"].concat()),
        Err(ManifestError::NotCanonical)
    );
    // Fields that nobody reads would be room for other bytes as well.
    assert_eq!(
        refusal(|json| json["created"] = json!("today")),
        ManifestError::NotCanonical.to_string()
    );
    assert_eq!(
        refusal(|json| json["config"]["digest"] = json!("sha256:00")),
        ManifestError::NotCanonical.to_string()
    );
    let hex =
        refusal(|json| json["layers"][0]["digest"] = json!(format!("sha256:{}", "AB".repeat(32))));
    assert_eq!(hex, ManifestError::NotCanonical.to_string());
}

#[test]
fn the_release_is_the_one_weight_or_the_manifest() {
    let own = id(42);
    let mut manifest = sample();
    assert_eq!(manifest.billable(own), own);
    manifest.files.remove(1);
    assert_eq!(manifest.billable(own), BlobId::derive(77, &[7; 32]));
    manifest.files[1].place = Place::Quilt(id(9));
    assert_eq!(manifest.billable(own), own);
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    for path in [
        "../up",
        "/root",
        "a/../../b",
        "a//b",
        "C:x",
        "a\\b",
        ".",
        "",
        "nul\u{0}",
        "a/ ",
    ] {
        let text = refusal(|json| {
            json["layers"].as_array_mut().unwrap().truncate(1);
            json["layers"][0]["annotations"]["org.cncf.model.filepath"] = json!(path);
        });
        assert!(
            text.starts_with("this is no manifest of a model: "),
            "{path:?}: {text}"
        );
    }
    let both = refusal(|json| {
        json["layers"][3]["annotations"]["org.cncf.model.filepath"] = json!("model.onnx/x")
    });
    assert!(
        both.contains("model.onnx is a file and a folder at once"),
        "{both}"
    );
}

#[test]
fn what_does_not_hang_together_is_refused() {
    let says = |change: fn(&mut Value), part: &str| {
        let text = refusal(change);
        assert!(text.contains(part), "{text}");
    };
    says(
        |json| json["layers"][2]["size"] = json!(78),
        "not that of its size and root",
    );
    says(
        |json| json["layers"][1]["size"] = json!(10),
        "not as long as it is",
    );
    says(
        |json| json["layers"][2]["annotations"]["walrus.quilt"] = json!(id(9).to_string()),
        "must lie in one place",
    );
    says(
        |json| json["layers"][0]["annotations"] = json!({ "org.cncf.model.filepath": "README.md" }),
        "must lie in one place",
    );
    says(
        |json| json["layers"].as_array_mut().unwrap().reverse(),
        "its paths must ascend",
    );
    says(|json| json["layers"] = json!([]), "there must be one");
    says(
        |json| json["layers"][0]["mediaType"] = json!("text/plain"),
        "none of a model's media types",
    );
    says(
        |json| json["layers"][0]["digest"] = json!("md5:00"),
        "none of sha256",
    );
    says(|json| json["config"] = json!({}), "`data` is missing");
    assert!(matches!(
        Manifest::parse(b"\x08\x08"),
        Err(ManifestError::NotJson(_))
    ));
    assert_eq!(
        Manifest::parse(&vec![b' '; (4 << 20) + 1]),
        Err(ManifestError::TooLong((4 << 20) + 1))
    );
}
