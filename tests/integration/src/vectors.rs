//! Checks the Hub against files of test vectors.
//!
//! Each file has a form of its own, and a checker that goes through whatever entries the file holds: another set of
//! the same form can be put in its place.

mod belief;
mod json;
mod market;
mod nitro_documents;
mod walrus_certificates;
mod walrus_ids;
mod wire;

use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Every kind of file, and what checks it. A new kind is a line here and a module beside the others.
const FILES: [(&str, Checker); 6] = [
    ("belief.json", belief::check),
    ("walrus-blob-ids.json", walrus_ids::check),
    ("walrus-certificates.json", walrus_certificates::check),
    ("wire.json", wire::check),
    ("market.json", market::check),
    ("nitro/documents.json", nitro_documents::check),
];

/// Goes through the entries of one file.
type Checker = fn(&Value, &mut Tally);

/// The folder named by `HUB_VECTORS`, or `tests/vectors` of the project.
pub fn folder() -> PathBuf {
    match env::var_os("HUB_VECTORS") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => committed_folder(),
    }
}

/// `tests/vectors` of the project.
pub fn committed_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

/// Where documents that are not part of the project lie: in the folder named by `HUB_VECTORS`, or in `shared/vectors`
/// beside the project.
pub fn foreign_folder() -> PathBuf {
    match env::var_os("HUB_VECTORS") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
    }
}

/// Checks every file that the folder holds.
pub fn check_folder(folder: &Path) -> Report {
    let files = FILES
        .into_iter()
        .map(|(name, checker)| FileReport {
            name,
            outcome: check_file(&folder.join(name), checker),
        })
        .collect();
    Report {
        folder: folder.to_owned(),
        files,
    }
}

fn check_file(path: &Path, checker: Checker) -> Outcome {
    let mut tally = Tally::default();
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Outcome::Absent,
        Err(error) => tally.entry("the file", || Err(format!("cannot be read: {error}"))),
        Ok(text) => match serde_json::from_str(&text) {
            Err(error) => tally.entry("the file", || Err(format!("is not JSON: {error}"))),
            Ok(value) => checker(&value, &mut tally),
        },
    }
    if tally.passed == 0 && tally.ignored == 0 && tally.failures.is_empty() {
        tally.entry("the file", || {
            Err("holds no entry that could be checked".into())
        });
    }
    Outcome::Checked(tally)
}

/// What came of all files of a folder.
#[derive(Debug)]
pub struct Report {
    /// The folder.
    pub folder: PathBuf,
    /// Its files, in the order in which they are checked.
    pub files: Vec<FileReport>,
}

/// What came of one file.
#[derive(Debug)]
pub struct FileReport {
    /// Name of the file in its folder.
    pub name: &'static str,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a file.
#[derive(Debug)]
pub enum Outcome {
    /// The folder does not hold it.
    Absent,
    /// Its entries were checked.
    Checked(Tally),
}

/// Entries that passed and those that failed.
#[derive(Debug, Default)]
pub struct Tally {
    passed: usize,
    failures: Vec<Failure>,
    skipped: Vec<String>,
    ignored: usize,
}

/// An entry that failed.
#[derive(Debug)]
pub struct Failure {
    /// Name of the entry.
    pub entry: String,
    /// What was found and what was expected.
    pub reason: String,
}

impl Tally {
    /// Counts one entry.
    pub fn entry(&mut self, name: impl Into<String>, check: impl FnOnce() -> Result<(), String>) {
        match check() {
            Ok(()) => self.passed += 1,
            Err(reason) => self.failures.push(Failure {
                entry: name.into(),
                reason,
            }),
        }
    }

    /// Counts every entry of a list of the file; a list that is not there has none.
    pub fn section(
        &mut self,
        file: &Value,
        section: &str,
        check: impl Fn(&Value) -> Result<(), String>,
    ) {
        match file.get(section) {
            None => (),
            Some(Value::Array(entries)) => {
                for (place, entry) in entries.iter().enumerate() {
                    let name = format!("{section}[{place}]{}", json::label(entry));
                    self.entry(name, || check(entry));
                }
            }
            Some(_) => self.entry(section, || Err("is not a list".into())),
        }
    }

    /// Notes lists of the file that no section checks, so that nobody takes them for checked.
    pub fn skip_all_but(&mut self, file: &Value, known: &[&str]) {
        let lists = file
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| value.is_array() && !known.contains(&name.as_str()));
        self.skipped.extend(lists.map(|(name, _)| name.clone()));
    }

    /// Counts an entry whose document is not there.
    pub fn ignore(&mut self) {
        self.ignored += 1;
    }

    /// Entries whose documents were not there.
    pub fn ignored(&self) -> usize {
        self.ignored
    }

    /// Entries that passed.
    pub fn passed(&self) -> usize {
        self.passed
    }

    /// Entries that failed.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }
}

impl Report {
    /// Whether a file was found and no entry failed.
    pub fn is_success(&self) -> bool {
        let mut found = false;
        for file in &self.files {
            if let Outcome::Checked(tally) = &file.outcome {
                found = true;
                if !tally.failures.is_empty() {
                    return false;
                }
            }
        }
        found
    }

    /// What came of the file with this name, if it was there.
    pub fn tally(&self, name: &str) -> Option<&Tally> {
        self.files
            .iter()
            .find(|file| file.name == name)
            .and_then(|file| match &file.outcome {
                Outcome::Checked(tally) => Some(tally),
                Outcome::Absent => None,
            })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "vectors in {}", self.folder.display())?;
        let mut found = false;
        for file in &self.files {
            match &file.outcome {
                Outcome::Absent => writeln!(f, "{:<24} absent", file.name)?,
                Outcome::Checked(tally) => {
                    found = true;
                    let (passed, failed) = (tally.passed, tally.failures.len());
                    write!(f, "{:<24} {passed:>5} passed {failed:>5} failed", file.name)?;
                    if tally.ignored > 0 {
                        write!(f, " {:>5} ignored", tally.ignored)?;
                    }
                    if !tally.skipped.is_empty() {
                        write!(f, "   (not checked: {})", tally.skipped.join(", "))?;
                    }
                    writeln!(f)?;
                    for Failure { entry, reason } in &tally.failures {
                        writeln!(f, "  FAILED {entry}: {reason}")?;
                    }
                }
            }
        }
        if !found {
            let names = FILES.map(|(name, _)| name).join(", ");
            writeln!(
                f,
                "no file of vectors found, expected one or more of: {names}"
            )?;
        }
        Ok(())
    }
}
