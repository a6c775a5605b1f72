//! A blob comes in: rows in parallel from several aggregators, each checked on arrival, kept across kills.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hub_walrus::BlobId;
use hub_walrus_encode::{Fraction, Slivers};

use crate::aggregators::{Aggregators, Pick};
use crate::cache::Part;
use crate::error::{Answer, Error, Refusal, Result, Why};
use crate::http::{broken, Http, Reply};
use crate::progress::{Progress, Work};
use crate::roots::{encode_file, geometry, Geometry, MAX_LENGTH};

/// How a blob is fetched.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Sliver roots, 64 000 bytes, as a sidecar has them. They need not be trusted: they are checked against the id.
    pub roots: Option<Vec<u8>>,
    /// Length of the blob in bytes, where it is known: it saves the question. It need not be trusted either.
    pub length: Option<u64>,
    /// Compute the id of the whole blob as well, once it is there.
    pub strict: bool,
    /// Requests at the same time, at least 1. Fewer are made where rows are large, to bound the memory.
    pub connections: usize,
    /// Bytes that one request asks for, as whole rows, at least one.
    pub request_bytes: u64,
    /// How often in a row every aggregator may fail before it is given up.
    pub attempts: u32,
    /// For so long, an aggregator that has no such blob is asked again: caches hold on to a 404, and what was stored
    /// a moment ago is not everywhere yet.
    pub just_stored: Option<Duration>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            roots: None,
            length: None,
            strict: false,
            connections: 4,
            request_bytes: 8 << 20,
            attempts: 6,
            just_stored: None,
        }
    }
}

/// How it is known that the bytes are those of the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checked {
    /// Each row against the sliver roots, which make the id: what Walrus checks by default.
    Rows,
    /// The id was computed from all bytes.
    Whole,
    /// It was in the cache, into which nothing comes unchecked.
    Before,
}

/// A blob that is in the cache.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The blob.
    pub id: BlobId,
    /// Where it lies. Read-only; copy or link it, don't change it.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// How it was checked.
    pub checked: Checked,
    /// Bytes that came over the network and were taken.
    pub fetched: u64,
    /// Bytes that an earlier run had left, and that were found good.
    pub resumed: u64,
    /// Aggregators that sent wrong bytes.
    pub liars: Vec<Refusal>,
}

/// Who fetches.
pub(crate) struct Fetcher<'a> {
    pub http: &'a Http,
    pub aggregators: &'a Aggregators,
    pub progress: &'a dyn Progress,
    pub options: &'a FetchOptions,
}

/// Memory for rows and their checks, over all connections, in bytes.
const MEMORY: u64 = 192 << 20;
/// Pieces in which a body is read.
const PIECE: usize = 64 << 10;

impl Fetcher<'_> {
    /// Fetches a blob whose sliver roots are known.
    pub fn by_rows(&self, roots: &Slivers, part: Part) -> Result<Fetched> {
        let geometry = geometry(roots)?;
        let resumed = self.resume(roots, &part)?;
        let missing = (0..geometry.rows()).filter(|row| !part.has(*row)).collect();
        let board = Board::new(missing, BTreeSet::new());
        self.progress.begin(
            Work::Fetch,
            Fraction {
                done: resumed,
                total: geometry.length(),
            },
        );
        let run = Run {
            fetcher: self,
            id: roots.id(),
            geometry,
            roots: Some(roots),
            part: &part,
            board: &board,
            began: Instant::now(),
        };
        let outcome = run.all();
        self.progress.end();
        outcome?;
        if self.options.strict {
            let found = encode_file(part.file(), part.path(), geometry.length(), self.progress)?;
            if found.id() != roots.id() {
                // The rows fit the roots and the roots the id, but the id is not that of the rows' encoding: whoever
                // stored it encoded wrongly, and no aggregator is to blame.
                part.reset()?;
                return Err(Error::WrongBytes {
                    id: roots.id(),
                    source_name: "its own encoding".into(),
                    found: found.id(),
                });
            }
        }
        let state = board.into_state();
        Ok(Fetched {
            id: roots.id(),
            path: part.finish()?,
            length: geometry.length(),
            checked: if self.options.strict {
                Checked::Whole
            } else {
                Checked::Rows
            },
            fetched: state.fetched,
            resumed,
            liars: liars(&state.refusals),
        })
    }

    /// Fetches a blob of which nothing but the id is known: all of it, then its id is computed.
    ///
    /// Which of several aggregators lied cannot be told then. So after bytes that are wrong, one is asked alone, and
    /// then the next.
    pub fn whole(
        &self,
        id: BlobId,
        part: impl Fn(u64) -> Result<Part>,
    ) -> Result<(Fetched, Slivers)> {
        let mut unfit = BTreeSet::new();
        let mut refusals = BTreeMap::new();
        let mut alone = false;
        let several = self.aggregators.len() > 1;
        loop {
            let (place, length) = self.length(&id, &mut unfit, &mut refusals)?;
            let others = || (0..self.aggregators.len()).filter(|other| *other != place);
            let excluded = if alone {
                others().chain(unfit.clone()).collect()
            } else {
                unfit.clone()
            };
            let part = part(length)?;
            if alone {
                part.reset()?;
            }
            let geometry = Geometry::new(length)?;
            let there = (0..geometry.rows()).filter(|row| part.has(*row));
            let resumed: u64 = there.map(|row| geometry.row(row).1 as u64).sum();
            let missing = (0..geometry.rows()).filter(|row| !part.has(*row)).collect();
            let board = Board::new(missing, excluded);
            self.progress.begin(
                Work::Fetch,
                Fraction {
                    done: resumed,
                    total: length,
                },
            );
            let run = Run {
                fetcher: self,
                id,
                geometry,
                roots: None,
                part: &part,
                board: &board,
                began: Instant::now(),
            };
            let outcome = run.all();
            self.progress.end();
            let state = board.into_state();
            refusals.extend(state.refusals.clone());
            match outcome {
                // The length itself may be a lie, and then nobody else fits it.
                Err(Error::NoAggregator { .. } | Error::NotFound { .. }) if alone || several => {
                    if alone {
                        unfit.insert(place);
                    }
                    alone = true;
                    continue;
                }
                outcome => outcome?,
            }
            let found = encode_file(part.file(), part.path(), length, self.progress)?;
            if found.id() == id {
                let fetched = Fetched {
                    id,
                    path: part.finish()?,
                    length,
                    checked: Checked::Whole,
                    fetched: state.fetched,
                    resumed,
                    liars: liars(&refusals),
                };
                return Ok((fetched, found));
            }
            part.reset()?;
            let culprit = match state.sources.iter().next() {
                _ if alone => Some(place),
                Some(only) if state.sources.len() == 1 && resumed == 0 => Some(*only),
                _ => None,
            };
            match culprit {
                Some(place) => {
                    let what = format!("together they make {}", found.id());
                    self.lied(place, None, what, &mut refusals);
                    unfit.insert(place);
                }
                None => self.progress.note(
                    "the bytes are not those of the blob, and it cannot be told who sent wrong ones: \
                     asking one aggregator at a time",
                ),
            }
            alone = true;
        }
    }

    /// Asks for the length of a blob, without its bytes; who said it.
    ///
    /// Not by `HEAD`: an aggregator then reads the whole blob and throws it away.
    pub fn length(
        &self,
        id: &BlobId,
        unfit: &mut BTreeSet<usize>,
        refusals: &mut BTreeMap<usize, Refusal>,
    ) -> Result<(usize, u64)> {
        let began = Instant::now();
        let mut failures = 0;
        loop {
            let place = self.next(id, unfit, refusals, &mut failures, began)?;
            let sent = Instant::now();
            match self.open(place, id, Some((0, 0))) {
                Ok(reply) => {
                    let length = match (reply.status, reply.content_range()) {
                        (206, Some((0, total))) => Some(total),
                        (200, _) => reply.length(),
                        _ => None,
                    };
                    match length {
                        Some(length) if length <= MAX_LENGTH => {
                            self.aggregators.went_well(place, 1, sent.elapsed());
                            return Ok((place, length));
                        }
                        Some(length) => {
                            let what = format!(
                                "it says that the blob has {length} bytes, more than any has"
                            );
                            self.lied(place, None, what, refusals);
                            unfit.insert(place);
                        }
                        None => {
                            let why = Why::Unreachable("does not say how long the blob is".into());
                            self.refuse(place, why, refusals);
                            unfit.insert(place);
                        }
                    }
                }
                // No byte 0: the blob is empty, or the server knows no ranges.
                Err(Failure::Range(answer)) => match self.open(place, id, None) {
                    Ok(reply) if reply.status == 200 => match reply.length() {
                        Some(length) => return Ok((place, length)),
                        None => {
                            self.refuse(place, Why::Refused(answer), refusals);
                            unfit.insert(place);
                        }
                    },
                    _ => {
                        self.refuse(place, Why::Refused(answer), refusals);
                        unfit.insert(place);
                    }
                },
                Err(failure) => {
                    let patient = self.patient(began);
                    self.settle(place, failure, patient, unfit, refusals);
                    failures += 1;
                }
            }
        }
    }

    /// Whom to ask next; waits while all rest.
    fn next(
        &self,
        id: &BlobId,
        unfit: &BTreeSet<usize>,
        refusals: &BTreeMap<usize, Refusal>,
        failures: &mut u32,
        began: Instant,
    ) -> Result<usize> {
        loop {
            if self.progress.cancelled() {
                return Err(Error::Cancelled);
            }
            if self.exhausted(*failures, began) {
                return Err(self.nobody(id, refusals));
            }
            match self.aggregators.pick(Instant::now(), unfit) {
                Pick::Ask(place) => return Ok(place),
                Pick::Wait(time) => std::thread::sleep(time.min(Duration::from_millis(50))),
                Pick::Nobody => return Err(self.nobody(id, refusals)),
            }
        }
    }

    fn exhausted(&self, failures: u32, began: Instant) -> bool {
        let most = self
            .options
            .attempts
            .saturating_mul(self.aggregators.len() as u32);
        failures >= most && !self.patient(began)
    }

    /// Whether a 404 may still be one of a cache.
    fn patient(&self, began: Instant) -> bool {
        self.options
            .just_stored
            .is_some_and(|time| began.elapsed() < time)
    }

    fn nobody(&self, id: &BlobId, refusals: &BTreeMap<usize, Refusal>) -> Error {
        if !refusals.is_empty()
            && refusals
                .values()
                .all(|refusal| refusal.why == Why::NotFound)
        {
            return Error::NotFound {
                id: *id,
                asked: refusals
                    .values()
                    .map(|refusal| refusal.url.clone())
                    .collect(),
            };
        }
        let refusals = if refusals.is_empty() {
            // All lied earlier in this process, about another blob.
            let liar = |seen: crate::Seen| Refusal {
                url: seen.url,
                why: Why::Lied {
                    row: None,
                    what: "earlier, of another blob".into(),
                },
            };
            self.aggregators
                .seen()
                .into_iter()
                .filter(|seen| seen.lied)
                .map(liar)
                .collect()
        } else {
            refusals.values().cloned().collect()
        };
        Error::NoAggregator {
            what: format!("blob {id}"),
            refusals,
        }
    }

    fn refuse(&self, place: usize, why: Why, refusals: &mut BTreeMap<usize, Refusal>) {
        let url = self.aggregators.url(place);
        refusals.insert(place, Refusal { url, why });
    }

    fn lied(
        &self,
        place: usize,
        row: Option<u16>,
        what: String,
        refusals: &mut BTreeMap<usize, Refusal>,
    ) {
        self.aggregators.lied(place);
        self.refuse(place, Why::Lied { row, what }, refusals);
        if let Some(refusal) = refusals.get(&place) {
            self.progress
                .note(&format!("{refusal}; it is not asked again"));
        }
    }

    /// Notes a failure and what follows from it for the aggregator.
    fn settle(
        &self,
        place: usize,
        failure: Failure,
        patient: bool,
        unfit: &mut BTreeSet<usize>,
        refusals: &mut BTreeMap<usize, Refusal>,
    ) {
        let now = Instant::now();
        match failure {
            Failure::NotFound => {
                self.refuse(place, Why::NotFound, refusals);
                if patient {
                    self.aggregators.failed(place, now, None);
                } else {
                    unfit.insert(place);
                }
            }
            Failure::Unfit(answer) | Failure::Range(answer) => {
                self.refuse(place, Why::Refused(answer), refusals);
                unfit.insert(place);
            }
            Failure::Later(why, asked_for) => {
                self.refuse(place, why, refusals);
                self.aggregators.failed(place, now, asked_for);
            }
        }
    }

    /// Asks for a part of a blob.
    fn open(&self, place: usize, id: &BlobId, range: Option<(u64, u64)>) -> Result<Reply, Failure> {
        let url = format!("{}/v1/blobs/{id}", self.aggregators.url(place));
        match self.open_url(&url, range) {
            // A cache may hold on to a 404 of before the blob was stored. An unknown field in the query, as the
            // documentation says, is refused with 400; a known one with its default value makes another address.
            Err(Failure::NotFound) => {
                self.open_url(&format!("{url}?skip_consistency_check=false"), range)
            }
            outcome => outcome,
        }
    }

    fn open_url(&self, url: &str, range: Option<(u64, u64)>) -> Result<Reply, Failure> {
        let reply = self.http.get(url, range).map_err(Failure::of)?;
        match reply.status {
            200 | 206 => Ok(reply),
            404 => Err(Failure::NotFound),
            400 | 416 => Err(Failure::Range(reply.into_answer())),
            429 | 500.. => {
                let asked_for = reply.retry_after();
                Err(Failure::Later(Why::Refused(reply.into_answer()), asked_for))
            }
            _ => Err(Failure::Unfit(reply.into_answer())),
        }
    }

    /// Checks the rows that an earlier run left; returns their bytes.
    fn resume(&self, roots: &Slivers, part: &Part) -> Result<u64> {
        let geometry = geometry(roots)?;
        let rows: Vec<u16> = (0..geometry.rows()).filter(|row| part.has(*row)).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let total = rows.iter().map(|row| geometry.row(*row).1 as u64).sum();
        self.progress
            .begin(Work::Resume, Fraction { done: 0, total });
        let next = Mutex::new(rows.into_iter());
        let worker = || -> Result<u64> {
            let mut good = 0;
            let mut buffer = vec![];
            loop {
                let row = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(row) = row else { return Ok(good) };
                if self.progress.cancelled() {
                    return Err(Error::Cancelled);
                }
                let (offset, length) = geometry.row(row);
                buffer.resize(length, 0);
                if part.read(offset, &mut buffer).is_ok() && roots.check_row(row, &buffer).is_ok() {
                    good += length as u64;
                } else {
                    part.forget(row)?;
                }
                self.progress.advance(length as u64);
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(self.connections(geometry));
        let counts = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            let joined = workers.into_iter().map(|worker| match worker.join() {
                Ok(count) => count,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            joined.collect::<Result<Vec<u64>>>()
        });
        self.progress.end();
        Ok(counts?.iter().sum())
    }

    /// Connections at the same time, so that rows and their checks stay below [`MEMORY`].
    fn connections(&self, geometry: Geometry) -> usize {
        let each = geometry.check_memory().max(1);
        let fit = usize::try_from(MEMORY / each).unwrap_or(usize::MAX);
        self.options.connections.min(fit).max(1)
    }
}

fn liars(refusals: &BTreeMap<usize, Refusal>) -> Vec<Refusal> {
    let lied = |refusal: &&Refusal| matches!(refusal.why, Why::Lied { .. });
    refusals.values().filter(lied).cloned().collect()
}

/// Why a request did not bring what was asked for, and what follows.
#[derive(Debug)]
enum Failure {
    /// The aggregator does not have it.
    NotFound,
    /// It will not give it, however often it is asked.
    Unfit(Answer),
    /// It does not like the range.
    Range(Answer),
    /// It may give it later.
    Later(Why, Option<Duration>),
}

impl Failure {
    fn of(error: Error) -> Self {
        match error {
            Error::Unreachable { why, .. } => Self::Later(Why::Unreachable(why), None),
            other => Self::Later(Why::Unreachable(other.to_string()), None),
        }
    }
}

/// What several workers share.
struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    missing: BTreeSet<u16>,
    in_work: usize,
    unfit: BTreeSet<usize>,
    refusals: BTreeMap<usize, Refusal>,
    sources: BTreeSet<usize>,
    /// Those that sent everything where a part was asked for.
    no_ranges: BTreeSet<usize>,
    /// Since a row last came in.
    failures: u32,
    fetched: u64,
    stopped: Option<Error>,
}

impl Board {
    fn new(missing: BTreeSet<u16>, unfit: BTreeSet<usize>) -> Self {
        Self {
            state: Mutex::new(State {
                missing,
                in_work: 0,
                unfit,
                refusals: BTreeMap::new(),
                sources: BTreeSet::new(),
                no_ranges: BTreeSet::new(),
                failures: 0,
                fetched: 0,
                stopped: None,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn into_state(self) -> State {
        self.state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self, error: Error) {
        self.lock().stopped.get_or_insert(error);
        self.changed.notify_all();
    }
}

/// One fetch with its workers.
struct Run<'a> {
    fetcher: &'a Fetcher<'a>,
    id: BlobId,
    geometry: Geometry,
    roots: Option<&'a Slivers>,
    part: &'a Part,
    board: &'a Board,
    began: Instant,
}

impl Run<'_> {
    /// Fetches all rows that are missing.
    fn all(&self) -> Result<()> {
        let connections = self.fetcher.connections(self.geometry);
        std::thread::scope(|scope| {
            for _ in 0..connections {
                scope.spawn(|| self.work());
            }
        });
        match self.board.lock().stopped.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    fn work(&self) {
        let mut buffer = vec![];
        loop {
            if self.fetcher.progress.cancelled() {
                return self.board.stop(Error::Cancelled);
            }
            let (place, rows) = {
                let mut state = self.board.lock();
                if state.stopped.is_some() {
                    return;
                }
                if state.missing.is_empty() {
                    if state.in_work == 0 {
                        self.board.changed.notify_all();
                        return;
                    }
                    // Rows may come back from a worker that fails.
                    let wait = Duration::from_millis(100);
                    drop(self.board.changed.wait_timeout(state, wait));
                    continue;
                }
                if self.fetcher.exhausted(state.failures, self.began) {
                    let error = self.fetcher.nobody(&self.id, &state.refusals);
                    drop(state);
                    return self.board.stop(error);
                }
                match self.fetcher.aggregators.pick(Instant::now(), &state.unfit) {
                    Pick::Ask(place) => (place, self.claim(&mut state, place)),
                    Pick::Wait(time) => {
                        drop(state);
                        std::thread::sleep(time.min(Duration::from_millis(50)));
                        continue;
                    }
                    // The others are still at it, and what they have counts.
                    Pick::Nobody if state.in_work > 0 => {
                        let wait = Duration::from_millis(100);
                        drop(self.board.changed.wait_timeout(state, wait));
                        continue;
                    }
                    Pick::Nobody => {
                        let error = self.fetcher.nobody(&self.id, &state.refusals);
                        drop(state);
                        return self.board.stop(error);
                    }
                }
            };
            let outcome = self.request(place, rows, &mut buffer);
            let mut state = self.board.lock();
            state.in_work -= 1;
            if let Err(error) = outcome {
                state.stopped.get_or_insert(error);
            }
            drop(state);
            self.board.changed.notify_all();
        }
    }

    /// Rows for one request: some that follow each other, or all where the aggregator sends everything anyway.
    fn claim(&self, state: &mut State, place: usize) -> BTreeSet<u16> {
        state.in_work += 1;
        if state.no_ranges.contains(&place) {
            return std::mem::take(&mut state.missing);
        }
        let row_length = self.geometry.row_length().max(1);
        let fit = (self.fetcher.options.request_bytes / row_length).clamp(1, 1_000) as usize;
        // So that every worker has something to do.
        let share = state
            .missing
            .len()
            .div_ceil(self.fetcher.options.connections.max(1));
        let count = fit.min(share).max(1);
        let mut rows = BTreeSet::new();
        while rows.len() < count {
            let next = match rows.last() {
                None => state.missing.first().copied(),
                Some(last) => Some(last + 1).filter(|next| state.missing.contains(next)),
            };
            let Some(next) = next else { break };
            state.missing.remove(&next);
            rows.insert(next);
        }
        rows
    }

    /// Asks for rows and takes those that come. What does not come is missing again. An error ends everything.
    fn request(&self, place: usize, mut rows: BTreeSet<u16>, buffer: &mut Vec<u8>) -> Result<()> {
        let outcome = self.take(place, &mut rows, buffer);
        let mut state = self.board.lock();
        state.missing.append(&mut rows);
        let failure = match outcome {
            Ok(()) => return Ok(()),
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Failure(failure)) => failure,
            Err(Stop::Lie { row, what }) => {
                let state = &mut *state;
                self.fetcher.lied(place, row, what, &mut state.refusals);
                state.unfit.insert(place);
                return Ok(());
            }
        };
        state.failures += 1;
        let patient = self.fetcher.patient(self.began);
        let state = &mut *state;
        self.fetcher.settle(
            place,
            failure,
            patient,
            &mut state.unfit,
            &mut state.refusals,
        );
        Ok(())
    }

    fn take(
        &self,
        place: usize,
        rows: &mut BTreeSet<u16>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        let (Some(first), Some(last)) = (rows.first().copied(), rows.last().copied()) else {
            return Ok(());
        };
        let total = self.geometry.length();
        let from = self.geometry.row(first).0;
        let (last_offset, last_length) = self.geometry.row(last);
        let to = last_offset + last_length as u64 - 1;
        let sent = Instant::now();
        let reply = self
            .fetcher
            .open(place, &self.id, Some((from, to)))
            .map_err(Stop::Failure)?;
        let start = match (reply.status, reply.content_range(), reply.length()) {
            (206, Some((start, said)), _) if start == from && said == total => from,
            (206, Some((_, said)), _) if said != total => return Err(self.other_length(206, said)),
            (206, ..) => {
                return Err(Stop::later(
                    "answered with another range than was asked for",
                ))
            }
            // Just the range, with the status of everything.
            (_, _, Some(length)) if length == to - from + 1 && length != total => from,
            (status, _, Some(said)) if said != total => return Err(self.other_length(status, said)),
            // Everything: what else is missing is taken along.
            _ => {
                let mut state = self.board.lock();
                state.no_ranges.insert(place);
                rows.append(&mut state.missing);
                0
            }
        };
        let mut body = Body {
            reader: reply.into_reader(),
            at: start,
            run: self,
        };
        let mut taken = 0;
        while let Some(row) = rows.first().copied() {
            let (offset, length) = self.geometry.row(row);
            buffer.resize(PIECE, 0);
            body.skip(offset, buffer)?;
            buffer.resize(length, 0);
            body.fill(buffer)?;
            if let Some(roots) = self.roots {
                if roots.check_row(row, buffer).is_err() {
                    let what = "they do not fit the blob's id".to_owned();
                    return Err(Stop::Lie {
                        row: Some(row),
                        what,
                    });
                }
            }
            self.part.write(row, offset, buffer).map_err(Stop::Error)?;
            rows.remove(&row);
            taken += length as u64;
            let mut state = self.board.lock();
            state.failures = 0;
            state.fetched += length as u64;
            state.sources.insert(place);
            if state.stopped.is_some() {
                return Ok(());
            }
            drop(state);
            self.fetcher.progress.advance(length as u64);
        }
        self.fetcher
            .aggregators
            .went_well(place, taken, sent.elapsed());
        Ok(())
    }

    /// The aggregator says that the blob has another length.
    fn other_length(&self, status: u16, said: u64) -> Stop {
        let total = self.geometry.length();
        if self.roots.is_some() {
            let what = format!("it says that the blob has {said} bytes, it has {total}");
            return Stop::Lie { row: None, what };
        }
        // The other length is only what another aggregator said.
        Stop::Failure(Failure::Unfit(Answer {
            status,
            reason: None,
            message: format!("the blob has {said} bytes; another says {total}"),
        }))
    }
}

/// Why a request ended before all its rows were there.
#[derive(Debug)]
enum Stop {
    Failure(Failure),
    Lie { row: Option<u16>, what: String },
    Error(Error),
}

impl Stop {
    fn later(why: &str) -> Self {
        Self::Failure(Failure::Later(Why::Unreachable(why.into()), None))
    }
}

/// A body, read in pieces.
struct Body<'a, R> {
    reader: R,
    at: u64,
    run: &'a Run<'a>,
}

impl<R: Read> Body<'_, R> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Stop> {
        for piece in buffer.chunks_mut(PIECE) {
            if self.run.fetcher.progress.cancelled() {
                return Err(Stop::Error(Error::Cancelled));
            }
            self.reader.read_exact(piece).map_err(|e| {
                let why = Why::Unreachable(broken(&e));
                Stop::Failure(Failure::Later(why, None))
            })?;
            self.at += piece.len() as u64;
        }
        Ok(())
    }

    /// Reads on to this offset.
    fn skip(&mut self, offset: u64, buffer: &mut [u8]) -> Result<(), Stop> {
        while self.at < offset {
            let step = (offset - self.at).min(buffer.len() as u64) as usize;
            self.fill(&mut buffer[..step])?;
        }
        Ok(())
    }
}
