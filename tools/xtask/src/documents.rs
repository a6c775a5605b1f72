//! The Markdown documents of the project.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{ensure, Context, Result};

/// A document, by its path from the root of the project.
pub struct Document {
    pub path: String,
    pub text: String,
}

/// Every Markdown file that git knows or would add, in the order of their paths.
pub fn all(root: &Path) -> Result<Vec<Document>> {
    files(root)?
        .into_iter()
        .filter(|path| path.ends_with(".md") && root.join(path).is_file())
        .map(|path| {
            let text = fs::read_to_string(root.join(&path))
                .with_context(|| format!("cannot read {path}"))?;
            Ok(Document { path, text })
        })
        .collect()
}

/// Every file that git knows or would add.
pub fn files(root: &Path) -> Result<Vec<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root)
        .output()
        .context("cannot run git, which knows the files of the project")?;
    ensure!(
        output.status.success(),
        "git cannot list the files of the project: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let mut files: Vec<String> = String::from_utf8(output.stdout)
        .context("a file of the project has a name that is no UTF-8")?
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// What a line is, to those who read documents line by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Part of a fenced block, its fences included.
    Code,
    /// Everything else.
    Text,
}

/// The lines of a document with their numbers, from 1, and kinds.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, Kind, &str)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().map(move |(index, line)| {
        let start = line.trim_start();
        let kind = match fence {
            Some(open) => {
                if start.starts_with(open) && start.trim_matches('`').trim().is_empty() {
                    fence = None;
                }
                Kind::Code
            }
            None => match ["````", "```"]
                .into_iter()
                .find(|mark| start.starts_with(mark))
            {
                Some(mark) => {
                    fence = Some(mark);
                    Kind::Code
                }
                None => Kind::Text,
            },
        };
        (index + 1, kind, line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_code_from_fence_to_fence() {
        let text = "a\n```rust\nb\n```\nc\n````md\n```\nd\n```\n````\ne";
        let kinds: Vec<_> = lines(text)
            .filter(|(_, kind, _)| *kind == Kind::Text)
            .map(|(number, _, line)| (number, line))
            .collect();
        assert_eq!(kinds, [(1, "a"), (5, "c"), (11, "e")]);
    }
}
