//! What a run leaves behind: CSV for further use, one HTML page with its plots, one picture, and a text with the tables.
//! None of it holds a clock or the machine: the same scenario writes the same bytes.

mod csv;
mod html;
mod markdown;
mod plots;
mod tables;
mod text;
mod words;

use std::path::Path;

use anyhow::{Context, Result};

use crate::outcome::Outcome;

/// Files of a report, by name.
pub struct Report {
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Report {
    /// Draws and writes everything, in memory.
    pub fn of(outcome: &Outcome) -> Result<Self> {
        Ok(Self {
            files: vec![
                ("days.csv", csv::days(outcome).into_bytes()),
                ("weeks.csv", csv::weeks(outcome).into_bytes()),
                ("models.csv", csv::models(outcome).into_bytes()),
                ("fakes.csv", csv::fakes(outcome).into_bytes()),
                ("report.html", html::page(outcome)?.into_bytes()),
                ("overview.png", plots::overview(outcome)?),
                ("README.md", markdown::page(outcome).into_bytes()),
            ],
        })
    }

    /// The files, by name.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.files
            .iter()
            .map(|(name, bytes)| (*name, bytes.as_slice()))
    }

    /// Writes the files that are `wanted` into a folder, which is made where it is not.
    pub fn write(&self, folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        for (name, bytes) in self.files().filter(|(name, _)| wanted(name)) {
            let path = folder.join(name);
            std::fs::write(&path, bytes)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}

/// Whether a file is kept in the project's documents: all but the tables of every model and day.
pub fn is_document(name: &str) -> bool {
    !name.ends_with(".csv")
}
