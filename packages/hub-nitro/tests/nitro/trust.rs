//! The table of defects in `docs/TRUST.md` is what the tests know.
//!
//! `cargo xtask trust` writes it.

use crate::attempt::{chain, defective, outcome, KEY};
use crate::defects::expected;
use hub_nitro::{
    MAX_AGE_SECONDS, MAX_AHEAD_SECONDS, MAX_BUNDLE, MAX_CERTIFICATE, MAX_DOCUMENT, MAX_FIELD,
    MAX_MODULE_ID,
};
use hub_nitro_testing::{Attempt, Defect, Level};
use std::path::PathBuf;

#[test]
fn the_tables_of_the_documentation_are_those_of_the_tests() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/TRUST.md");
    let found = std::fs::read_to_string(&path).unwrap();
    let wanted = replaced(&replaced(&found, "defects", &defects()), "sizes", &sizes());
    if std::env::var_os("HUB_UPDATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    } else {
        assert!(
            found == wanted,
            "docs/TRUST.md is not what the tests know: `cargo xtask trust` renews it"
        );
    }
}

/// What stands between the markers of a table is the table.
fn replaced(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}: generated -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let (before, rest) = text.split_once(&begin).expect("the table begins");
    let (_, after) = rest.split_once(&end).expect("the table ends");
    format!("{before}{begin}{table}{end}{after}")
}

fn defects() -> String {
    let chain = chain();
    let mut groups: Vec<(&str, Vec<String>)> = vec![];
    let mut rows: Vec<(&str, String, Vec<Level>, String)> = vec![];
    for (defect, attempt) in defective() {
        let (part, phrase, level) = match *defect {
            Defect::Envelope(defect) => ("Envelope", defect.phrase(), None),
            Defect::Payload(defect) => ("Payload", defect.phrase(), None),
            Defect::Bundle(defect) => ("Chain", defect.phrase(), None),
            Defect::Certificate(level, defect) => ("Certificate", defect.phrase(), Some(level)),
            Defect::Claim(defect) => ("Attempt", defect.phrase(), None),
        };
        let error = expected(*defect, &chain, attempt);
        let error = variant(&format!("{error:?}"));
        // One row for the certificates that fare alike.
        match rows.last_mut() {
            Some((p, text, levels, e)) if (*p, &**text, &*e) == (part, phrase, &error) => {
                levels.extend(level);
            }
            _ => rows.push((part, phrase.into(), level.into_iter().collect(), error)),
        }
    }
    for (part, phrase, levels, error) in rows {
        let levels: Vec<String> = levels.iter().map(Level::to_string).collect();
        let at = match levels.as_slice() {
            [] => String::new(),
            levels => format!(" ({})", levels.join(", ")),
        };
        let row = format!("| {phrase}{at} | `{error}` |\n");
        match groups.last_mut() {
            Some((last, rows)) if *last == part => rows.push(row),
            _ => groups.push((part, vec![row])),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(part, rows)| format!("\n| {part} | refused by |\n|---|---|\n{}", rows.concat()));
    format!("{}\n", groups.collect::<String>())
}

/// The name of an error without its numbers: `Payload(Trailing)`.
fn variant(debug: &str) -> String {
    let name = |text: &str| {
        text.split([' ', '(', ')'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    match debug.split_once('(') {
        Some((outer, inner)) if !outer.contains(' ') => format!("{outer}({})", name(inner)),
        _ => name(debug),
    }
}

fn sizes() -> String {
    let attempt = Attempt::sound(&chain(), &KEY);
    let certificates = chain().encode();
    let lengths: Vec<String> = certificates.iter().map(|it| it.len().to_string()).collect();
    let learned = outcome(&attempt).unwrap().learned.len();
    let thousands = |n: usize| match (n / 1_000, n % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands} {rest:03}"),
    };
    let rows = [
        (
            "A document of the usual shape",
            format!("{} bytes", thousands(attempt.document.len())),
        ),
        (
            "its certificates, from the root to the leaf",
            format!("{} bytes", lengths.join(", ")),
        ),
        (
            "signatures verified the first time, then with all authorities remembered",
            format!("{}, {}", learned + 2, 2),
        ),
        (
            "Largest document",
            format!("{} bytes", thousands(MAX_DOCUMENT)),
        ),
        (
            "largest certificate",
            format!("{} bytes", thousands(MAX_CERTIFICATE)),
        ),
        (
            "largest `public_key`, `user_data`, `nonce`",
            format!("{} bytes", thousands(MAX_FIELD)),
        ),
        ("largest `module_id`", format!("{MAX_MODULE_ID} bytes")),
        ("most certificates in `cabundle`", MAX_BUNDLE.to_string()),
        ("Oldest document", format!("{MAX_AGE_SECONDS} s")),
        (
            "furthest ahead of the block",
            format!("{MAX_AHEAD_SECONDS} s"),
        ),
    ];
    let rows: String = rows
        .map(|(what, number)| format!("| {what} | {number} |\n"))
        .concat();
    format!("\n| | |\n|---|---|\n{rows}\n")
}
