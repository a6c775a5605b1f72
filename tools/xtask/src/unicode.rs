//! Writes `packages/hub-types/src/text/unseen.rs`: the characters that no text of the Hub may hold, over all of Unicode.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{bail, Context, Result};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory, UNICODE_VERSION};

const RENEW: &str = "cargo xtask unicode";
const PATH: &str = "packages/hub-types/src/text/unseen.rs";

/// Characters that have a category of letters, marks or symbols and show nothing all the same: fillers, blanks and
/// what only selects the form of the character before it. Sources: `DerivedCoreProperties.txt`,
/// `Default_Ignorable_Code_Point`, and the names of the others in `UnicodeData.txt`.
const SHOW_NOTHING: [(char, char); 13] = [
    // Combining grapheme joiner.
    ('\u{34f}', '\u{34f}'),
    // Hangul choseong and jungseong fillers.
    ('\u{115f}', '\u{1160}'),
    // Khmer inherent vowels.
    ('\u{17b4}', '\u{17b5}'),
    // Mongolian variation selectors; the vowel separator between them is a format character.
    ('\u{180b}', '\u{180d}'),
    ('\u{180f}', '\u{180f}'),
    // Braille pattern blank.
    ('\u{2800}', '\u{2800}'),
    // Hangul filler.
    ('\u{3164}', '\u{3164}'),
    // Variation selectors.
    ('\u{fe00}', '\u{fe0f}'),
    // Halfwidth Hangul filler.
    ('\u{ffa0}', '\u{ffa0}'),
    // Egyptian hieroglyph full and half blank.
    ('\u{13441}', '\u{13442}'),
    // Khitan small script filler.
    ('\u{16fe4}', '\u{16fe4}'),
    // Musical symbol null notehead.
    ('\u{1d159}', '\u{1d159}'),
    // Variation selectors supplement.
    ('\u{e0100}', '\u{e01ef}'),
];

/// Writes the table, or with `check` compares it with what stands there.
pub fn run(check: bool) -> Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(PATH);
    let text = table()?;
    if !check {
        return fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()));
    }
    match fs::read_to_string(&path) {
        Ok(found) if found == text => Ok(()),
        Ok(_) => bail!("{PATH} differs from what Unicode says: `{RENEW}` renews it"),
        Err(error) => bail!("{PATH} cannot be read ({error}): `{RENEW}` writes it"),
    }
}

fn is_unseen(character: char) -> bool {
    let category = matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    category
        || SHOW_NOTHING
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
}

/// The table as the text of its file. A range of the surrogates, which are no characters, stands in no range.
fn table() -> Result<String> {
    let mut ranges: Vec<(char, char)> = vec![];
    let mut open: Option<(char, char)> = None;
    for character in char::MIN..=char::MAX {
        open = match (open, is_unseen(character)) {
            (None, true) => Some((character, character)),
            (Some((first, _)), true) => Some((first, character)),
            (Some(range), false) => {
                ranges.push(range);
                None
            }
            (None, false) => None,
        };
    }
    ranges.extend(open);

    let (major, minor, patch) = UNICODE_VERSION;
    let mut text = String::new();
    writeln!(text, "// Written by `{RENEW}`; changes by hand are lost.")?;
    writeln!(text)?;
    writeln!(
        text,
        "//! Characters that no reader sees, of Unicode {major}.{minor}.{patch}."
    )?;
    writeln!(text)?;
    writeln!(
        text,
        "/// Version of Unicode that says what a character is."
    )?;
    let version = "pub const UNICODE_VERSION: (u64, u64, u64)";
    writeln!(text, "{version} = ({major}, {minor}, {patch});")?;
    writeln!(text)?;
    writeln!(
        text,
        "/// First and last code point of each range, ascending."
    )?;
    writeln!(text, "#[rustfmt::skip]")?;
    writeln!(
        text,
        "pub(super) const UNSEEN: [(u32, u32); {}] = [",
        ranges.len()
    )?;
    for line in ranges.chunks(4) {
        let line: Vec<String> = line
            .iter()
            .map(|(first, last)| {
                format!("(0x{:04x}, 0x{:04x}),", u32::from(*first), u32::from(*last))
            })
            .collect();
        writeln!(text, "    {}", line.join(" "))?;
    }
    writeln!(text, "];")?;
    Ok(text)
}
