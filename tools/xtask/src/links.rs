//! Checks that every link in the documents leads somewhere: that files and folders exist, and that pages have the headings that
//! links name. Addresses outside of the project are left alone, since this needs no network.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{ensure, Result};

use crate::documents::{self, Kind};
use crate::root;

/// Fails with a list of every link that leads nowhere.
pub fn run() -> Result<()> {
    let root = root();
    let files = documents::files(&root)?;
    let paths: BTreeSet<&str> = files
        .iter()
        .filter(|path| root.join(path).exists())
        .flat_map(|path| above(path))
        .collect();
    let documents = documents::all(&root)?;
    let anchors: BTreeMap<&str, BTreeSet<String>> = documents
        .iter()
        .map(|document| (document.path.as_str(), anchors(&document.text)))
        .collect();
    let mut dead = vec![];
    let mut count = 0_usize;
    for document in &documents {
        for (line, target) in targets(&document.text) {
            count = count.saturating_add(1);
            if let Err(why) = follow(&document.path, &target, &paths, &anchors) {
                dead.push(format!("{}:{line}: {target}: {why}", document.path));
            }
        }
    }
    ensure!(
        dead.is_empty(),
        "{} of {count} links lead nowhere:\n{}",
        dead.len(),
        dead.join("\n")
    );
    println!(
        "{count} links in {} documents lead somewhere",
        documents.len()
    );
    Ok(())
}

/// A path and the folders that it lies in.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        Some(path.rsplit_once('/').map_or("", |it| it.0))
    })
    .take_while(|path| !path.is_empty())
}

fn follow(
    from: &str,
    target: &str,
    paths: &BTreeSet<&str>,
    anchors: &BTreeMap<&str, BTreeSet<String>>,
) -> Result<(), &'static str> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let path = if path.is_empty() {
        from.to_owned()
    } else {
        let folder = from.rsplit_once('/').map_or("", |it| it.0);
        resolve(folder, path).ok_or("leaves the project")?
    };
    if !path.is_empty() && !paths.contains(path.as_str()) {
        return Err("there is no such file or folder");
    }
    match anchor {
        Some(anchor) if path.ends_with(".md") => match anchors.get(path.as_str()) {
            Some(known) if known.contains(anchor) => Ok(()),
            _ => Err("the page has no such heading"),
        },
        // Lines of code, such as `#L10`.
        _ => Ok(()),
    }
}

/// A path as seen from the root; none if it leads out.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The targets of the links of a page, with their lines.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = vec![];
    for (number, kind, line) in documents::lines(text) {
        if kind == Kind::Code {
            continue;
        }
        // A definition: `[name]: target`.
        if let Some((_, target)) = line.strip_prefix('[').and_then(|it| it.split_once("]: ")) {
            found.extend(
                target
                    .split_whitespace()
                    .next()
                    .map(|it| (number, it.to_owned())),
            );
            continue;
        }
        let line = without_code(line);
        let mut rest = line.as_str();
        while let Some((_, tail)) = rest.split_once("](") {
            let Some((target, tail)) = tail.split_once(')') else {
                break;
            };
            found.extend(
                target
                    .split_whitespace()
                    .next()
                    .map(|it| (number, it.to_owned())),
            );
            rest = tail;
        }
    }
    found
}

/// A line with what stands between backticks left out.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The names under which the headings of a page can be linked to, as GitHub gives them.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for (_, kind, line) in documents::lines(text) {
        if kind == Kind::Code || !line.starts_with('#') {
            continue;
        }
        let heading = line.trim_start_matches('#');
        if !heading.starts_with(' ') {
            continue;
        }
        let name = anchor(heading.trim());
        let twins = (1..).map(|number| format!("{name}-{number}"));
        let free = std::iter::once(name.clone())
            .chain(twins)
            .find(|it| !known.contains(it));
        known.extend(free);
    }
    known
}

/// Letters, digits, `_` and `-` stay, in lower case; spaces become `-`; everything else falls away.
fn anchor(heading: &str) -> String {
    // Of a link only its text counts.
    let mut text = String::new();
    let mut rest = heading;
    while let Some((head, tail)) = rest.split_once("](") {
        text.push_str(head);
        rest = tail.split_once(')').map_or("", |it| it.1);
    }
    text.push_str(rest);
    text.to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ if letter.is_alphanumeric() => Some(letter),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(target: &str) -> Result<(), &'static str> {
        let paths = BTreeSet::from([
            "README.md",
            "docs",
            "docs/A.md",
            "docs/B.md",
            "src",
            "src/lib.rs",
        ]);
        let anchors = BTreeMap::from([
            ("README.md", BTreeSet::new()),
            (
                "docs/A.md",
                anchors("# One\n\n## What `x_y` is, and why\n\n## One\n"),
            ),
            ("docs/B.md", anchors("# Other\n")),
        ]);
        follow("docs/A.md", target, &paths, &anchors)
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let nowhere = "there is no such file or folder";
        for (target, why) in [
            ("C.md", nowhere),
            ("docs/B.md", nowhere),
            ("../src/main.rs", nowhere),
            ("../../elsewhere.md", "leaves the project"),
            ("#two", "the page has no such heading"),
            ("B.md#one", "the page has no such heading"),
        ] {
            assert_eq!(followed(target), Err(why), "{target}");
        }
    }

    #[test]
    fn a_link_that_leads_somewhere_is_not() {
        for target in [
            "B.md",
            "B.md#other",
            "#one-1",
            "#what-x_y-is-and-why",
            "../README.md",
            "../src",
            "../src/lib.rs#L3",
            "..",
            "https://example.com/#nowhere",
            "mailto:a@example.com",
        ] {
            assert_eq!(followed(target), Ok(()), "{target}");
        }
    }

    #[test]
    fn links_in_code_are_no_links() {
        let page =
            "[a](A.md) and [b](B.md#x), `[c](C.md)`\n```md\n[d](D.md)\n```\n[e]: E.md \"title\"\n";
        let expected = [(1, "A.md"), (1, "B.md#x"), (5, "E.md")];
        assert_eq!(
            targets(page),
            expected.map(|(line, it)| (line, it.to_owned()))
        );
    }

    #[test]
    fn a_link_whose_text_is_code_is_one() {
        assert_eq!(targets("[`A.md`](A.md)"), [(1, "A.md".to_owned())]);
    }
}
