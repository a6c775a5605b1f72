#![doc = include_str!("../README.md")]

mod contents;
mod description;
mod encodings;
mod folder;
mod manifest;
mod metering;
mod onnx;
mod plan;
mod protobuf;
mod quilts;
#[cfg(feature = "client")]
mod restore;
mod screen;
#[cfg(feature = "client")]
mod upload;

pub use contents::{Contents, Opened};
pub use description::{Description, DescriptionError, DESCRIPTION};
pub use encodings::ENCODINGS;
pub use folder::{Folder, FolderError, Kind, ModelFile, SMALL};
pub use manifest::{FileEntry, Manifest, ManifestError, Part, Place, MAX_MANIFEST};
pub use metering::{Metering, MeteringError, Unit};
pub use onnx::{Dimension, OnnxError, OnnxModel, Tensor};
pub use plan::{stored_size, Plan, PlanError, PlannedBlob, Watch, LONGEST_PART};
pub use quilts::{PlannedQuilt, QuiltsError};
#[cfg(feature = "client")]
pub use restore::{fetch_manifest, restore, verify, Difference, RestoreError};
pub use screen::{screen, Warning, WarningKind};
#[cfg(feature = "client")]
pub use upload::{Placed, Receipt, Receipts, UploadError, RECEIPTS};
