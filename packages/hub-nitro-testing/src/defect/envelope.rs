use super::defects;
use crate::cbor::{head, long_head, Value};
use crate::certificate::signature;
use crate::chain::{Level, NitroChain};
use crate::document::{to_be_signed, Document, Envelope, ES384};
use crate::key::Key;

defects! {
    /// What can be wrong with the envelope around a sound payload.
    EnvelopeDefect {
        Oversized = "8 193 bytes or more",
        NoBytes = "no bytes at all",
        LastByteMissing = "the last byte is missing",
        ByteBehind = "a byte behind the document",
        DocumentTwice = "a second document behind the document",
        NotAnArray = "the envelope is a map",
        ThreeParts = "three parts",
        FiveParts = "five parts",
        Tagged = "the tag of COSE_Sign1, which AWS does not write",
        TagOfEncryption = "the tag of COSE_Encrypt0",
        IndefiniteEnvelope = "an envelope of indefinite length",
        LongEnvelopeHead = "the length of the envelope not in its shortest form",
        AlgorithmEs256 = "the protected header says ES256",
        AlgorithmEs512 = "the protected header says ES512",
        AlgorithmEdDsa = "the protected header says EdDSA",
        AlgorithmAsText = "the protected header names the algorithm by text",
        AlgorithmLong = "the algorithm not in its shortest form",
        NoAlgorithm = "an empty protected header",
        ProtectedMapEmpty = "a protected header with an empty map",
        ProtectedWithMore = "a protected header with one more entry",
        ProtectedTwice = "the algorithm twice in the protected header",
        ProtectedIndefinite = "a protected map of indefinite length",
        ProtectedTrailing = "a byte behind the protected map",
        ProtectedInChunks = "the protected header in chunks",
        ProtectedNotBytes = "the protected header is a map, not bytes",
        AlgorithmUnprotected = "the algorithm stands in the unprotected header",
        UnprotectedNotEmpty = "an entry in the unprotected header",
        UnprotectedIndefinite = "an unprotected header of indefinite length",
        UnprotectedNotMap = "the unprotected header is an array",
        PayloadDetached = "the payload is left out",
        PayloadEmpty = "an empty payload",
        PayloadAsText = "the payload is text",
        PayloadInChunks = "the payload in chunks",
        PayloadLongHead = "the length of the payload not in its shortest form",
        PayloadLengthHuge = "a payload that says it is 2^63 bytes long",
        SignatureSpoilt = "one bit of the signature is another",
        SignatureOfStranger = "signed by a key that no certificate names",
        SignatureOfInstance = "signed by the key of the instance certificate",
        SignatureOfOther = "the signature of another document",
        SignatureForOtherContext = "a signature over another COSE structure",
        SignatureOfPayloadAlone = "a signature over the payload alone",
        SignatureShort = "a signature of 95 bytes",
        SignatureLong = "a signature of 97 bytes",
        SignatureInDer = "a signature in DER",
        SignatureEmpty = "an empty signature",
        SignatureZero = "a signature of zeros",
        SignatureRZero = "a signature whose r is zero",
        SignatureSZero = "a signature whose s is zero",
        SignatureBeyondOrder = "a signature whose r and s are the largest numbers",
        SignatureInChunks = "the signature in chunks",
    }
}

const PROTECTED: usize = 0;
const UNPROTECTED: usize = 1;
const PAYLOAD: usize = 2;
const SIGNATURE: usize = 3;

impl EnvelopeDefect {
    /// The document with this defect.
    pub fn apply(self, chain: &NitroChain, document: &Document) -> Vec<u8> {
        let payload = document.payload().encode();
        let envelope = document.seal(&payload);
        let sound = envelope.encode();
        // With another protected header, all else sound: the signature is over what stands there.
        let under = |protected: &[u8]| Envelope::sign(&document.key, protected, &payload).encode();
        // With one part in place of another.
        let with = |place: usize, part: Value| {
            let mut parts = envelope.parts();
            parts[place] = part;
            Value::Array(parts.into()).encode()
        };
        let signed = |signature: Vec<u8>| with(SIGNATURE, Value::Bytes(signature));
        let half = envelope.signature.len() / 2;
        let (r, s) = envelope.signature.split_at(half);

        match self {
            Self::Oversized => document.clone().nonce([0; 8_192]).build(),
            Self::NoBytes => vec![],
            Self::LastByteMissing => sound[..sound.len() - 1].into(),
            Self::ByteBehind => [sound, vec![0]].concat(),
            Self::DocumentTwice => [sound.clone(), sound].concat(),
            Self::NotAnArray => {
                let [protected, unprotected, content, signature] = envelope.parts();
                Value::Map(vec![(protected, unprotected), (content, signature)]).encode()
            }
            Self::ThreeParts => Value::Array(envelope.parts()[..3].into()).encode(),
            Self::FiveParts => {
                let parts = envelope.parts().into_iter().chain([Value::Null]);
                Value::Array(parts.collect()).encode()
            }
            Self::Tagged => [head(6, 18), sound].concat(),
            Self::TagOfEncryption => [head(6, 16), sound].concat(),
            Self::IndefiniteEnvelope => Value::IndefiniteArray(envelope.parts().into()).encode(),
            Self::LongEnvelopeHead => [&long_head(4, 4, 1), &sound[1..]].concat(),
            Self::AlgorithmEs256 => under(&[0xa1, 1, 0x26]),
            Self::AlgorithmEs512 => under(&[0xa1, 1, 0x38, 0x23]),
            Self::AlgorithmEdDsa => under(&[0xa1, 1, 0x27]),
            Self::AlgorithmAsText => under(b"\xa1\x01\x65ES384"),
            Self::AlgorithmLong => under(&[0xa1, 1, 0x39, 0, 0x22]),
            Self::NoAlgorithm => under(&[]),
            Self::ProtectedMapEmpty => under(&[0xa0]),
            Self::ProtectedWithMore => under(&[0xa2, 1, 0x38, 0x22, 4, 0x41, 0]),
            Self::ProtectedTwice => under(&[0xa2, 1, 0x38, 0x22, 1, 0x38, 0x22]),
            Self::ProtectedIndefinite => under(&[0xbf, 1, 0x38, 0x22, 0xff]),
            Self::ProtectedTrailing => under(&[ES384, &[0]].concat()),
            Self::ProtectedInChunks => with(PROTECTED, Value::IndefiniteBytes(vec![ES384.into()])),
            Self::ProtectedNotBytes => with(PROTECTED, Value::Raw(ES384.into())),
            Self::AlgorithmUnprotected => {
                let mut envelope = Envelope::sign(&document.key, &[], &payload);
                envelope.unprotected = Value::Raw(ES384.into());
                envelope.encode()
            }
            Self::UnprotectedNotEmpty => {
                let entry = (Value::Unsigned(4), Value::bytes("key"));
                with(UNPROTECTED, Value::Map(vec![entry]))
            }
            Self::UnprotectedIndefinite => with(UNPROTECTED, Value::IndefiniteMap(vec![])),
            Self::UnprotectedNotMap => with(UNPROTECTED, Value::Array(vec![])),
            Self::PayloadDetached => with(PAYLOAD, Value::Null),
            Self::PayloadEmpty => document.seal(&[]).encode(),
            Self::PayloadAsText => {
                let head = head(3, payload.len() as u64);
                with(PAYLOAD, Value::Raw([head, payload].concat()))
            }
            Self::PayloadInChunks => {
                let (begin, rest) = payload.split_at(1_000);
                with(
                    PAYLOAD,
                    Value::IndefiniteBytes(vec![begin.into(), rest.into()]),
                )
            }
            Self::PayloadLongHead => {
                let head = long_head(2, payload.len() as u64, 4);
                with(PAYLOAD, Value::Raw([head, payload].concat()))
            }
            Self::PayloadLengthHuge => {
                let head = long_head(2, 1 << 63, 8);
                with(PAYLOAD, Value::Raw([head, payload].concat()))
            }
            Self::SignatureSpoilt => {
                let mut signature = envelope.signature.clone();
                signature[40] ^= 1;
                signed(signature)
            }
            Self::SignatureOfStranger => {
                Envelope::sign(&Key::of("stranger"), ES384, &payload).encode()
            }
            Self::SignatureOfInstance => {
                let instance = &chain.certificate(Level::Instance).key;
                Envelope::sign(instance, ES384, &payload).encode()
            }
            Self::SignatureOfOther => {
                let other = document.clone().nonce("other");
                signed(other.seal(&other.payload().encode()).signature)
            }
            Self::SignatureForOtherContext => signed(document.key.sign(&to_be_signed(
                "Signature",
                ES384,
                &payload,
            ))),
            Self::SignatureOfPayloadAlone => signed(document.key.sign(&payload)),
            Self::SignatureShort => signed(envelope.signature[..95].into()),
            Self::SignatureLong => signed([&envelope.signature, &[0][..]].concat()),
            Self::SignatureInDer => signed(signature(&envelope.signature)),
            Self::SignatureEmpty => signed(vec![]),
            Self::SignatureZero => signed(vec![0; 96]),
            Self::SignatureRZero => signed([&vec![0; half], s].concat()),
            Self::SignatureSZero => signed([r, &vec![0; half]].concat()),
            Self::SignatureBeyondOrder => signed(vec![0xff; 96]),
            Self::SignatureInChunks => {
                let chunks = vec![r.into(), s.into()];
                with(SIGNATURE, Value::IndefiniteBytes(chunks))
            }
        }
    }
}
