//! Tests over documents that are not part of the project run where those lie, and show as ignored elsewhere.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(real_nitro_documents)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=HUB_VECTORS");
    // As `vectors::foreign_folder`.
    let folder = match env::var_os("HUB_VECTORS") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    };
    let documents = folder.join("nitro");
    println!("cargo::rerun-if-changed={}", documents.display());
    let files = fs::read_dir(documents).into_iter().flatten().flatten();
    let is_document = |path: &Path| path.extension().is_some_and(|extension| extension == "bin");
    if files.map(|file| file.path()).any(|path| is_document(&path)) {
        println!("cargo::rustc-cfg=real_nitro_documents");
    }
}
