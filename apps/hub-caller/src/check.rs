//! What an answer has to be.

use cosmwasm_std::Uint128;
use hub_engine::recount;
use hub_model::Metering;
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber};
use hub_types::price::Rates;
use hub_wire::{
    answer_bytes, answer_digest, sha256, verify_digest, BlobId, Domain, Hash, PublicKey, Purpose,
    Receipt,
};
use hub_x402::{Amount, HubAnswer, PaymentRequirements, RequestId, SettleResponse, SCHEME};

/// Whom and what a caller trusts, as the chain shows it.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Chain id.
    pub chain_id: String,
    /// Address of the billing contract.
    pub billing: String,
    /// The same, canonical.
    pub billing_canonical: Vec<u8>,
    /// Operator that the session trusts.
    pub operator: String,
    /// Its attester.
    pub attester: AttesterId,
    /// The attester's key, as it is registered.
    pub key: PublicKey,
    /// Denomination of the session, as x402 names it.
    pub asset: String,
    /// The model, if the caller knows it; else what the server says it is.
    pub model: Option<TrustedModel>,
}

/// A model as the registry and its manifest show it.
#[derive(Clone, Debug)]
pub struct TrustedModel {
    /// Its number.
    pub model: ModelId,
    /// The release.
    pub release: ReleaseNumber,
    /// The weights of that release.
    pub blob_id: BlobId,
    /// What its prices count.
    pub metering: Metering,
}

/// What a call is paid by.
#[derive(Clone, Copy)]
pub(crate) struct Offer<'a> {
    pub(crate) agreed: &'a PaymentRequirements,
    /// Whether it was made for this very body. One that is remembered bounds the amount alone: another body has other units.
    pub(crate) is_own: bool,
    /// Of a repeat, the most that the call could cost when it was begun, 0 if it was answered before: its stored answer may be of
    /// terms that are past.
    pub(crate) first: Option<u128>,
}

impl Trust {
    pub(crate) fn tag(&self, purpose: Purpose) -> Hash {
        let domain = Domain {
            chain_id: &self.chain_id,
            contract: &self.billing_canonical,
        };
        domain.tag(purpose)
    }

    /// Checks what a server asks for before anything is signed.
    pub(crate) fn requirements(
        &self,
        found: &PaymentRequirements,
        request_hash: &Hash,
    ) -> Result<(), String> {
        let extra = &found.extra;
        let texts = [
            ("scheme", found.scheme.as_str(), SCHEME),
            (
                "network",
                &found.network,
                &hub_x402::network(&self.chain_id),
            ),
            ("billing contract", &extra.hub.billing, &self.billing),
            ("payee", &found.pay_to, &self.operator),
            ("asset", &found.asset, &self.asset),
        ];
        for (what, found, expected) in texts {
            if found != expected {
                return Err(format!("its {what} is {found:?}, expected {expected:?}"));
            }
        }
        if extra.hub.attester != self.attester {
            return Err(format!(
                "its attester is {}, expected {}",
                extra.hub.attester, self.attester
            ));
        }
        if extra.request_hash.0 != *request_hash {
            return Err("it is about another request than the one that was sent".to_owned());
        }
        if let Some(model) = &self.model {
            if (extra.model, extra.release) != (model.model, model.release) {
                return Err(format!(
                    "it is about release {} of model {}, expected release {} of model {}",
                    extra.release, extra.model, model.release, model.model
                ));
            }
        }
        let most =
            rates(found).amount(1, hub_wire::Units::new(extra.units_in, extra.max_units_out));
        if most != Some(found.amount.0) {
            return Err("its amount is not what its rates and units make".to_owned());
        }
        Ok(())
    }

    /// Checks an answer against the call and what was agreed. Gives the receipt.
    pub(crate) fn answer(
        &self,
        Offer {
            agreed,
            is_own,
            first,
        }: Offer<'_>,
        request_id: RequestId,
        request: &[u8],
        body: &[u8],
        settled: &SettleResponse,
        hashed: usize,
    ) -> Result<Receipt, String> {
        let HubAnswer {
            receipt: bytes,
            engine,
            label,
            answer_signature,
            ..
        } = &settled.extra;
        let receipt = Receipt::decode(&bytes.0)
            .map_err(|error| format!("its receipt cannot be read: {error}"))?;
        let digest = answer_digest(
            &self.tag(Purpose::Answer),
            &answer_bytes(&bytes.0, engine, label),
        );
        if !verify_digest(&self.key, &digest, &answer_signature.0) {
            return Err("its signature does not verify with the attester's key".to_owned());
        }
        let extra = &agreed.extra;
        // What was stored has the price of its first time, which was agreed to then.
        let is_past = first.is_some() && receipt.terms < extra.terms;
        let same = [
            ("attester", receipt.attester == self.attester),
            ("model", receipt.model == extra.model),
            ("release", receipt.release == extra.release),
            ("terms", is_past || receipt.terms == extra.terms),
            ("request id", receipt.request_id == request_id.0),
            ("request", receipt.request_hash == sha256(&[request])),
            (
                "answer",
                receipt.response_hash == sha256(&[&body[..hashed]]),
            ),
            (
                "weights",
                self.model
                    .as_ref()
                    .is_none_or(|model| model.blob_id == receipt.blob_id),
            ),
        ];
        if let Some((what, _)) = same.iter().find(|(_, same)| !same) {
            return Err(format!("its receipt is about another {what}"));
        }
        let units = receipt.units;
        let amount = match first.filter(|_| is_past) {
            Some(most) => Some(settled.amount).filter(|amount| most == 0 || amount.0 <= most),
            None => rates(agreed)
                .amount(1, units)
                .map(Amount)
                .filter(|amount| *amount <= agreed.amount),
        };
        let too_many = units.input > extra.units_in || units.output > extra.max_units_out;
        if amount.is_none() || (is_own && too_many) {
            return Err(format!(
                "its receipt states {} units in and {} out, and at most {} and {} were agreed",
                units.input, units.output, extra.units_in, extra.max_units_out
            ));
        }
        if let Some(model) = &self.model {
            let counted = recount(&model.metering, request, &body[..hashed])
                .map_err(|error| format!("its body cannot be counted: {error}"))?;
            let right = counted.0.is_none_or(|input| input == units.input)
                && counted.1.is_none_or(|output| output == units.output);
            if !right {
                return Err(format!(
                    "its receipt states {} units in and {} out, and the bodies have others",
                    units.input, units.output
                ));
            }
        }
        if amount != Some(settled.amount) {
            return Err(format!(
                "it charges {}, which is not what its units cost",
                settled.amount
            ));
        }
        Ok(receipt)
    }
}

fn rates(found: &PaymentRequirements) -> Rates {
    let extra = &found.extra;
    Rates {
        per_call: Uint128::new(extra.per_call.0),
        per_million_in: Uint128::new(extra.per_million_in.0),
        per_million_out: Uint128::new(extra.per_million_out.0),
    }
}

#[cfg(test)]
mod tests {
    use hub_types::ids::SessionId;
    use hub_wire::{call_digest, voucher_digest, Call, KeyType, SigningKey, Voucher};
    use hub_x402::{decode, encode, PaymentPayload, PaymentRequired};
    use serde_json::Value;

    use super::*;

    fn text<'a>(value: &'a Value, field: &str) -> &'a str {
        value[field].as_str().unwrap()
    }

    fn seed(value: &Value) -> [u8; 32] {
        hex::decode(text(value, "seed_hex"))
            .unwrap()
            .try_into()
            .unwrap()
    }

    #[test]
    fn the_call_that_the_specification_shows_is_signed_and_checked_as_it_says() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/x402");
        let file = std::fs::read(format!("{folder}/exchange.json")).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let header = |name: &str| text(&file["headers"], name);
        let required: PaymentRequired = decode(header("PAYMENT-REQUIRED")).unwrap();
        let payment: PaymentPayload = decode(header("PAYMENT-SIGNATURE")).unwrap();
        let settled: SettleResponse = decode(header("PAYMENT-RESPONSE")).unwrap();
        // What the document shows is what travels, and nothing of it is lost here.
        for (name, mine) in [
            ("required", encode(&required)),
            ("payload", encode(&payment)),
            ("response", encode(&settled)),
        ] {
            let shown = std::fs::read(format!("{folder}/{name}.json")).unwrap();
            let shown: Value = serde_json::from_slice(&shown).unwrap();
            let mine: Value = decode(&mine).unwrap();
            assert_eq!(mine, shown, "{name}");
        }

        let attester_key = SigningKey::ed25519_from_seed(&seed(&file["attester_key"]));
        let key = attester_key.public_key();
        assert_eq!(
            hex::encode(key.as_bytes()),
            text(&file["attester_key"], "public_hex")
        );
        assert_eq!(key.key_type(), KeyType::Ed25519);
        let agreed = &required.accepts[0];
        let trust = Trust {
            chain_id: text(&file, "chain_id").to_owned(),
            billing: agreed.extra.hub.billing.clone(),
            billing_canonical: hex::decode(text(&file, "billing_canonical_hex")).unwrap(),
            operator: agreed.pay_to.clone(),
            attester: AttesterId(7),
            key,
            asset: "uusdc".to_owned(),
            model: None,
        };
        let request = text(&file, "request_body").as_bytes();
        trust.requirements(agreed, &sha256(&[request])).unwrap();

        let session_key = SigningKey::secp256k1_from_seed(&seed(&file["session_key"])).unwrap();
        let paying = &payment.payload;
        let call = Call {
            attester: AttesterId(7),
            session: SessionId(3),
            model: agreed.extra.model,
            request_id: paying.call.request_id.0,
            expires_at: paying.call.expires_at,
            request_hash: sha256(&[request]),
        };
        assert_eq!(hex::encode(call.encode()), text(&file, "call_hex"));
        let digest = call_digest(&trust.tag(Purpose::Call), &call.encode());
        assert_eq!(hex::encode(digest), text(&file, "call_digest_hex"));
        assert_eq!(session_key.sign_digest(&digest), paying.call.signature.0);
        let given = paying.voucher.as_ref().unwrap();
        let voucher = Voucher {
            session: SessionId(3),
            ceiling: given.ceiling.0,
        };
        let digest = voucher_digest(&trust.tag(Purpose::Voucher), &voucher.encode());
        assert_eq!(session_key.sign_digest(&digest), given.signature.0);

        let body = text(&file, "answer_body").as_bytes();
        let id = paying.call.request_id;
        let own = Offer {
            agreed,
            is_own: true,
            first: None,
        };
        let receipt = trust
            .answer(own, id, request, body, &settled, body.len())
            .unwrap();
        assert_eq!(hex::encode(receipt.encode()), text(&file, "receipt_hex"));
        assert_eq!(settled.amount, Amount(110));
        // Another byte in the body, and it is no answer to that call.
        let other = trust
            .answer(own, id, request, b"{}", &settled, 2)
            .unwrap_err();
        assert_eq!(other, "its receipt is about another answer");
        // An offer for a smaller body, remembered: the amount binds, and its units only if it was made for this call.
        let mut smaller = agreed.clone();
        smaller.extra.units_in = 0;
        for (is_own, amount, fits) in [(false, 110, true), (true, 110, false), (false, 109, false)]
        {
            smaller.amount = Amount(amount);
            let offer = Offer {
                agreed: &smaller,
                is_own,
                first: None,
            };
            let found = trust.answer(offer, id, request, body, &settled, body.len());
            assert_eq!(found.is_ok(), fits, "{is_own} {amount}");
        }
    }
}
