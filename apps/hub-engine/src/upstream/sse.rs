//! Events of a stream, as `text/event-stream` has them: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.

use std::collections::VecDeque;

use crate::UpstreamError;

/// Longest line of a stream, in bytes.
const LINE: usize = 1 << 20;

/// Cuts bytes into the data of events. Comments and other fields are left out.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Option<String>,
    ready: VecDeque<String>,
}

impl Events {
    /// Takes bytes as they come, however they are cut.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), UpstreamError> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() > LINE {
                return Err(UpstreamError::TooLong(LINE));
            }
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let mut line = std::mem::take(&mut self.line);
                while matches!(line.last(), Some(b'\n' | b'\r')) {
                    line.pop();
                }
                self.end_line(&line)?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self, line: &[u8]) -> Result<(), UpstreamError> {
        if line.is_empty() {
            self.ready.extend(self.data.take());
            return Ok(());
        }
        let Some(data) = line.strip_prefix(b"data:") else {
            return Ok(());
        };
        let data = std::str::from_utf8(data.strip_prefix(b" ").unwrap_or(data))
            .map_err(|_| UpstreamError::Answer("an event is no text".to_owned()))?;
        match &mut self.data {
            Some(before) => {
                if before.len() + data.len() >= LINE {
                    return Err(UpstreamError::TooLong(LINE));
                }
                before.push('\n');
                before.push_str(data);
            }
            none => *none = Some(data.to_owned()),
        }
        Ok(())
    }

    /// The data of the next event that is whole.
    pub(super) fn next(&mut self) -> Option<String> {
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(events: &mut Events) -> Vec<String> {
        std::iter::from_fn(|| events.next()).collect()
    }

    #[test]
    fn comments_names_and_half_events_are_no_events() {
        let mut events = Events::default();
        let stream =
            b": wait\n\nevent: x\ndata: one\nid: 3\n\ndata:two\r\ndata: lines\r\n\r\ndata: half";
        events.push(stream).unwrap();
        assert_eq!(all(&mut events), ["one", "two\nlines"]);
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let mut events = Events::default();
        let error = (0..)
            .find_map(|_| events.push(&[b'x'; 4096]).err())
            .unwrap();
        assert_eq!(error, UpstreamError::TooLong(LINE));
        assert!(events.line.len() <= LINE);
        let mut events = Events::default();
        let error = (0..)
            .find_map(|_| events.push(b"data: 0123456789\n").err())
            .unwrap();
        assert_eq!(error, UpstreamError::TooLong(LINE));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_stream_is_cut(
            texts in prop::collection::vec("[a-zé ]{0,20}", 0..6),
            cuts in prop::collection::vec(1_usize..9, 1..20),
        ) {
            let stream: String = texts.iter().map(|text| format!("data: {text}\n\n")).collect();
            let mut rest = stream.as_bytes();
            let mut events = Events::default();
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                events.push(piece).unwrap();
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(all(&mut events), texts);
        }
    }
}
