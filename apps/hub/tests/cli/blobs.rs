use hub_walrus_local::{On, Options, What};
use serde_json::json;

use crate::fixture::{noise, Fixture};

const HELLO: &str = "VCHdU3RHtQVBYAI3c30jDhM8PNvrgv7OVxIb8eW6Ih4";

#[test]
fn the_id_of_a_file_is_computed_without_a_network() {
    let fixture = Fixture::new();
    fixture.write("hello.txt", b"hello");
    assert_eq!(
        fixture.run(&["blob", "id", "hello.txt"]).out,
        format!("{HELLO}\n")
    );
    let value = fixture.json(&["blob", "id", "hello.txt"]);
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["blob_id", "length", "root_hash"]);
    assert_eq!(
        (&value["blob_id"], &value["length"]),
        (&json!(HELLO), &json!(5))
    );
    let root = hex::decode(value["root_hash"].as_str().unwrap()).unwrap();
    let derived = hub_walrus::BlobId::derive(5, &root.try_into().unwrap());
    assert_eq!(derived.to_string(), HELLO);
    assert_eq!(fixture.faces[0].requests(), []);
}

#[test]
fn a_decimal_id_is_converted() {
    let fixture = Fixture::new();
    let decimal = "13630748181740145464718863192400891872831470408538876359844821531898802938196";
    assert_eq!(
        fixture.run(&["blob", "id", "--from-u256", decimal]).out,
        format!("{HELLO}\n")
    );
}

#[test]
fn what_is_put_is_got_checked_and_asked_about() {
    let fixture = Fixture::new();
    let bytes = noise(700_000, 1);
    fixture.write("model", &bytes);
    let put = fixture.json(&[
        "blob", "put", "model", "--epochs", "40", "--owner", "0xa11ce",
    ]);
    assert_eq!(
        (&put["how"], &put["end_epoch"], &put["warnings"]),
        (&json!("created"), &json!(41), &json!([]))
    );
    let id = put["blob_id"].as_str().unwrap();
    let got = fixture.json(&["blob", "get", id, "-o", "back"]);
    assert_eq!(
        (&got["length"], &got["checked"], &got["liars"]),
        (&json!(700_000), &json!("rows"), &json!([]))
    );
    assert!(std::fs::read(fixture.path("back")).unwrap() == bytes);
    assert_eq!(
        fixture.run(&["blob", "check", "back", id]).out,
        format!("back is blob {id}\n")
    );
    let status = fixture.json(&["blob", "status", id]);
    assert_eq!(
        (&status["state"], &status["end_epoch"], &status["readable"]),
        (&json!("stored"), &json!(41), &json!(true))
    );
    // To the standard output nothing but the bytes.
    let out = fixture
        .command(&["blob", "get", id, "-o", "-"])
        .output()
        .unwrap();
    assert!(out.stdout == bytes && out.stderr.is_empty());
    // In a pipe there are no bars.
    let again = fixture.run(&[
        "blob", "put", "model", "--epochs", "40", "--owner", "0xa11ce",
    ]);
    assert_eq!(again.err, "");
    assert!(
        again.out.contains("was stored already") && again.out.contains("--force"),
        "{}",
        again.out
    );
}

#[test]
fn status_ends_with_a_code_that_a_script_can_act_on() {
    let fixture = Fixture::new();
    let id = fixture.store(&noise(1_000, 2));
    assert_eq!(fixture.run(&["blob", "status", &id, "--days", "5"]).code, 0);
    let soon = fixture.run(&["blob", "status", &id, "--days", "15"]);
    assert_eq!(soon.code, 5, "{soon:?}");
    fixture.walrus.set_epoch(11).unwrap();
    let gone = fixture.run(&["blob", "status", &id]);
    assert_eq!(gone.code, 4, "{gone:?}");
    assert!(gone.out.contains("its storage has ended"));
    fixture.write("deletable", b"deletable");
    let put = fixture.json(&[
        "blob",
        "put",
        "deletable",
        "--epochs",
        "50",
        "--owner",
        "0x1",
        "--deletable",
    ]);
    let deletable = fixture.run(&["blob", "status", put["blob_id"].as_str().unwrap()]);
    assert_eq!(deletable.code, 5, "{deletable:?}");
}

#[test]
fn what_a_blob_is_can_be_proven_to_the_registry() {
    let fixture = Fixture::new();
    let bytes = noise(300_000, 3);
    fixture.write("model", &bytes);
    let id = fixture.json(&["blob", "id", "model"]);
    let message = fixture.json(&["blob", "prove", "model", "--model", "7", "--release", "2"]);
    assert_eq!(
        message,
        json!({ "prove_size": { "model": 7, "release": 2, "size": "300000", "root_hash": id["root_hash"] } })
    );
    let proof = fixture.json(&["blob", "prove", "model", "--offset", "299999"]);
    let (offset, length) = (
        proof["bytes"]["offset"].as_u64().unwrap(),
        proof["bytes"]["length"].as_u64().unwrap(),
    );
    assert_eq!(offset + length, 300_000);
    assert_eq!(proof["proof"]["row_path"].as_array().unwrap().len(), 10);
    let query = fixture.json(&[
        "blob",
        "prove",
        "model",
        "--offset",
        "0",
        "--model",
        "7",
        "--release",
        "2",
    ]);
    assert_eq!(query["verify_symbol"]["proof"]["row"], json!(0));
    let beyond = fixture.run(&["blob", "prove", "model", "--offset", "300000"]);
    assert_eq!(beyond.code, 2);
    assert!(beyond.err.contains("lies beyond the end"), "{}", beyond.err);
}

#[test]
fn a_wrong_file_is_told_from_a_right_one_and_where_it_is_wrong() {
    let fixture = Fixture::new();
    let mut bytes = noise(300_000, 4);
    fixture.write("right", &bytes);
    bytes[200_000] ^= 1;
    fixture.write("wrong", &bytes);
    let id = fixture.json(&["blob", "id", "right", "--roots", "roots"]);
    let id = id["blob_id"].as_str().unwrap();
    assert_eq!(fixture.run(&["blob", "check", "right", id]).code, 0);
    let wrong = fixture.run(&["blob", "check", "wrong", id]);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    let where_ = fixture.run(&["blob", "check", "wrong", id, "--roots", "roots"]);
    assert_eq!(where_.code, 3);
    assert!(
        where_
            .err
            .contains("1 of its rows are wrong, the first is row 149, bytes 198766 to 200099"),
        "{}",
        where_.err
    );
}

#[test]
fn serve_is_a_walrus_for_the_other_commands() {
    let fixture = Fixture::new();
    let mut server = crate::fixture::hub(&[
        "walrus",
        "serve",
        "own",
        "--listen",
        "127.0.0.1:0",
        "--json",
    ])
    .current_dir(fixture.folder.path())
    .stdout(std::process::Stdio::piped())
    .spawn()
    .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(server.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    let url = serde_json::from_str::<serde_json::Value>(&line).unwrap()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    fixture.write("hello.txt", b"hello");
    let network = ["--network", "local", "--aggregator", &url, "--node", &url];
    let put = [
        &[
            "blob",
            "put",
            "hello.txt",
            "--epochs",
            "5",
            "--shared",
            "--publisher",
            &url,
        ][..],
        &network,
    ]
    .concat();
    let put = fixture.run(&put);
    let get = fixture.run(&[&["blob", "get", HELLO, "-o", "back.txt"][..], &network].concat());
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((put.code, get.code), (0, 0), "{put:?} {get:?}");
    assert_eq!(std::fs::read(fixture.path("back.txt")).unwrap(), b"hello");
}

#[test]
fn a_liar_is_named_on_the_way() {
    let fixture = Fixture::with(2, Options::default());
    let bytes = noise(300_000, 5);
    let id = fixture.store(&bytes);
    fixture.fault(0, On::Read, What::WrongByte { offset: 1_334 });
    let got = fixture.run(&["blob", "get", &id, "-o", "back"]);
    assert_eq!(got.code, 0, "{got:?}");
    let liar = format!(
        "note: {} sent wrong bytes in row 1: ",
        fixture.servers[0].url()
    );
    assert!(got.err.contains(&liar), "{}", got.err);
    assert!(std::fs::read(fixture.path("back")).unwrap() == bytes);
}
