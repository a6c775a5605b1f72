use std::fs;
use std::path::Path;

use serde_json::{json, Value};

use crate::fixture::{noise, Fixture};

/// A folder with a model of two shards.
fn folder(fixture: &Fixture) {
    fixture.write("model/one.safetensors", &noise((1 << 20) + 7, 1));
    fixture.write("model/two.safetensors", &noise((1 << 20) + 9, 2));
    fixture.write("model/README.md", b"# Two shards");
    fixture.write("model/LICENSE", b"MIT");
    fixture.write("model/vocab/tokens.json", b"{}");
}

fn upload(fixture: &Fixture) -> Value {
    fixture.json(&["model", "upload", "model", "--epochs", "5", "--shared"])
}

#[test]
fn a_plan_asks_nobody_and_says_what_would_be_stored() {
    let fixture = Fixture::new();
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/volatility-mlp");
    let plan = fixture.run(&["model", "plan", example.to_str().unwrap()]);
    assert_eq!((plan.code, plan.err.as_str()), (0, ""));
    let lines: Vec<&str> = plan.out.lines().collect();
    assert!(
        lines[0].starts_with("model.onnx     ZtgSWtk083NoHXM1K15eB5IBqtexZqRgVG-UZf9WTFE  5.2 KiB"),
        "{}",
        plan.out
    );
    assert!(
        plan.out
            .contains("\nrelease   ZtgSWtk083NoHXM1K15eB5IBqtexZqRgVG-UZf9WTFE\n"),
        "{}",
        plan.out
    );
    assert!(
        plan.out.contains(
            "takes     candles FP32 [batch, 10, 4]\ngives     volatility FP32 [batch, 1]\n"
        ),
        "{}",
        plan.out
    );
    assert_eq!(fixture.faces[0].requests(), []);
}

#[test]
fn a_folder_is_stored_restored_verified_and_watched() {
    let fixture = Fixture::new();
    folder(&fixture);
    let plan = fixture.json(&["model", "plan", "model", "--remote"]);
    let stored: Vec<_> = plan["blobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|blob| &blob["stored"])
        .collect();
    assert_eq!(stored, vec![&json!(false); 4]);

    let uploaded = upload(&fixture);
    assert_eq!(uploaded["manifest"], plan["manifest"]);
    assert_eq!(uploaded["release"]["blob_id"], plan["release"]);
    let manifest = uploaded["manifest"].as_str().unwrap();

    let fetched = fixture.json(&["model", "fetch", manifest, "copy"]);
    assert_eq!(fetched["files"], 5);
    for file in [
        "one.safetensors",
        "two.safetensors",
        "README.md",
        "LICENSE",
        "vocab/tokens.json",
    ] {
        let of = |folder: &str| fs::read(fixture.path(folder).join(file)).unwrap();
        assert_eq!(of("copy"), of("model"), "{file}");
    }
    assert_eq!(
        fixture.json(&["model", "verify", manifest, "copy"])["differences"],
        json!([])
    );
    fixture.write("copy/README.md", b"# Mine");
    let differs = fixture.run(&["model", "verify", manifest, "copy"]);
    assert_eq!(
        (differs.code, differs.out.as_str()),
        (3, "changed     README.md\n")
    );
    let refused = fixture.run(&["model", "fetch", manifest, "copy"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .err
            .contains("DIR/copy/README.md is there and is another file")
            || refused
                .err
                .contains("copy/README.md is there and is another file"),
        "{}",
        refused.err
    );

    let status = fixture.run(&["model", "status", manifest]);
    assert_eq!(status.code, 5, "{status:?}");
    assert_eq!(
        fixture
            .run(&["model", "status", manifest, "--days", "1"])
            .code,
        0
    );
    fixture.walrus.set_epoch(6).unwrap();
    // The manifest is in the cache; the network has nothing any more.
    assert_eq!(fixture.run(&["model", "status", manifest]).code, 4);
}

#[test]
fn secrets_stop_an_upload_before_anything_is_sent() {
    let fixture = Fixture::new();
    folder(&fixture);
    fixture.write("model/.env", b"TOKEN=1");
    let stopped = fixture.run(&["model", "upload", "model", "--epochs", "5", "--shared"]);
    assert_eq!(stopped.code, 2);
    assert!(
        stopped
            .err
            .contains("warning: .env is named as files with keys or passwords are"),
        "{}",
        stopped.err
    );
    assert!(
        stopped.err.contains("error: nothing was stored"),
        "{}",
        stopped.err
    );
    let puts = fixture.faces[0]
        .requests()
        .into_iter()
        .filter(|entry| entry.method == "PUT")
        .count();
    assert_eq!(puts, 0);
}

#[test]
fn how_long_and_for_whom_has_no_default() {
    let fixture = Fixture::new();
    folder(&fixture);
    let vague = fixture.run(&["model", "upload", "model"]);
    assert_eq!(vague.code, 2);
    assert!(
        vague.err.contains("--epochs <N>") && vague.err.contains("--owner <0x…>"),
        "{}",
        vague.err
    );
}

#[test]
fn what_is_no_model_or_no_manifest_is_said() {
    let fixture = Fixture::new();
    fixture.write("notes/README.md", b"");
    let none = fixture.run(&["model", "plan", "notes"]);
    assert_eq!(none.code, 2);
    assert!(
        none.err
            .contains("has no model in it: put a file there whose name ends in .onnx"),
        "{}",
        none.err
    );
    let blob = fixture.store(b"hello");
    let other = fixture.run(&["model", "fetch", &blob, "out"]);
    assert_eq!(other.code, 3);
    assert!(other.err.contains("this is no manifest"), "{}", other.err);
    assert!(!fixture.path("out").exists());
}
