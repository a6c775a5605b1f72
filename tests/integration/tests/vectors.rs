//! The committed vectors hold, and a vector that does not hold is noticed.

use hub_tests::vectors::{check_folder, committed_folder};
use serde_json::{json, Value};
use std::fs;
use std::path::PathBuf;

const DOCUMENTS: &str = "nitro/documents.json";

/// A folder of its own, removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hub-vectors-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, file: &str, value: &Value) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn committed(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(committed_folder().join(file)).unwrap()).unwrap()
}

#[test]
fn the_committed_vectors_hold() {
    let report = check_folder(&committed_folder());
    assert!(report.is_success(), "{report}");
    for (file, least) in [
        ("walrus-blob-ids.json", 50),
        ("walrus-certificates.json", 35),
        ("wire.json", 150),
        ("market.json", 25),
        ("belief.json", 70),
    ] {
        let passed = report.tally(file).map_or(0, |tally| tally.passed());
        assert!(
            passed >= least,
            "{file}: {passed} entries, expected at least {least}"
        );
    }
}

/// The file is part of the project, the documents that it is about are not.
#[test]
#[cfg_attr(
    not(real_nitro_documents),
    ignore = "the documents lie in HUB_VECTORS/nitro, or in ../shared/vectors/nitro"
)]
fn the_real_nitro_documents_decide_as_stated() {
    let report = check_folder(&committed_folder());
    let tally = report.tally(DOCUMENTS).unwrap();
    let found = (tally.passed(), tally.failures().len(), tally.ignored());
    assert_eq!(found, (4, 0, 0), "{report}");
}

#[test]
fn documents_that_are_not_there_are_ignored_and_shown() {
    let folder = Folder::new("documents");
    let mut file = committed(DOCUMENTS);
    for entry in file["documents"].as_array_mut().unwrap() {
        entry["file"] = json!("nowhere.bin");
    }
    folder.put(DOCUMENTS, &file);
    let report = check_folder(&folder.0);
    assert!(report.is_success(), "{report}");
    let tally = report.tally(DOCUMENTS).unwrap();
    assert_eq!((tally.passed(), tally.ignored()), (0, 4));
    assert!(report.to_string().contains("0 failed     4 ignored"));
}

#[test]
#[cfg_attr(
    not(real_nitro_documents),
    ignore = "the documents lie in HUB_VECTORS/nitro, or in ../shared/vectors/nitro"
)]
fn a_damaged_statement_about_a_document_is_noticed() {
    for field in [
        "sha256",
        "root_certificate_sha256",
        "module_id",
        "user_data_hex",
    ] {
        every_damage_is_noticed(DOCUMENTS, &[("documents", field)]);
    }
    for (accepted, other) in [(true, "reject: debug mode"), (false, "accept")] {
        let mut file = committed(DOCUMENTS);
        let entries = file["documents"].as_array_mut().unwrap();
        let found = entries
            .iter_mut()
            .find(|entry| (entry["expect"] == "accept") == accepted);
        found.unwrap()["expect"] = json!(other);
        let folder = Folder::new(&format!("document-{accepted}"));
        folder.put(DOCUMENTS, &file);
        let report = check_folder(&folder.0);
        assert_eq!(
            report.tally(DOCUMENTS).unwrap().failures().len(),
            1,
            "{report}"
        );
    }
}

#[test]
fn an_empty_folder_is_a_failure_and_an_absent_file_is_not() {
    let folder = Folder::new("absent");
    let report = check_folder(&folder.0);
    assert!(!report.is_success());
    assert!(report.to_string().contains("no file of vectors found"));

    folder.put("market.json", &committed("market.json"));
    let report = check_folder(&folder.0);
    assert!(report.is_success(), "{report}");
    assert!(report
        .to_string()
        .contains("wire.json                absent"));
}

#[test]
fn a_file_without_entries_or_without_json_is_a_failure() {
    let folder = Folder::new("hollow");
    folder.put("wire.json", &json!({ "about": "nothing" }));
    fs::write(folder.0.join("market.json"), "{").unwrap();
    let report = check_folder(&folder.0);
    assert_eq!(report.tally("wire.json").unwrap().failures().len(), 1);
    assert_eq!(report.tally("market.json").unwrap().failures().len(), 1);
}

/// Every expectation of the file, damaged one at a time, fails its entry and no other.
fn every_damage_is_noticed(file: &str, paths: &[(&str, &str)]) {
    for (section, field) in paths {
        let mut value = committed(file);
        let entries = value[section].as_array_mut().unwrap();
        let at = entries
            .iter()
            .position(|entry| entry.get(field).is_some())
            .unwrap();
        let text = entries[at][field].as_str().unwrap().to_owned();
        let (head, last) = text.split_at(text.len() - 1);
        let other = if last == "0" { "1" } else { "0" };
        entries[at][field] = json!(format!("{head}{other}"));

        let folder = Folder::new(&format!("{section}-{field}"));
        folder.put(file, &value);
        let report = check_folder(&folder.0);
        let failures = report.tally(file).unwrap().failures();
        assert_eq!(failures.len(), 1, "{section}.{field}: {report}");
        assert!(failures[0].entry.starts_with(&format!("{section}[{at}]")));
    }
}

#[test]
fn a_damaged_wire_vector_is_noticed() {
    every_damage_is_noticed(
        "wire.json",
        &[
            ("varints", "value"),
            ("batches", "hex"),
            ("batches", "sha256"),
            ("receipts", "hex"),
            ("receipts", "leaf_hash_hex"),
            ("vouchers", "hex"),
            ("possessions", "hex"),
            ("refused", "reason"),
            ("domain_tags", "tag_hex"),
            ("digests", "digest_hex"),
            ("commitments", "hash_hex"),
            ("merkle_trees", "root_hex"),
            ("signatures", "signature_hex"),
            ("built_batches", "hex"),
            ("built_batches", "signature_hex"),
        ],
    );
}

#[test]
fn a_damaged_walrus_vector_is_noticed() {
    every_damage_is_noticed(
        "walrus-blob-ids.json",
        &[
            ("vectors", "sha256"),
            ("vectors", "root_hash_hex"),
            ("vectors", "blob_id"),
            ("vectors", "blob_id_u256_decimal"),
            ("text_cases", "blob_id_hex"),
            ("u256_conversions", "blob_id_hex"),
            ("real_public_blob_ids", "blob_id"),
            ("quilt_patch_ids", "quilt_blob_id"),
            ("quilt_patch_ids", "bytes_hex"),
            ("symbol_inclusion_proofs", "root_hash_hex"),
            ("symbol_inclusion_proofs", "symbol_hex"),
            ("symbol_inclusion_proofs", "primary_sliver_root_hex"),
            (
                "symbol_inclusion_proofs",
                "secondary_sliver_root_of_pair_hex",
            ),
        ],
    );
}

#[test]
fn a_damaged_certificate_vector_is_noticed() {
    every_damage_is_noticed(
        "walrus-certificates.json",
        &[
            ("committees", "total_aggregated_key_hex"),
            ("vectors", "message_hex"),
            ("vectors", "bitmap_hex"),
            ("vectors", "signature_hex"),
            ("vectors", "aggregate_signer_key_hex"),
            ("proofs_of_possession", "sui_address"),
            ("proofs_of_possession", "signature_hex"),
        ],
    );
}

#[test]
fn a_certificate_expected_to_be_decided_otherwise_is_noticed() {
    for (expect, other) in [
        ("accept", "reject"),
        ("accept", "policy"),
        ("reject", "accept"),
    ] {
        let mut value = committed("walrus-certificates.json");
        let entries = value["vectors"].as_array_mut().unwrap();
        let found = entries.iter_mut().find(|entry| entry["expect"] == expect);
        found.unwrap()["expect"] = json!(other);
        let folder = Folder::new(&format!("{expect}-{other}"));
        folder.put("walrus-certificates.json", &value);
        let report = check_folder(&folder.0);
        let tally = report.tally("walrus-certificates.json").unwrap();
        assert_eq!(tally.failures().len(), 1, "{expect} as {other}: {report}");
    }
}

#[test]
fn an_accepted_foreign_id_is_noticed() {
    let mut value = committed("market.json");
    let accepted = value["other_public_blob_ids"][0].clone();
    value["must_be_rejected_as_blob_ids"] = json!([accepted]);
    let folder = Folder::new("foreign");
    folder.put("market.json", &value);
    let report = check_folder(&folder.0);
    assert_eq!(report.tally("market.json").unwrap().failures().len(), 1);
}
