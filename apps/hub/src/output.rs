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
            text.trim_end().to_owned()
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
            let _ = writeln!(io::stderr(), "error: {}", failure.sentence);
            if let Some(hint) = &failure.hint {
                let _ = writeln!(io::stderr(), "  hint: {hint}");
            }
        }
        ExitCode::from(failure.code)
    }
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
