//! Work that is shared among threads: each takes the next item when it is done with one.

use crate::{EncodeError, Fraction, Progress};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How far the work has come, and who is told.
pub(crate) struct Watch<'p> {
    progress: &'p mut dyn Progress,
    done: AtomicU64,
    total: u64,
}

impl<'p> Watch<'p> {
    /// Watches `total` units of work.
    pub(crate) fn new(progress: &'p mut dyn Progress, total: u64) -> Self {
        Self {
            progress,
            done: AtomicU64::new(0),
            total,
        }
    }
}

/// Does `work` with each item, on up to `threads` threads, the calling one among them. `start` makes what a thread
/// keeps from item to item; `units` is how much of the total an item is. Ends at the first error, or when progress says so.
pub(crate) fn each<I: Send, S>(
    threads: usize,
    watch: &mut Watch<'_>,
    units: impl Fn(&I) -> u64 + Sync,
    items: impl Iterator<Item = I> + Send,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, I) -> Result<(), EncodeError> + Sync,
) -> Result<(), EncodeError> {
    let Watch {
        progress,
        done,
        total,
    } = watch;
    let (done, total) = (&*done, *total);
    let queue = Mutex::new(items);
    let stop = AtomicBool::new(false);
    let failed = Mutex::new(None);
    let next = || match stop.load(Ordering::Relaxed) {
        true => None,
        false => queue.lock().unwrap_or_else(PoisonError::into_inner).next(),
    };
    let end = |error| {
        stop.store(true, Ordering::Relaxed);
        failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
    };
    let run = |after: &mut dyn FnMut(u64)| {
        let mut kept = start();
        while let Some(item) = next() {
            let units = units(&item);
            match work(&mut kept, item) {
                Ok(()) => after(done.fetch_add(units, Ordering::Relaxed) + units),
                Err(error) => end(error),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A system that grants no more threads makes it slower, not impossible.
            let spawned = thread::Builder::new().spawn_scoped(scope, || run(&mut |_| ()));
            if spawned.is_err() {
                break;
            }
        }
        run(&mut |done| {
            if progress.advance(Fraction { done, total }).is_break() {
                end(EncodeError::Cancelled);
            }
        });
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}
