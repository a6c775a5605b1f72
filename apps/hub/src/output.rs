use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{json, Value};

use crate::failure::Failure;

/// Where results go: text or one JSON object on the standard output; what is said on the way, and errors, on the standard error.
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the result in the form that was asked for.
    pub fn result(&self, text: &str, value: &Value) {
        let line = if self.json {
            value.to_string()
        } else {
            shown(text.trim_end())
        };
        // Whoever reads may have had enough: then nothing is left to say.
        let _ = writeln!(io::stdout(), "{line}");
    }

    /// Whether a program reads it.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints why there is none.
    pub fn fail(&self, failure: &Failure) -> ExitCode {
        if self.json {
            let value = json!({ "error": failure.sentence, "hint": failure.hint, "exit_code": failure.code });
            let _ = writeln!(io::stderr(), "{value}");
        } else {
            say(format_args!("error: {}", failure.sentence));
            if let Some(hint) = &failure.hint {
                say(format_args!("  hint: {hint}"));
            }
        }
        ExitCode::from(failure.code)
    }
}

/// Says something on the way, as a line on the standard error.
pub fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", shown(&line.to_string()));
}

/// A text as a terminal may print it. Models, servers and nodes are strangers, whose words must not steer it: of control characters the
/// end of a line and the tabulator are kept, and no mark that reorders letters is.
pub fn shown(text: &str) -> String {
    let reorders = |letter: char| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_shown = |&letter: &char| match letter {
        '\n' | '\t' => true,
        _ => !letter.is_control() && !reorders(letter),
    };
    text.chars().filter(is_shown).collect()
}

/// Names and values below each other.
pub fn table(rows: &[(&str, String)]) -> String {
    let width = rows
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let line = |(name, value): &(&str, String)| format!("{name:width$}  {value}\n");
    rows.iter().map(line).collect()
}

/// A number of bytes for people: `12.3 MiB`.
pub fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB"];
    let mut unit = 0;
    let mut tenths = u128::from(bytes) * 10;
    while tenths >= 10_240 && unit + 1 < units.len() {
        tenths /= 1_024;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} bytes"),
        _ => format!("{}.{} {}", tenths / 10, tenths % 10, units[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_stranger_steer_no_terminal() {
        let steers = "\u{1b}[2Ja\u{9b}31mb\r\u{8}\u{7f}c\td\ne\u{202e}f\u{2067}g\u{200f}h";
        assert_eq!(shown(steers), "[2Ja31mbc\td\nefgh");
        let plain = "Größe, 数, é, 👍🏽: ▁▂▃";
        assert_eq!(shown(plain), plain);
    }
}
