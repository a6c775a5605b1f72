use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use hub_walrus_client::{encode_file, Error};
use serde_json::json;

use crate::failure::{Failure, USAGE, WRONG};
use crate::output::{table, Output};
use crate::progress::Bars;
use crate::Outcome;

/// Show what a blob is, to somebody who only has its id: its length, or bytes at a place in it.
///
/// Nothing is sent. Without --offset it prints what shows the blob's length: with --model and --release as the message
/// prove_size of the registry. With --offset it prints the symbol at that byte with the hashes that lead from it to the id.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  hub blob prove model.onnx --model 7 --release 1
  hub blob prove model.onnx --offset 1000000")]
pub struct Prove {
    /// The file.
    file: PathBuf,

    /// Model in the registry.
    #[arg(long, value_name = "ID", requires = "release")]
    model: Option<u64>,

    /// Release of the model.
    #[arg(long, value_name = "N", requires = "model")]
    release: Option<u64>,

    /// Byte of the file to prove, from 0.
    #[arg(long, value_name = "BYTE", conflicts_with_all = ["model", "release"])]
    offset: Option<u64>,
}

impl Prove {
    pub fn run(self, output: &Output) -> Outcome {
        let encoding = encode_file(&self.file, &Bars::new())?;
        let root = hex::encode(encoding.root);
        let Some(offset) = self.offset else {
            let message = match (self.model, self.release) {
                (Some(model), Some(release)) => json!({
                    "prove_size": {
                        "model": model,
                        "release": release,
                        "size": encoding.length.to_string(),
                        "root_hash": root,
                    }
                }),
                _ => json!({
                    "blob_id": encoding.id.to_string(),
                    "size": encoding.length.to_string(),
                    "root_hash": root,
                }),
            };
            // A message is JSON in any case.
            output.result(&message.to_string(), &message);
            return Ok(ExitCode::SUCCESS);
        };
        let slivers = &encoding.slivers;
        let row = slivers.row_of(offset).ok_or_else(|| {
            Failure::new(
                USAGE,
                format!("byte {offset} lies beyond the end of {}, which has {} bytes", self.file.display(), encoding.length),
                "give an --offset below that",
            )
        })?;
        let range = slivers.row_range(row);
        let column = ((offset - range.start) / slivers.symbol_size() as u64) as u16;
        let failed = |e| Failure::from(Error::io("read", &self.file, e));
        let mut file = File::open(&self.file).map_err(failed)?;
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        let mut bytes = vec![];
        file.take(range.end - range.start).read_to_end(&mut bytes).map_err(failed)?;
        let (proof, symbol) = slivers
            .prove_symbol(row, column, &bytes)
            .map_err(|e| Failure::new(WRONG, e.to_string(), "the file changed meanwhile: run the same command again"))?;
        let proven = proof
            .verify(slivers.code(), &encoding.id, encoding.length, &symbol)
            .map_err(|e| Failure::new(WRONG, e.to_string(), "this is a fault of this program: report it"))?
            .unwrap_or(offset..offset);
        let hashes = |path: &[[u8; 32]]| path.iter().map(hex::encode).collect::<Vec<_>>();
        let value = json!({
            "blob_id": encoding.id.to_string(),
            "length": encoding.length,
            "row": row,
            "column": column,
            "first_byte": proven.start,
            "end_byte": proven.end,
            "symbol": hex::encode(&symbol),
            "row_path": hashes(&proof.row_path),
            "paired_column_root": hex::encode(proof.paired_column_root),
            "pair_path": hashes(&proof.pair_path),
        });
        let text = table(&[
            ("blob id", encoding.id.to_string()),
            ("bytes", format!("{} to {} (not included)", proven.start, proven.end)),
            ("symbol", format!("row {row}, column {column}")),
            ("hashes", format!("{}, print them with --json", proof.row_path.len() + proof.pair_path.len() + 1)),
        ]);
        output.result(&text, &value);
        Ok(ExitCode::SUCCESS)
    }
}
