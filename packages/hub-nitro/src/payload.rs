//! The payload: the fields that AWS specifies, each once, each within its size.

use crate::cbor::Reader;
use crate::error::{Error, Place};
use crate::{MAX_BUNDLE, MAX_CERTIFICATE, MAX_FIELD, MAX_MODULE_ID};

/// A platform configuration register: a SHA-384 hash.
pub type Pcr = [u8; 48];

/// PCRs that there can be.
const PCRS: u64 = 32;

/// What a document says, checked for form alone.
pub struct Payload<'a> {
    pub module_id: &'a str,
    /// Milliseconds since 1970.
    pub timestamp: u64,
    /// PCR0, PCR1 and PCR2, none of them zero.
    pub image: [Pcr; 3],
    pub certificate: &'a [u8],
    /// At least one.
    pub cabundle: Vec<&'a [u8]>,
    pub public_key: Option<&'a [u8]>,
    pub user_data: Option<&'a [u8]>,
    pub nonce: Option<&'a [u8]>,
}

impl<'a> Payload<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Fields::read(bytes)?.complete()
    }
}

/// Fields as far as they were read.
#[derive(Default)]
struct Fields<'a> {
    module_id: Option<&'a str>,
    digest: Option<()>,
    timestamp: Option<u64>,
    image: Option<[Pcr; 3]>,
    certificate: Option<&'a [u8]>,
    cabundle: Option<Vec<&'a [u8]>>,
    // The outer option tells whether it stands there, the inner one whether it says something.
    public_key: Option<Option<&'a [u8]>>,
    user_data: Option<Option<&'a [u8]>>,
    nonce: Option<Option<&'a [u8]>>,
}

impl<'a> Fields<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let mut fields = Self::default();
        // Some hypervisors write this map with a definite length, some without.
        let mut entries = reader.map_of_any_length().map_err(Error::Payload)?;
        while reader.next_entry(&mut entries) {
            fields.read_one(&mut reader)?;
        }
        reader.finish().map_err(Error::Payload)?;
        Ok(fields)
    }

    fn read_one(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        let at = reader.position();
        match reader.text().map_err(Error::Payload)? {
            "module_id" => put(&mut self.module_id, "module_id", module_id(reader)?),
            "digest" => put(&mut self.digest, "digest", digest(reader)?),
            "timestamp" => {
                let timestamp = reader.uint().map_err(Error::Payload)?;
                put(&mut self.timestamp, "timestamp", timestamp)
            }
            "pcrs" => put(&mut self.image, "pcrs", image(reader)?),
            "certificate" => {
                let certificate = certificate(reader, Place::Leaf)?;
                put(&mut self.certificate, "certificate", certificate)
            }
            "cabundle" => put(&mut self.cabundle, "cabundle", cabundle(reader)?),
            "public_key" => {
                let value = optional(reader, "public_key", 1)?;
                put(&mut self.public_key, "public_key", value)
            }
            "user_data" => {
                let value = optional(reader, "user_data", 0)?;
                put(&mut self.user_data, "user_data", value)
            }
            "nonce" => put(&mut self.nonce, "nonce", optional(reader, "nonce", 0)?),
            _ => Err(Error::UnknownField { at }),
        }
    }

    fn complete(self) -> Result<Payload<'a>, Error> {
        take(self.digest, "digest")?;
        Ok(Payload {
            module_id: take(self.module_id, "module_id")?,
            timestamp: take(self.timestamp, "timestamp")?,
            image: take(self.image, "pcrs")?,
            certificate: take(self.certificate, "certificate")?,
            cabundle: take(self.cabundle, "cabundle")?,
            public_key: self.public_key.flatten(),
            user_data: self.user_data.flatten(),
            nonce: self.nonce.flatten(),
        })
    }
}

fn put<T>(place: &mut Option<T>, field: &'static str, value: T) -> Result<(), Error> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::DuplicateField { field }),
    }
}

fn take<T>(value: Option<T>, field: &'static str) -> Result<T, Error> {
    value.ok_or(Error::MissingField { field })
}

fn module_id<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Error> {
    let text = reader.text().map_err(Error::Payload)?;
    match text.len() {
        1..=MAX_MODULE_ID => Ok(text),
        length => Err(Error::ModuleId { length }),
    }
}

fn digest(reader: &mut Reader) -> Result<(), Error> {
    match reader.text().map_err(Error::Payload)? {
        "SHA384" => Ok(()),
        _ => Err(Error::Digest),
    }
}

/// PCR0, PCR1 and PCR2 of all that stand there.
fn image(reader: &mut Reader) -> Result<[Pcr; 3], Error> {
    let count = reader.map().map_err(Error::Payload)?;
    if !(1..=PCRS).contains(&count) {
        return Err(Error::PcrCount { count });
    }
    let mut seen = [false; 32];
    let mut image = [[0; 48]; 3];
    for _ in 0..count {
        let index = reader.uint().map_err(Error::Payload)?;
        let place = usize::try_from(index).ok();
        let seen = place.and_then(|place| seen.get_mut(place));
        let seen = seen.ok_or(Error::PcrIndex { index })?;
        if std::mem::replace(seen, true) {
            return Err(Error::DuplicatePcr { index });
        }
        let bytes = reader.bytes().map_err(Error::Payload)?;
        let pcr = bytes.try_into().map_err(|_| Error::PcrLength {
            index,
            length: bytes.len(),
        })?;
        if let Some(part) = place.and_then(|place| image.get_mut(place)) {
            *part = pcr;
        }
    }
    for ((index, seen), pcr) in (0..).zip(seen).zip(&image) {
        if !seen {
            return Err(Error::MissingPcr { index });
        }
        if pcr == &[0; 48] {
            return Err(Error::DebugMode { index });
        }
    }
    Ok(image)
}

fn cabundle<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, Error> {
    let count = reader.array().map_err(Error::Payload)?;
    let length = usize::try_from(count).unwrap_or(usize::MAX);
    if !(1..=MAX_BUNDLE).contains(&length) {
        return Err(Error::BundleLength { count });
    }
    (0..length)
        .map(|index| match index {
            0 => certificate(reader, Place::Root),
            _ => certificate(reader, Place::Intermediate(index)),
        })
        .collect()
}

fn certificate<'a>(reader: &mut Reader<'a>, place: Place) -> Result<&'a [u8], Error> {
    let bytes = reader.bytes().map_err(Error::Payload)?;
    match bytes.len() {
        1..=MAX_CERTIFICATE => Ok(bytes),
        length => Err(Error::CertificateLength { place, length }),
    }
}

fn optional<'a>(
    reader: &mut Reader<'a>,
    field: &'static str,
    min: usize,
) -> Result<Option<&'a [u8]>, Error> {
    let value = reader.optional_bytes().map_err(Error::Payload)?;
    match value.map(<[u8]>::len) {
        Some(length) if !(min..=MAX_FIELD).contains(&length) => Err(Error::FieldLength {
            field,
            length,
            min,
            max: MAX_FIELD,
        }),
        _ => Ok(value),
    }
}
