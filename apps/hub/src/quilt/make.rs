use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hub_walrus::Code;
use hub_walrus_client::{Error, Quilt};
use hub_walrus_encode::quilt::File;
use hub_walrus_encode::{Encoder, Options};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::failure::{Failure, FAILED, USAGE};
use crate::output::{size, Output};
use crate::save;
use crate::Outcome;

/// Put files into a quilt: one blob with an index.
///
/// A blob costs as much as 66 MB at least, however small it is; a quilt of up to 666 files costs it once. Files of a folder
/// are named by their paths in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  hub quilt make ./docs -o docs.quilt
  hub blob put docs.quilt --epochs 26 --owner 0x…")]
pub struct Make {
    /// Files, and folders with all that is in them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// Write the quilt to this file. Without it only ids are printed.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Replace the file if it is there.
    #[arg(long)]
    overwrite: bool,

    /// Leave out files and folders whose name begins with a dot; a quilt has no names for them.
    #[arg(long)]
    skip_hidden: bool,
}

impl Make {
    pub fn run(self, output: &Output) -> Outcome {
        if let Some(path) = &self.output {
            save::check(path, self.overwrite)?;
        }
        let mut found = vec![];
        for path in &self.paths {
            let name = path.file_name().map(Path::new).unwrap_or(Path::new(""));
            match fs::metadata(path)
                .map_err(|e| Error::io("read", path, e))?
                .is_dir()
            {
                true => self.walk(path, path, &mut found)?,
                false => found.push((text(name)?, path.clone())),
            }
        }
        let mut files = vec![];
        for (identifier, path) in found {
            let bytes = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
            files.push((identifier, bytes));
        }
        let named: Vec<File> = files
            .iter()
            .map(|(identifier, bytes)| File {
                identifier,
                bytes,
                ..File::default()
            })
            .collect();
        let refused = |e: hub_walrus_encode::quilt::QuiltError| {
            Failure::new(
                USAGE,
                e.to_string(),
                "leave files out (--skip-hidden), rename them, or make several quilts",
            )
        };
        let quilt = Quilt::new(Code::WALRUS, &named).map_err(refused)?;
        let encoding = Encoder::new(Options::default())
            .encode(quilt.bytes(), &mut ())
            .map_err(|e| Failure::new(FAILED, e.to_string(), "make several quilts"))?;
        if let Some(path) = &self.output {
            save::save(quilt.bytes(), path, self.overwrite)?;
        }
        let mut lines = format!(
            "{}  {} files, {}\n",
            encoding.id,
            files.len(),
            size(encoding.length)
        );
        let mut list = vec![];
        for patch in quilt.patches() {
            let bytes = files
                .iter()
                .find(|(name, _)| *name == patch.identifier)
                .map(|(_, bytes)| &bytes[..]);
            let bytes = bytes.unwrap_or_default();
            let id = patch
                .id(encoding.id)
                .map(|id| id.to_string())
                .unwrap_or_default();
            lines += &format!("{id}  {}\n", patch.identifier);
            list.push(json!({
                "identifier": patch.identifier,
                "patch_id": id,
                "length": bytes.len(),
                "sha256": hex::encode(Sha256::digest(bytes)),
            }));
        }
        output.result(
            &lines,
            &json!({
                "quilt_id": encoding.id.to_string(),
                "root_hash": hex::encode(encoding.root),
                "length": encoding.length,
                "path": self.output,
                "files": list,
            }),
        );
        Ok(ExitCode::SUCCESS)
    }

    /// All files in a folder, named by their paths in it.
    fn walk(
        &self,
        root: &Path,
        folder: &Path,
        found: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), Failure> {
        let failed = |e| Failure::from(Error::io("read", folder, e));
        let mut entries = vec![];
        for entry in fs::read_dir(folder).map_err(failed)? {
            entries.push(entry.map_err(failed)?.path());
        }
        entries.sort();
        for path in entries {
            let hidden = path
                .file_name()
                .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            if hidden && self.skip_hidden {
                continue;
            }
            if fs::metadata(&path)
                .map_err(|e| Error::io("read", &path, e))?
                .is_dir()
            {
                self.walk(root, &path, found)?;
            } else {
                let name = path.strip_prefix(root).unwrap_or(&path);
                found.push((text(name)?, path.clone()));
            }
        }
        Ok(())
    }
}

/// A path as a name in a quilt: its parts with slashes between.
fn text(path: &Path) -> Result<String, Failure> {
    let parts: Option<Vec<&str>> = path.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| {
        Failure::new(
            USAGE,
            format!("{} is no name in UTF-8", path.display()),
            "rename the file",
        )
    })
}
