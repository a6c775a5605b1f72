//! The published algorithm, plainly: one thread, everything in memory, whole symbols. Tests hold the encoder to it, and
//! `make bench-walrus` measures against it.
//!
//! Source: MystenLabs/walrus, crates/walrus-core/src/encoding/blob_encoding.rs (`compute_metadata`) and merkle.rs.

use hub_walrus::merkle::{self, Hash};
use hub_walrus::{Code, CodeError, SliverRoots};

/// The sliver roots of a blob.
pub fn sliver_roots(code: Code, blob: &[u8]) -> Result<SliverRoots, CodeError> {
    let size = usize::from(code.symbol_size(blob.len() as u64)?);
    let [shards, primary, secondary] =
        [code.shards(), code.primary(), code.secondary()].map(usize::from);

    let mut padded = blob.to_vec();
    padded.resize(primary * secondary * size, 0);
    let rows: Vec<Vec<Vec<u8>>> = padded
        .chunks(secondary * size)
        .map(|row| extend(row.chunks(size).map(<[u8]>::to_vec).collect(), shards))
        .collect();

    let mut leaves = vec![vec![merkle::EMPTY; shards]; shards];
    for column in 0..shards {
        let symbols = rows.iter().map(|row| row[column].clone()).collect();
        for (row, symbol) in extend(symbols, shards).iter().enumerate() {
            leaves[row][column] = merkle::leaf(symbol);
        }
    }
    let columns: Vec<Hash> = (0..shards)
        .map(|column| merkle::root(leaves.iter().map(|row| row[column]).collect()))
        .collect();
    let rows: Vec<Hash> = leaves.into_iter().map(merkle::root).collect();
    Ok(SliverRoots::new(&rows, &columns).expect("as many rows as columns"))
}

/// The symbols given and as many recovery symbols as make `shards` in all.
pub fn extend(mut symbols: Vec<Vec<u8>>, shards: usize) -> Vec<Vec<u8>> {
    let recovery = reed_solomon_simd::encode(symbols.len(), shards - symbols.len(), &symbols)
        .expect("symbols of one even size, at most 10000 of them");
    symbols.extend(recovery);
    symbols
}
