mod fetch;
mod plan;
mod publish;
mod registered;
mod status;
mod terms;
mod upload;
mod verify;

use clap::{Args, Subcommand};
use hub_model::{PlanError, RestoreError, UploadError};

use crate::failure::{Failure, FAILED, USAGE, WRONG};
use crate::output::Output;
use crate::Outcome;

/// Models: from a folder to one that can be called, and back.
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // Parsed once per run.
enum Command {
    Publish(publish::Publish),
    Price(registered::SetPrice),
    List(registered::List),
    Show(registered::Show),
    Retire(registered::Retire),
    Transfer(registered::Transfer),
    Plan(plan::Plan),
    Upload(upload::Upload),
    Fetch(fetch::Fetch),
    Verify(verify::Verify),
    Status(status::Status),
}

impl Model {
    pub fn run(self, output: &Output) -> Outcome {
        match self.command {
            Command::Publish(command) => command.run(output),
            Command::Price(command) => command.run(output),
            Command::List(command) => command.run(output),
            Command::Show(command) => command.run(output),
            Command::Retire(command) => command.run(output),
            Command::Transfer(command) => command.run(output),
            Command::Plan(command) => command.run(output),
            Command::Upload(command) => command.run(output),
            Command::Fetch(command) => command.run(output),
            Command::Verify(command) => command.run(output),
            Command::Status(command) => command.run(output),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let code = match &error {
            PlanError::Cancelled => crate::interrupt::EXIT_CODE,
            PlanError::Encode { .. } => FAILED,
            _ => USAGE,
        };
        // The sentences of folders and models end with what to do.
        Self {
            sentence: error.to_string(),
            hint: None,
            code,
        }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Walrus { what, error } => prefixed(&what, error.into()),
            error @ UploadError::Receipts { .. } => Self {
                sentence: error.to_string(),
                hint: Some("make room, or allow the folder to be written, and run it again: nothing is stored twice".into()),
                code: FAILED,
            },
        }
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        match error {
            RestoreError::Walrus { what, error } => prefixed(&what, error.into()),
            RestoreError::Manifest { .. } => Self {
                sentence: error.to_string(),
                hint: Some("give the id of a model's manifest, as hub model upload prints it; to fetch any blob: hub blob get".into()),
                code: WRONG,
            },
            RestoreError::NotInQuilt { .. } | RestoreError::Mismatch(_) => {
                Self { sentence: error.to_string(), hint: None, code: WRONG }
            }
            RestoreError::InTheWay(_) => Self { sentence: error.to_string(), hint: None, code: USAGE },
            RestoreError::File { .. } => Self { sentence: error.to_string(), hint: None, code: FAILED },
        }
    }
}

fn prefixed(what: &str, failure: Failure) -> Failure {
    Failure {
        sentence: format!("{what}: {}", failure.sentence),
        ..failure
    }
}
