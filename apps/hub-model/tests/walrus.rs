//! A folder goes to Walrus and comes back, over a local Walrus and what goes wrong with real ones.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub_model::{
    fetch_manifest, restore, stored_size, verify, Difference, Manifest, Place, Plan, PlanError,
    Receipts, RestoreError, UploadError,
};
use hub_testing::Hub;
use hub_types::registry::{ModelResponse, QueryMsg, ReleaseResponse};
use hub_walrus::BlobId;
use hub_walrus_client::{
    Client, Config, FetchOptions, How, Lifetime, Owner, Patience, Publisher, Silent, StoreOptions,
};
use hub_walrus_encode::{Encoder, Options};
use hub_walrus_local::{noise, Face, Fault, LocalWalrus, On, Server, What};
use tempfile::TempDir;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/volatility-mlp")
}

fn plan(folder: &Path) -> Plan {
    Plan::new(folder, Options::default(), &()).unwrap()
}

/// Three shards, one of them small, files in folders, an empty one, and one whose name Walrus takes as no identifier.
fn sharded() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files: [(&str, Vec<u8>); 10] = [
        ("shard-1.safetensors", noise((1 << 20) + 1, 1)),
        ("shard-2.safetensors", noise(3 << 20, 2)),
        ("shard-3.safetensors", noise(1 << 20, 3)),
        ("README.md", b"# Sharded".to_vec()),
        ("LICENSE", b"MIT".to_vec()),
        ("config.json", b"{}".to_vec()),
        ("vocab/tokens.txt", noise(70_000, 4)),
        ("vocab/merges.txt", vec![]),
        (".gitignore", b"scratch/\n".to_vec()),
        ("übergröße.txt", b"umlauts".to_vec()),
    ];
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// Everything in a folder that is part of the model.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let scanned = hub_model::Folder::scan(folder).unwrap();
    scanned
        .files
        .iter()
        .map(|file| (file.path.clone(), fs::read(scanned.path_of(file)).unwrap()))
        .collect()
}

struct Fixture {
    walrus: LocalWalrus,
    face: Face,
    server: Server,
    folder: TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let walrus = LocalWalrus::open(
            &folder.path().join("walrus"),
            hub_walrus_local::Options::default(),
        )
        .unwrap();
        let face = walrus.face();
        let server = Server::start(&face, "127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            walrus,
            face,
            server,
            folder,
        }
    }

    /// A client with an empty cache, of this server alone.
    fn client(&self, cache: &str) -> Client {
        Client::new(&Config {
            aggregators: vec![self.server.url()],
            nodes: vec![self.server.url()],
            cache: self.folder.path().join(cache),
            cool_down: Duration::from_millis(1),
            ..Config::default()
        })
        .unwrap()
    }

    fn publisher(&self) -> Publisher {
        let publisher = Publisher::new(&self.server.url(), Patience::default()).unwrap();
        publisher.attempts(1, Duration::from_millis(1))
    }

    fn upload(&self, plan: &Plan) -> Result<Vec<hub_model::Placed>, UploadError> {
        plan.upload(
            &self.client("uploader"),
            &self.publisher(),
            &for_epochs(5),
            &Silent,
        )
    }

    fn stores(&self) -> usize {
        let requests = self.face.requests();
        requests
            .iter()
            .filter(|entry| entry.method == "PUT" && entry.status == 200)
            .count()
    }
}

fn for_epochs(epochs: u32) -> StoreOptions {
    StoreOptions {
        epochs: NonZeroU32::new(epochs).unwrap(),
        lifetime: Lifetime::Permanent,
        owner: Owner::Publisher,
        force: false,
    }
}

#[test]
fn a_model_of_one_file_is_published_under_that_files_blob_id() {
    let plan = plan(&example());
    let bytes = fs::read(example().join("model.onnx")).unwrap();
    let encoding = Encoder::new(Options::default())
        .encode(&bytes, &mut ())
        .unwrap();
    assert_eq!(plan.release(), encoding.id);
    assert_eq!(plan.warnings, []);
    let what: Vec<_> = plan.stored().into_iter().map(|(what, _, _)| what).collect();
    assert_eq!(what, ["model.onnx", "4 small files", "the manifest"]);
    // The same folder, the same bytes: nothing in a manifest depends on when or where.
    let manifest = Manifest::parse(&plan.manifest_bytes).unwrap();
    assert_eq!(manifest, plan.manifest);
    assert_eq!(self::plan(&example()).manifest_bytes, plan.manifest_bytes);
    assert_eq!(manifest.inputs[0].name, "candles");
    assert_eq!(manifest.format.as_deref(), Some("onnx"));
    assert_eq!(plan.storage(), 3 * 66_034_000);
}

#[test]
fn storage_is_what_walrus_charges_for() {
    // The least that a blob takes, and a gibibyte, as the network's own formula has it.
    assert_eq!(stored_size(0), 66_034_000);
    assert_eq!(
        stored_size(1 << 30),
        1000 * ((334 + 667) * 4820 + 1000 * 64 + 32)
    );
}

#[test]
fn a_model_of_many_files_comes_back_as_it_was() {
    let fixture = Fixture::new();
    let folder = sharded();
    let plan = plan(folder.path());
    let blobs: Vec<_> = plan.blobs.iter().map(|blob| blob.path.as_str()).collect();
    assert_eq!(blobs, ["shard-1.safetensors", "shard-2.safetensors"]);
    assert_eq!(plan.release(), plan.manifest_encoding.id);
    assert_eq!(plan.quilts[0].patches.len(), 8 + 2);

    let placed = fixture.upload(&plan).unwrap();
    assert_eq!(placed.len(), 4);
    assert!(placed
        .iter()
        .all(|one| one.stored.how == How::Created && one.read_from == Some(fixture.server.url())));

    let elsewhere = tempfile::tempdir().unwrap();
    let client = fixture.client("reader");
    let manifest = fetch_manifest(&client, &plan.manifest_encoding.id, &Silent).unwrap();
    restore(
        &client,
        &manifest,
        elsewhere.path(),
        &FetchOptions::default(),
        &Silent,
    )
    .unwrap();
    assert_eq!(contents(elsewhere.path()), contents(folder.path()));
    assert_eq!(verify(&manifest, elsewhere.path()).unwrap(), []);
}

#[test]
fn an_upload_that_was_interrupted_goes_on_and_sends_nothing_twice() {
    let fixture = Fixture::new();
    let folder = sharded();
    let plan = plan(folder.path());
    // The publisher dies after it took one blob.
    let dies = Fault {
        on: On::Store,
        blob: None,
        skip: 1,
        times: None,
        what: What::Status {
            code: 500,
            retry_after: None,
        },
    };
    fixture.face.set_faults(vec![dies]);
    let stopped = fixture.upload(&plan).unwrap_err();
    assert!(
        stopped.to_string().starts_with("shard-2.safetensors: "),
        "{stopped}"
    );
    assert_eq!(Receipts::read(folder.path()).unwrap().blobs.len(), 1);
    // What is in the folder is still the same model.
    assert_eq!(
        self::plan(folder.path()).manifest_bytes,
        plan.manifest_bytes
    );

    fixture.face.set_faults(vec![]);
    let how = |placed: Vec<hub_model::Placed>| {
        placed
            .into_iter()
            .map(|one| one.stored.how)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        how(fixture.upload(&plan).unwrap()),
        [How::AlreadyStored, How::Created, How::Created, How::Created]
    );
    assert_eq!(fixture.stores(), 4);
    assert_eq!(how(fixture.upload(&plan).unwrap()), [How::AlreadyStored; 4]);
    assert_eq!(fixture.stores(), 4);

    let receipts = Receipts::read(folder.path()).unwrap();
    assert_eq!(receipts.blobs.len(), 4);
    assert!(
        receipts
            .blobs
            .iter()
            .all(|one| one.object.is_some() && one.end_epoch == Some(6)),
        "{receipts:?}"
    );
    // For longer than it is stored, it is stored again.
    let longer = plan
        .upload(
            &fixture.client("uploader"),
            &fixture.publisher(),
            &for_epochs(9),
            &Silent,
        )
        .unwrap();
    assert_eq!(how(longer), [How::Created; 4]);
}

#[test]
fn a_publisher_that_fails_after_it_stored_is_found_out() {
    let fixture = Fixture::new();
    let (path, _folder) = copy_of_example();
    let plan = plan(&path);
    let fails = Fault {
        on: On::Store,
        blob: None,
        skip: 0,
        times: Some(1),
        what: What::StoreThenStatus { code: 504 },
    };
    fixture.face.set_faults(vec![fails]);
    let placed = fixture.upload(&plan).unwrap();
    assert_eq!(placed[0].stored.how, How::FoundAfterFailure);
    assert_eq!(placed[1].stored.how, How::Created);
}

/// The example where receipts may be written beside it.
fn copy_of_example() -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in contents(&example()) {
        fs::write(folder.path().join(path), bytes).unwrap();
    }
    (folder.path().to_owned(), folder)
}

#[test]
fn a_file_that_is_in_the_way_is_never_overwritten() {
    let fixture = Fixture::new();
    let folder = sharded();
    let plan = plan(folder.path());
    fixture.upload(&plan).unwrap();
    let there = tempfile::tempdir().unwrap();
    fs::write(there.path().join("config.json"), "mine").unwrap();
    let client = fixture.client("reader");
    let refused = restore(
        &client,
        &plan.manifest,
        there.path(),
        &FetchOptions::default(),
        &Silent,
    )
    .unwrap_err();
    assert!(
        matches!(&refused, RestoreError::InTheWay(path) if path.ends_with("config.json")),
        "{refused}"
    );
    assert_eq!(contents_of(there.path()), ["config.json"]);
    // What is there as it should be is left alone.
    fs::write(there.path().join("config.json"), "{}").unwrap();
    restore(
        &client,
        &plan.manifest,
        there.path(),
        &FetchOptions::default(),
        &Silent,
    )
    .unwrap();
    assert_eq!(contents(there.path()), contents(folder.path()));
}

fn contents_of(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_folder_that_differs_from_its_manifest_is_told_file_by_file() {
    let folder = sharded();
    let manifest = plan(folder.path()).manifest;
    fs::write(folder.path().join("LICENSE"), "GPL").unwrap();
    fs::remove_file(folder.path().join("vocab/merges.txt")).unwrap();
    fs::write(folder.path().join("notes.txt"), "").unwrap();
    let expected = [
        Difference::Changed("LICENSE".to_owned()),
        Difference::Missing("vocab/merges.txt".to_owned()),
        Difference::Additional("notes.txt".to_owned()),
    ];
    assert_eq!(verify(&manifest, folder.path()).unwrap(), expected);
}

#[test]
fn an_aggregator_that_lies_leaves_nothing_in_the_folder() {
    let fixture = Fixture::new();
    let folder = sharded();
    let plan = plan(folder.path());
    fixture.upload(&plan).unwrap();
    let shard = plan.blobs[1].encoding.id.to_string();
    let lies = Fault {
        on: On::Read,
        blob: Some(shard),
        skip: 0,
        times: None,
        what: What::WrongByte { offset: 1_000_000 },
    };
    fixture.face.set_faults(vec![lies]);
    let there = tempfile::tempdir().unwrap();
    let options = FetchOptions {
        attempts: 1,
        ..FetchOptions::default()
    };
    let client = fixture.client("reader");
    let refused = restore(&client, &plan.manifest, there.path(), &options, &Silent)
        .unwrap_err()
        .to_string();
    assert!(refused.starts_with("shard-2.safetensors: "), "{refused}");
    assert!(!there.path().join("shard-2.safetensors").exists());
    assert!(contents_of(there.path())
        .iter()
        .all(|name| !name.starts_with(".tmp")));

    fixture.face.set_faults(vec![]);
    // A client never again asks an aggregator that lied to it; another one does.
    let client = fixture.client("reader");
    restore(&client, &plan.manifest, there.path(), &options, &Silent).unwrap();
    assert_eq!(contents(there.path()), contents(folder.path()));
}

#[test]
fn a_manifest_that_misstates_a_file_is_noticed() {
    let fixture = Fixture::new();
    let folder = sharded();
    let plan = plan(folder.path());
    fixture.upload(&plan).unwrap();
    let mut manifest = plan.manifest.clone();
    let file = manifest
        .files
        .iter_mut()
        .find(|file| file.path == "config.json")
        .unwrap();
    assert!(matches!(file.place, Place::Quilt(_)));
    file.sha256 = [1; 32];
    let there = tempfile::tempdir().unwrap();
    let client = fixture.client("reader");
    let refused = restore(
        &client,
        &manifest,
        there.path(),
        &FetchOptions::default(),
        &Silent,
    )
    .unwrap_err();
    assert!(
        matches!(&refused, RestoreError::NotInQuilt { path, .. } if path == "config.json"),
        "{refused}"
    );

    let blob = plan.blobs[0].encoding.id;
    let none = fetch_manifest(&client, &blob, &Silent)
        .unwrap_err()
        .to_string();
    assert!(none.contains("this is no manifest"), "{none}");
}

#[test]
fn storage_that_ended_is_said() {
    let fixture = Fixture::new();
    let (path, _folder) = copy_of_example();
    let plan = plan(&path);
    fixture.upload(&plan).unwrap();
    fixture.walrus.set_epoch(6).unwrap();
    let client = fixture.client("reader");
    let options = hub_walrus_client::FetchOptions {
        attempts: 1,
        ..FetchOptions::default()
    };
    let there = tempfile::tempdir().unwrap();
    let gone = restore(&client, &plan.manifest, there.path(), &options, &Silent).unwrap_err();
    assert!(matches!(gone, RestoreError::Walrus { .. }), "{gone}");
    assert_eq!(contents_of(there.path()), Vec::<String>::new());
}

#[test]
fn what_is_planned_is_what_the_registry_takes() {
    let plan = plan(&example());
    let mut hub = Hub::new();
    let author = hub.account("author");
    let model = hub.register_model(&author, hub_testing::NewModel::named("volatility"));
    let release = plan.new_release((1, 0));
    hub.registry(
        &author,
        hub_types::registry::ExecuteMsg::PublishRelease {
            model,
            release: release.clone(),
        },
    )
    .unwrap();
    let found: ModelResponse = hub.query_registry(QueryMsg::Model { model }).unwrap();
    let number = found.latest_release;
    hub.registry(&author, plan.prove_size(model, number))
        .unwrap();
    let found: ReleaseResponse = hub
        .query_registry(QueryMsg::Release {
            model,
            release: number,
        })
        .unwrap();
    assert_eq!(found.blob_id, plan.release().to_string());
    assert_eq!(found.manifest, release.manifest);
    assert_eq!(
        found.size.map(|size| size.u64()),
        Some(fs::metadata(example().join("model.onnx")).unwrap().len())
    );
}

#[test]
fn a_plan_that_is_cancelled_or_finds_a_file_changed_says_so() {
    struct Stop;
    impl hub_model::Watch for Stop {
        fn advance(&self, _fraction: hub_walrus_encode::Fraction) -> std::ops::ControlFlow<()> {
            std::ops::ControlFlow::Break(())
        }
    }
    let cancelled = Plan::new(&example(), Options::default(), &Stop).unwrap_err();
    assert!(matches!(cancelled, PlanError::Cancelled), "{cancelled}");

    struct Grow(PathBuf);
    impl hub_model::Watch for Grow {
        fn file(&self, path: &str, _size: u64) {
            if path == "model.onnx" {
                fs::write(self.0.join(path), vec![0; 9_999]).unwrap();
            }
        }
    }
    let (path, _folder) = copy_of_example();
    let changed = Plan::new(&path, Options::default(), &Grow(path.clone()))
        .unwrap_err()
        .to_string();
    assert!(
        changed.contains("the file had 5427 bytes and now has 9999"),
        "{changed}"
    );
}

#[test]
fn weights_that_the_model_names_and_nobody_put_there_stop_a_publication() {
    let id = BlobId::from_bytes([0; 32]);
    assert_ne!(plan(&example()).release(), id);
    let (path, _folder) = copy_of_example();
    fs::write(path.join("server.key"), "x").unwrap();
    let plan = plan(&path);
    assert!(plan.stops());
    assert_eq!(plan.warnings.len(), 1);
}
