//! What the author says of a model, in the file `hub.toml` of its folder.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::contents::{Contents, Reading};
use crate::metering::Metering;

/// Name of the file.
pub const DESCRIPTION: &str = "hub.toml";

/// What the author says of a model. Every field may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Description {
    /// Title, for people.
    pub title: Option<String>,
    /// What it does, in a paragraph.
    pub description: Option<String>,
    /// What it is for, in one word, such as `forecasting`.
    pub task: Option<String>,
    /// Licence, as SPDX names it.
    pub license: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Page about it.
    pub homepage: Option<String>,
    /// What its prices count.
    pub metering: Metering,
}

/// Why the file does not say it.
#[derive(Error, Debug)]
pub enum DescriptionError {
    /// It cannot be read.
    #[error("{path} cannot be read: {error}")]
    Read {
        /// The file.
        path: String,
        /// What the system says.
        error: io::Error,
    },
    /// It says something else than this version knows.
    #[error("{path} is not as it should be: {error}")]
    Invalid {
        /// The file.
        path: String,
        /// Where and what.
        error: toml::de::Error,
    },
}

impl Description {
    /// Reads the file of a folder; nothing is said where there is none.
    pub fn read(folder: &Path) -> Result<Self, DescriptionError> {
        Self::of(folder)
    }

    /// Reads the file where it is; nothing is said where there is none.
    pub fn of(contents: &(impl Contents + ?Sized)) -> Result<Self, DescriptionError> {
        let name = contents.shown(DESCRIPTION).display().to_string();
        let read = contents
            .open(DESCRIPTION)
            .and_then(|open| io::read_to_string(Reading::new(open)?));
        match read {
            Ok(text) => toml::from_str(&text)
                .map_err(|error| DescriptionError::Invalid { path: name, error }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(DescriptionError::Read { path: name, error }),
        }
    }
}
