use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hub_walrus::{BlobId, Code, QuiltPatchId};
use hub_walrus_encode::quilt::Quilt;
use hub_walrus_encode::{Encoding, Slivers};
use sha2::{Digest, Sha256};

use crate::aggregators::{Aggregators, Pick};
use crate::cache::{Cache, Cached, DEFAULT_BUDGET};
use crate::error::{Answer, Error, Refusal, Result, Why};
use crate::fetch::{Checked, FetchOptions, Fetched, Fetcher};
use crate::http::{self, Http, Patience, Reply};
use crate::nodes::Nodes;
use crate::progress::Progress;
use crate::publisher::There;
use crate::roots;
use crate::wire::{BlobStatus, ListedPatch};

/// Where Walrus is, and where blobs are kept on this machine.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses of aggregators, the preferred one first.
    pub aggregators: Vec<String>,
    /// Addresses of storage nodes, for what only they know; may be empty.
    pub nodes: Vec<String>,
    /// Folder of the cache.
    pub cache: PathBuf,
    /// Bytes that blobs in it may take together.
    pub cache_budget: u64,
    /// How long servers may be silent.
    pub patience: Patience,
    /// How long an aggregator is left alone after its first failure.
    pub cool_down: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            aggregators: vec![],
            nodes: vec![],
            cache: Cache::default_folder(),
            cache_budget: DEFAULT_BUDGET,
            patience: Patience::default(),
            cool_down: Duration::from_secs(1),
        }
    }
}

/// Reads from Walrus. What it gives was checked.
#[derive(Debug)]
pub struct Client {
    http: Http,
    aggregators: Aggregators,
    nodes: Nodes,
    cache: Cache,
}

/// A file of a quilt that came in by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchBytes {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The aggregator that sent it.
    pub from: String,
}

impl Client {
    /// A client of these servers.
    pub fn new(config: &Config) -> Result<Self> {
        Ok(Self {
            http: Http::new(config.patience),
            aggregators: Aggregators::new(&config.aggregators)?.first_cool_down(config.cool_down),
            nodes: Nodes::new(&config.nodes, config.patience)?,
            cache: Cache::open(&config.cache, config.cache_budget)?,
        })
    }

    /// The aggregators and what was seen of them.
    pub fn aggregators(&self) -> &Aggregators {
        &self.aggregators
    }

    /// The storage nodes.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The cache.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Fetches a blob into the cache, checked.
    ///
    /// With sliver roots, from the options, the cache or a storage node, each row is checked when it arrives, and a
    /// wrong one names the aggregator that sent it. Without, the id of the whole is computed in the end.
    pub fn fetch(
        &self,
        id: &BlobId,
        options: &FetchOptions,
        progress: &dyn Progress,
    ) -> Result<Fetched> {
        if let Some(cached) = self.cached(id, options, progress)? {
            return Ok(cached);
        }
        let fetcher = Fetcher {
            http: &self.http,
            aggregators: &self.aggregators,
            progress,
            options,
        };
        let fetched = match self.slivers(id, options, &fetcher, progress)? {
            Some(slivers) => {
                let lock = self.cache.lock(id, progress)?;
                // Somebody else may have fetched it while this one waited.
                if let Some(cached) = self.cached(id, options, progress)? {
                    return Ok(cached);
                }
                self.cache.keep_roots(&slivers)?;
                let part = self.cache.part(id, slivers.length(), lock)?;
                fetcher.by_rows(&slivers, part)?
            }
            None => {
                let part = |length| self.cache.part(id, length, self.cache.lock(id, progress)?);
                let (fetched, slivers) = fetcher.whole(*id, part)?;
                self.cache.keep_roots(&slivers)?;
                fetched
            }
        };
        self.cache.trim(id)?;
        Ok(fetched)
    }

    fn cached(
        &self,
        id: &BlobId,
        options: &FetchOptions,
        progress: &dyn Progress,
    ) -> Result<Option<Fetched>> {
        let Some(Cached { path, length }) = self.cache.get(id) else {
            return Ok(None);
        };
        let mut checked = Checked::Before;
        if options.strict {
            let found = self.encode_file(&path, progress)?;
            if found.id != *id {
                // Whoever changed it: it does not belong here.
                progress.note(&format!(
                    "the cache had other bytes for {id}: they are dropped"
                ));
                self.cache.remove(id)?;
                return Ok(None);
            }
            checked = Checked::Whole;
        }
        Ok(Some(Fetched {
            id: *id,
            path,
            length,
            checked,
            fetched: 0,
            resumed: 0,
            liars: vec![],
        }))
    }

    /// Sliver roots from wherever there are some, checked against the id.
    fn slivers(
        &self,
        id: &BlobId,
        options: &FetchOptions,
        fetcher: &Fetcher,
        progress: &dyn Progress,
    ) -> Result<Option<Slivers>> {
        if let Some((length, roots)) = self.cache.roots(id) {
            // What is damaged is made anew.
            if let Ok(slivers) = Slivers::of_blob(id, length, &roots) {
                return Ok(Some(slivers));
            }
        }
        if let Some(roots) = &options.roots {
            if let Some(slivers) = self.given(id, roots, options.length, fetcher)? {
                return Ok(Some(slivers));
            }
            progress.note("the given sliver roots are not those of the blob, and are not used");
        }
        if !self.nodes.is_empty() {
            match self.nodes.slivers(id) {
                Ok(slivers) => return Ok(Some(slivers)),
                Err(error) => {
                    progress.note(&format!("no sliver roots from a storage node: {error}"))
                }
            }
        }
        Ok(None)
    }

    /// The given sliver roots, if they are those of the blob. That takes its length, which somebody may lie about.
    fn given(
        &self,
        id: &BlobId,
        roots: &[u8],
        length: Option<u64>,
        fetcher: &Fetcher,
    ) -> Result<Option<Slivers>> {
        if let Some(slivers) = length.and_then(|length| Slivers::of_blob(id, length, roots).ok()) {
            return Ok(Some(slivers));
        }
        let mut unfit = BTreeSet::new();
        let mut refusals = BTreeMap::new();
        let mut answered = false;
        loop {
            match fetcher.length(id, &mut unfit, &mut refusals) {
                Ok((place, length)) => {
                    if let Ok(slivers) = Slivers::of_blob(id, length, roots) {
                        return Ok(Some(slivers));
                    }
                    answered = true;
                    unfit.insert(place);
                }
                Err(Error::NotFound { .. } | Error::NoAggregator { .. }) if answered => {
                    return Ok(None)
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The encoding of a file: its id, root hash and sliver roots.
    pub fn encode_file(&self, path: &Path, progress: &dyn Progress) -> Result<Encoding> {
        encode_file(path, progress)
    }

    /// Whether a blob is there: what a storage node says, or else whether an aggregator gives its first byte.
    pub fn holds(&self, id: &BlobId) -> Option<There> {
        if !self.nodes.is_empty() {
            match self.nodes.status(id) {
                Ok(BlobStatus::Permanent {
                    end_epoch,
                    is_certified: true,
                    ..
                }) => {
                    return Some(There {
                        end_epoch: Some(end_epoch),
                    })
                }
                Ok(BlobStatus::Deletable {
                    initial_certified_epoch: Some(_),
                }) => return Some(There { end_epoch: None }),
                Ok(_) => return None,
                Err(_) => {}
            }
        }
        let readable = |place: usize| {
            let url = format!(
                "{}/v1/blobs/{id}?skip_consistency_check=false",
                self.aggregators.url(place)
            );
            let reply = self.http.get(&url, Some((0, 0))).ok()?;
            // Of an empty blob there is no first byte.
            let there = matches!(reply.status, 200 | 206)
                || (reply.status == 416 && self.is_empty(place, id));
            there.then_some(There { end_epoch: None })
        };
        (0..self.aggregators.len()).find_map(readable)
    }

    fn is_empty(&self, place: usize, id: &BlobId) -> bool {
        let url = format!("{}/v1/blobs/{id}", self.aggregators.url(place));
        self.http
            .get(&url, None)
            .is_ok_and(|reply| reply.status == 200)
    }

    /// Fetches one row and checks it: whether an aggregator has the blob, without fetching all of it. Returns the
    /// address of the aggregator, which is none of `except` where there is another.
    pub fn spot_check(&self, slivers: &Slivers, row: u16, except: &[String]) -> Result<String> {
        let id = slivers.id();
        let range = slivers.row_range(row);
        let mut urls = self.aggregators.urls();
        urls.sort_by_key(|url| except.contains(url));
        let mut refusals = vec![];
        for url in urls {
            if range.is_empty() {
                return Ok(url);
            }
            let blob = format!("{url}/v1/blobs/{id}?skip_consistency_check=false");
            let why = match self.row(&blob, &range, slivers.length()) {
                Ok(bytes) => match slivers.check_row(row, &bytes) {
                    Ok(()) => return Ok(url),
                    Err(why) => Why::Lied {
                        row: Some(row),
                        what: why.to_string(),
                    },
                },
                Err(why) => why,
            };
            refusals.push(Refusal { url, why });
        }
        Err(Error::NoAggregator {
            what: format!("row {row} of blob {id}"),
            refusals,
        })
    }

    fn row(&self, url: &str, range: &std::ops::Range<u64>, total: u64) -> Result<Vec<u8>, Why> {
        let unreachable = |e: Error| Why::Unreachable(e.to_string());
        let reply = self
            .http
            .get(url, Some((range.start, range.end - 1)))
            .map_err(unreachable)?;
        let whole = reply.status == 200 && reply.length() == Some(total);
        match reply.status {
            200 | 206 => {}
            404 => return Err(Why::NotFound),
            _ => return Err(Why::Refused(reply.into_answer())),
        }
        let skip = if whole { range.start } else { 0 };
        let mut reader = reply.into_reader();
        let broken = |e| Why::Unreachable(http::broken(&e));
        std::io::copy(&mut reader.by_ref().take(skip), &mut std::io::sink()).map_err(broken)?;
        let mut bytes = vec![];
        reader
            .take(range.end - range.start)
            .read_to_end(&mut bytes)
            .map_err(broken)?;
        Ok(bytes)
    }

    /// The files of a quilt, as an aggregator lists them. This is not checked: fetch the quilt for that.
    pub fn list_quilt(&self, quilt: &BlobId, progress: &dyn Progress) -> Result<Vec<ListedPatch>> {
        let what = format!("the list of quilt {quilt}");
        let path = format!("/v1/quilts/{quilt}/patches");
        let (reply, _) = self.ask(quilt, &what, &path, progress)?;
        reply.json()
    }

    /// A quilt with all its files, checked.
    pub fn quilt(
        &self,
        id: &BlobId,
        options: &FetchOptions,
        progress: &dyn Progress,
    ) -> Result<Quilt> {
        let fetched = self.fetch(id, options, progress)?;
        let bytes = fs::read(&fetched.path).map_err(|e| Error::io("read", &fetched.path, e))?;
        Quilt::parse(Code::WALRUS, bytes).map_err(|e| Error::NotAQuilt {
            id: *id,
            why: e.to_string(),
        })
    }

    /// A file of a quilt by its name, checked against its SHA-256. Fetches that file alone.
    pub fn patch(
        &self,
        quilt: &BlobId,
        identifier: &str,
        sha256: &[u8; 32],
        progress: &dyn Progress,
    ) -> Result<PatchBytes> {
        let path = format!("/v1/blobs/by-quilt-id/{quilt}/{}", http::escape(identifier));
        self.patch_at(quilt, identifier, &path, sha256, progress)
    }

    /// The same by its patch id, which is another one whenever the quilt is.
    pub fn patch_by_id(
        &self,
        patch: &QuiltPatchId,
        sha256: &[u8; 32],
        progress: &dyn Progress,
    ) -> Result<PatchBytes> {
        let path = format!("/v1/blobs/by-quilt-patch-id/{patch}");
        self.patch_at(&patch.quilt(), &patch.to_string(), &path, sha256, progress)
    }

    fn patch_at(
        &self,
        quilt: &BlobId,
        name: &str,
        path: &str,
        sha256: &[u8; 32],
        progress: &dyn Progress,
    ) -> Result<PatchBytes> {
        let what = format!("file {name:?} of quilt {quilt}");
        loop {
            let (reply, place) =
                self.ask(quilt, &what, path, progress)
                    .map_err(|error| match error {
                        Error::Refused { answer, .. } if answer.is("QUILT_PATCH_NOT_FOUND") => {
                            Error::PatchNotFound {
                                quilt: *quilt,
                                identifier: name.to_owned(),
                            }
                        }
                        error => error,
                    })?;
            let from = self.aggregators.url(place);
            let bytes = reply.into_bytes()?;
            if Sha256::digest(&bytes).as_slice() == sha256 {
                return Ok(PatchBytes { bytes, from });
            }
            progress.note(&format!(
                "{from} sent wrong bytes for {what}; it is not asked again"
            ));
            self.aggregators.lied(place);
        }
    }

    /// Asks the aggregators one after the other for something of a quilt.
    fn ask(
        &self,
        quilt: &BlobId,
        what: &str,
        path: &str,
        progress: &dyn Progress,
    ) -> Result<(Reply, usize)> {
        let mut unfit = BTreeSet::new();
        let mut refusals: BTreeMap<usize, Refusal> = BTreeMap::new();
        let mut failures = 0;
        loop {
            if progress.cancelled() {
                return Err(Error::Cancelled);
            }
            let place = match self.aggregators.pick(std::time::Instant::now(), &unfit) {
                Pick::Ask(place) if failures < 3 * self.aggregators.len() => place,
                Pick::Wait(time) if failures < 3 * self.aggregators.len() => {
                    std::thread::sleep(time.min(Duration::from_millis(50)));
                    continue;
                }
                _ => {
                    let all: Vec<Refusal> = refusals.into_values().collect();
                    if !all.is_empty() && all.iter().all(|refusal| refusal.why == Why::NotFound) {
                        return Err(Error::NotFound {
                            id: *quilt,
                            asked: all.into_iter().map(|refusal| refusal.url).collect(),
                        });
                    }
                    return Err(Error::NoAggregator {
                        what: what.to_owned(),
                        refusals: all,
                    });
                }
            };
            let url = self.aggregators.url(place);
            let began = std::time::Instant::now();
            let why = match self.http.get(&format!("{url}{path}"), None) {
                Ok(reply) if reply.status == 200 => {
                    self.aggregators.went_well(place, 0, began.elapsed());
                    return Ok((reply, place));
                }
                Ok(reply) => {
                    let asked_for = reply.retry_after();
                    let answer: Answer = reply.into_answer();
                    if answer.is("QUILT_PATCH_NOT_FOUND") {
                        return Err(Error::Refused { url, answer });
                    }
                    if answer.status == 429 || answer.status >= 500 {
                        self.aggregators.failed(place, began, asked_for);
                        failures += 1;
                    } else {
                        unfit.insert(place);
                    }
                    match answer.status {
                        404 => Why::NotFound,
                        _ => Why::Refused(answer),
                    }
                }
                Err(error) => {
                    self.aggregators.failed(place, began, None);
                    failures += 1;
                    match error {
                        Error::Unreachable { why, .. } => Why::Unreachable(why),
                        error => Why::Unreachable(error.to_string()),
                    }
                }
            };
            refusals.insert(place, Refusal { url, why });
        }
    }
}

/// The encoding of a file: its id, root hash and sliver roots.
pub fn encode_file(path: &Path, progress: &dyn Progress) -> Result<Encoding> {
    let meta = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
    if !meta.is_file() {
        return Err(Error::NotAFile {
            path: path.to_owned(),
            kind: if meta.is_dir() {
                "directory"
            } else {
                "device or pipe"
            },
        });
    }
    if meta.len() > roots::MAX_LENGTH {
        return Err(Error::TooLarge {
            length: meta.len(),
            most: roots::MAX_LENGTH,
        });
    }
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    roots::encode(&file, meta.len(), progress).map_err(|e| roots::failed(path, e))
}
