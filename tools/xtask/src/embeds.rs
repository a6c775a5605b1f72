//! Shows files of the project in documents, as they are:
//!
//! ```text
//! <!-- file: tests/e2e/src/page.ts -->
//! ```
//!
//! The block of code that follows such a line is the file.

use std::fs;
use std::path::Path;

use anyhow::{ensure, Context, Result};

use crate::documents;
use crate::root;

const BEGIN: &str = "<!-- file: ";
const END: &str = " -->";

/// Writes the blocks, or with `check` compares them with the files.
pub fn run(check: bool) -> Result<()> {
    let root = root();
    for document in documents::all(&root)? {
        let renewed = renew(&document.text, |path| read(&root, path))
            .with_context(|| document.path.clone())?;
        if renewed == document.text {
            continue;
        }
        ensure!(
            !check,
            "{} does not show its files as they are: `cargo xtask embeds` renews it",
            document.path
        );
        fs::write(root.join(&document.path), renewed)
            .with_context(|| format!("cannot write {}", document.path))?;
    }
    Ok(())
}

fn read(root: &Path, path: &str) -> Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
}

fn renew(text: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut renewed = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        renewed.push_str(line);
        let path = line
            .trim()
            .strip_prefix(BEGIN)
            .and_then(|line| line.strip_suffix(END));
        let Some(path) = path else { continue };
        let open = lines
            .by_ref()
            .find(|line| !line.trim().is_empty())
            .filter(|line| line.starts_with("```"));
        let open = open.with_context(|| format!("no block of code follows `{}`", line.trim()))?;
        let closed = lines.by_ref().any(|line| line.trim_end() == "```");
        ensure!(closed, "the block of {path} does not end");
        let file = read(path)?;
        renewed.push_str(&format!("\n{open}{}\n```\n", file.trim_end()));
    }
    Ok(renewed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Result<String> {
        ensure!(path == "a.ts", "no {path}");
        Ok("one();\ntwo();\n".to_owned())
    }

    #[test]
    fn what_a_file_says_takes_the_place_of_the_block_and_stays() {
        let page = "x\n\n<!-- file: a.ts -->\n```ts\nold\n```\n\ny\n```ts\nkept\n```\n";
        let once = renew(page, file).unwrap();
        assert_eq!(
            once,
            "x\n\n<!-- file: a.ts -->\n\n```ts\none();\ntwo();\n```\n\ny\n```ts\nkept\n```\n"
        );
        assert_eq!(renew(&once, file).unwrap(), once);
    }

    #[test]
    fn a_mark_without_a_block_or_without_a_file_is_an_error() {
        for page in [
            "<!-- file: a.ts -->\n\nno block\n",
            "<!-- file: a.ts -->\n```ts\nopen\n",
            "<!-- file: a.ts -->\n",
            "<!-- file: b.ts -->\n```ts\n```\n",
        ] {
            assert!(renew(page, file).is_err(), "{page}");
        }
    }
}
