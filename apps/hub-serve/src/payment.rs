//! What a caller owes for a request, as x402 says it.

use hub_ledger::{Offer, Quote, Refusal, Work};
use hub_types::ids::{AttesterId, SessionId};
use hub_wire::Hash;
use hub_x402::{
    asset, code, decode, encode, Amount, Hex, HubExtra, HubPlace, PaymentPayload, PaymentRequired,
    PaymentRequirements, RequestId, Resource, SCHEME, VERSION,
};

use crate::error::ApiError;

/// How long a signed call may wait, as requirements say it. The ledger takes calls that are valid for up to ten minutes.
const MAX_TIMEOUT_SECONDS: u64 = 300;

/// Where this server is on chain. It never changes while it runs.
#[derive(Clone, Debug)]
pub struct Venue {
    /// `cosmos:<chain id>`.
    pub network: String,
    /// Address of the billing contract.
    pub billing: String,
    /// Address of its escrow.
    pub escrow: String,
    /// The operator, who is paid its share.
    pub operator: String,
    /// The attester.
    pub attester: AttesterId,
    /// What its verifier found, if one vouches for it.
    pub measurement: Option<Hash>,
    /// What the attester's key is, as the chain shows it.
    pub label: String,
}

/// A request that was read and priced: what a 402 speaks about.
pub struct Priced<'a> {
    /// Path of the request, under the server's address.
    pub url: String,
    /// What the resource is.
    pub description: &'a str,
    /// Type of the answer.
    pub mime_type: &'a str,
    /// sha256 of the body.
    pub request_hash: Hash,
    /// What is asked for.
    pub work: Work,
}

/// What the ledger says about money, if it says something.
#[derive(Clone, Copy, Default)]
pub struct Standing {
    /// The session that the payment named.
    pub session: Option<SessionId>,
    /// Charged, waiting for settlement or reserved.
    pub charged: Option<u128>,
    /// What the caller agreed to so far.
    pub ceiling: Option<u128>,
}

impl Standing {
    /// What a quote says.
    pub fn of(session: SessionId, quote: &Quote) -> Self {
        Self {
            session: Some(session),
            charged: Some(quote.charged),
            ceiling: quote.ceiling,
        }
    }
}

impl Venue {
    /// Where calls are settled, as x402 says it.
    pub fn place(&self) -> HubPlace {
        HubPlace {
            billing: self.billing.clone(),
            escrow: self.escrow.clone(),
            attester: self.attester,
            measurement: self.measurement.map(Hex),
        }
    }

    /// The way to pay for a request.
    pub fn requirements(
        &self,
        priced: &Priced<'_>,
        offer: &Offer,
        request_id: RequestId,
        standing: Standing,
    ) -> PaymentRequirements {
        PaymentRequirements {
            scheme: SCHEME.to_owned(),
            network: self.network.clone(),
            asset: asset(&offer.denom),
            amount: Amount(offer.amount),
            pay_to: self.operator.clone(),
            max_timeout_seconds: MAX_TIMEOUT_SECONDS,
            extra: HubExtra {
                hub: self.place(),
                label: self.label.clone(),
                model: priced.work.model,
                release: priced.work.release,
                terms: offer.terms,
                per_call: Amount(offer.rates.per_call.u128()),
                per_million_in: Amount(offer.rates.per_million_in.u128()),
                per_million_out: Amount(offer.rates.per_million_out.u128()),
                units_in: priced.work.units.input,
                max_units_out: priced.work.units.output,
                request_hash: Hex(priced.request_hash),
                request_id,
                session: standing.session,
                charged: standing.charged.map(Amount),
                ceiling: standing.ceiling.map(Amount),
            },
        }
    }

    /// The header of a 402.
    pub fn required(
        &self,
        priced: &Priced<'_>,
        offer: &Offer,
        request_id: RequestId,
        standing: Standing,
        reason: &str,
    ) -> String {
        encode(&PaymentRequired {
            x402_version: VERSION,
            error: Some(reason.to_owned()),
            resource: Resource {
                url: priced.url.clone(),
                description: Some(priced.description.to_owned()),
                mime_type: Some(priced.mime_type.to_owned()),
            },
            accepts: vec![self.requirements(priced, offer, request_id, standing)],
        })
    }

    /// Reads a payment, and checks that it is meant for this server and for no less than this request costs.
    ///
    /// # Errors
    ///
    /// 402 with the code of what is wrong.
    pub fn read(&self, header: &str, offer: &Offer) -> Result<PaymentPayload, ApiError> {
        let payment: PaymentPayload = decode(header)
            .map_err(|error| ApiError::new(402, code::MALFORMED_PAYMENT, error.to_string()))?;
        self.check(payment.x402_version, &payment.accepted, offer)?;
        Ok(payment)
    }

    /// Checks that requirements that were accepted are meant for this server and for no less than a call costs.
    ///
    /// # Errors
    ///
    /// 402 with the code of what is wrong.
    pub fn check(
        &self,
        version: u32,
        accepted: &PaymentRequirements,
        offer: &Offer,
    ) -> Result<(), ApiError> {
        let expected = [
            ("scheme", accepted.scheme.as_str(), SCHEME),
            ("network", &accepted.network, &self.network),
            ("asset", &accepted.asset, &asset(&offer.denom)),
            ("payTo", &accepted.pay_to, &self.operator),
            (
                "extra.hub.billing",
                &accepted.extra.hub.billing,
                &self.billing,
            ),
        ];
        let wrong = |what: String| ApiError::new(402, code::WRONG_PAYMENT, what);
        if version != VERSION {
            return Err(wrong(format!(
                "the payment is of x402 version {version}: speak version {VERSION}"
            )));
        }
        for (name, found, wanted) in expected {
            if found != wanted {
                return Err(wrong(format!(
                    "the payment's {name} is {found:?}, expected {wanted:?}: take it from this answer"
                )));
            }
        }
        let attester = accepted.extra.hub.attester;
        if attester != self.attester {
            return Err(wrong(format!(
                "the payment is for attester {attester}, this is {}: take it from this answer",
                self.attester
            )));
        }
        if accepted.amount.0 < offer.amount {
            let message = format!(
                "this call can cost {}, and {} were accepted: accept the amount of this answer",
                offer.amount, accepted.amount
            );
            return Err(ApiError::new(402, code::PRICE_CHANGED, message));
        }
        Ok(())
    }
}

/// Whether another payment, or another session, cures a refusal: then it is a 402 with requirements.
pub fn is_about_payment(refusal: &Refusal) -> bool {
    ApiError::from(refusal).status == 402
}

/// Whether whoever is refused has shown that the session's key signed the call.
pub(crate) fn is_proven(refusal: &Refusal) -> bool {
    !matches!(
        refusal,
        Refusal::UnknownSession { .. }
            | Refusal::NoKey { .. }
            | Refusal::BadSignature { .. }
            | Refusal::OtherCall { .. }
    )
}
