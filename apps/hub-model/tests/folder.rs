//! Which files a folder has, and what its author is warned of.

use std::fs;
use std::path::Path;

use hub_model::{
    screen, Description, Folder, FolderError, Kind, Metering, MeteringError, Plan, Unit,
    WarningKind,
};
use hub_walrus_encode::Options;
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn scan(folder: &TempDir) -> Result<Folder, FolderError> {
    Folder::scan(folder.path())
}

/// What is warned of, as file and kind.
fn warned(files: &[(&str, &[u8])], license: Option<&str>) -> Vec<(String, WarningKind)> {
    let folder = folder(files);
    let warnings = screen(&scan(&folder).unwrap(), license).unwrap();
    warnings
        .into_iter()
        .map(|one| (one.path.unwrap_or_default(), one.kind))
        .collect()
}

#[test]
fn a_folder_has_its_files_in_order_and_what_git_ignores_is_no_part_of_it() {
    let folder = folder(&[
        ("model.onnx", b"weights"),
        ("README.md", b"about"),
        ("LICENSE", b"free"),
        ("vocab/tokens.json", b"{}"),
        ("vocab.txt", b"a"),
        ("train.py", b"pass"),
        ("data/prices.csv", b"1"),
        (".gitignore", b"*.log\n/scratch/\n"),
        ("run.log", b"x"),
        ("vocab/more.log", b"x"),
        ("scratch/old.onnx", b"x"),
        (".git/config", b"x"),
        (".cache/blob", b"x"),
    ]);
    let files: Vec<_> = scan(&folder)
        .unwrap()
        .files
        .into_iter()
        .map(|file| (file.path, file.size, file.kind))
        .collect();
    let expected = [
        (".gitignore", 16, Kind::WeightConfig),
        ("LICENSE", 4, Kind::Doc),
        ("README.md", 5, Kind::Doc),
        ("data/prices.csv", 1, Kind::Dataset),
        ("model.onnx", 7, Kind::Weight),
        ("train.py", 4, Kind::Code),
        ("vocab.txt", 1, Kind::WeightConfig),
        ("vocab/tokens.json", 2, Kind::WeightConfig),
    ];
    assert_eq!(
        files,
        expected.map(|(path, size, kind)| (path.to_owned(), size, kind))
    );
}

#[test]
fn what_is_no_model_folder_is_refused_with_what_to_do() {
    let empty = folder(&[("README.md", b"")]);
    assert!(scan(&empty)
        .unwrap_err()
        .to_string()
        .contains("has no model in it: put a file there whose name ends in .onnx"));
    let missing = Folder::scan(Path::new("/nowhere/at/all"))
        .unwrap_err()
        .to_string();
    assert!(
        missing.starts_with("/nowhere/at/all cannot be read"),
        "{missing}"
    );
    let file = Folder::scan(&empty.path().join("README.md")).unwrap_err();
    assert!(matches!(file, FolderError::NotAFolder(_)), "{file}");
    let strange = folder(&[("model.onnx", b""), ("a:b.txt", b"")]);
    assert!(matches!(
        scan(&strange).unwrap_err(),
        FolderError::Path { .. }
    ));
    let reserved = folder(&[("model.onnx", b"")]);
    fs::create_dir(reserved.path().join("x")).unwrap();
    fs::write(reserved.path().join("x/ends with blank "), b"").unwrap();
    assert!(matches!(
        scan(&reserved).unwrap_err(),
        FolderError::Path { .. }
    ));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused() {
    let folder = folder(&[("model.onnx", b"")]);
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("vocab.txt")).unwrap();
    let refusal = scan(&folder).unwrap_err().to_string();
    assert!(
        refusal.contains("vocab.txt is a link: only files are published"),
        "{refusal}"
    );
}

#[test]
fn secrets_and_programs_in_weights_are_warned_of() {
    let torch = b"PK\x03\x04\x00\x00\x00\x00archive/data.pkl";
    let aws = b"key = AKIAABCDEFGHIJKLMNOP";
    let found = warned(
        &[
            ("model.pt", torch),
            ("raw.bin", b"\x80\x02}q\x00"),
            ("framed.bin", b"\x80\x04\x95\x10"),
            ("old.pkl", b""),
            (".env", b""),
            ("server.pem", b""),
            ("config.json", aws),
            ("notes.md", b"-----BEGIN OPENSSH PRIVATE KEY-----"),
            ("LICENSE", b""),
            ("README.md", b""),
        ],
        None,
    );
    let expected = [
        (".env", WarningKind::Secret),
        ("config.json", WarningKind::Secret),
        ("framed.bin", WarningKind::Pickle),
        ("model.pt", WarningKind::Pickle),
        ("notes.md", WarningKind::Secret),
        ("old.pkl", WarningKind::Pickle),
        ("raw.bin", WarningKind::Pickle),
        ("server.pem", WarningKind::Secret),
    ];
    assert_eq!(found, expected.map(|(path, kind)| (path.to_owned(), kind)));
    assert!(found.iter().all(|(_, kind)| kind.stops()));
}

#[test]
fn what_only_looks_like_a_secret_is_none() {
    let found = warned(
        &[
            ("model.onnx", b"\x08\x08AKIAABCDEFGHIJKLMNOP"),
            ("LICENSE", b""),
            (
                "README.md",
                b"risk-averse hf_short xxAKIAABCDEFGHIJKLMNOP AKIA-too-few",
            ),
            ("raw.bin", b"\x80\x02 weights"),
        ],
        None,
    );
    assert_eq!(found, []);
}

#[test]
fn a_missing_licence_or_readme_is_said_but_stops_nothing() {
    let bare: &[(&str, &[u8])] = &[("model.onnx", b"")];
    let kinds = |license| {
        warned(bare, license)
            .into_iter()
            .map(|(_, kind)| kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(None), [WarningKind::NoLicence, WarningKind::NoReadme]);
    assert_eq!(kinds(Some("MIT")), [WarningKind::NoReadme]);
    assert!(kinds(None).iter().all(|kind| !kind.stops()));
}

#[test]
fn the_author_says_what_is_counted_and_it_has_to_exist() {
    let text =
        b"license = \"MIT\"\n[metering.input]\nunit = \"samples\"\ntensor = \"x\"\naxis = 1\n";
    let folder = folder(&[("hub.toml", text)]);
    let description = Description::read(folder.path()).unwrap();
    let metering = Metering {
        input: Unit::Samples {
            tensor: "x".to_owned(),
            axis: 1,
        },
        output: Unit::Elements,
    };
    assert_eq!(
        description,
        Description {
            license: Some("MIT".to_owned()),
            metering,
            ..Description::default()
        }
    );

    let tensor = |dimensions: usize| hub_model::Tensor {
        name: "x".to_owned(),
        datatype: "FP32".to_owned(),
        shape: Some(vec![hub_model::Dimension::Fixed(1); dimensions]),
    };
    assert_eq!(description.metering.check(&[tensor(2)], &[]), Ok(()));
    let few = MeteringError::UnknownAxis {
        tensor: "x".to_owned(),
        axis: 1,
        dimensions: 1,
    };
    assert_eq!(description.metering.check(&[tensor(1)], &[]), Err(few));
    let none = description
        .metering
        .check(&[], &[tensor(2)])
        .unwrap_err()
        .to_string();
    assert_eq!(none, "metering counts the input tensor `x`, which the model does not have; it has none that are known");

    fs::write(folder.path().join("hub.toml"), "licence = \"MIT\"").unwrap();
    let misspelt = Description::read(folder.path()).unwrap_err().to_string();
    assert!(misspelt.contains("unknown field `licence`"), "{misspelt}");
    fs::remove_file(folder.path().join("hub.toml")).unwrap();
    assert_eq!(
        Description::read(folder.path()).unwrap(),
        Description::default()
    );
}

/// A folder that is on no disk: its files as a browser has them.
struct InMemory(Vec<(String, Vec<u8>)>);

impl hub_model::Contents for InMemory {
    fn open(&self, path: &str) -> std::io::Result<hub_model::Opened<'_>> {
        let found = self.0.iter().find(|(known, _)| known == path);
        let (_, bytes) = found.ok_or(std::io::ErrorKind::NotFound)?;
        Ok(hub_model::Opened::new(bytes.clone()))
    }
}

#[test]
fn a_folder_in_memory_is_planned_as_on_a_disk() {
    let files: &[(&str, &[u8])] = &[
        ("model.safetensors", &[7; 3_000]),
        ("README.md", b"# Model"),
        ("LICENSE", b"Apache-2.0"),
        ("hub.toml", b"title = \"A model\"\ntags = [\"one\"]\n"),
        (".gitignore", b"*.tmp\n/build/\n!kept.tmp\nlogs\n"),
        ("a.tmp", b"ignored"),
        ("kept.tmp", b"kept"),
        ("build/out.bin", b"ignored with its folder"),
        ("sub/build/out.bin", b"kept: the rule is of the root"),
        ("sub/.gitignore", b"!b.tmp\nsecret*\n"),
        ("sub/b.tmp", b"kept by the deeper rule"),
        ("sub/secrets.txt", b"ignored by the deeper rule"),
        ("sub/logs/c.txt", b"ignored with its folder"),
        ("subject/secrets.txt", b"kept: next to it, not in it"),
        (".hub/receipts.json", b"hidden"),
        ("sub/.cache/x", b"hidden"),
        (".hidden", b"a hidden file is no hidden folder"),
    ];
    let folder = folder(files);
    let on_disk = Plan::new(folder.path(), Options::default(), &()).unwrap();

    let own = |(path, bytes): &(&str, &[u8])| ((*path).to_owned(), bytes.to_vec());
    let contents = InMemory(files.iter().map(own).collect());
    let sizes = contents
        .0
        .iter()
        .map(|(path, bytes)| (path.clone(), bytes.len() as u64));
    let found = Folder::of("model", sizes.collect(), &contents).unwrap();
    let in_memory = Plan::of(found, &contents, Options::default(), &()).unwrap();

    assert_eq!(in_memory.folder.files, on_disk.folder.files);
    assert_eq!(in_memory.manifest_bytes, on_disk.manifest_bytes);
    assert_eq!(in_memory.stored(), on_disk.stored());
    assert_eq!(in_memory.warnings, on_disk.warnings);
}

#[test]
fn a_folder_in_memory_without_a_model_or_with_a_path_that_leads_out_is_refused() {
    let contents = InMemory(vec![]);
    let refused = |paths: &[&str]| {
        let files = paths.iter().map(|path| ((*path).to_owned(), 1)).collect();
        Folder::of("mine", files, &contents)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&[]).starts_with("mine has no model in it"));
    assert!(refused(&["a.txt"]).starts_with("mine has no model in it"));
    assert!(refused(&["../a.onnx"]).contains("cannot be published"));
    assert!(refused(&["a//b.onnx"]).contains("leads out of the folder or through nothing"));
}
