//! What a shell and `man` want to know.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;
use serde_json::json;

use crate::failure::{Failure, FAILED};
use crate::output::Output;
use crate::Outcome;

/// Print what completes commands in a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  hub completions bash > ~/.local/share/bash-completion/completions/hub"
)]
pub struct Completions {
    /// Which shell.
    shell: Shell,
}

/// Write a page of the manual for each command.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  hub man ~/.local/share/man/man1")]
pub struct Man {
    /// Folder for the pages; made if it is not there.
    folder: PathBuf,
}

impl Completions {
    pub fn run(self, mut command: Command) -> Outcome {
        let mut script = vec![];
        clap_complete::generate(self.shell, &mut command, "hub", &mut script);
        // Whoever reads may have had enough.
        let _ = std::io::Write::write_all(&mut std::io::stdout(), &script);
        Ok(ExitCode::SUCCESS)
    }
}

impl Man {
    pub fn run(self, command: Command, output: &Output) -> Outcome {
        let mut pages = vec![];
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.folder)?;
            clap_mangen::generate_to(command, &self.folder)?;
            for entry in std::fs::read_dir(&self.folder)? {
                pages.push(entry?.file_name().to_string_lossy().into_owned());
            }
            Ok(())
        };
        write().map_err(|error| {
            let sentence = format!(
                "the pages cannot be written to {}: {error}",
                self.folder.display()
            );
            Failure::new(FAILED, sentence, "look at who may write there")
        })?;
        pages.sort();
        output.result(
            &format!("{} pages in {}", pages.len(), self.folder.display()),
            &json!({ "folder": self.folder, "pages": pages }),
        );
        Ok(ExitCode::SUCCESS)
    }
}
