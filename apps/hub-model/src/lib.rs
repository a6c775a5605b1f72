#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod description;
mod folder;
mod manifest;
mod metering;
mod onnx;
mod protobuf;
mod screen;

pub use description::{Description, DescriptionError, DESCRIPTION};
pub use folder::{Folder, FolderError, Kind, ModelFile, SMALL};
pub use manifest::{FileEntry, Manifest, ManifestError, Part, Place, MAX_MANIFEST};
pub use metering::{Metering, MeteringError, Unit};
pub use onnx::{Dimension, OnnxError, OnnxModel, Tensor};
pub use screen::{screen, Warning, WarningKind};
