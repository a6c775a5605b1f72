use serde_json::json;

use crate::fixture::Fixture;

fn made(fixture: &Fixture) -> (String, String) {
    fixture.write("docs/README.md", b"read me");
    fixture.write("docs/sub/notes.txt", b"notes");
    fixture.write("docs/empty", b"");
    let made = fixture.json(&["quilt", "make", "docs", "-o", "docs.quilt"]);
    let names: Vec<&str> = made["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["identifier"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["README.md", "empty", "sub/notes.txt"]);
    let put = fixture.json(&["blob", "put", "docs.quilt", "--epochs", "5", "--shared"]);
    assert_eq!(put["blob_id"], made["quilt_id"]);
    let patch = made["files"][2]["patch_id"].as_str().unwrap().to_owned();
    (made["quilt_id"].as_str().unwrap().to_owned(), patch)
}

#[test]
fn a_folder_becomes_a_quilt_and_its_files_come_back() {
    let fixture = Fixture::new();
    let (quilt, patch) = made(&fixture);
    let listed = fixture.json(&["quilt", "ls", &quilt]);
    let believed = fixture.json(&["quilt", "ls", &quilt, "--unchecked"]);
    assert_eq!(listed["files"], believed["files"]);
    assert_eq!(
        (&listed["checked"], &believed["checked"]),
        (&json!(true), &json!(false))
    );
    fixture.json(&["quilt", "get", &quilt, "sub/notes.txt"]);
    assert_eq!(std::fs::read(fixture.path("notes.txt")).unwrap(), b"notes");
    fixture.json(&["quilt", "get", &patch, "-o", "by-patch"]);
    assert_eq!(std::fs::read(fixture.path("by-patch")).unwrap(), b"notes");
    fixture.json(&["quilt", "get", &quilt, "empty", "-o", "nothing"]);
    assert_eq!(std::fs::read(fixture.path("nothing")).unwrap(), b"");
}

#[test]
fn a_file_alone_is_checked_by_its_hash() {
    let fixture = Fixture::new();
    let (quilt, patch) = made(&fixture);
    let sha256 = "8e68e7ec4fb5f54b8ffd4e8a0bfd6b3a5b0c1b6f7d3c1b9f9b39c3c8a8d2f8d1";
    let wrong = fixture.run(&[
        "quilt",
        "get",
        &quilt,
        "README.md",
        "--sha256",
        sha256,
        "-o",
        "out",
    ]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(!fixture.path("out").exists());
    let listed = fixture.json(&["quilt", "make", "docs"]);
    let sha256 = listed["files"][0]["sha256"].as_str().unwrap();
    fixture.faces[0].forget_requests();
    fixture.json(&[
        "quilt",
        "get",
        &quilt,
        "README.md",
        "--sha256",
        sha256,
        "-o",
        "out",
    ]);
    assert_eq!(std::fs::read(fixture.path("out")).unwrap(), b"read me");
    let requests = fixture.faces[0].requests();
    assert!(
        requests
            .iter()
            .all(|entry| entry.path.contains("by-quilt-id")),
        "{requests:?}"
    );
    let notes = listed["files"][2]["sha256"].as_str().unwrap();
    fixture.json(&["quilt", "get", &patch, "--sha256", notes, "-o", "notes"]);
    assert_eq!(std::fs::read(fixture.path("notes")).unwrap(), b"notes");
}

#[test]
fn ids_of_the_wrong_kind_say_what_to_type() {
    let fixture = Fixture::new();
    let (quilt, patch) = made(&fixture);
    let no_name = fixture.run(&["quilt", "get", &quilt]);
    assert_eq!(no_name.code, 2);
    assert_eq!(
        no_name.err,
        format!(
            "error: {quilt} is a quilt of 3 files: README.md, empty, sub/notes.txt\n  hint: name the one that you want: \
             hub quilt get {quilt} NAME; or list them: hub quilt ls {quilt}\n"
        )
    );
    let patch_as_blob = fixture.run(&["blob", "get", &patch]);
    assert_eq!(patch_as_blob.code, 2);
    assert!(
        patch_as_blob
            .err
            .contains(&format!("hub quilt get {patch}")),
        "{}",
        patch_as_blob.err
    );
    let unknown = fixture.run(&["quilt", "get", &quilt, "missing"]);
    assert_eq!(unknown.code, 4);
    assert!(
        unknown.err.contains(&format!("hub quilt ls {quilt}")),
        "{}",
        unknown.err
    );
    let blob = fixture.store(b"no quilt");
    let no_quilt = fixture.run(&["quilt", "ls", &blob]);
    assert_eq!(no_quilt.code, 2);
    assert!(
        no_quilt.err.contains(&format!("hub blob get {blob}")),
        "{}",
        no_quilt.err
    );
    let hidden = fixture.write("docs/.hidden", b"");
    let refused = fixture.run(&["quilt", "make", "docs"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("--skip-hidden"), "{}", refused.err);
    assert_eq!(
        fixture
            .run(&["quilt", "make", "docs", "--skip-hidden"])
            .code,
        0
    );
    drop(hidden);
}
