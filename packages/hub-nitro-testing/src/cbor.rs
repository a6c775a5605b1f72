//! CBOR (RFC 8949) written as told, well formed or not.

/// An item. Maps keep the order and the repetitions they are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An unsigned integer.
    Unsigned(u64),
    /// The negative integer −1 − n.
    Negative(u64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// A map.
    Map(Vec<(Value, Value)>),
    /// An item under a tag.
    Tagged(u64, Box<Value>),
    /// `null`.
    Null,
    /// An array without a stated length.
    IndefiniteArray(Vec<Value>),
    /// A map without a stated length.
    IndefiniteMap(Vec<(Value, Value)>),
    /// A byte string in chunks.
    IndefiniteBytes(Vec<Vec<u8>>),
    /// A text string in chunks.
    IndefiniteText(Vec<String>),
    /// These bytes, whatever they are.
    Raw(Vec<u8>),
}

impl Value {
    /// A byte string.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }

    /// A text string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A byte string, or `null`.
    pub fn bytes_or_null(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::Null, Self::bytes)
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// Whether this is a map with definite or indefinite length; its entries.
    pub fn entries(&mut self) -> &mut Vec<(Value, Value)> {
        match self {
            Self::Map(entries) | Self::IndefiniteMap(entries) => entries,
            other => panic!("{other:?} is no map"),
        }
    }

    /// The value under a text key of a map.
    pub fn at(&mut self, key: &str) -> &mut Value {
        let wanted = Self::text(key);
        let found = self.entries().iter_mut().find(|(key, _)| *key == wanted);
        &mut found.expect("the key is there").1
    }

    /// Takes the entry of a text key out of a map.
    pub fn remove(&mut self, key: &str) {
        let unwanted = Self::text(key);
        self.entries().retain(|(key, _)| *key != unwanted);
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Unsigned(n) => out.extend(head(0, *n)),
            Self::Negative(n) => out.extend(head(1, *n)),
            Self::Bytes(bytes) => write_string(2, bytes, out),
            Self::Text(text) => write_string(3, text.as_bytes(), out),
            Self::Array(items) => {
                out.extend(head(4, items.len() as u64));
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                out.extend(head(5, entries.len() as u64));
                write_entries(entries, out);
            }
            Self::Tagged(tag, item) => {
                out.extend(head(6, *tag));
                item.write(out);
            }
            Self::Null => out.push(0xf6),
            Self::IndefiniteArray(items) => {
                out.push(0x9f);
                items.iter().for_each(|item| item.write(out));
                out.push(BREAK);
            }
            Self::IndefiniteMap(entries) => {
                out.push(0xbf);
                write_entries(entries, out);
                out.push(BREAK);
            }
            Self::IndefiniteBytes(chunks) => {
                out.push(0x5f);
                chunks.iter().for_each(|chunk| write_string(2, chunk, out));
                out.push(BREAK);
            }
            Self::IndefiniteText(chunks) => {
                out.push(0x7f);
                let chunks = chunks.iter().map(String::as_bytes);
                chunks.for_each(|chunk| write_string(3, chunk, out));
                out.push(BREAK);
            }
            Self::Raw(bytes) => out.extend(bytes),
        }
    }
}

const BREAK: u8 = 0xff;

/// The head of an item in its shortest form.
pub fn head(major: u8, n: u64) -> Vec<u8> {
    match n {
        0..=0x17 => vec![major << 5 | n as u8],
        0x18..=0xff => long_head(major, n, 1),
        0x100..=0xffff => long_head(major, n, 2),
        0x1_0000..=0xffff_ffff => long_head(major, n, 4),
        _ => long_head(major, n, 8),
    }
}

/// The head of an item with its number in 1, 2, 4 or 8 bytes, needed or not.
pub fn long_head(major: u8, n: u64, width: usize) -> Vec<u8> {
    let mut head = vec![major << 5 | (24 + width.ilog2() as u8)];
    head.extend(&n.to_be_bytes()[8 - width..]);
    head
}

fn write_string(major: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(head(major, bytes.len() as u64));
    out.extend(bytes);
}

fn write_entries(entries: &[(Value, Value)], out: &mut Vec<u8>) {
    for (key, value) in entries {
        key.write(out);
        value.write(out);
    }
}
