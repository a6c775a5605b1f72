//! From what shall be settled to the bytes that are sent, well made or spoilt.

use std::collections::BTreeMap;

use cosmwasm_std::{Addr, Binary};
use hub_testing::{signing_key, Hub, SigningKey};
use hub_types::billing::ExecuteMsg;
use hub_types::ids::{AttesterId, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::walrus::BlobId;
use hub_types::wire::{
    batch_digest, domain_tag, receipt_digest, voucher_digest, Batch, Group, Hash, Purpose, Receipt,
    RiceCode, SignedVoucher, Voucher as VoucherBytes, Work,
};

use crate::action::{key_type, BatchPlan, Flaw, ReceiptPlan, Start, VoucherPlan};
use crate::reference::{Offer, OfferedGroup, Reference, Voucher};

/// A settlement as it is sent, and what it says.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub message: ExecuteMsg,
    pub offer: Offer,
    pub vouchers: Vec<Voucher>,
}

/// Keys that sign, made once.
pub struct Keyring(Vec<SigningKey>);

/// Keys of attesters and vouchers in a script.
pub const KEYS: u8 = 16;
/// Signs where it must not.
const FOREIGN_KEY: u8 = KEYS;

impl Keyring {
    pub fn new() -> Self {
        let key = |key: u8| signing_key(key_type(key), key.into());
        Self((0..=FOREIGN_KEY + 1).map(key).collect())
    }

    pub fn get(&self, key: u8) -> &SigningKey {
        &self.0[usize::from(key) % self.0.len()]
    }
}

/// The batch of a plan, as the lanes stand now.
pub fn offered_batch(plan: &BatchPlan, reference: &Reference) -> Offer {
    let attester = reference.attester_of(plan.attester);
    let mut groups: BTreeMap<(SessionId, ModelId, ReleaseNumber, TermsNumber), OfferedGroup> =
        BTreeMap::new();
    let itemised = matches!(
        plan.groups.first().map(|group| &group.work),
        Some(Work::Itemised(_))
    );
    let mut starts = BTreeMap::new();
    for group in &plan.groups {
        let (session, model) = (
            reference.session_of(group.session),
            reference.work_of(group.model),
        );
        if matches!(group.work, Work::Itemised(_)) != itemised {
            continue;
        }
        let key = (session, model, group.release, group.terms);
        let oldest = reference.now.saturating_add_signed(-group.age);
        starts
            .entry(session)
            .or_insert_with(|| start(reference, session, attester, group.start));
        groups.entry(key).or_insert(OfferedGroup {
            session,
            model,
            release: group.release,
            terms: group.terms,
            oldest,
            newest: oldest.saturating_add(group.span),
            sequence: 0,
            work: group.work.clone(),
            right_blob: true,
        });
    }
    let mut groups: Vec<OfferedGroup> = groups.into_values().collect();
    number(&mut groups, |session| starts[&session]);
    Offer {
        attester,
        groups,
        sound: true,
    }
}

/// Numbers groups in batch order: the first of a session as told, each other where the one before it ends.
pub fn number(groups: &mut [OfferedGroup], start: impl Fn(SessionId) -> u64) {
    let mut before: Option<(SessionId, u64)> = None;
    for group in groups {
        group.sequence = match before {
            Some((session, end)) if session == group.session => end,
            _ => start(group.session),
        };
        before = Some((group.session, group.end().unwrap_or(u64::MAX)));
    }
}

/// The receipt of a plan, as the lane stands now.
pub fn offered_receipt(plan: &ReceiptPlan, reference: &Reference) -> Offer {
    let attester = reference.attester_of(plan.attester);
    let session = reference.session_of(plan.session);
    let issued_at = reference.now.saturating_add_signed(-plan.age);
    Offer {
        attester,
        groups: vec![OfferedGroup {
            session,
            model: reference.work_of(plan.model),
            release: plan.release,
            terms: plan.terms,
            oldest: issued_at,
            newest: issued_at,
            sequence: start(reference, session, attester, plan.start),
            work: Work::itemised([plan.units]),
            right_blob: plan.right_blob,
        }],
        sound: true,
    }
}

fn start(reference: &Reference, session: SessionId, attester: AttesterId, start: Start) -> u64 {
    let next = reference
        .session(session)
        .and_then(|session| session.next(attester))
        .unwrap_or_default();
    match start {
        Start::Lane(distance) => next.saturating_add_signed(distance),
        Start::At(number) => number,
    }
}

pub fn voucher(plan: &VoucherPlan, reference: &Reference) -> Voucher {
    Voucher {
        session: reference.session_of(plan.session),
        ceiling: plan.ceiling,
        signed_by: plan.signed_by,
        intact: plan.intact,
    }
}

/// Whoever signs: a key, and a Hub that knows the chain and the contracts.
pub struct Signer<'a> {
    pub hub: &'a Hub,
    pub keys: &'a Keyring,
    /// Another contract, for which nothing here is signed.
    pub elsewhere: &'a Addr,
}

impl Signer<'_> {
    /// The message that settles a batch.
    pub fn batch(
        &self,
        mut offer: Offer,
        vouchers: Vec<Voucher>,
        key: u8,
        flaw: Option<Flaw>,
    ) -> Sealed {
        let mut bytes = encode(&offer, flaw);
        spoil(&mut bytes, flaw, 2);
        let sign = |tag: &Hash, key: &SigningKey| key.sign_digest(&batch_digest(tag, &bytes));
        let signature = self.signature(Purpose::Batch, key, flaw, sign);
        alter(&mut bytes, flaw);
        offer.sound = flaw.is_none();
        Sealed {
            message: ExecuteMsg::SettleBatch {
                batch: bytes.into(),
                signature,
                vouchers: vouchers
                    .iter()
                    .map(|voucher| self.voucher(voucher))
                    .collect(),
            },
            offer,
            vouchers,
        }
    }

    /// The message that settles one receipt; `blob` is that of the release.
    pub fn receipt(
        &self,
        mut offer: Offer,
        blob: BlobId,
        voucher: Option<Voucher>,
        key: u8,
        flaw: Option<Flaw>,
    ) -> Sealed {
        let group = offer.groups.first().expect("one receipt");
        let units = match &group.work {
            Work::Itemised(receipts) => receipts.iter().next().expect("one receipt"),
            Work::Netted { total, .. } => *total,
        };
        let sequence = group.sequence;
        let mut bytes = Receipt {
            attester: offer.attester,
            session: group.session,
            blob_id: blob,
            model: group.model,
            release: group.release,
            terms: group.terms,
            request_id: [1; 16],
            issued_at: group.oldest,
            units,
            request_hash: [2; 32],
            response_hash: [3; 32],
        }
        .encode();
        spoil(&mut bytes, flaw, 1);
        let sign =
            |tag: &Hash, key: &SigningKey| key.sign_digest(&receipt_digest(tag, &bytes, sequence));
        let signature = self.signature(Purpose::Receipt, key, flaw, sign);
        alter(&mut bytes, flaw);
        offer.sound = flaw.is_none();
        Sealed {
            message: ExecuteMsg::Settle {
                receipt: bytes.into(),
                sequence,
                signature,
                voucher: voucher.as_ref().map(|voucher| self.voucher(voucher)),
            },
            offer,
            vouchers: voucher.into_iter().collect(),
        }
    }

    fn voucher(&self, voucher: &Voucher) -> Binary {
        // Where one is not intact, another ceiling was signed, or this one for another contract.
        let elsewhere = !voucher.intact && voucher.ceiling.is_multiple_of(2);
        let stated = VoucherBytes {
            session: voucher.session,
            ceiling: voucher.ceiling - u128::from(!voucher.intact && !elsewhere),
        };
        let tag = match elsewhere {
            true => self.tag_elsewhere(Purpose::Voucher),
            false => self.hub.tag(Purpose::Voucher),
        };
        let digest = voucher_digest(&tag, &stated.encode());
        let signed = SignedVoucher {
            voucher: VoucherBytes {
                session: voucher.session,
                ceiling: voucher.ceiling,
            },
            signature: self.keys.get(voucher.signed_by).sign_digest(&digest),
        };
        signed.encode().into()
    }

    fn tag_elsewhere(&self, purpose: Purpose) -> Hash {
        let chain = self.hub.app.block_info().chain_id;
        domain_tag(purpose, &chain, &self.hub.canonical(self.elsewhere))
    }

    fn signature(
        &self,
        purpose: Purpose,
        key: u8,
        flaw: Option<Flaw>,
        sign: impl Fn(&Hash, &SigningKey) -> [u8; 64],
    ) -> Binary {
        let key = match flaw {
            Some(Flaw::OtherKey) => self.keys.get(FOREIGN_KEY + key % 2),
            _ => self.keys.get(key),
        };
        let tag = match flaw {
            Some(Flaw::OtherChain) => {
                domain_tag(purpose, "another-1", &self.hub.canonical(&self.hub.billing))
            }
            Some(Flaw::OtherContract) => self.tag_elsewhere(purpose),
            Some(Flaw::OtherPurpose) => self.hub.tag(Purpose::Attester),
            _ => self.hub.tag(purpose),
        };
        let mut signature = sign(&tag, key).to_vec();
        match flaw {
            Some(Flaw::HighS) => raise_s(&mut signature, key),
            Some(Flaw::ShortSignature) => signature.truncate(63),
            _ => (),
        }
        signature.into()
    }
}

/// The bytes of a batch by the letter of the format, written here once more: what breaks its rules is written too.
fn encode(offer: &Offer, flaw: Option<Flaw>) -> Vec<u8> {
    let mut groups: Vec<&OfferedGroup> = offer.groups.iter().collect();
    match flaw {
        Some(Flaw::Reordered) if groups.len() > 1 => groups.reverse(),
        Some(Flaw::Reordered | Flaw::Repeated) => groups.extend(groups.last().copied()),
        _ => (),
    }
    let oldest = |group: &&OfferedGroup| group.oldest;
    let issued_from = groups.iter().map(oldest).min().unwrap_or_default();
    let newest = |group: &&OfferedGroup| group.newest;
    let issued_to = groups.iter().map(newest).max().unwrap_or_default();
    let netted = groups
        .first()
        .is_some_and(|group| matches!(group.work, Work::Netted { .. }));

    let mut bytes = vec![0x02, netted.into()];
    for number in [
        offer.attester,
        AttesterId(issued_from),
        AttesterId(issued_to),
    ] {
        leb128(&mut bytes, number.0);
    }
    bytes.extend([0x5a; 32]);
    leb128(&mut bytes, groups.len() as u64);
    let mut session = 0;
    for group in groups {
        let delta = group.session.0.wrapping_sub(session);
        session = group.session.0;
        for number in [delta, group.model.0, group.release.0, group.terms.0] {
            leb128(&mut bytes, number);
        }
        leb128(&mut bytes, group.oldest - issued_from);
        leb128(&mut bytes, group.newest - group.oldest);
        if delta != 0 {
            leb128(&mut bytes, group.sequence);
        }
        let empty = flaw == Some(Flaw::Empty);
        leb128(&mut bytes, if empty { 0 } else { group.count() });
        match &group.work {
            Work::Itemised(_) if empty => (),
            Work::Itemised(receipts) => {
                let codes = [receipts.input_code(), receipts.output_code()];
                for code in codes {
                    let based = code.base() > 0;
                    bytes.push(code.parameter() + if based { 64 } else { 0 });
                    if based {
                        leb128(&mut bytes, code.base());
                    }
                }
                let bits = receipts
                    .iter()
                    .flat_map(|units| [rice(units.input, codes[0]), rice(units.output, codes[1])]);
                bytes.extend(packed(&bits.collect::<String>()));
            }
            Work::Netted { total, .. } => {
                leb128(&mut bytes, total.input);
                leb128(&mut bytes, total.output);
            }
        }
    }
    bytes
}

/// The bits of an integer under a code, as text.
fn rice(integer: u64, code: RiceCode) -> String {
    let from_base = integer - code.base();
    let k = usize::from(code.parameter());
    let bits = format!("{from_base:064b}");
    match from_base >> k {
        quotient @ 0..=31 => "1".repeat(quotient as usize) + "0" + &bits[64 - k..],
        _ => "1".repeat(32) + &bits,
    }
}

/// Bits as bytes, filled up with zeros.
fn packed(bits: &str) -> Vec<u8> {
    let bytes = bits.as_bytes().chunks(8);
    bytes
        .map(|byte| {
            let places = byte.iter().zip((0..8).rev());
            places.map(|(bit, place)| (bit - b'0') << place).sum()
        })
        .collect()
}

fn leb128(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What is done to the bytes before they are signed; an integer begins at `integer`.
fn spoil(bytes: &mut Vec<u8>, flaw: Option<Flaw>, integer: usize) {
    match flaw {
        Some(Flaw::Truncated) => {
            bytes.pop();
        }
        Some(Flaw::Trailing) => bytes.push(0),
        Some(Flaw::Overlong) => {
            let length = bytes[integer..].iter().take_while(|byte| **byte > 0x7f);
            let last = integer + length.count();
            bytes[last] |= 0x80;
            bytes.insert(last + 1, 0);
        }
        _ => (),
    }
}

/// What is done to the bytes after they were signed.
fn alter(bytes: &mut [u8], flaw: Option<Flaw>) {
    if flaw == Some(Flaw::Altered) {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    }
}

/// Order of secp256k1, big-endian, and of the ed25519 base point, little-endian.
const SECP256K1_ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];
const ED25519_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The other signature that a lax verifier would take for the same: n − s, or s + the order.
fn raise_s(signature: &mut [u8], key: &SigningKey) {
    let s = &mut signature[32..];
    match key {
        SigningKey::Secp256k1(_) => {
            let mut borrow = false;
            for (byte, order) in s.iter_mut().zip(SECP256K1_ORDER).rev() {
                let (difference, one) = order.overflowing_sub(*byte);
                let (difference, two) = difference.overflowing_sub(borrow.into());
                (*byte, borrow) = (difference, one || two);
            }
        }
        SigningKey::Ed25519(_) => {
            let mut carry = false;
            for (byte, order) in s.iter_mut().zip(ED25519_ORDER) {
                let (sum, one) = byte.overflowing_add(order);
                let (sum, two) = sum.overflowing_add(carry.into());
                (*byte, carry) = (sum, one || two);
            }
        }
    }
}

/// Whether the project's own encoder writes the same bytes, if it is a batch that has any.
pub fn is_as_the_library_writes_it(sealed: &Sealed) -> bool {
    let offer = &sealed.offer;
    let numbered = offer.groups.iter().all(|group| group.end().is_some());
    let ExecuteMsg::SettleBatch { batch, .. } = &sealed.message else {
        return true;
    };
    if !offer.sound || !numbered {
        return true;
    }
    let times = || {
        offer
            .groups
            .iter()
            .flat_map(|group| [group.oldest, group.newest])
    };
    let issued_from = times().min().unwrap_or_default();
    let groups = offer.groups.iter().map(|group| Group {
        session: group.session,
        model: group.model,
        release: group.release,
        terms: group.terms,
        from: group.oldest - issued_from,
        span: group.newest - group.oldest,
        sequence: group.sequence,
        work: group.work.clone(),
    });
    let written = Batch {
        attester: offer.attester,
        issued_from,
        issued_to: times().max().unwrap_or_default(),
        receipts_root: [0x5a; 32],
        groups: groups.collect(),
    }
    .encode();
    written.is_ok_and(|bytes| bytes == batch.as_slice())
}

/// What an outcome is called, whatever it carries.
pub fn name(outcome: &hub_types::billing::Outcome) -> String {
    let text = format!("{outcome:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}
