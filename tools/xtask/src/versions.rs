//! One version for everything in the repository: that of the workspace in Cargo.toml. Manifests and lock files of the other
//! packages get it from there, and the changelog has to begin with it.

use std::fs;
use std::path::Path;

use anyhow::{ensure, Context, Result};

use crate::documents;
use crate::root;

const SOURCE: &str = "Cargo.toml";
const CHANGELOG: &str = "CHANGELOG.md";

/// What has the version beside the manifests that npm reads, which [`manifests`] finds.
const OTHERS: [&str; 7] = [
    SOURCE,
    "Cargo.lock",
    "apps/Cargo.toml",
    "apps/Cargo.lock",
    "clients/python/pyproject.toml",
    "clients/python/uv.lock",
    "package-lock.json",
];

/// Writes the version wherever it stands, or with `check` compares it.
pub fn run(check: bool) -> Result<()> {
    let root = root();
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
    };
    let version = workspace_version(&read(SOURCE)?)?;
    newest(&read(CHANGELOG)?, &version)?;
    let mut differ = vec![];
    for path in manifests(&root)?
        .into_iter()
        .chain(OTHERS.map(str::to_owned))
    {
        let text = read(&path)?;
        let renewed = with_version(&path, &text, &version).with_context(|| path.clone())?;
        if renewed != text {
            if !check {
                fs::write(root.join(&path), renewed)
                    .with_context(|| format!("cannot write {path}"))?;
            }
            differ.push(path);
        }
    }
    ensure!(
        !check || differ.is_empty(),
        "{} have another version than {version}, that of {SOURCE}: `cargo xtask versions` renews them",
        differ.join(", ")
    );
    Ok(())
}

/// Every `package.json` of the project with a version, and the lock files beside them.
fn manifests(root: &Path) -> Result<Vec<String>> {
    let mut found = vec![];
    for path in documents::files(root)? {
        let Some(folder) = path.strip_suffix("/package.json") else {
            continue;
        };
        let text =
            fs::read_to_string(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
        if text.contains("\n  \"version\": ") {
            let lock = format!("{folder}/package-lock.json");
            if root.join(&lock).exists() {
                found.push(lock);
            }
            found.push(path);
        }
    }
    Ok(found)
}

fn workspace_version(manifest: &str) -> Result<String> {
    let (_, section) = manifest
        .split_once("[workspace.package]\n")
        .with_context(|| format!("{SOURCE} has no [workspace.package]"))?;
    let line = section.lines().find(|line| line.starts_with("version = "));
    let version = line.and_then(|line| line.split('"').nth(1));
    Ok(version
        .with_context(|| format!("{SOURCE} has no version"))?
        .to_owned())
}

/// The newest entry of the changelog is of this version; above it may stand what is not released yet.
fn newest(changelog: &str, version: &str) -> Result<()> {
    let mut entries = changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## "));
    let entry = entries.find(|entry| *entry != "Unreleased");
    let date = entry.and_then(|entry| entry.strip_prefix(version)?.strip_prefix(" - "));
    let is_date = |date: &str| {
        date.len() == 10
            && date.char_indices().all(|(at, letter)| match at {
                4 | 7 => letter == '-',
                _ => letter.is_ascii_digit(),
            })
    };
    ensure!(
        date.is_some_and(is_date),
        "the newest entry of {CHANGELOG} is {:?}, and should be \"## {version} - <date>\", since {SOURCE} has {version}",
        entry.map_or_else(String::new, |entry| format!("## {entry}"))
    );
    Ok(())
}

/// A manifest or a lock file with the version wherever it is the project's own.
fn with_version(path: &str, text: &str, version: &str) -> Result<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lines: Vec<&str> = text.lines().collect();
    let mut renewed = String::with_capacity(text.len());
    let mut count = 0_u32;
    for (at, line) in lines.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |at| lines[at]);
        let ours = match name {
            "Cargo.toml" => line.starts_with("version = \"") || is_path_dependency(line),
            // The project's own table comes first, and no other has a version.
            "pyproject.toml" => line.starts_with("version = \""),
            // Packages from elsewhere name their source; the project's own do not, or one in this folder.
            "Cargo.lock" | "uv.lock" => {
                let source = lines.get(at + 1).copied().unwrap_or_default();
                line.starts_with("version = \"")
                    && before.starts_with("name = ")
                    && (!source.starts_with("source = ") || source.contains("editable = "))
            }
            _ => is_of_npm(&lines, at),
        };
        renewed.push_str(&if ours {
            count += 1;
            replaced(line, version)
        } else {
            (*line).to_owned()
        });
        renewed.push('\n');
    }
    ensure!(count > 0, "it states no version");
    Ok(renewed)
}

fn is_path_dependency(line: &str) -> bool {
    line.starts_with("hub-") && line.contains("path = \"") && line.contains("version = \"")
}

/// The version of a package of the project, or of one that it depends on, in `package.json` and `package-lock.json`. Other packages
/// of the same registry may begin with `hub-` as well, but stand in `node_modules` and do not say their name.
fn is_of_npm(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim_start();
    if line.starts_with("\"version\": \"") {
        // Between the two stands at most `private`.
        return (1..=2)
            .filter_map(|distance| at.checked_sub(distance))
            .any(|at| lines[at].trim_start().starts_with("\"name\": \"hub-"));
    }
    let named = line
        .strip_prefix("\"hub-")
        .and_then(|it| it.split_once("\": \""));
    named.is_some_and(|(_, version)| version.starts_with(|it: char| it.is_ascii_digit()))
}

/// The line with its last text in quotes that is a version replaced.
fn replaced(line: &str, version: &str) -> String {
    let mark = if line.contains("version = \"") {
        "version = \""
    } else {
        "\": \""
    };
    match line.rsplit_once(mark) {
        Some((head, tail)) => {
            let rest = tail.split_once('"').map_or("", |(_, rest)| rest);
            format!("{head}{mark}{version}\"{rest}")
        }
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_that_begins_with_another_version_or_no_date_is_refused() {
        for changelog in [
            "# Changelog\n",
            "## 0.3.0 - 2026-11-26\n## 0.4.0 - 2026-12-26\n",
            "## 0.4.0\n",
            "## 0.4.0 - soon\n",
            "## 0.4.0 - 2026/12/26\n",
            "## 0.4.01 - 2026-12-26\n",
            "## Unreleased\n",
            "## Unreleased\n## 0.3.0 - 2026-11-26\n",
        ] {
            assert!(newest(changelog, "0.4.0").is_err(), "{changelog}");
        }
        for changelog in [
            "# Changelog\n\n## 0.4.0 - 2026-12-26\n## 0.3.0 - 2026-11-26\n",
            "## Unreleased\n\n- more\n\n## 0.4.0 - 2026-12-26\n",
        ] {
            newest(changelog, "0.4.0").unwrap();
        }
    }

    #[test]
    fn a_file_without_a_version_is_an_error() {
        for path in [
            "Cargo.toml",
            "a/uv.lock",
            "a/package.json",
            "pyproject.toml",
        ] {
            assert!(with_version(path, "\"name\": \"hub-x\"\n", "1.0.0").is_err());
        }
    }

    #[test]
    fn what_is_the_projects_own_gets_the_version_and_nothing_else_does() {
        let renewed = |path, text: &str| with_version(path, text, "0.4.0").unwrap();
        assert_eq!(
            renewed(
                "Cargo.toml",
                "version = \"0.3.0\"\nhub-a = { path = \"a\", version = \"0.3.0\", features = [\"x\"] }\nserde = { version = \"1\" }\n"
            ),
            "version = \"0.4.0\"\nhub-a = { path = \"a\", version = \"0.4.0\", features = [\"x\"] }\nserde = { version = \"1\" }\n"
        );
        assert_eq!(
            renewed(
                "apps/Cargo.lock",
                "version = 4\n\nname = \"hub\"\nversion = \"0.3.0\"\n\nname = \"hub-of-others\"\nversion = \"0.3.0\"\nsource = \"registry\"\n"
            ),
            "version = 4\n\nname = \"hub\"\nversion = \"0.4.0\"\n\nname = \"hub-of-others\"\nversion = \"0.3.0\"\nsource = \"registry\"\n"
        );
        assert_eq!(
            renewed(
                "uv.lock",
                "name = \"a\"\nversion = \"0.3.0\"\nsource = { registry = \"r\" }\nname = \"hub-client\"\nversion = \"0.3.0\"\nsource = { editable = \".\" }\n"
            ),
            "name = \"a\"\nversion = \"0.3.0\"\nsource = { registry = \"r\" }\nname = \"hub-client\"\nversion = \"0.4.0\"\nsource = { editable = \".\" }\n"
        );
        assert_eq!(
            renewed(
                "package-lock.json",
                "\"name\": \"hub-x\",\n\"private\": true,\n\"version\": \"0.3.0\",\n\"hub-y\": \"0.3.0\",\n\"hub-z\": \"^0.3.0\"\n\
                 \"node_modules/a\": {\n\"version\": \"0.3.0\",\n\"a\": \"0.3.0\"\n"
            ),
            "\"name\": \"hub-x\",\n\"private\": true,\n\"version\": \"0.4.0\",\n\"hub-y\": \"0.4.0\",\n\"hub-z\": \"^0.3.0\"\n\
             \"node_modules/a\": {\n\"version\": \"0.3.0\",\n\"a\": \"0.3.0\"\n"
        );
    }

    #[test]
    fn every_place_that_has_the_version_is_found() {
        let found = manifests(&root()).unwrap();
        for path in [
            "clients/ts/package.json",
            "clients/walrus-encode/package-lock.json",
            "deploy/package.json",
            "tests/e2e/package.json",
        ] {
            assert!(found.iter().any(|it| it == path), "{path}: {found:?}");
        }
    }
}
