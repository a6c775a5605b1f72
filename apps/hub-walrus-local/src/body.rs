//! Bodies that come from a file, and break off, stall or lie where they are told to.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, SeekFrom};

use crate::faults::Effects;
use crate::journal::Pending;

const PIECE: usize = 64 << 10;

struct Sending {
    file: File,
    at: u64,
    end: u64,
    sent: u64,
    effects: Effects,
    pending: Pending,
}

/// The bytes of a file in this range.
pub(crate) async fn of_file(
    path: &Path,
    range: Range<u64>,
    effects: &Effects,
    pending: &Pending,
) -> io::Result<Body> {
    let mut file = File::open(path).await?;
    file.seek(SeekFrom::Start(range.start)).await?;
    let sending = Sending {
        file,
        at: range.start,
        end: range.end,
        sent: 0,
        effects: effects.clone(),
        pending: pending.clone(),
    };
    Ok(Body::from_stream(stream::try_unfold(sending, next)))
}

async fn next(mut sending: Sending) -> io::Result<Option<(Bytes, Sending)>> {
    if sending.at >= sending.end {
        return Ok(None);
    }
    let mut most = (sending.end - sending.at).min(PIECE as u64);
    if let Some(bytes) = sending.effects.cut_after {
        most = most.min(bytes.saturating_sub(sending.sent));
        if most == 0 {
            // What was sent before goes out, which the server would not care for.
            tokio::time::sleep(Duration::from_millis(30)).await;
            return Err(io::Error::other("cut on purpose"));
        }
    }
    if let Some((bytes, time)) = sending.effects.stall_after {
        if sending.sent >= bytes {
            sending.effects.stall_after = None;
            tokio::time::sleep(time).await;
        } else {
            most = most.min(bytes - sending.sent);
        }
    }
    if let Some(speed) = sending.effects.bytes_per_second {
        most = most.min((speed / 20).max(1));
        let share = most as f64 / speed.max(1) as f64;
        tokio::time::sleep(Duration::from_secs_f64(share)).await;
    }
    let mut piece = vec![0; usize::try_from(most).unwrap_or(PIECE)];
    sending.file.read_exact(&mut piece).await?;
    for wrong in &sending.effects.wrong_bytes {
        let place = wrong
            .checked_sub(sending.at)
            .and_then(|place| usize::try_from(place).ok());
        if let Some(byte) = place.and_then(|place| piece.get_mut(place)) {
            *byte ^= 1;
        }
    }
    sending.at += piece.len() as u64;
    sending.sent += piece.len() as u64;
    sending.pending.sent(piece.len() as u64);
    Ok(Some((piece.into(), sending)))
}
