//! Checks that the documents, and the comments that document code, are in plain English, as far as a program can see that: no
//! sentence is too long to be read once, and no phrase stands there that readers stumbled over.

use std::fs;

use anyhow::{ensure, Context, Result};

use crate::documents::{self, Kind};
use crate::root;

/// More words than these in one sentence are read twice.
const LONGEST: usize = 40;

/// Phrases that readers stumbled over, and what to say instead.
const PHRASES: [(&str, &str); 10] = [
    (
        "of before",
        "say which: earlier, the previous, of release x",
    ),
    ("of then", "say of which time or release"),
    ("code of today", "say of which release"),
    (
        "to be told from",
        "say: to differ from, distinguishable from",
    ),
    ("Whether.", "say whether what"),
    ("In what.", "say what of"),
    ("Of what.", "say of what"),
    ("The same.", "say what it is"),
    ("in the open which", "say that everybody can see which"),
    ("right in all else", "say: correct in every other respect"),
];

/// Documents whose sentences are not ours to change: what was published stays as it is.
const PUBLISHED: [&str; 1] = ["CHANGELOG.md"];

/// Where comments document what others use.
const COMMENTED: [&str; 2] = ["contracts/", "packages/"];

/// Fails with a list of everything that was found.
pub fn run() -> Result<()> {
    let root = root();
    let mut found = vec![];
    for document in documents::all(&root)? {
        if PUBLISHED.contains(&document.path.as_str()) {
            continue;
        }
        for (line, paragraph) in paragraphs(&document.text) {
            for problem in problems(&paragraph) {
                found.push(format!("{}:{line}: {problem}", document.path));
            }
        }
    }
    for path in documents::files(&root)? {
        let is_code = path.ends_with(".rs") && COMMENTED.iter().any(|it| path.starts_with(it));
        if !is_code || !root.join(&path).is_file() {
            continue;
        }
        let text =
            fs::read_to_string(root.join(&path)).with_context(|| format!("cannot read {path}"))?;
        for (line, paragraph) in paragraphs_of_comments(&text) {
            for problem in problems(&paragraph) {
                found.push(format!("{path}:{line}: {problem}"));
            }
        }
    }
    ensure!(
        found.is_empty(),
        "{} places are not in plain English:\n{}",
        found.len(),
        found.join("\n")
    );
    Ok(())
}

/// The paragraphs of a page, each with the line where it begins: list entries and cells of tables are paragraphs, blocks of code
/// are none.
fn paragraphs(text: &str) -> Vec<(usize, String)> {
    let mut found = vec![];
    let mut open: Option<(usize, String)> = None;
    for (number, kind, line) in documents::lines(text) {
        let line = line.trim();
        let is_entry = line.starts_with("- ")
            || line
                .split_once(". ")
                .is_some_and(|(it, _)| it.parse::<u8>().is_ok());
        let is_cells = line.starts_with('|');
        let ends = kind == Kind::Code
            || line.is_empty()
            || is_entry
            || is_cells
            || line.starts_with('#')
            || line.starts_with("<!--");
        if ends {
            found.extend(open.take());
        }
        if kind == Kind::Code || line.is_empty() || line.starts_with("<!--") {
            continue;
        }
        if is_cells {
            found.extend(line.split('|').map(|cell| (number, cell.trim().to_owned())));
            continue;
        }
        match &mut open {
            Some((_, paragraph)) => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
            None => open = Some((number, line.to_owned())),
        }
    }
    found.extend(open);
    found
}

/// The paragraphs of the comments that document a file of Rust.
fn paragraphs_of_comments(text: &str) -> Vec<(usize, String)> {
    let mut found = vec![];
    let mut comment = String::new();
    let mut first = 0;
    for (index, line) in text.lines().chain([""]).enumerate() {
        let line = line.trim_start();
        let said = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        match said {
            Some(said) => {
                if comment.is_empty() {
                    first = index;
                }
                comment.push_str(said.trim_start());
                comment.push('\n');
            }
            None if !comment.is_empty() => {
                let inside = paragraphs(&comment);
                found.extend(
                    inside
                        .into_iter()
                        .map(|(line, it)| (line.saturating_add(first), it)),
                );
                comment.clear();
            }
            None => {}
        }
    }
    found
}

fn problems(paragraph: &str) -> Vec<String> {
    let mut found = vec![];
    for (phrase, instead) in PHRASES {
        let is_whole = phrase.ends_with('.');
        let there = if is_whole {
            paragraph == phrase
        } else {
            has_words(paragraph, phrase)
        };
        if there {
            found.push(format!("\"{phrase}\": {instead}"));
        }
    }
    for sentence in sentences(paragraph) {
        let words = sentence
            .split_whitespace()
            .filter(|word| word.chars().any(char::is_alphanumeric))
            .count();
        if words > LONGEST {
            let begin: Vec<_> = sentence.split_whitespace().take(8).collect();
            found.push(format!("{words} words: {} ...", begin.join(" ")));
        }
    }
    found
}

/// Whether words stand there as words, and not as parts of others.
fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        let after = text
            .get(at.saturating_add(words.len())..)
            .and_then(|it| it.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// A sentence ends with its mark and a space; what follows a colon or a semicolon is still the same one.
fn sentences(paragraph: &str) -> Vec<String> {
    let text = without_code(paragraph);
    let mut found = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(last) = found.last_mut() {
            last.push_str(word);
            last.push(' ');
        }
        let word = word.trim_end_matches([')', '"', '*', '_']);
        let abbreviation = ["e.g.", "i.e.", "etc.", "cf."].contains(&word);
        if word.ends_with(['.', '!', '?']) && !abbreviation {
            found.push(String::new());
        }
    }
    found
}

/// Code and addresses count as one word each.
fn without_code(text: &str) -> String {
    let code: String = text
        .split('`')
        .enumerate()
        .map(|(place, part)| if place % 2 == 0 { part } else { "x" })
        .collect();
    let mut shown = String::new();
    let mut rest = code.as_str();
    while let Some((head, tail)) = rest.split_once("](") {
        shown.push_str(head);
        rest = tail.split_once(')').map_or("", |it| it.1);
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_forty_one_words_is_too_long_and_one_of_forty_is_not() {
        let sentence = |words: usize| format!("{}word.", "word ".repeat(words - 1));
        assert_eq!(problems(&sentence(40)), Vec::<String>::new());
        assert_eq!(problems(&format!("One. {} Two.", sentence(41))).len(), 1);
        assert_eq!(
            problems(&format!("{} `{}`", "word ".repeat(39), "code ".repeat(50))).len(),
            0
        );
    }

    #[test]
    fn phrases_are_found_as_words_and_riddles_as_whole_comments() {
        assert_eq!(problems("Gifts of before are kept.").len(), 1);
        assert_eq!(problems("Proof of beforehand knowledge.").len(), 0);
        assert_eq!(problems("Whether.").len(), 1);
        assert_eq!(problems("It says whether. Whether. And so on.").len(), 0);
    }

    #[test]
    fn entries_cells_and_code_are_told_apart() {
        let page =
            "# Title\nfirst\nline\n\n- one\n  and more\n- two\n\n| a | b |\n\n```\ncode\n```\nend";
        let found: Vec<_> = paragraphs(page)
            .into_iter()
            .filter(|(_, it)| !it.is_empty())
            .collect();
        let expected = [
            (1, "# Title first line"),
            (5, "- one and more"),
            (7, "- two"),
            (9, "a"),
            (9, "b"),
            (14, "end"),
        ];
        assert_eq!(found, expected.map(|(line, it)| (line, it.to_owned())));
    }

    #[test]
    fn comments_are_read_with_the_lines_where_they_stand() {
        let code = "//! Whole file.\n\nfn f() {}\n\n    /// Whether.\n    on: bool,\n";
        assert_eq!(
            paragraphs_of_comments(code),
            [(1, "Whole file.".to_owned()), (5, "Whether.".to_owned())]
        );
    }
}
