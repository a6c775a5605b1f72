//! A call, from the request to the paid answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hub_engine::{InferRequest, InferResponse};
use hub_ledger::{
    Admission, Authorized, Completed, Offer, Refusal, Reservation, VerifiedVoucher, Work,
};
use hub_types::ids::SessionId;
use hub_wire::{
    answer_bytes, answer_digest, sha256, Call, Hash, Receipt, SignedVoucher, Units, Voucher,
};
use hub_x402::{
    code, encode, Amount, Base64, HubAnswer, PaymentPayload, RequestId, SessionPayment,
    SettleResponse, Signature,
};

use crate::answer::{Kept, PaidAnswer};
use crate::app::App;
use crate::error::ApiError;
use crate::models::{Runner, Served};
use crate::payment::{is_about_payment, is_proven, Priced, Standing};

/// A request as it came in.
pub struct Request {
    /// Who asks.
    pub peer: IpAddr,
    /// Path of the request.
    pub path: String,
    /// The payment header, if there is one.
    pub payment: Option<String>,
    /// The body, byte for byte.
    pub body: Bytes,
    /// When all of it was there.
    pub began: Instant,
}

/// Why a request was not answered: an error, and the header of a 402.
#[derive(Debug)]
pub struct Refused {
    /// The error.
    pub error: ApiError,
    /// `PAYMENT-REQUIRED`.
    pub required: Option<String>,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            required: None,
        }
    }
}

/// A call that may run: its price is reserved, and is freed again if this is dropped.
pub struct Running {
    pub(crate) app: Arc<App>,
    reservation: Option<Reservation>,
    /// The session's caller, as x402 names the payer.
    pub payer: String,
}

/// What becomes of a paid request.
pub enum Admitted {
    /// It may run.
    Running(Running),
    /// It ran before.
    Answered(Box<PaidAnswer>),
}

impl App {
    /// Answers one inference request.
    ///
    /// # Errors
    ///
    /// What the caller is told. Nothing is charged.
    pub async fn infer(
        self: &Arc<Self>,
        served: &Arc<Served>,
        request: &Request,
    ) -> Result<PaidAnswer, Refused> {
        let Runner::Tensors { engine, meter } = &served.runner else {
            return Err(crate::api::takes_text(served).into());
        };
        let signature = engine.signature();
        let mut asked =
            InferRequest::parse(&request.body, &self.config.request).map_err(ApiError::from)?;
        asked.check_outputs(signature).map_err(ApiError::from)?;
        let inputs = std::mem::take(&mut asked.inputs);
        let inputs = signature.admit(inputs).map_err(ApiError::from)?;
        let mut answer = InferResponse {
            model_name: served.path(),
            model_version: Some(served.release.to_string()),
            id: asked.id.clone(),
            outputs: vec![],
        };
        let quote = meter.quote(&request.body, &inputs, asked.outputs.as_deref(), &answer);
        let work = Work {
            model: served.model,
            release: served.release,
            units: Units::new(quote.units_in, quote.most_units_out),
        };
        let running = match self
            .admit(served, request, &work, "application/json")
            .await?
        {
            Admitted::Answered(answer) => return Ok(*answer),
            Admitted::Running(running) => running,
        };

        let place = self
            .pool
            .place(&served.lane(), engine)
            .map_err(ApiError::from)?;
        running.start()?;
        let call = hub_engine::Call::within(served.deadline);
        let outputs = place.run(inputs, call).await.map_err(ApiError::from)?;
        answer.outputs = asked.select(outputs);
        let body = answer.to_bytes().map_err(ApiError::from)?;
        let counted = quote.charge(hub_engine::Counted {
            units_in: quote.units_in,
            units_out: meter.units_out(&body, &answer.outputs),
        });
        let units = Units::new(counted.units_in, counted.units_out);
        let kept = Kept::new(
            &served.engine,
            &self.venue.label,
            "application/json",
            body.into(),
        );
        let answer = running.complete(units, kept).await?;
        served.latency.note(request.began.elapsed());
        Ok(answer)
    }

    /// Has a request paid, or says what it costs.
    ///
    /// # Errors
    ///
    /// A 402 with what the call costs, or what else keeps it from running.
    pub async fn admit(
        self: &Arc<Self>,
        served: &Served,
        request: &Request,
        work: &Work,
        mime_type: &str,
    ) -> Result<Admitted, Refused> {
        let priced = Priced {
            url: format!("{}{}", self.url, request.path),
            description: &served.title,
            mime_type,
            request_hash: sha256(&[&request.body]),
            work: *work,
        };
        let now = self.now();
        let offer = self.ledger.read(|ledger| ledger.offer(work, now));
        let offer = offer.map_err(|refusal| ApiError::from(&refusal))?;
        let Some(header) = &request.payment else {
            let message = format!(
                "this call costs up to {} {}: sign it with the key of a session for operator {}, and send it again",
                offer.amount, offer.denom, self.venue.operator
            );
            let error = ApiError::new(402, code::PAYMENT_REQUIRED, message);
            return Err(self.required(&priced, &offer, Standing::default(), error));
        };
        let payment = self.venue.read(header, &offer).map_err(|error| {
            self.unpaid(request.peer);
            self.required(&priced, &offer, Standing::default(), error)
        })?;
        let session = payment.payload.session;
        let paid = self.reserve(request, &priced, &payment).await;
        match paid {
            Ok(Admission::Reserved(reservation)) => Ok(Admitted::Running(Running {
                app: self.clone(),
                reservation: Some(reservation),
                payer: self.payer(session),
            })),
            Ok(Admission::Answered { serial }) => {
                let answer = self.again(serial, session).await?;
                Ok(Admitted::Answered(Box::new(answer)))
            }
            Err(refusal) => Err(self.not_paid(request, &priced, &offer, session, &refusal)),
        }
    }

    async fn reserve(
        &self,
        request: &Request,
        priced: &Priced<'_>,
        payment: &PaymentPayload,
    ) -> Result<Admission, Refusal> {
        let paying = &payment.payload;
        let (authorized, voucher) = self
            .authorize(request.peer, paying, &priced.work, priced.request_hash)
            .await?;
        let now = self.now();
        self.ledger
            .change(|ledger| ledger.reserve(&authorized, &priced.work, voucher, now))
    }

    /// The call and the voucher, if the session's key signed them.
    ///
    /// # Errors
    ///
    /// What is wrong with what was signed, or with the session.
    pub(crate) async fn authorize(
        &self,
        peer: IpAddr,
        paying: &SessionPayment,
        work: &Work,
        request_hash: Hash,
    ) -> Result<(Authorized, Option<VerifiedVoucher>), Refusal> {
        let session = paying.session;
        let known = self.ledger.read(|ledger| ledger.knows_session(session));
        if !known {
            self.look_for(session, peer).await;
        }
        let verifier = self.ledger.read(|ledger| ledger.verifier(session))?;
        let call = Call {
            attester: self.venue.attester,
            session,
            model: work.model,
            request_id: paying.call.request_id.0,
            expires_at: paying.call.expires_at,
            request_hash,
        };
        // Outside of the ledger's lock: it takes longer than everything else.
        let authorized = verifier.call(call, &paying.call.signature.0)?;
        let voucher = paying.voucher.as_ref().map(|voucher| {
            let signed = SignedVoucher {
                voucher: Voucher {
                    session,
                    ceiling: voucher.ceiling.0,
                },
                signature: voucher.signature.0,
            };
            verifier.voucher(&signed.encode())
        });
        Ok((authorized, voucher.transpose()?))
    }

    fn not_paid(
        &self,
        request: &Request,
        priced: &Priced<'_>,
        offer: &Offer,
        session: SessionId,
        refusal: &Refusal,
    ) -> Refused {
        let error = ApiError::from(refusal);
        if !is_about_payment(refusal) {
            return error.into();
        }
        self.unpaid(request.peer);
        // What a session has left is nobody's business who cannot sign for it.
        let proven = is_proven(refusal);
        let now = self.now();
        let quoted = self
            .ledger
            .read(|ledger| ledger.quote(session, &priced.work, now));
        let standing = match quoted {
            Ok(quote) if proven => Standing::of(session, &quote),
            _ => Standing {
                session: Some(session),
                ..Standing::default()
            },
        };
        self.required(priced, offer, standing, error)
    }

    fn required(
        &self,
        priced: &Priced<'_>,
        offer: &Offer,
        standing: Standing,
        error: ApiError,
    ) -> Refused {
        let id = RequestId::from(self.random());
        let required = self
            .venue
            .required(priced, offer, id, standing, &error.code);
        Refused {
            error,
            required: Some(required),
        }
    }

    /// What a completed call is answered with.
    pub fn paid_answer(
        &self,
        kept: Kept,
        receipt: &Receipt,
        payer: String,
        amount: u128,
        charged: u128,
        ceiling: Option<u128>,
    ) -> PaidAnswer {
        let settled = self.settled(&kept, receipt, payer, amount, charged, ceiling);
        PaidAnswer {
            response: encode(&settled),
            mime_type: kept.mime_type,
            body: kept.body,
        }
    }

    /// What x402 says of a completed call.
    pub(crate) fn settled(
        &self,
        kept: &Kept,
        receipt: &Receipt,
        payer: String,
        amount: u128,
        charged: u128,
        ceiling: Option<u128>,
    ) -> SettleResponse {
        let bytes = receipt.encode();
        let answer = answer_bytes(&bytes, &kept.engine, &kept.label);
        let digest = answer_digest(&self.answer_tag, &answer);
        let request_id = RequestId::from(receipt.request_id);
        SettleResponse {
            success: true,
            transaction: format!(
                "hub:{}/{}/{request_id}",
                self.venue.billing, receipt.attester
            ),
            network: self.venue.network.clone(),
            payer,
            amount: Amount(amount),
            extra: HubAnswer {
                receipt: Base64(bytes),
                charged: Amount(charged),
                ceiling: ceiling.map(Amount),
                engine: kept.engine.clone(),
                label: kept.label.clone(),
                answer_signature: Signature(self.key.sign_digest(&digest)),
            },
        }
    }
}

impl Running {
    /// Says that the work begins.
    ///
    /// # Errors
    ///
    /// Why it must not run any more.
    pub fn start(&self) -> Result<(), ApiError> {
        let now = self.app.now();
        let Some(reservation) = self.reservation else {
            return Err(ApiError::new(500, "not_running", "this call ended before"));
        };
        let started = self
            .app
            .ledger
            .change(|ledger| ledger.start(reservation, now));
        started.map_err(|refusal| ApiError::from(&refusal))
    }

    /// Notes what is sent of an answer in pieces once this is written: by now all of it, which the units are of.
    ///
    /// # Errors
    ///
    /// If it cannot be stored: then it must not be sent.
    pub async fn sending(&self, units: Units, hash: Hash, sent: Vec<u8>) -> Result<(), ApiError> {
        let now = self.app.now();
        let Some(reservation) = self.reservation else {
            return Err(ApiError::new(500, "not_running", "this call ended before"));
        };
        let noted = self
            .app
            .ledger
            .begin(|ledger| ledger.sending(reservation, units, hash, sent, now));
        let noted = noted.map_err(|error| ApiError::new(500, "not_noted", error.to_string()))?;
        noted.wait().await.map_err(ApiError::store)?;
        Ok(())
    }

    /// Charges the call and stores its receipt and answer: then the answer may be given.
    ///
    /// # Errors
    ///
    /// If it cannot be stored. Then nothing was charged that the caller was told of, and the same request id may be sent again.
    pub async fn complete(self, units: Units, kept: Kept) -> Result<PaidAnswer, ApiError> {
        let hash = sha256(&[&kept.body]);
        self.complete_as(units, hash, kept).await
    }

    /// The same, of an answer whose body was sent before and has this hash. `kept` is what a repeat gets, if all of it is short
    /// enough to be kept.
    ///
    /// # Errors
    ///
    /// As [`Running::complete`].
    pub async fn complete_as(
        mut self,
        units: Units,
        hash: Hash,
        kept: Kept,
    ) -> Result<PaidAnswer, ApiError> {
        let now = self.app.now();
        let Some(reservation) = self.reservation else {
            return Err(ApiError::new(500, "not_running", "this call ended before"));
        };
        let stored = kept.to_bytes();
        let pending = self
            .app
            .ledger
            .begin(|ledger| ledger.complete(reservation, units, hash, stored, now));
        let pending =
            pending.map_err(|error| ApiError::new(500, "not_completed", error.to_string()))?;
        // It is charged from here on, whether or not somebody waits.
        self.reservation = None;
        let completed = pending.wait().await.map_err(ApiError::store)?;
        let Completed {
            receipt,
            amount,
            charged,
            ceiling,
            ..
        } = completed;
        self.app
            .metrics
            .paid
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let payer = std::mem::take(&mut self.payer);
        Ok(self
            .app
            .paid_answer(kept, &receipt, payer, amount, charged, ceiling))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            let now = self.app.now();
            let abandoned = self.app.ledger.begin(|ledger| {
                Ok::<_, std::convert::Infallible>(ledger.abandon(reservation, now))
            });
            // It is written with what comes next, whether or not somebody waits.
            drop(abandoned);
        }
    }
}
