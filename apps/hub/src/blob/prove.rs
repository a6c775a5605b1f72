use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::ExitCode;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use clap::Args;
use hub_walrus_client::{encode_file, Error};
use hub_walrus_encode::SymbolPlace;
use serde_json::json;

use crate::failure::{Failure, USAGE, WRONG};
use crate::output::{table, Output};
use crate::progress::Bars;
use crate::Outcome;

/// Show what a blob is, to somebody who only has its id: its length, or bytes at a place in it.
///
/// Nothing is sent. Without --offset it prints what shows the blob's length, with it the symbol at that byte and the
/// hashes that lead from it to the id. With --model and --release the output is what the registry takes: its message
/// prove_size, or its query verify_symbol.
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
    #[arg(long, value_name = "BYTE")]
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
                format!(
                    "byte {offset} lies beyond the end of {}, which has {} bytes",
                    self.file.display(),
                    encoding.length
                ),
                "give an --offset below that",
            )
        })?;
        let range = slivers.row_range(row);
        let column = ((offset - range.start) / slivers.symbol_size() as u64) as u16;
        let failed = |e| Failure::from(Error::io("read", &self.file, e));
        let mut file = File::open(&self.file).map_err(failed)?;
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        let mut bytes = vec![];
        file.take(range.end - range.start)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        let (proof, symbol) = slivers
            .prove_symbol(SymbolPlace { row, column }, &bytes)
            .map_err(|e| {
                Failure::new(
                    WRONG,
                    e.to_string(),
                    "the file changed meanwhile: run the same command again",
                )
            })?;
        let proven = proof
            .verify(slivers.code(), &encoding.id, encoding.length, &symbol)
            .map_err(|e| {
                Failure::new(
                    WRONG,
                    e.to_string(),
                    "this is a fault of this program: report it",
                )
            })?
            .unwrap_or(offset..offset);
        let hashes = |path: &[[u8; 32]]| path.iter().map(hex::encode).collect::<Vec<_>>();
        let symbol = STANDARD.encode(&symbol);
        let proof = json!({
            "row": row,
            "column": column,
            "row_path": hashes(&proof.row_path),
            "paired_column_root": hex::encode(proof.paired_column_root),
            "pair_path": hashes(&proof.pair_path),
        });
        let size = encoding.length.to_string();
        if let (Some(model), Some(release)) = (self.model, self.release) {
            let query = json!({
                "verify_symbol": {
                    "model": model,
                    "release": release,
                    "size": size,
                    "symbol": symbol,
                    "proof": proof,
                }
            });
            output.result(&query.to_string(), &query);
            return Ok(ExitCode::SUCCESS);
        }
        let value = json!({
            "blob_id": encoding.id.to_string(),
            "size": size,
            "bytes": { "offset": proven.start, "length": proven.end - proven.start },
            "symbol": symbol,
            "proof": proof,
        });
        let text = table(&[
            ("blob id", encoding.id.to_string()),
            (
                "bytes",
                format!("{} to {}, not included", proven.start, proven.end),
            ),
            ("symbol", format!("row {row}, column {column}")),
            ("proof", "print it with --json".into()),
        ]);
        output.result(&text, &value);
        Ok(ExitCode::SUCCESS)
    }
}
