use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{encode_file, BlobId};
use serde_json::json;

use crate::ids;
use crate::output::Output;
use crate::progress::Bars;
use crate::Outcome;

/// The id that a file has on Walrus, computed here.
///
/// Nothing is sent. The same bytes have the same id on Mainnet and Testnet.
#[derive(Debug, Args)]
#[command(after_help = "\
With --json: {\"blob_id\": TEXT, \"root_hash\": HEX, \"length\": BYTES}

Example:
  hub blob id model.onnx")]
pub struct Id {
    /// The file.
    #[arg(required_unless_present = "from_u256")]
    file: Option<PathBuf>,

    /// Convert the decimal number that Sui shows instead.
    #[arg(long, value_name = "NUMBER", value_parser = ids::from_u256, conflicts_with = "file")]
    from_u256: Option<BlobId>,

    /// Write the sliver roots to this file (64000 bytes): with them a download is checked row by row.
    #[arg(long, value_name = "FILE", conflicts_with = "from_u256")]
    roots: Option<PathBuf>,
}

impl Id {
    pub fn run(self, output: &Output) -> Outcome {
        if let Some(id) = self.from_u256 {
            output.result(&id.to_string(), &json!({ "blob_id": id.to_string() }));
            return Ok(ExitCode::SUCCESS);
        }
        let file = self.file.unwrap_or_default();
        let encoding = encode_file(&file, &Bars::new())?;
        if let Some(path) = &self.roots {
            crate::save::save(&encoding.slivers.roots().to_bytes()[..], path, true)?;
        }
        output.result(
            &encoding.id.to_string(),
            &json!({
                "blob_id": encoding.id.to_string(),
                "root_hash": hex::encode(encoding.root),
                "length": encoding.length,
            }),
        );
        Ok(ExitCode::SUCCESS)
    }
}
