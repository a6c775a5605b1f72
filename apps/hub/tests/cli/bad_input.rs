//! Each a sentence with what to type next, nothing lost, nothing unchecked kept.

use std::fs;

use hub_walrus_local::{noise, On, Options, What};

use crate::fixture::{hub, ran, says, Fixture};

#[test]
fn too_large_by_one_byte() {
    let fixture = Fixture::new();
    // A sparse file: nothing is read of it.
    fs::File::create(fixture.path("large"))
        .unwrap()
        .set_len(14_599_533_453)
        .unwrap();
    let refused = fixture.run(&["blob", "id", "large"]);
    says(
        &refused,
        2,
        "14599533453 bytes are more than one blob holds, which is at most 14599533452 bytes",
        "hint: split the file",
    );
}

#[test]
fn a_folder_in_place_of_a_file() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("folder")).unwrap();
    for command in [
        &["blob", "id", "folder"][..],
        &["blob", "put", "folder", "--epochs", "1", "--shared"],
        &["blob", "prove", "folder"],
    ] {
        says(
            &fixture.run(command),
            2,
            "folder is a directory, not a file",
            "hint: name a file",
        );
    }
    let id = fixture.store(b"hello");
    let refused = fixture.run(&["blob", "get", &id, "-o", "folder"]);
    says(&refused, 2, "folder is a directory, not a file", "hint: ");
    assert_eq!(
        fixture.faces[0].requests(),
        [],
        "it was asked for before that was noticed"
    );
}

#[test]
fn what_is_not_there_and_what_must_not_be_replaced() {
    let fixture = Fixture::new();
    says(
        &fixture.run(&["blob", "id", "missing"]),
        1,
        "missing could not be read",
        "hint: check the path",
    );
    let id = fixture.store(b"hello");
    fixture.write("mine", b"precious");
    says(
        &fixture.run(&["blob", "get", &id, "-o", "mine"]),
        2,
        "mine is there already",
        "--overwrite",
    );
    assert_eq!(fs::read(fixture.path("mine")).unwrap(), b"precious");
    assert_eq!(
        fixture
            .run(&["blob", "get", &id, "-o", "mine", "--overwrite"])
            .code,
        0
    );
    assert_eq!(fs::read(fixture.path("mine")).unwrap(), b"hello");
}

#[test]
fn a_disk_that_is_full_where_the_file_goes() {
    let fixture = Fixture::new();
    let id = fixture.store(&noise(300_000, 1));
    let refused = fixture.run(&["blob", "get", &id, "-o", "/dev/full"]);
    says(
        &refused,
        1,
        "the disk is full: /dev/full could not be written",
        "goes on where it stopped",
    );
    // What was fetched is in the cache: nothing is fetched again.
    fixture.faces[0].forget_requests();
    assert_eq!(fixture.run(&["blob", "get", &id, "-o", "out"]).code, 0);
    assert_eq!(fixture.faces[0].requests(), []);
}

/// Needs the right to mount, as root has it or a user namespace gives it; where neither does, there is nothing to show.
#[test]
fn a_disk_that_is_full_in_the_middle_of_the_cache() {
    let fixture = Fixture::new();
    let bytes = noise(3_000_000, 2);
    let id = fixture.store(&bytes);
    let cache = fixture.path("small");
    fs::create_dir(&cache).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=1m none '{0}' || exit 77; '{1}' blob get {id} -o out --cache '{0}'; echo code $?; ls '{0}/blobs'; \
         mount -o remount,size=16m '{0}'; '{1}' blob get {id} -o out --cache '{0}' --json",
        cache.display(),
        env!("CARGO_BIN_EXE_hub"),
    );
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]);
    let environment = fixture.command(&[]);
    command.current_dir(fixture.folder.path());
    for (name, value) in environment.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let Ok(output) = command.output() else {
        return eprintln!("no unshare here: not shown");
    };
    let ran = ran(output, fixture.folder.path());
    if ran.code == 77 || ran.err.contains("unshare:") {
        return eprintln!("no right to mount here: not shown");
    }
    assert!(ran.out.contains("code 1"), "{ran:?}");
    assert!(
        ran.err.contains("the disk is full") && ran.err.contains("goes on where it stopped"),
        "{ran:?}"
    );
    let report: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert!(report["resumed"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(
        report["resumed"].as_u64().unwrap() + report["fetched"].as_u64().unwrap(),
        3_000_000
    );
    assert!(fs::read(fixture.path("out")).unwrap() == bytes);
}

#[cfg(unix)]
#[test]
fn permission_denied() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let fixture = Fixture::new();
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
    };
    let file = fixture.write("secret", b"hello");
    let id = fixture.store(b"hello");
    fs::create_dir(fixture.path("closed")).unwrap();
    fs::create_dir(fixture.path("own")).unwrap();
    mode(&file, 0);
    mode(&fixture.path("closed"), 0o555);
    mode(&fixture.path("own"), 0o777);
    mode(fixture.folder.path(), 0o755);
    let as_somebody = |arguments: &[&str]| {
        let mut command = fixture.command(arguments);
        command.env("HUB_WALRUS_CACHE", fixture.path("own"));
        if fs::metadata(fixture.folder.path()).unwrap().uid() == 0 {
            // Root may do everything: be nobody instead.
            command.uid(65_534).gid(65_534);
        }
        ran(command.output().unwrap(), fixture.folder.path())
    };
    says(
        &as_somebody(&["blob", "id", "secret"]),
        1,
        "secret could not be read",
        "hint: look at who may do so",
    );
    let refused = as_somebody(&["blob", "get", &id, "-o", "closed/out"]);
    says(
        &refused,
        1,
        "closed/out could not be written",
        "hint: look at who may do so",
    );
    // It is in the cache all the same: nothing is fetched again.
    fixture.faces[0].forget_requests();
    assert_eq!(as_somebody(&["blob", "get", &id, "-o", "own/out"]).code, 0);
    assert_eq!(fixture.faces[0].requests(), []);
    let refused = as_somebody(&["blob", "get", &id, "-o", "own/again", "--cache", "closed"]);
    says(
        &refused,
        1,
        "could not be created",
        "hint: look at who may do so",
    );
}

#[test]
fn an_aggregator_that_lies_and_no_other() {
    let fixture = Fixture::new();
    let id = fixture.store(&noise(300_000, 3));
    fixture.fault(0, On::Read, What::WrongByte { offset: 150_000 });
    let refused = fixture.run(&["blob", "get", &id, "-o", "out"]);
    says(
        &refused,
        1,
        "sent wrong bytes in row 112",
        "name another aggregator",
    );
    assert!(!fixture.path("out").exists());
    assert!(!fixture.path("cache").join("blobs").join(&id).exists());
}

#[test]
fn a_blob_that_expired() {
    let fixture = Fixture::new();
    let id = fixture.store(b"hello");
    fixture.walrus.set_epoch(11).unwrap();
    let refused = fixture.run(&["blob", "get", &id, "-o", "out"]);
    says(
        &refused,
        4,
        "it was never stored, or its storage has ended",
        &format!("hub blob status {id}"),
    );
    assert!(!fixture.path("out").exists());
}

#[test]
fn a_publisher_that_answers_504_after_it_stored() {
    let fixture = Fixture::new();
    fixture.write("model", b"model");
    fixture.fault(0, On::Store, What::StoreThenStatus { code: 504 });
    let stored = fixture.run(&["blob", "put", "model", "--epochs", "3", "--owner", "0x1"]);
    assert_eq!(stored.code, 0, "{stored:?}");
    assert!(
        stored.err.contains("504 INSUFFICIENT_CONFIRMATIONS")
            && stored.err.contains("but the blob is there"),
        "{}",
        stored.err
    );
    assert!(
        stored.out.contains("the beginning of epoch 4") && stored.out.contains("who owns it"),
        "{}",
        stored.out
    );
    let puts = fixture.faces[0]
        .requests()
        .iter()
        .filter(|entry| entry.method == "PUT")
        .count();
    assert_eq!(puts, 1);
}

#[test]
fn a_publisher_that_takes_less() {
    let fixture = Fixture::with(
        1,
        Options {
            limit: 1_000,
            ..Options::default()
        },
    );
    fixture.write("model", &noise(1_001, 4));
    let put = ["blob", "put", "model", "--epochs", "3", "--owner", "0x1"];
    says(&fixture.run(&put), 1, "413", "--publisher-limit");
    fixture.faces[0].forget_requests();
    let known = [&put[..], &["--publisher-limit", "1000"]].concat();
    says(
        &fixture.run(&known),
        2,
        "1001 bytes are more than",
        "walrus store --epochs N --permanent FILE",
    );
    assert!(fixture.faces[0]
        .requests()
        .iter()
        .all(|entry| entry.method != "PUT"));
}

#[test]
fn what_has_no_default_is_asked_for() {
    let fixture = Fixture::new();
    fixture.write("model", b"model");
    says(
        &fixture.run(&["blob", "put", "model", "--shared"]),
        2,
        "--epochs <N>",
        "--help",
    );
    says(
        &fixture.run(&["blob", "put", "model", "--epochs", "3"]),
        2,
        "--owner <0x…>",
        "--help",
    );
    says(
        &fixture.run(&["blob", "put", "model", "--epochs", "54", "--shared"]),
        2,
        "54 epochs are more than can be bought at once",
        "--epochs 53",
    );
    says(
        &fixture.run(&["blob", "put", "model", "--epochs", "3", "--owner", "alice"]),
        2,
        "expected 0x and 1 to 64",
        "--help",
    );
    says(
        &fixture.run(&["blob", "put", "model", "--until", "2020-01-01", "--shared"]),
        2,
        "until 2020-01-01",
        "in the future",
    );
    let mainnet = ran(
        hub(&[
            "blob", "put", "model", "--epochs", "3", "--shared", "--cache", "cache",
        ])
        .current_dir(fixture.folder.path())
        .output()
        .unwrap(),
        fixture.folder.path(),
    );
    says(
        &mainnet,
        2,
        "no publisher is configured",
        "Mainnet has no public publisher",
    );
    assert_eq!(
        fixture.faces[0]
            .requests()
            .iter()
            .filter(|entry| entry.method == "PUT")
            .count(),
        0
    );
}

#[test]
fn other_forms_of_an_id() {
    let fixture = Fixture::new();
    let decimal = "13630748181740145464718863192400891872831470408538876359844821531898802938196";
    says(
        &fixture.run(&["blob", "get", decimal]),
        2,
        "the u256 form",
        &format!("hub blob id --from-u256 {decimal}"),
    );
    for wrong in [
        "",
        "x",
        "0x5421dd537447b50541600237737d230e133c3cdbeb82fece57121bf1e5ba221e",
        "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih5",
    ] {
        says(&fixture.run(&["blob", "status", wrong]), 2, "expected", "");
    }
}

#[test]
fn a_server_that_is_not_there() {
    let fixture = Fixture::new();
    let id = fixture.store(b"hello");
    let refused = fixture.run(&[
        "blob",
        "get",
        &id,
        "-o",
        "out",
        "--aggregator",
        "http://127.0.0.1:9",
        "--node",
        "http://127.0.0.1:9",
    ]);
    says(&refused, 1, "http://127.0.0.1:9", "--aggregator URL");
    says(
        &fixture.run(&["blob", "get", &id, "-o", "out", "--aggregator", "nonsense"]),
        2,
        "is no address of a server",
        "https://",
    );
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let fixture = Fixture::new();
    let refused = fixture.run(&["blob", "id", "missing", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!(error["exit_code"], 1);
    assert!(error["error"]
        .as_str()
        .unwrap()
        .starts_with("missing could not be read"));
    assert_eq!(error["hint"], "check the path");
    assert_eq!(refused.out, "");
}
