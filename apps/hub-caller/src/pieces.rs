//! Answers in pieces, as docs/x402.md has them under "Streams": what is said as it comes, and behind it the event that settles it.

use serde_json::Value;

/// Takes what an answer says, as it comes.
pub type Pieces<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

/// What was said so far of one call, over every attempt at it: a repeat says the same from the start.
pub(crate) struct Said<'a> {
    pieces: Option<Pieces<'a>>,
    said: Vec<u8>,
}

/// Another attempt began otherwise.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Differs;

/// One attempt, as it is read.
#[derive(Default)]
pub(crate) struct Stream {
    bytes: Vec<u8>,
    /// Where the line begins that is not whole yet.
    line: usize,
    /// Where the first line begins that names an event: what is before it is the answer.
    end: Option<usize>,
    /// How much of the answer was passed on or compared.
    passed: usize,
}

/// A whole one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// What is hashed and charged.
    pub(crate) body: Vec<u8>,
    /// What `PAYMENT-RESPONSE` would hold.
    pub(crate) response: String,
    /// Why it ended early, if it did.
    pub(crate) broken_off: Option<String>,
}

impl<'a> Said<'a> {
    /// `pieces` is told each byte once; nobody is told where there is none.
    pub(crate) fn new(pieces: Option<Pieces<'a>>) -> Self {
        Self {
            pieces,
            said: vec![],
        }
    }

    /// Takes more of an attempt, of which `from` bytes were taken before.
    pub(crate) fn take(&mut self, from: usize, bytes: &[u8]) -> Result<(), Differs> {
        let Some(pieces) = &mut self.pieces else {
            return Ok(());
        };
        let known = self.said.len().saturating_sub(from).min(bytes.len());
        if self.said[from..from + known] != bytes[..known] {
            return Err(Differs);
        }
        let news = &bytes[known..];
        if !news.is_empty() {
            pieces(news);
            self.said.extend_from_slice(news);
        }
        Ok(())
    }
}

impl Stream {
    /// How many bytes were read.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Reads more, and passes on what surely belongs to the answer: whole lines.
    pub(crate) fn read(&mut self, chunk: &[u8], said: &mut Said<'_>) -> Result<(), Differs> {
        self.bytes.extend_from_slice(chunk);
        while self.end.is_none() {
            let rest = &self.bytes[self.line..];
            if rest.starts_with(b"event:") {
                self.end = Some(self.line);
            } else if let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
                self.line += length + 1;
            } else {
                break;
            }
        }
        let sure = self.end.unwrap_or(self.line);
        said.take(self.passed, &self.bytes[self.passed..sure])?;
        self.passed = sure;
        Ok(())
    }

    /// What it is, if it ended with its settlement; none if it was cut before.
    pub(crate) fn whole(mut self) -> Option<Whole> {
        let events = self.bytes.split_off(self.end?);
        let text = String::from_utf8(events).ok()?;
        let data = |wanted: &str| {
            text.split("\n\n").find_map(|event| {
                let mut fields = event.lines().filter_map(|line| line.split_once(':'));
                let (name, data) = (fields.next()?, fields.next()?);
                let is_wanted = name.0 == "event" && name.1.trim() == wanted && data.0 == "data";
                is_wanted.then(|| data.1.trim().to_owned())
            })
        };
        // Its blank line is the end of all: a settlement that is cut is none.
        let response = data("payment-response").filter(|_| text.ends_with("\n\n"))?;
        let broken_off = data("error").map(|error| {
            let error: Value = serde_json::from_str(&error).unwrap_or_default();
            let message = error["error"]["message"].as_str();
            message
                .unwrap_or("it does not say why it broke off")
                .to_owned()
        });
        Some(Whole {
            body: self.bytes,
            response,
            broken_off,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "data: {\"a\":1}\n\ndata: an event: in the middle\n\n";
    const ERROR: &str = "event: error\ndata: {\"error\":{\"code\":\"x\",\"message\":\"gone\"}}\n\n";
    const SETTLED: &str = "event: payment-response\ndata: e30=\n\n";

    fn read(text: &str, step: usize, said: &mut Said<'_>) -> Result<Option<Whole>, Differs> {
        let mut stream = Stream::default();
        for chunk in text.as_bytes().chunks(step) {
            stream.read(chunk, said)?;
        }
        Ok(stream.whole())
    }

    #[test]
    fn however_it_is_cut_into_chunks_the_answer_and_its_settlement_are_the_same() {
        for (error, broken_off) in [("", None), (ERROR, Some("gone".to_owned()))] {
            for step in 1..100 {
                let mut heard = vec![];
                let mut hear = |piece: &[u8]| heard.extend_from_slice(piece);
                let mut said = Said::new(Some(&mut hear));
                let whole = read(&format!("{SAID}{error}{SETTLED}"), step, &mut said);
                let expected = Whole {
                    body: SAID.into(),
                    response: "e30=".to_owned(),
                    broken_off: broken_off.clone(),
                };
                assert_eq!(whole, Ok(Some(expected)), "{step}");
                assert_eq!(heard, SAID.as_bytes(), "{step}");
            }
        }
    }

    #[test]
    fn without_the_whole_settlement_there_is_none() {
        let whole = format!("{SAID}{ERROR}{SETTLED}");
        for length in 0..whole.len() {
            let found = read(&whole[..length], 7, &mut Said::new(None)).unwrap();
            assert_eq!(found, None, "{length}");
        }
        for odd in [
            "event: payment-response\n\n",
            "event: payment-response\nretry: 3\n\n",
            "event: other\ndata: e30=\n\n",
        ] {
            let found = read(&format!("{SAID}{odd}"), 7, &mut Said::new(None)).unwrap();
            assert_eq!(found, None, "{odd}");
        }
    }

    #[test]
    fn a_repeat_is_heard_from_where_the_first_attempt_was_cut_and_must_begin_alike() {
        let mut heard = vec![];
        let mut hear = |piece: &[u8]| heard.extend_from_slice(piece);
        let mut said = Said::new(Some(&mut hear));
        assert_eq!(read(&SAID[..20], 3, &mut said), Ok(None));
        let again = read(&format!("{SAID}{SETTLED}"), 11, &mut said).unwrap();
        assert_eq!(again.unwrap().body, SAID.as_bytes());
        // One that says less than was heard is checked by its receipt.
        assert_eq!(read("data: {\"a\":1}\n\n", 4, &mut said), Ok(None));
        let other = SAID.replace("middle", "muddle");
        assert_eq!(read(&other, 5, &mut said), Err(Differs));
        assert_eq!(heard, SAID.as_bytes());
    }
}
