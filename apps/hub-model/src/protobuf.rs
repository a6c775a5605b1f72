//! Fields of a protobuf message, read one by one from a file and skipped where nobody asks: a model of gigabytes is described in
//! kilobytes, and only those are read. The encoding: <https://protobuf.dev/programming-guides/encoding/>.

use std::io::{self, Read, Seek};

/// A message within a source: everything up to `end`.
pub(crate) struct Message<'a, R> {
    source: &'a mut R,
    at: u64,
    end: u64,
}

/// The value of a field.
pub(crate) enum Value {
    /// An integer, or the bits of one of fixed width.
    Number(u64),
    /// Bytes, a text or a message: still unread, this many from here on.
    Length(u64),
}

impl<'a, R: Read + Seek> Message<'a, R> {
    /// The message from the present place of the source up to `end`.
    pub(crate) fn new(source: &'a mut R, end: u64) -> io::Result<Self> {
        let at = source.stream_position()?;
        Ok(Self { source, at, end })
    }

    /// The next field: its number and its value. What was not read of the field before is skipped.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Value)>> {
        let here = self.source.stream_position()?;
        let skipped = i64::try_from(self.at - here.min(self.at)).unwrap_or(i64::MAX);
        self.source.seek_relative(skipped)?;
        if self.at >= self.end {
            return Ok(None);
        }
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Value::Number(self.varint()?),
            1 => Value::Number(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = self.varint()?;
                let end = self.at.checked_add(length).filter(|end| *end <= self.end);
                self.at = end.ok_or_else(|| invalid("a field is longer than what is around it"))?;
                Value::Length(length)
            }
            5 => Value::Number(u32::from_le_bytes(self.fixed()?).into()),
            _ => return Err(invalid("a field has a kind that protobuf does not have")),
        };
        Ok(Some((key >> 3, value)))
    }

    /// The message that the field just met holds.
    pub(crate) fn message(&mut self, _length: u64) -> io::Result<Message<'_, R>> {
        let end = self.at;
        Message::new(self.source, end)
    }

    /// The text that the field just met holds, which may have up to `most` bytes.
    pub(crate) fn text(&mut self, length: u64, most: usize) -> io::Result<String> {
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= most);
        let length = length.ok_or_else(|| invalid("a name is longer than any name would be"))?;
        let mut bytes = vec![0; length];
        self.source.read_exact(&mut bytes)?;
        String::from_utf8(bytes).map_err(|_| invalid("a name is no text"))
    }

    /// The next integer of a message that is nothing but integers.
    pub(crate) fn packed(&mut self) -> io::Result<Option<u64>> {
        match self.at < self.end {
            true => self.varint().map(Some),
            false => Ok(None),
        }
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.fixed()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(invalid("an integer is longer than 64 bits"))
    }

    fn fixed<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        if self.at + N as u64 > self.end {
            return Err(invalid("a field is cut off"));
        }
        self.source.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
