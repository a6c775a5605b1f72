//! Bodies that a handler let go before their end. Hyper closes a connection with bytes of a body still on their way, and closing on
//! unread bytes resets it, by which the peer may lose the answer that it has not read yet.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::ListenLimits;

/// How long the next bytes are waited for: a peer that sends none is not about to lose an answer.
const PAUSE: Duration = Duration::from_secs(2);

/// Answers, once what the handler left of the body is read and thrown away.
pub(crate) async fn take_off(
    State(limits): State<ListenLimits>,
    request: Request,
    next: Next,
) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Such a peer sends nothing until the body is asked for.
    let is_asked_first = request.headers().contains_key(header::EXPECT);
    let (back, mut left) = oneshot::channel();
    let request = request.map(|body| {
        Body::new(Lent {
            body,
            is_begun: !is_asked_first,
            is_over: false,
            back: Some(back),
        })
    });
    let response = next.run(request).await;
    // A handler that still holds the body reads on while it answers.
    if let Ok(mut rest) = left.try_recv() {
        let discarding = discard(&mut rest, limits.unread);
        let _ = timeout(limits.unread_timeout, discarding).await;
    }
    response
}

/// Reads on until the body ends, pauses for too long, or more than `most` bytes are read or announced.
async fn discard(body: &mut Body, most: u64) {
    let mut discarded = 0;
    // A body that is announced as longer is not read at all: its connection is lost in any case.
    while discarded + body.size_hint().lower() <= most {
        let Ok(Some(Ok(frame))) = timeout(PAUSE, body.frame()).await else {
            return;
        };
        discarded += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}

/// A body that goes back when it is let go before its end, if its peer is about to send the rest.
struct Lent {
    body: Body,
    is_begun: bool,
    is_over: bool,
    back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_begun = true;
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.is_over |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let is_left = self.is_begun && !self.is_over && !self.body.is_end_stream();
        if let Some(back) = self.back.take().filter(|_| is_left) {
            let _ = back.send(std::mem::take(&mut self.body));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;

    use super::*;

    /// Bytes that are still there once so many at most were discarded.
    async fn left(mut body: Body, most: u64) -> usize {
        discard(&mut body, most).await;
        body.collect().await.unwrap().to_bytes().len()
    }

    fn pieces() -> Body {
        let pieces = std::iter::repeat_n(Ok::<_, Infallible>(Bytes::from_static(&[0; 600])), 10);
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn as_much_as_is_allowed_is_discarded_and_not_a_piece_more() {
        assert_eq!(left(Body::from(vec![0; 1_000]), 1_000).await, 0);
        assert_eq!(left(Body::from(vec![0; 1_001]), 1_000).await, 1_001);
        // What is not announced is known to be too long once it is there.
        assert_eq!(left(pieces(), 1_000).await, 8 * 600);
        assert_eq!(left(pieces(), 6_000).await, 0);
    }
}
