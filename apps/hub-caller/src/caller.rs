//! Calls, paid.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hub_wire::{
    call_digest, sha256, voucher_digest, Call, Hash, Purpose, Receipt, SigningKey, Voucher,
};
use hub_x402::{
    code, decode, encode, Amount, CallPayment, PaymentPayload, PaymentRequired,
    PaymentRequirements, RequestId, SessionPayment, SettleResponse, Signature, VoucherPayment,
    PAYMENT_REQUIRED, PAYMENT_RESPONSE, PAYMENT_SIGNATURE, VERSION,
};
use reqwest::StatusCode;
use serde::Deserialize;
use tokio::time::Instant;

use crate::check::{Offer, Trust};
use crate::error::CallError;
use crate::pieces::{Differs, Pieces, Said, Stream};
use crate::tally::{Charge, Tally};

/// What a caller is willing to spend. Amounts are in the smallest unit of the session's denomination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most that one call may cost.
    pub per_call: u128,
    /// The most that the session may be charged in all, what was charged before included.
    pub total: u128,
}

/// How a caller calls.
#[derive(Clone, Debug)]
pub struct Options {
    /// What it is willing to spend.
    pub limits: Limits,
    /// How long a signed call is valid, at most ten minutes. A server that is down for longer cannot charge it.
    pub valid_for: Duration,
    /// How often a call is sent again after an answer was lost. It is paid once.
    pub retries: u32,
    /// How long one attempt may take; of an answer in pieces how long each piece may.
    pub timeout: Duration,
    /// How long an answer in pieces may take in all.
    pub longest_stream: Duration,
    /// Most bytes of an answer.
    pub max_answer: usize,
}

impl Options {
    /// Two minutes for each attempt and for a signature, an hour for an answer in pieces, three retries, answers of 64 MiB.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            valid_for: Duration::from_secs(120),
            retries: 3,
            timeout: Duration::from_secs(120),
            longest_stream: Duration::from_secs(3_600),
            max_answer: 64 << 20,
        }
    }
}

/// A paid answer that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The body: of an answer in pieces what was said, without the event that settles it.
    pub body: Bytes,
    /// Why an answer in pieces ended early, if it did. It is charged for what was said.
    pub broken_off: Option<String>,
    /// Its type.
    pub mime_type: String,
    /// The receipt, which settles on chain.
    pub receipt: Receipt,
    /// What the call cost.
    pub amount: u128,
    /// What the server says is charged to the session, calls that run included.
    pub charged: u128,
    /// Name and version of the engine.
    pub engine: String,
    /// What the attester's key is, as the server says.
    pub label: String,
}

/// Calls models for one session, in parallel if asked to. The session's key never leaves it.
pub struct Caller {
    http: reqwest::Client,
    key: SigningKey,
    trust: Trust,
    options: Options,
    tally: Tally,
    call_tag: Hash,
    voucher_tag: Hash,
    /// What the last call of each address was asked for: most calls cost the same, and one round trip is saved.
    agreed: Mutex<HashMap<String, Arc<PaymentRequirements>>>,
    clock: Box<dyn Fn() -> u64 + Send + Sync>,
}

const CHARGED_IN_ALL: &str = "what the session is charged in all";
const DIFFERS: &str = "its answer begins otherwise than the first time";
const SECOND: &str = "it has another receipt than the one that this call was answered with before";

/// So many addresses are remembered.
const MOST_ADDRESSES: usize = 256;

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    code: String,
    message: String,
}

/// One attempt's outcome.
enum Reply {
    /// Paid and answered.
    Answered {
        body: Bytes,
        mime_type: String,
        response: String,
        broken_off: Option<String>,
    },
    /// Answered, without a receipt.
    Unsettled,
    /// A repeat that begins otherwise than what was heard.
    Differs,
    /// 402.
    Required(Box<PaymentRequired>, String),
    /// Any other error.
    Refused(CallError),
}

/// An amount beside the most that the caller allows.
struct Limited {
    found: u128,
    allowed: u128,
}

impl Caller {
    /// A caller of the session that `tally` is of, with the key that the session names.
    ///
    /// # Errors
    ///
    /// If no HTTP client can be made.
    pub fn new(
        key: SigningKey,
        trust: Trust,
        tally: Tally,
        options: Options,
    ) -> Result<Self, CallError> {
        let http = reqwest::Client::builder()
            .build()
            .map_err(|error| CallError::Unreachable(causes(&error)))?;
        Ok(Self {
            http,
            key,
            call_tag: trust.tag(Purpose::Call),
            voucher_tag: trust.tag(Purpose::Voucher),
            trust,
            tally,
            options,
            agreed: Mutex::default(),
            clock: Box::new(|| {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                since.unwrap_or_default().as_secs()
            }),
        })
    }

    /// The same with another clock, unix seconds.
    pub fn with_clock(mut self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// What the session was used for.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What a call would cost at most. Nothing is signed or spent.
    ///
    /// # Errors
    ///
    /// What the server refuses.
    pub async fn quote(&self, url: &str, body: &Bytes) -> Result<PaymentRequirements, CallError> {
        match self.send(url, body, None, &mut Said::new(None)).await? {
            Reply::Required(required, _) => {
                self.requirements(*required, &sha256(&[body]), self.tally.most_signed())
            }
            Reply::Refused(error) => Err(error),
            Reply::Answered { .. } | Reply::Differs | Reply::Unsettled => Err(
                CallError::WrongRequirements("it answers without being paid".to_owned()),
            ),
        }
    }

    /// Calls a model with a fresh request id.
    ///
    /// # Errors
    ///
    /// [`CallError`], each of which says whether money may have been spent.
    pub async fn call(&self, url: &str, body: impl Into<Bytes>) -> Result<Answer, CallError> {
        self.call_as(fresh_id(), url, body).await
    }

    /// Calls a model under a request id: the same id with the same body is the same call, and is paid once.
    ///
    /// # Errors
    ///
    /// As [`Caller::call`].
    pub async fn call_as(
        &self,
        id: RequestId,
        url: &str,
        body: impl Into<Bytes>,
    ) -> Result<Answer, CallError> {
        self.call_at_most(id, url, body, self.options.limits.per_call)
            .await
    }

    /// The same for at most this much, below the limit of every call.
    ///
    /// # Errors
    ///
    /// As [`Caller::call`].
    pub async fn call_at_most(
        &self,
        id: RequestId,
        url: &str,
        body: impl Into<Bytes>,
        most: u128,
    ) -> Result<Answer, CallError> {
        self.run(id, url, body.into(), most, Said::new(None)).await
    }

    /// Calls a model that answers in pieces, and hears them as they come, before anything of them is checked. The answer that is
    /// given in the end was checked whole. An answer that is not in pieces is heard at once, when it was.
    ///
    /// After an answer was lost in the middle, what was heard is not heard again.
    ///
    /// # Errors
    ///
    /// As [`Caller::call`].
    pub async fn call_in_pieces(
        &self,
        id: RequestId,
        url: &str,
        body: impl Into<Bytes>,
        pieces: Pieces<'_>,
    ) -> Result<Answer, CallError> {
        let most = self.options.limits.per_call;
        self.run(id, url, body.into(), most, Said::new(Some(pieces)))
            .await
    }

    async fn run(
        &self,
        id: RequestId,
        url: &str,
        body: Bytes,
        most: u128,
        mut said: Said<'_>,
    ) -> Result<Answer, CallError> {
        if let Some(why) = self.tally.distrusted() {
            return Err(CallError::Distrusted(why));
        }
        let most = most.min(self.options.limits.per_call);
        let hash = sha256(&[&body]);
        // Of a repeat, whose stored answer has the price of its first time.
        let first = self.tally.begun_at(id);
        let mut is_own_offer = false;
        let mut agreed = match self.remembered(url).filter(|last| last.amount.0 <= most) {
            // What was agreed for another body of the same address: good if this one costs the same.
            Some(last) => {
                let mut agreed = (*last).clone();
                agreed.extra.request_hash.0 = hash;
                agreed
            }
            None => {
                is_own_offer = true;
                self.quote(url, &body).await?
            }
        };
        let mut lost: Option<String> = None;
        let mut attempts = self.options.retries.saturating_add(1);
        // The terms can change between a 402 and its payment, and so can the ceiling that other calls need; not for ever.
        let mut corrections = 4;
        loop {
            let amount = agreed.amount.0;
            self.within(
                "the price of the call",
                Limited {
                    found: amount,
                    allowed: most,
                },
            )?;
            let total = self.options.limits.total;
            let ceiling = self
                .tally
                .begin(id, Charge { amount, total })?
                .or_else(|found| {
                    self.within(
                        CHARGED_IN_ALL,
                        Limited {
                            found,
                            allowed: total,
                        },
                    )
                    .map(|()| found)
                })?;
            let payment = self.payment(id, &hash, &agreed, ceiling);
            let reply = self.send(url, &body, Some(&payment), &mut said).await;
            match reply {
                Ok(Reply::Unsettled) => {
                    return Err(self.dishonest("no receipt came with it", amount)?)
                }
                Ok(Reply::Differs) => return Err(self.dishonest(DIFFERS, amount)?),
                Ok(Reply::Answered {
                    body: answer,
                    mime_type,
                    response,
                    broken_off,
                }) => {
                    let offer = Offer {
                        agreed: &agreed,
                        is_own: is_own_offer,
                        first,
                    };
                    let answer = self.checked(id, &body, offer, answer, mime_type, &response)?;
                    self.remember(url, &agreed);
                    // All of it that was not heard yet: an answer in one piece.
                    if said.take(0, &answer.body).is_err() {
                        return Err(self.dishonest(DIFFERS, amount)?);
                    }
                    return Ok(Answer {
                        broken_off,
                        ..answer
                    });
                }
                Ok(Reply::Required(required, message)) => {
                    let reason = required.error.clone().unwrap_or_default();
                    // Not charged, says the server. If it lies, its own count will show it.
                    let most = match lost {
                        None => self.tally.drop_call(id)?,
                        Some(_) => self.tally.most_with(id),
                    };
                    let renewed = self.requirements(*required, &hash, most);
                    let renewed = renewed.inspect_err(|_| self.forget(url));
                    if let Err(error @ CallError::Overcharged { .. }) = &renewed {
                        self.tally.distrust(&error.to_string())?;
                    }
                    let renewed = renewed?;
                    let price = reason == code::PRICE_CHANGED || renewed.amount > agreed.amount;
                    let needed = renewed
                        .extra
                        .charged
                        .map(|charged| charged.0.saturating_add(renewed.amount.0));
                    // It does not know what was signed, which covers every call. No ceiling is taken from a server.
                    let ceiling = reason == "voucher_missing"
                        && needed.is_some_and(|needed| needed <= self.tally.ceiling());
                    let curable = price || ceiling || reason == code::WRONG_PAYMENT;
                    if !curable || corrections == 0 || lost.is_some() {
                        self.forget(url);
                        return Err(CallError::Refused {
                            status: 402,
                            code: reason,
                            message,
                            retry_after: None,
                        });
                    }
                    corrections -= 1;
                    agreed = renewed;
                    is_own_offer = true;
                }
                Ok(Reply::Refused(error)) => {
                    // The same call runs already: its answer comes.
                    let running =
                        matches!(&error, CallError::Refused { code, .. } if code == "running");
                    if running && attempts > 1 {
                        attempts -= 1;
                        lost.get_or_insert_with(|| error.to_string());
                        tokio::time::sleep(Duration::from_millis(300)).await;
                        continue;
                    }
                    if lost.is_none() {
                        self.tally.drop_call(id)?;
                        return Err(error);
                    }
                    return Err(unknown(id, error.to_string()));
                }
                Err(CallError::Unreachable(reason)) => {
                    attempts -= 1;
                    if attempts == 0 {
                        return Err(unknown(id, reason));
                    }
                    lost.get_or_insert(reason);
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn within(
        &self,
        what: &'static str,
        Limited { found, allowed }: Limited,
    ) -> Result<(), CallError> {
        match found <= allowed {
            true => Ok(()),
            false => Err(CallError::Limit {
                what,
                found,
                allowed,
            }),
        }
    }

    fn requirements(
        &self,
        required: PaymentRequired,
        hash: &Hash,
        most: u128,
    ) -> Result<PaymentRequirements, CallError> {
        let mut accepts = required.accepts.into_iter();
        let found = accepts
            .find(|one| one.scheme == hub_x402::SCHEME)
            .ok_or_else(|| {
                CallError::WrongRequirements(format!(
                    "none of its ways to pay is {}",
                    hub_x402::SCHEME
                ))
            })?;
        self.trust
            .requirements(&found, hash)
            .map_err(CallError::WrongRequirements)?;
        self.count(found.extra.charged, most)?;
        Ok(found)
    }

    /// Refuses a server that counts more than was asked of it when it counted.
    fn count(&self, charged: Option<Amount>, own: u128) -> Result<(), CallError> {
        match charged {
            Some(Amount(server)) if server > own => Err(CallError::Overcharged {
                session: self.tally.session().0,
                server,
                own,
            }),
            _ => Ok(()),
        }
    }

    /// Notes that an answer is not what was agreed: its operator is not paid again.
    fn dishonest(&self, what: &str, at_most: u128) -> Result<CallError, CallError> {
        let what = what.to_owned();
        let error = CallError::Dishonest { what, at_most };
        self.tally.distrust(&error.to_string())?;
        Ok(error)
    }

    fn payment(
        &self,
        id: RequestId,
        hash: &Hash,
        agreed: &PaymentRequirements,
        ceiling: u128,
    ) -> String {
        let session = self.tally.session();
        let expires_at = (self.clock)().saturating_add(self.options.valid_for.as_secs());
        let call = Call {
            attester: self.trust.attester,
            session,
            model: agreed.extra.model,
            request_id: id.0,
            expires_at,
            request_hash: *hash,
        };
        let voucher = Voucher { session, ceiling };
        let sign = |digest: Hash| Signature(self.key.sign_digest(&digest));
        encode(&PaymentPayload {
            x402_version: VERSION,
            resource: None,
            accepted: agreed.clone(),
            payload: SessionPayment {
                session,
                call: CallPayment {
                    request_id: id,
                    expires_at,
                    signature: sign(call_digest(&self.call_tag, &call.encode())),
                },
                voucher: Some(VoucherPayment {
                    ceiling: Amount(ceiling),
                    signature: sign(voucher_digest(&self.voucher_tag, &voucher.encode())),
                }),
            },
        })
    }

    fn checked(
        &self,
        id: RequestId,
        request: &[u8],
        offer: Offer<'_>,
        body: Bytes,
        mime_type: String,
        response: &str,
    ) -> Result<Answer, CallError> {
        let at_most = offer.agreed.amount.0.max(offer.first.unwrap_or(0));
        let decoded = decode::<SettleResponse>(response).map_err(|error| error.to_string());
        let checked = decoded.and_then(|settled| {
            let trust = &self.trust;
            let receipt = trust.answer(offer, id, request, &body, &settled, body.len())?;
            Ok((settled, receipt))
        });
        let (settled, receipt) = match checked {
            Ok(found) => found,
            Err(what) => return Err(self.dishonest(&what, at_most)?),
        };
        // Counted whatever the server says besides: the attester signed for it.
        let hash = sha256(&[&settled.extra.receipt.0]);
        let ended = self.tally.end(id, settled.amount.0, hash)?;
        if ended.is_second {
            return Err(self.dishonest(SECOND, at_most)?);
        }
        if let Err(error) = self.count(Some(settled.extra.charged), ended.most) {
            self.tally.distrust(&error.to_string())?;
            return Err(error);
        }
        Ok(Answer {
            body,
            broken_off: None,
            mime_type,
            receipt,
            amount: settled.amount.0,
            charged: settled.extra.charged.0,
            engine: settled.extra.engine,
            label: settled.extra.label,
        })
    }

    async fn send(
        &self,
        url: &str,
        body: &Bytes,
        payment: Option<&str>,
        said: &mut Said<'_>,
    ) -> Result<Reply, CallError> {
        let unreachable = |error: reqwest::Error| CallError::Unreachable(causes(&error));
        let mut request = self
            .http
            .post(url)
            .header("content-type", "application/json")
            .body(body.clone());
        if let Some(payment) = payment {
            request = request.header(PAYMENT_SIGNATURE, payment);
        }
        let started = Instant::now();
        let whole = started + self.options.timeout;
        let mut response = by(whole, request.send()).await?.map_err(unreachable)?;
        let status = response.status();
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (required, settled) = (header(PAYMENT_REQUIRED), header(PAYMENT_RESPONSE));
        let mime_type = header("content-type").unwrap_or_default();
        let retry_after = header("retry-after").and_then(|text| text.parse().ok());
        // Its settlement is at its end; one that has it before is no stream of ours.
        if status == StatusCode::OK && settled.is_none() && is_stream(&mime_type) {
            let mut stream = Stream::default();
            let end = started + self.options.longest_stream;
            let soon = || end.min(Instant::now() + self.options.timeout);
            while let Some(chunk) = by(soon(), response.chunk()).await?.map_err(unreachable)? {
                self.fits(stream.len().saturating_add(chunk.len()))?;
                if stream.read(&chunk, said) == Err(Differs) {
                    return Ok(Reply::Differs);
                }
            }
            let whole = stream.whole().ok_or_else(|| {
                CallError::Unreachable("its answer ended before its settlement".to_owned())
            })?;
            return Ok(Reply::Answered {
                body: whole.body.into(),
                mime_type,
                response: whole.response,
                broken_off: whole.broken_off,
            });
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = by(whole, response.chunk()).await?.map_err(unreachable)? {
            self.fits(bytes.len().saturating_add(chunk.len()))?;
            bytes.extend_from_slice(&chunk);
        }
        if status == StatusCode::OK {
            return match settled {
                Some(response) => Ok(Reply::Answered {
                    body: bytes.into(),
                    mime_type,
                    response,
                    broken_off: None,
                }),
                None => Ok(Reply::Unsettled),
            };
        }
        let detail = serde_json::from_slice(&bytes).map(|body: ErrorBody| body.error);
        let (code, message) = match detail {
            Ok(detail) => (detail.code, detail.message),
            Err(_) => {
                let text: String = String::from_utf8_lossy(&bytes).chars().take(200).collect();
                // Something before the server gave up waiting for it: the call may run.
                if status.is_server_error() {
                    return Err(CallError::Unreachable(format!("{status}: {text}")));
                }
                ("http".to_owned(), text)
            }
        };
        // A settlement with a 402 would say that it was charged and was not.
        if status == StatusCode::PAYMENT_REQUIRED && settled.is_none() {
            if let Some(required) = required {
                let required = decode(&required)
                    .map_err(|error| CallError::WrongRequirements(error.to_string()))?;
                return Ok(Reply::Required(Box::new(required), message));
            }
        }
        Ok(Reply::Refused(CallError::Refused {
            status: status.as_u16(),
            code,
            message,
            retry_after,
        }))
    }

    fn fits(&self, length: usize) -> Result<(), CallError> {
        let most = self.options.max_answer;
        match length > most {
            true => Err(CallError::Unreachable(format!(
                "an answer of more than {most} bytes"
            ))),
            false => Ok(()),
        }
    }

    fn remembered(&self, url: &str) -> Option<Arc<PaymentRequirements>> {
        let agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        agreed.get(url).cloned()
    }

    fn remember(&self, url: &str, requirements: &PaymentRequirements) {
        let mut agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        if agreed.len() >= MOST_ADDRESSES && !agreed.contains_key(url) {
            agreed.clear();
        }
        agreed.insert(url.to_owned(), Arc::new(requirements.clone()));
    }

    fn forget(&self, url: &str) {
        let mut agreed = self.agreed.lock().unwrap_or_else(PoisonError::into_inner);
        agreed.remove(url);
    }
}

/// A request id that nobody used, and that nobody guesses.
pub fn fresh_id() -> RequestId {
    use std::hash::{BuildHasher, RandomState};
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::OnceLock;
    static SECRET: OnceLock<(RandomState, RandomState)> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (first, second) = SECRET.get_or_init(Default::default);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = u128::from(first.hash_one(count)) << 64 | u128::from(second.hash_one(count));
    RequestId::from(id.to_be_bytes())
}

/// What has to be there by then.
async fn by<T>(then: Instant, answer: impl Future<Output = T>) -> Result<T, CallError> {
    tokio::time::timeout_at(then, answer)
        .await
        .map_err(|_| CallError::Unreachable("it takes too long".to_owned()))
}

fn is_stream(mime_type: &str) -> bool {
    let kind = mime_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("text/event-stream")
}

fn unknown(request_id: RequestId, reason: String) -> CallError {
    CallError::Unknown { request_id, reason }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
