//! The tables and what to make of them, for those who read the repository.

use std::fmt::Write;

use super::tables::{self, Table};
use super::words;
use crate::outcome::Outcome;

pub fn page(outcome: &Outcome) -> String {
    let scenario = &outcome.scenario;
    let mut page = format!(
        "# What faking costs\n\n<!-- Written by `make generate`; do not edit. -->\n\n{}.\n\n[report.html](report.html) shows all of it with plots; it is one file that needs no network.\n",
        scenario.about
    );
    for text in words::opening(outcome) {
        let _ = write!(page, "\n{text}\n");
    }
    page.push_str("\n![The plots of the report](overview.png)\n");
    for section in words::sections(outcome) {
        let _ = write!(page, "\n## {}\n", section.title);
        for text in &section.before {
            let _ = write!(page, "\n{text}\n");
        }
        write_table(&mut page, &section.table, section.numbered);
    }
    page.push_str("\n## All sums\n");
    write_table(&mut page, &tables::sums(outcome), false);
    page.push_str("\n## How it was made\n\n");
    for text in words::method(outcome) {
        let _ = writeln!(page, "- {text}");
    }
    page
}

fn write_table(page: &mut String, table: &Table, numbered: bool) {
    let cells = |row: &[String]| format!("| {} |\n", row.join(" | "));
    let _ = write!(page, "\n{}", cells(&table.header));
    let _ = writeln!(page, "|---|{}", "--:|".repeat(table.header.len() - 1));
    for (number, row) in (1..).zip(&table.rows) {
        let mut row: Vec<String> = row.iter().map(|text| text.replace('|', "\\|")).collect();
        if numbered {
            row[0] = format!("{number}. {}", row[0]);
        }
        page.push_str(&cells(&row));
    }
}
