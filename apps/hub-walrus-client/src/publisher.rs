use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use hub_walrus::BlobId;
use hub_walrus_encode::Fraction;

use crate::error::{Answer, Error, Result};
use crate::http::{self, Http, Method, Patience, Reply};
use crate::progress::{Progress, Work};
use crate::wire::{PutAnswer, PutQuiltAnswer};
use crate::SuiId;

/// What a publisher takes in one request unless its operator said otherwise, for a blob: 10 MiB.
pub const DEFAULT_LIMIT: u64 = 10 << 20;
/// The same for the files of a quilt together: 100 MiB.
pub const DEFAULT_QUILT_LIMIT: u64 = 100 << 20;

/// A server that stores blobs and pays for it.
#[derive(Clone, Debug)]
pub struct Publisher {
    http: Http,
    url: String,
    limit: u64,
    quilt_limit: u64,
    token: Option<String>,
    attempts: u32,
    first_pause: Duration,
}

/// How something is to be stored. There are no defaults: one epoch and a deletable blob, which a publisher assumes
/// where nothing is said, are what people lost models by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// For how many epochs from the current one; at most 53 on the public networks.
    pub epochs: NonZeroU32,
    /// Whether its owner may delete it before.
    pub lifetime: Lifetime,
    /// Who gets the Sui object that stands for it. Only the owner can extend the storage.
    pub owner: Owner,
    /// Store it even if somebody else did already, so that there is an object of one's own.
    pub force: bool,
}

/// Whether a blob can be deleted before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Not by anybody.
    Permanent,
    /// By its owner.
    Deletable,
}

/// Who gets the Sui object of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This address.
    Address(SuiId),
    /// Nobody: it is shared, and anybody may extend it.
    Shared,
    /// The publisher, which may drop it: then nobody can extend the storage.
    Publisher,
}

/// Bytes to store.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Those of a file.
    File(&'a Path),
    /// Those of a file from one byte on, as many as the upload is long.
    Range {
        /// The file.
        path: &'a Path,
        /// The first byte.
        offset: u64,
    },
    /// These.
    Bytes(&'a [u8]),
}

impl<'a> Source<'a> {
    /// The bytes from the first one on.
    pub(crate) fn open(self) -> Result<Box<dyn Read + 'a>> {
        let (path, offset) = match self {
            Self::Bytes(bytes) => return Ok(Box::new(bytes)),
            Self::File(path) => (path, 0),
            Self::Range { path, offset } => (path, offset),
        };
        let failed = |e| Error::io("read", path, e);
        let mut file = File::open(path).map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        Ok(Box::new(file))
    }
}

/// A blob whose id is known, and where its bytes are.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// Its id.
    pub id: BlobId,
    /// Its length in bytes.
    pub length: u64,
    /// Its bytes.
    pub source: Source<'a>,
}

/// A blob that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The blob.
    pub id: BlobId,
    /// How it came to be.
    pub how: How,
    /// First epoch in which it is not stored, where that was said.
    pub end_epoch: Option<u32>,
    /// The Sui object that stands for it, where that was said.
    pub object: Option<SuiId>,
    /// Price of the storage in FROST, a billionth of a WAL.
    pub cost: Option<u64>,
    /// What is not as one might think.
    pub warnings: Vec<Warning>,
}

/// How a blob came to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// The publisher bought storage for it.
    Created,
    /// It was stored already, for at least as long.
    AlreadyStored,
    /// The publisher failed to answer, but the blob is there.
    FoundAfterFailure,
}

/// What is not as one might think of a stored blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// The storage rests on an object that is somebody else's.
    NotOurs,
    /// The publisher did not answer, so it is not known who has the object, nor until when it is stored.
    OwnerUnknown,
    /// The publisher keeps the object.
    LeftWithPublisher,
    /// It was not certified yet when the publisher answered.
    NotCertified,
    /// It may be deleted at any time.
    Deletable,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOurs => {
                "somebody else stored it already, and may be able to delete it: --force stores it once more, for you"
            }
            Self::OwnerUnknown => {
                "the publisher failed to answer, so it is not known until when it is stored and who owns it: \
                 ask a storage node with hub blob status, or store it with --force"
            }
            Self::LeftWithPublisher => {
                "its object stays with the publisher: only the publisher can extend the storage"
            }
            Self::NotCertified => "it was not certified yet when the publisher answered: ask again soon",
            Self::Deletable => "its owner can delete it before the end",
        })
    }
}

/// Where a blob was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct There {
    /// First epoch in which it is not stored, where a storage node said so.
    pub end_epoch: Option<u32>,
}

impl Publisher {
    /// The publisher at this address, with the limits that publishers have by default.
    pub fn new(url: &str, patience: Patience) -> Result<Self> {
        Ok(Self {
            http: Http::new(patience),
            url: http::base(url)?,
            limit: DEFAULT_LIMIT,
            quilt_limit: DEFAULT_QUILT_LIMIT,
            token: None,
            attempts: 5,
            first_pause: Duration::from_secs(1),
        })
    }

    /// It takes so many bytes in one request.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self.quilt_limit = bytes.max(self.quilt_limit);
        self
    }

    /// It wants this token (JWT).
    pub fn token(mut self, token: Option<String>) -> Self {
        self.token = token;
        self
    }

    /// Tries so often, with this pause after the first failure and twice as long after each other.
    pub fn attempts(mut self, attempts: u32, first_pause: Duration) -> Self {
        self.attempts = attempts.max(1);
        self.first_pause = first_pause;
        self
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stores a blob.
    ///
    /// Storing is idempotent, since a blob is what its bytes are: after a failure `there` is asked whether it arrived
    /// all the same, and if it did not, it is sent again.
    pub fn put(
        &self,
        upload: Upload,
        options: &StoreOptions,
        there: &dyn Fn() -> Option<There>,
        progress: &dyn Progress,
    ) -> Result<Stored> {
        if upload.length > self.limit {
            return Err(Error::OverLimit {
                length: upload.length,
                limit: self.limit,
                publisher: self.url.clone(),
            });
        }
        let url = format!("{}/v1/blobs?{}", self.url, options.query());
        let send = || {
            let body = upload.source.open()?;
            // Not more than was announced, should the file have grown.
            let body = body.take(upload.length);
            match self.send(
                &url,
                "application/octet-stream",
                upload.length,
                body,
                progress,
            )? {
                Ok(reply) => reply.json::<PutAnswer>().map(Ok),
                Err(answer) => Ok(Err(answer)),
            }
        };
        match self.persist(send, there, progress)? {
            Outcome::Answer(answer) => self.stored(&upload.id, answer, options),
            Outcome::There(there) => Ok(found(upload.id, there)),
        }
    }

    /// Stores files as a quilt, whose id is known to be `id`; the publisher puts the quilt together itself.
    pub fn put_quilt(
        &self,
        id: BlobId,
        files: &[QuiltFile<'_>],
        options: &StoreOptions,
        there: &dyn Fn() -> Option<There>,
        progress: &dyn Progress,
    ) -> Result<Stored> {
        let form = Form::new(files)?;
        if form.length > self.quilt_limit {
            return Err(Error::OverLimit {
                length: form.length,
                limit: self.quilt_limit,
                publisher: self.url.clone(),
            });
        }
        let url = format!("{}/v1/quilts?{}", self.url, options.query());
        let send = || {
            let kind = format!("multipart/form-data; boundary={}", form.boundary);
            match self.send(&url, &kind, form.length, form.reader(), progress)? {
                Ok(reply) => reply.json::<PutQuiltAnswer>().map(Ok),
                Err(answer) => Ok(Err(answer)),
            }
        };
        match self.persist(send, there, progress)? {
            Outcome::Answer(answer) => self.stored(&id, answer.blob_store_result, options),
            Outcome::There(there) => Ok(found(id, there)),
        }
    }

    /// Sends until there is an answer that counts, or it is no use.
    fn persist<T>(
        &self,
        send: impl Fn() -> Result<Result<T, Answer>>,
        there: &dyn Fn() -> Option<There>,
        progress: &dyn Progress,
    ) -> Result<Outcome<T>> {
        let mut pause = self.first_pause;
        let mut attempt = 1;
        loop {
            let (error, may_be_there) = match send() {
                Ok(Ok(answer)) => return Ok(Outcome::Answer(answer)),
                Ok(Err(answer)) if is_final(&answer) => return Err(self.refused(answer)),
                Ok(Err(answer)) => {
                    let stored = answer.status >= 500;
                    (self.refused(answer), stored)
                }
                // An answer that was cut short is none.
                Err(error @ (Error::Unreachable { .. } | Error::Unreadable { .. })) => {
                    (error, true)
                }
                Err(error) => return Err(error),
            };
            if may_be_there {
                if let Some(there) = there() {
                    progress.note(&format!("{error}, but the blob is there"));
                    return Ok(Outcome::There(there));
                }
            }
            if attempt >= self.attempts {
                return Err(error);
            }
            progress.note(&format!(
                "{error}; trying again in {} s ({attempt} of {})",
                pause.as_secs_f32().ceil(),
                self.attempts - 1
            ));
            sleep(pause, progress)?;
            pause = pause.saturating_mul(2).min(Duration::from_secs(60));
            attempt += 1;
        }
    }

    fn refused(&self, answer: Answer) -> Error {
        Error::Publisher {
            publisher: self.url.clone(),
            answer,
        }
    }

    fn send(
        &self,
        url: &str,
        content_type: &str,
        length: u64,
        body: impl Read,
        progress: &dyn Progress,
    ) -> Result<Result<Reply, Answer>> {
        progress.begin(
            Work::Send,
            Fraction {
                done: 0,
                total: length,
            },
        );
        let mut body = Watched::new(body, progress);
        let token = self.token.as_deref();
        let reply = self
            .http
            .send(Method::Put, url, token, content_type, length, &mut body);
        progress.end();
        if progress.cancelled() {
            return Err(Error::Cancelled);
        }
        let reply = reply?;
        match reply.status {
            200 => Ok(Ok(reply)),
            _ => Ok(Err(reply.into_answer())),
        }
    }

    fn stored(&self, id: &BlobId, answer: PutAnswer, options: &StoreOptions) -> Result<Stored> {
        let mut warnings = vec![];
        let stored = match answer {
            PutAnswer::NewlyCreated {
                blob_object,
                cost,
                shared_blob_object,
            } => {
                if blob_object.certified_epoch.is_none() {
                    warnings.push(Warning::NotCertified);
                }
                if blob_object.deletable {
                    warnings.push(Warning::Deletable);
                }
                if options.owner == Owner::Publisher {
                    warnings.push(Warning::LeftWithPublisher);
                }
                Stored {
                    id: blob_object.blob_id,
                    how: How::Created,
                    end_epoch: Some(blob_object.storage.end_epoch),
                    object: Some(shared_blob_object.unwrap_or(blob_object.id)),
                    cost: Some(cost),
                    warnings,
                }
            }
            PutAnswer::AlreadyCertified {
                blob_id,
                object,
                end_epoch,
            } => {
                warnings.push(Warning::NotOurs);
                Stored {
                    id: blob_id,
                    how: How::AlreadyStored,
                    end_epoch: Some(end_epoch),
                    object,
                    cost: None,
                    warnings,
                }
            }
            PutAnswer::MarkedInvalid { .. } => {
                return Err(self.refused(Answer {
                    status: 200,
                    reason: Some("MARKED_INVALID".into()),
                    message: "the storage nodes found the encoding to be wrong".into(),
                }))
            }
            PutAnswer::Error { error_msg } => {
                return Err(self.refused(Answer {
                    status: 200,
                    reason: None,
                    message: error_msg,
                }))
            }
        };
        if stored.id != *id {
            return Err(Error::WrongId {
                publisher: self.url.clone(),
                ours: *id,
                theirs: stored.id,
            });
        }
        Ok(stored)
    }
}

/// Whether sending it again is no use.
fn is_final(answer: &Answer) -> bool {
    // A token that is used up or too old stays so, whatever the status says.
    let token = ["EXPIRED_SIGNATURE", "TOKEN_ALREADY_USED"];
    let of_the_token = answer
        .reason
        .as_deref()
        .is_some_and(|reason| token.contains(&reason));
    of_the_token || (answer.status < 500 && answer.status != 429)
}

enum Outcome<T> {
    Answer(T),
    There(There),
}

fn found(id: BlobId, there: There) -> Stored {
    Stored {
        id,
        how: How::FoundAfterFailure,
        end_epoch: there.end_epoch,
        object: None,
        cost: None,
        warnings: vec![Warning::OwnerUnknown],
    }
}

fn sleep(time: Duration, progress: &dyn Progress) -> Result<()> {
    let step = Duration::from_millis(50);
    let mut left = time;
    while !left.is_zero() {
        if progress.cancelled() {
            return Err(Error::Cancelled);
        }
        std::thread::sleep(left.min(step));
        left = left.saturating_sub(step);
    }
    Ok(())
}

impl StoreOptions {
    fn query(&self) -> String {
        let mut query = format!("epochs={}&encoding_type=RS2", self.epochs);
        if self.lifetime == Lifetime::Permanent {
            query += "&permanent=true";
        }
        match self.owner {
            Owner::Address(address) => query += &format!("&send_object_to={address}"),
            Owner::Shared => query += "&share=true",
            Owner::Publisher => {}
        }
        if self.force {
            query += "&force=true";
        }
        query
    }
}

/// A body that says how far it is, and stops when it is told to.
pub(crate) struct Watched<'a, R> {
    body: R,
    progress: &'a dyn Progress,
}

impl<'a, R> Watched<'a, R> {
    pub fn new(body: R, progress: &'a dyn Progress) -> Self {
        Self { body, progress }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.cancelled() {
            return Err(io::Error::other("stopped"));
        }
        let read = self.body.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

/// A file that goes into a quilt.
#[derive(Clone, Copy, Debug)]
pub struct QuiltFile<'a> {
    /// Its name there.
    pub identifier: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// A multipart form (RFC 7578) of files.
struct Form<'a> {
    boundary: String,
    parts: Vec<(String, &'a [u8])>,
    end: String,
    length: u64,
}

impl<'a> Form<'a> {
    fn new(files: &[QuiltFile<'a>]) -> Result<Self> {
        let mut boundary = "hub-quilt-boundary".to_owned();
        let occurs = |boundary: &str| {
            let needle = boundary.as_bytes();
            files.iter().any(|file| {
                file.bytes
                    .windows(needle.len())
                    .any(|window| window == needle)
            })
        };
        while occurs(&boundary) {
            boundary += "-x";
        }
        let mut parts = vec![];
        let mut length = 0;
        for file in files {
            let unfit = ['\\', '\r', '\n', '\0'];
            if file.identifier.contains(unfit) {
                return Err(Error::NameInForm {
                    identifier: file.identifier.to_owned(),
                });
            }
            // As Walrus' publisher reads it, which does not know the %22 of browsers.
            let name = file.identifier.replace('"', "\\\"");
            let head = format!(
                "{}--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"file\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                if parts.is_empty() { "" } else { "\r\n" },
            );
            length += (head.len() + file.bytes.len()) as u64;
            parts.push((head, file.bytes));
        }
        let end = format!("\r\n--{boundary}--\r\n");
        length += end.len() as u64;
        Ok(Self {
            boundary,
            parts,
            end,
            length,
        })
    }

    fn reader(&self) -> impl Read + '_ {
        let parts = self
            .parts
            .iter()
            .flat_map(|(head, bytes)| [head.as_bytes(), *bytes]);
        let mut pieces: Vec<&[u8]> = parts.chain([self.end.as_bytes()]).collect();
        pieces.reverse();
        Pieces(pieces)
    }
}

/// Pieces one after the other, the last one first.
struct Pieces<'a>(Vec<&'a [u8]>);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(piece) = self.0.last_mut() else {
                return Ok(0);
            };
            let read = piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, reason: Option<&str>) -> Answer {
        Answer {
            status,
            reason: reason.map(str::to_owned),
            message: String::new(),
        }
    }

    #[test]
    fn only_what_may_work_later_is_sent_again() {
        for status in [429, 500, 502, 503, 504] {
            assert!(!is_final(&answer(status, None)), "{status}");
        }
        for status in [400, 401, 403, 413, 451] {
            assert!(is_final(&answer(status, None)), "{status}");
        }
        assert!(!is_final(&answer(504, Some("INSUFFICIENT_CONFIRMATIONS"))));
        assert!(is_final(&answer(504, Some("EXPIRED_SIGNATURE"))));
        assert!(is_final(&answer(429, Some("TOKEN_ALREADY_USED"))));
    }

    #[test]
    fn a_form_is_as_long_as_it_says_and_its_boundary_occurs_nowhere_else() {
        let files = [
            ("a", &b"--hub-quilt-boundary"[..]),
            ("b\"", b"hub-quilt-boundary-x"),
            ("c", b""),
        ];
        let files = files.map(|(identifier, bytes)| QuiltFile { identifier, bytes });
        let form = Form::new(&files).unwrap();
        let mut bytes = vec![];
        form.reader().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, form.length);
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.matches(&form.boundary).count(), 4);
        assert!(text.contains(r#"name="b\"""#), "{text}");
        for identifier in ["a\\", "a\r\nb", "a\0"] {
            let files = [QuiltFile {
                identifier,
                bytes: b"",
            }];
            assert!(
                matches!(Form::new(&files), Err(Error::NameInForm { .. })),
                "{identifier:?}"
            );
        }
    }
}
