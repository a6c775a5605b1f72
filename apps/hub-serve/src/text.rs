//! Calls of models that answer with text: in one piece, or in pieces as they are made.

use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hub_engine::{Call, Counted, OpenAi, Quote, TextKind, TextRequest, TextStream, Turn};
use hub_ledger::Work;
use hub_model::Metering;
use hub_wire::Units;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::answer::{trailer, Kept, PaidAnswer, STREAM};
use crate::app::App;
use crate::call::{Admitted, Refused, Request, Running};
use crate::error::ApiError;
use crate::models::{Runner, Served};

/// How often what was sent of a stream is noted on disk: what is sent after the last note is given away if the process dies.
const NOTE_EVERY: Duration = Duration::from_millis(250);

/// An answer of a text model.
pub enum TextReply {
    /// In one piece, or again.
    Whole(PaidAnswer),
    /// In pieces: the last one is the event with the settlement.
    Pieces(mpsc::Receiver<Bytes>),
}

impl App {
    /// Answers one request for text.
    ///
    /// # Errors
    ///
    /// What the caller is told. Nothing is charged.
    pub async fn text(
        self: &Arc<Self>,
        served: &Arc<Served>,
        kind: TextKind,
        request: &Request,
    ) -> Result<TextReply, Refused> {
        let Runner::Text {
            upstream,
            metering,
            parallel,
        } = &served.runner
        else {
            let message = format!(
                "{} takes tensors: call it under /v2/models/{}/infer",
                served.path(),
                served.path()
            );
            return Err(ApiError::new(400, "takes_tensors", message).into());
        };
        let asked = upstream.request(kind, &request.body);
        let asked = asked.map_err(ApiError::from)?;
        let quote = asked.quote(metering);
        let quote = quote.map_err(|error| ApiError::new(500, "metering", error.to_string()))?;
        let work = Work {
            model: served.model,
            release: served.release,
            units: Units::new(quote.units_in, quote.most_units_out),
        };
        let mime_type = match asked.is_stream() {
            true => STREAM,
            false => "application/json",
        };
        let running = match self.admit(served, request, &work, mime_type).await? {
            Admitted::Answered(answer) => return Ok(TextReply::Whole(*answer)),
            Admitted::Running(running) => running,
        };
        // Before anything runs: one more than the queue takes is refused here.
        let seat = self.pool.seat(&served.lane(), *parallel);
        let seat = seat.map_err(ApiError::from)?;
        let call = Call::within(served.deadline);
        let turn = tokio::time::timeout(call.left(), seat.turn()).await;
        let turn = turn.map_err(|_| deadline(served))?;
        let turn = turn.map_err(ApiError::from)?;
        running.start()?;
        if asked.is_stream() {
            let sending = Sending {
                served: served.clone(),
                running,
                asked: asked.clone(),
                metering: metering.clone(),
                quote,
                hash: Sha256::new(),
                sent: Vec::new(),
                bytes: 0,
                units: Units::new(0, 0),
                turn,
                began: request.began,
            };
            return sending.begin(upstream, asked, call).await;
        }
        let answer = upstream.answer(&asked, &call).await;
        let answer = answer.map_err(ApiError::from)?;
        let counted = asked.counted(metering, answer.usage, answer.body.len() as u64);
        let label = &self.venue.label;
        let kept = Kept::new(&served.engine, label, mime_type, answer.body.into());
        let answer = running.complete(charged(&quote, counted), kept).await?;
        drop(turn);
        served.latency.note(request.began.elapsed());
        Ok(TextReply::Whole(answer))
    }
}

fn deadline(served: &Served) -> ApiError {
    ApiError::from(hub_engine::EngineError::Deadline(served.deadline))
}

fn charged(quote: &Quote, counted: Counted) -> Units {
    let counted = quote.charge(counted);
    Units::new(counted.units_in, counted.units_out)
}

/// An answer in pieces, as far as it was sent.
struct Sending {
    served: Arc<Served>,
    running: Running,
    asked: TextRequest,
    metering: Metering,
    quote: Quote,
    hash: Sha256,
    /// What a repeat gets; it stops growing once it is too long to be kept, and so is not.
    sent: Vec<u8>,
    bytes: u64,
    /// Units of what was sent.
    units: Units,
    turn: Turn,
    began: Instant,
}

impl Sending {
    /// Waits for the first piece: until it is there, an upstream that fails is an error with its status, and costs nothing.
    async fn begin(
        mut self,
        upstream: &OpenAi,
        asked: TextRequest,
        call: Call,
    ) -> Result<TextReply, Refused> {
        let stream = upstream.stream(asked, call).await;
        let mut stream = stream.map_err(ApiError::from)?;
        let first = stream.next().await.map_err(ApiError::from)?;
        let Some(first) = first else {
            let message = "the server that runs the model ended its answer before it began";
            return Err(ApiError::new(502, "upstream_cut", message).into());
        };
        self.count(&stream, &first);
        self.note().await?;
        let (send, receive) = mpsc::channel(1);
        let app = self.running.app.clone();
        let stop = app.cut.clone();
        app.streams.spawn(async move {
            let deadline = tokio::time::Instant::now() + self.served.deadline;
            let ended = tokio::select! {
                ended = self.go_on(stream, first, &send) => ended,
                () = tokio::time::sleep_until(deadline) => Ended::Cut(Some(deadline_passed(&self.served))),
                () = stop.cancelled() => Ended::Cut(Some(ApiError::new(503, "stopping", "the server stops: this answer ends here, and is charged so far"))),
            };
            self.end(ended, &send).await;
        });
        Ok(TextReply::Pieces(receive))
    }

    /// Sends pieces until there are no more, or nobody takes them.
    async fn go_on(
        &mut self,
        mut stream: TextStream,
        first: Bytes,
        send: &mpsc::Sender<Bytes>,
    ) -> Ended {
        let mut noted = Instant::now();
        let mut piece = first;
        loop {
            if send.send(piece).await.is_err() {
                return Ended::Left;
            }
            piece = tokio::select! {
                next = stream.next() => match next {
                    Ok(Some(next)) => next,
                    Ok(None) => return Ended::Whole,
                    Err(error) => return Ended::Cut(Some(ApiError::from(error))),
                },
                () = send.closed() => return Ended::Left,
            };
            if send.is_closed() {
                return Ended::Left;
            }
            // It counts from here on: it stands in the next note, which a repeat is answered with.
            self.count(&stream, &piece);
            if noted.elapsed() >= NOTE_EVERY {
                if let Err(error) = self.note().await {
                    return Ended::Cut(Some(error));
                }
                noted = Instant::now();
            }
        }
    }

    fn count(&mut self, stream: &TextStream, piece: &Bytes) {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
        let most = self.running.app.answer_max_bytes();
        if self.sent.len() <= most {
            self.sent.extend_from_slice(piece);
        }
        let counted = self
            .asked
            .counted(&self.metering, stream.usage(), self.bytes);
        self.units = charged(&self.quote, counted);
    }

    fn kept(&self) -> Kept {
        let label = &self.running.app.venue.label;
        Kept::new(&self.served.engine, label, STREAM, self.sent.clone().into())
    }

    async fn note(&self) -> Result<(), ApiError> {
        let hash = self.hash.clone().finalize().into();
        self.running
            .sending(self.units, hash, self.kept().to_bytes())
            .await
    }

    /// Charges what was sent, and says so to whoever is still there.
    async fn end(self, ended: Ended, send: &mpsc::Sender<Bytes>) {
        let app = self.running.app.clone();
        let hash = self.hash.clone().finalize().into();
        let kept = self.kept();
        if !matches!(ended, Ended::Whole) {
            app.metrics.cut.fetch_add(1, Ordering::Relaxed);
        }
        let completed = self.running.complete_as(self.units, hash, kept).await;
        drop(self.turn);
        self.served.latency.note(self.began.elapsed());
        if let Ended::Cut(Some(error)) = &ended {
            app.metrics.refused(error.status, &error.code);
        }
        let (error, response) = match (completed, ended) {
            (Ok(answer), Ended::Cut(error)) => (error, Some(answer.response)),
            (Ok(answer), _) => (None, Some(answer.response)),
            (Err(error), _) => (Some(error), None),
        };
        // A caller that takes nothing any more does not keep this waiting.
        let last = trailer(error.as_ref(), response.as_deref());
        let _ = tokio::time::timeout(LAST, send.send(last)).await;
    }
}

/// How long a caller that is slow has for the last piece.
const LAST: Duration = Duration::from_secs(30);

fn deadline_passed(served: &Served) -> ApiError {
    let message = format!(
        "the answer took longer than {} s: it ends here, and is charged so far",
        served.deadline.as_secs()
    );
    ApiError::new(504, "deadline", message)
}

/// How a stream ended.
enum Ended {
    /// The upstream said all of it.
    Whole,
    /// The caller left.
    Left,
    /// In the middle, and why.
    Cut(Option<ApiError>),
}
