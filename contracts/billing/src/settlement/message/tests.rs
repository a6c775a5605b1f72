//! Settlement over records that stand where the other contracts keep theirs.

use std::collections::BTreeMap;

use cosmwasm_std::testing::{mock_env, MockApi, MockQuerier, MockStorage};
use cosmwasm_std::{
    Addr, ContractResult, OwnedDeps, Querier, SystemError, SystemResult, WasmQuery,
};
use hub_types::escrow::SessionSettlement;
use hub_types::ids::{
    AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber, SessionId, TermsNumber,
};
use hub_types::packed::{to_bytes, Packed, PackedKey, PackedMap};
use hub_types::price::Rates;
use hub_types::records::billing::{AttesterRecord, ATTESTERS};
use hub_types::records::escrow::{
    Funding, Lane, ListedModel, SessionPolicy, SessionRecord, DENOMS, POLICIES, SESSIONS,
};
use hub_types::records::registry::{
    ModelRecord, ModelStatus, PayeeRecord, ReleaseRecord, TermsRecord, Validity, MODELS, RELEASES,
    TERMS,
};
use hub_types::records::served::Served;
use hub_types::records::usage::Sums;
use hub_types::time::{Day, Seconds, Week};
use hub_types::wire::{voucher_digest, BlobId, PublicKey, Units, Voucher, Work};
use hub_wire::SigningKey;

use super::*;
use crate::settlement::signature;
use crate::state::usage;

mod precedence;

const MAX_AGE: u64 = 86_400;
const DAY: u64 = 20_000;
const NOW: u64 = DAY * 86_400 + 40_000;

const ATTESTER: AttesterId = AttesterId(5);
const SESSION: SessionId = SessionId(9);
const MODEL: ModelId = ModelId(3);
const RELEASE: ReleaseNumber = ReleaseNumber(2);
const TERMS_NUMBER: TermsNumber = TermsNumber(4);
const USDC: DenomNumber = DenomNumber(1);
const TOKEN: DenomNumber = DenomNumber(2);
const TAG: Hash = [6; 32];

const AUTHOR: u8 = 1;
const PAYEE: u8 = 2;
const OPERATOR: u8 = 3;
const CALLER: u8 = 4;
const FUNDER: u8 = 5;

fn account(number: u8) -> CanonicalAddr {
    vec![number; 20].into()
}

fn denom(number: DenomNumber) -> Denom {
    Denom::Native(format!("coin{number}"))
}

fn blob(byte: u8) -> BlobId {
    BlobId::from_bytes([byte; 32])
}

fn key() -> SigningKey {
    SigningKey::ed25519_from_seed(&[1; 32])
}

/// Records of all three contracts, as tests change them.
struct Market {
    attester: AttesterRecord,
    policy: SessionPolicy,
    record: SessionRecord,
    model: ModelRecord,
    terms: TermsRecord,
    /// Other attesters that have a lane.
    others: BTreeMap<u64, AttesterRecord>,
    receipt_max_age_seconds: u64,
    /// The registry has the model.
    is_registered: bool,
}

impl Market {
    /// A session funded long ago, for the present release of one model, at 10 for each call.
    fn new() -> Self {
        let attester = AttesterRecord {
            operator: account(OPERATOR),
            operator_number: OperatorNumber(1),
            key: PublicKey::Ed25519([2; 32]),
            measurement: None,
            retired_at: None,
            revoked: false,
        };
        Self {
            receipt_max_age_seconds: MAX_AGE,
            is_registered: true,
            others: (101..=104).map(|id| (id, attester.clone())).collect(),
            attester,
            policy: SessionPolicy {
                caller: account(CALLER),
                funder: account(FUNDER),
                operator: account(OPERATOR),
                measurement: None,
                models: [(MODEL.next(), None), (MODEL, Some(RELEASE))]
                    .map(|(model, release)| ListedModel { model, release })
                    .to_vec(),
                max_price: Some(rates(10)),
                opened_at: NOW - 1_000,
                expires_at: NOW + 1_000,
                closed_at: None,
                voucher_key: None,
            },
            record: SessionRecord {
                denom: USDC,
                budget: 1_000,
                spent: 0,
                kept: 0,
                released: false,
                ceiling: None,
                lanes: vec![],
                funding: Funding::first(Day(DAY - 2), 1_000),
                paid_week: Week(0),
                paid_models: 0,
            },
            model: ModelRecord {
                author: account(AUTHOR),
                status: ModelStatus::Active,
                active_from: 0,
                latest_release: RELEASE,
                latest_terms: TERMS_NUMBER,
            },
            terms: TermsRecord {
                denom: denom(USDC),
                rates: rates(10),
                operator_bps: 0,
                payees: vec![PayeeRecord {
                    account: account(PAYEE),
                    bps: 10_000,
                }],
                validity: Validity::Interval {
                    from: NOW - 2_000,
                    until: None,
                },
                supersedes: TermsNumber(0),
            },
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut market = Self::new();
        change(&mut market);
        market
    }

    fn config(&self) -> Config {
        Config {
            registry: Addr::unchecked("registry"),
            escrow: Addr::unchecked("escrow"),
            receipt_max_age_seconds: self.receipt_max_age_seconds,
        }
    }

    fn statement(&self) -> Statement {
        Statement {
            attester: ATTESTER,
            record: self.attester.clone(),
            now: NOW,
            receipt_max_age: Seconds(self.receipt_max_age_seconds),
        }
    }

    /// What billing finds when it reads.
    fn chain(&self) -> OwnedDeps<MockStorage, MockApi, Records> {
        let mut records = Records::default();
        let config = self.config();
        records.put(&config.escrow, &POLICIES, SESSION, &self.policy);
        records.put(&config.escrow, &SESSIONS, SESSION, &self.record);
        for number in [USDC, TOKEN] {
            records.put(&config.escrow, &DENOMS, number, &denom(number));
        }
        let registry = &config.registry;
        if self.is_registered {
            records.put(registry, &MODELS, MODEL, &self.model);
        }
        for number in TermsNumber(0).up_to(TERMS_NUMBER.next()) {
            records.put(registry, &TERMS, (MODEL, number), &self.terms);
        }
        for number in ReleaseNumber(0).up_to(RELEASE.next()) {
            let blob_id = blob(number.0.try_into().unwrap());
            let release = ReleaseRecord { blob_id };
            records.put(registry, &RELEASES, (MODEL, number), &release);
        }
        let mut storage = MockStorage::new();
        ATTESTERS.set(&mut storage, ATTESTER, &self.attester);
        for (id, record) in &self.others {
            ATTESTERS.set(&mut storage, AttesterId(*id), record);
        }
        OwnedDeps {
            storage,
            api: MockApi::default(),
            querier: records,
            custom_query_type: Default::default(),
        }
    }

    fn settle(&self, groups: &[Group]) -> Result<Decided, ContractError> {
        self.settle_with(&[], groups)
    }

    fn settle_with(
        &self,
        vouchers: &[SignedVoucher],
        groups: &[Group],
    ) -> Result<Decided, ContractError> {
        let (chain, config) = (self.chain(), self.config());
        let mut settlement = Settlement::new(chain.as_ref(), &config, self.statement());
        let sessions = groups.iter().map(|group| group.session);
        settlement.apply_vouchers(sessions, vouchers, &TAG)?;
        for group in groups {
            settlement.settle(group)?;
        }
        settlement.finish()
    }

    /// What becomes of one group, and where the lane stands after it if it moved.
    fn outcome(&self, group: Group) -> (Outcome, Option<u64>) {
        let decided = self.settle(&[group]).unwrap();
        let moved = decided.sessions.first().map(|session| session.next_after);
        (decided.groups[0].outcome, moved)
    }

    /// Usage of the model after settling two calls.
    fn usage(&self) -> (u128, u128, u128, u64) {
        let decided = self.settle(&[calls(&two())]).unwrap();
        let mut storage = MockStorage::new();
        decided.usage.write(&mut storage);
        let usage = usage::load(&storage, MODEL, USDC).unwrap();
        let sums = usage.sums;
        (sums.gross, sums.related, sums.aged, usage.payers)
    }
}

/// Records by contract and key; raw queries find them.
#[derive(Default)]
struct Records(BTreeMap<(String, Vec<u8>), Vec<u8>>);

impl Records {
    fn put<K: PackedKey, V: Packed>(
        &mut self,
        contract: &Addr,
        map: &PackedMap<K, V>,
        key: K,
        value: &V,
    ) {
        self.0
            .insert((contract.to_string(), map.key(key)), to_bytes(value));
    }
}

impl Querier for Records {
    fn raw_query(&self, request: &[u8]) -> cosmwasm_std::QuerierResult {
        let records = self.0.clone();
        let mut querier: MockQuerier = MockQuerier::default();
        querier.update_wasm(move |query| match query {
            WasmQuery::Raw { contract_addr, key } => {
                let found = records.get(&(contract_addr.clone(), key.to_vec()));
                let bytes = found.cloned().unwrap_or_default();
                SystemResult::Ok(ContractResult::Ok(bytes.into()))
            }
            _ => SystemResult::Err(SystemError::UnsupportedRequest {
                kind: "only records are read".to_owned(),
            }),
        });
        querier.raw_query(request)
    }
}

fn rates(per_call: u128) -> Rates {
    Rates {
        per_call: per_call.into(),
        ..Rates::default()
    }
}

/// Rates at which no money pays for a receipt with an input unit.
fn beyond_128_bits() -> Rates {
    Rates {
        per_million_in: 1_000_000u128.into(),
        ..rates(u128::MAX)
    }
}

fn work(receipts: usize) -> Work {
    Work::itemised(vec![
        Units {
            input: 3,
            output: 4
        };
        receipts
    ])
}

fn two() -> Work {
    work(2)
}

/// Calls 0 and 1 of the lane, issued now.
fn calls(work: &Work) -> Group<'_> {
    Group {
        session: SESSION,
        model: MODEL,
        release: RELEASE,
        terms: TERMS_NUMBER,
        blob_id: None,
        oldest: NOW,
        newest: NOW,
        sequence: 0,
        end: 2,
        work,
    }
}

fn issued(work: &Work, oldest: u64, newest: u64) -> Group<'_> {
    Group {
        oldest,
        newest,
        ..calls(work)
    }
}

/// Both numbers are spent, and nothing is paid.
fn consumed(outcome: Outcome) -> (Outcome, Option<u64>) {
    (outcome, Some(2))
}

/// Nothing changes.
fn untouched(outcome: Outcome) -> (Outcome, Option<u64>) {
    (outcome, None)
}

const PAID: (Outcome, Option<u64>) = (Outcome::Paid, Some(2));

#[test]
fn a_message_needs_an_attester_that_can_charge_and_receipts_not_from_the_future() {
    let mut env = mock_env();
    env.block.time = cosmwasm_std::Timestamp::from_seconds(NOW);
    let open = |market: &Market, attester, newest| {
        let chain = market.chain();
        Statement::open(chain.as_ref(), &env, &market.config(), attester, newest)
            .map(|statement| (statement.attester, statement.record, statement.now))
    };
    let market = Market::new();
    let opened = Ok((ATTESTER, market.attester.clone(), NOW));
    assert_eq!(open(&market, ATTESTER, 0), opened);
    assert_eq!(open(&market, ATTESTER, NOW + 60), opened);
    assert_eq!(
        open(&market, ATTESTER, NOW + 61),
        Err(ContractError::FromTheFuture {
            issued_at: NOW + 61,
            now: NOW,
            allowed: 60
        })
    );
    assert_eq!(
        open(&market, AttesterId(6), NOW),
        Err(ContractError::UnknownAttester {
            attester: AttesterId(6),
            last: AttesterId(0)
        })
    );
    let revoked = Market::with(|market| market.attester.revoked = true);
    assert_eq!(
        open(&revoked, ATTESTER, NOW),
        Err(ContractError::AttesterRevoked { attester: ATTESTER })
    );
    // Retired for exactly as long as a receipt is accepted, and for a second more.
    let retired = |cutoff| Market::with(|market| market.attester.retired_at = Some(cutoff));
    assert!(open(&retired(NOW - MAX_AGE), ATTESTER, NOW).is_ok());
    let cutoff = NOW - MAX_AGE - 1;
    assert_eq!(
        open(&retired(cutoff), ATTESTER, NOW),
        Err(ContractError::AttesterRetired {
            attester: ATTESTER,
            cutoff
        })
    );
}

#[test]
fn what_the_attester_did_not_sign_is_refused() {
    let market = Market::with(|market| market.attester.key = key().public_key());
    let chain = market.chain();
    let signature = key().sign_digest(&[7; 32]);
    let check = |digest, signature| {
        market
            .statement()
            .check_signature(chain.as_ref(), digest, signature)
    };
    let refused = Err(ContractError::SignatureInvalid { attester: ATTESTER });
    assert_eq!(check(&[7; 32], &signature), Ok(()));
    assert_eq!(check(&[8; 32], &signature), refused);
    assert_eq!(check(&[7; 32], &signature[..63]), refused);
    assert_eq!(check(&[7; 32], &[]), refused);
}

#[test]
fn the_other_form_of_a_good_signature_is_none() {
    let key = SigningKey::secp256k1_from_seed(&[1; 32]).unwrap();
    let signature = key.sign_digest(&[7; 32]);
    // n - s, for the order n of the curve.
    let order = cosmwasm_std::Uint256::from_be_bytes([
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36,
        0x41, 0x41,
    ]);
    let s = cosmwasm_std::Uint256::from_be_bytes(signature[32..].try_into().unwrap());
    let twin = [&signature[..32], &(order - s).to_be_bytes()].concat();
    let api = MockApi::default();
    let verifies = |signature| signature::verifies(&api, &key.public_key(), &[7; 32], signature);
    assert!(verifies(&signature));
    assert!(!verifies(&twin));
}

#[test]
fn a_session_that_does_not_take_receipts_is_unknown() {
    let work = two();
    let other = Group {
        session: SESSION.next(),
        ..calls(&work)
    };
    assert_eq!(
        Market::new().outcome(other),
        untouched(Outcome::UnknownSession)
    );
    let released = Market::with(|market| market.record.released = true);
    assert_eq!(
        released.outcome(calls(&work)),
        untouched(Outcome::UnknownSession)
    );
}

#[test]
fn attesters_of_others_charge_nothing() {
    let market = Market::with(|market| market.attester.operator = account(AUTHOR));
    assert_eq!(
        market.outcome(calls(&two())),
        untouched(Outcome::AttesterNotAllowed)
    );
}

#[test]
fn a_lane_is_given_away_only_where_all_are_in_use_and_its_attester_can_never_charge_again() {
    let work = two();
    let full = |change: fn(&mut AttesterRecord)| {
        Market::with(|market| {
            market.record.lanes = (101..=104)
                .map(|attester| Lane {
                    attester: AttesterId(attester),
                    next: 7,
                })
                .collect();
            change(market.others.get_mut(&103).unwrap());
            change(market.others.get_mut(&104).unwrap());
        })
    };
    for change in [
        (|_| ()) as fn(&mut AttesterRecord),
        // It can still settle what it issued before.
        |holder| holder.retired_at = Some(NOW - MAX_AGE),
    ] {
        assert_eq!(
            full(change).outcome(calls(&work)),
            untouched(Outcome::LanesFull)
        );
    }
    for change in [
        (|holder| holder.revoked = true) as fn(&mut AttesterRecord),
        |holder| holder.retired_at = Some(NOW - MAX_AGE - 1),
    ] {
        let decided = full(change).settle(&[calls(&work)]).unwrap();
        let session = &decided.sessions[0];
        assert_eq!(decided.groups[0].outcome, Outcome::Paid);
        assert_eq!(
            (session.replaces, session.next_before),
            (Some(AttesterId(103)), 0)
        );
        // Nobody loses a lane while there is a free one.
        let mut market = full(change);
        market.record.lanes.remove(0);
        let decided = market.settle(&[calls(&work)]).unwrap();
        assert_eq!(decided.sessions[0].replaces, None);
    }
}

#[test]
fn receipts_older_than_the_maximum_age_are_expired() {
    let work = two();
    let market = Market::with(|market| {
        market.policy.opened_at = 0;
        market.terms.validity = Validity::Interval {
            from: 0,
            until: None,
        };
    });
    let at = |oldest, newest| market.outcome(issued(&work, oldest, newest));
    let limit = NOW - MAX_AGE;
    assert_eq!(at(limit, NOW), PAID);
    assert_eq!(at(limit - 1, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(limit - 1, limit), untouched(Outcome::Straddles));
    assert_eq!(at(limit - 2, limit - 1), consumed(Outcome::Expired));
}

#[test]
fn receipts_issued_at_the_attesters_retirement_or_later_are_refused() {
    let work = two();
    let market = Market::with(|market| market.attester.retired_at = Some(NOW));
    let at = |oldest, newest| market.outcome(issued(&work, oldest, newest));
    assert_eq!(at(NOW - 5, NOW - 1), PAID);
    assert_eq!(at(NOW - 1, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(NOW, NOW + 5), consumed(Outcome::AttesterRetired));
}

#[test]
fn receipts_outside_the_time_of_the_session_are_refused() {
    let work = two();
    let market = Market::with(|market| market.policy.closed_at = Some(NOW));
    let at = |oldest, newest| market.outcome(issued(&work, oldest, newest));
    let opened_at = market.policy.opened_at;
    assert_eq!(at(opened_at - 60, NOW - 1), PAID);
    assert_eq!(at(opened_at - 61, NOW - 1), untouched(Outcome::Straddles));
    assert_eq!(at(opened_at - 60, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(opened_at - 61, NOW), untouched(Outcome::Straddles));
    assert_eq!(
        at(opened_at - 70, opened_at - 61),
        consumed(Outcome::Closed)
    );
    assert_eq!(at(NOW, NOW), consumed(Outcome::Closed));
}

#[test]
fn a_session_pays_for_the_models_and_releases_that_it_lists_or_for_any() {
    let work = two();
    let release = |release| Group {
        release,
        ..calls(&work)
    };
    let mut market = Market::new();
    assert_eq!(
        market.outcome(release(ReleaseNumber(1))),
        consumed(Outcome::ModelNotAllowed)
    );
    market.policy.models = vec![];
    assert_eq!(market.outcome(release(ReleaseNumber(1))), PAID);
}

#[test]
fn models_releases_and_terms_are_known_by_the_numbers_that_the_registry_gave() {
    let work = two();
    let market = Market::with(|market| market.policy.models = vec![]);
    let model = Group {
        model: MODEL.next(),
        ..calls(&work)
    };
    assert_eq!(market.outcome(model), consumed(Outcome::UnknownModel));
    for (number, outcome) in [
        (ReleaseNumber(0), consumed(Outcome::UnknownRelease)),
        (ReleaseNumber(1), PAID),
        (RELEASE, PAID),
        (RELEASE.next(), consumed(Outcome::UnknownRelease)),
    ] {
        let release = Group {
            release: number,
            ..calls(&work)
        };
        assert_eq!(market.outcome(release), outcome, "release {number}");
    }
    for (number, outcome) in [
        (TermsNumber(0), consumed(Outcome::UnknownTerms)),
        (TermsNumber(1), PAID),
        (TERMS_NUMBER, PAID),
        (TERMS_NUMBER.next(), consumed(Outcome::UnknownTerms)),
    ] {
        let terms = Group {
            terms: number,
            ..calls(&work)
        };
        assert_eq!(market.outcome(terms), outcome, "terms {number}");
    }
}

#[test]
fn a_receipt_names_the_blob_of_its_release_where_it_names_one() {
    let work = two();
    let named = |byte| Group {
        blob_id: Some(blob(byte)),
        ..calls(&work)
    };
    let market = Market::new();
    assert_eq!(market.outcome(named(2)), PAID);
    assert_eq!(market.outcome(named(1)), consumed(Outcome::UnknownRelease));
}

#[test]
fn terms_are_charged_in_their_time_and_to_the_whole_group() {
    let work = two();
    let market = Market::with(|market| {
        market.policy.opened_at = 0;
        market.terms.validity = Validity::Interval {
            from: NOW - 500,
            until: Some(NOW),
        };
    });
    let at = |oldest, newest| market.outcome(issued(&work, oldest, newest));
    assert_eq!(at(NOW - 500, NOW - 1), PAID);
    assert_eq!(at(NOW - 501, NOW - 1), untouched(Outcome::Straddles));
    assert_eq!(at(NOW - 500, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(NOW - 501, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(NOW - 510, NOW - 501), consumed(Outcome::TermsNotInForce));
    assert_eq!(at(NOW, NOW + 5), consumed(Outcome::TermsNotInForce));
    let dropped = Market::with(|market| market.terms.validity = Validity::Dropped);
    assert_eq!(
        dropped.outcome(issued(&work, 0, NOW)),
        consumed(Outcome::TermsNotInForce)
    );
}

#[test]
fn a_retired_model_earns_nothing_from_its_cutoff_until_it_is_back() {
    let work = two();
    let market = Market::with(|market| market.model.status = ModelStatus::Retired { cutoff: NOW });
    let at = |market: &Market, oldest, newest| market.outcome(issued(&work, oldest, newest));
    assert_eq!(at(&market, NOW - 5, NOW - 1), PAID);
    assert_eq!(at(&market, NOW - 1, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(&market, NOW, NOW + 5), consumed(Outcome::Retired));
    let back = Market::with(|market| market.model.active_from = NOW);
    assert_eq!(at(&back, NOW - 5, NOW - 1), consumed(Outcome::Retired));
    assert_eq!(at(&back, NOW - 1, NOW), untouched(Outcome::Straddles));
    assert_eq!(at(&back, NOW, NOW + 5), PAID);
}

#[test]
fn price_and_denomination_must_be_those_that_the_session_agreed_to() {
    let other = Market::with(|market| market.terms.denom = denom(TOKEN));
    assert_eq!(other.outcome(calls(&two())), consumed(Outcome::WrongDenom));
    let dear = Market::with(|market| market.terms.rates = rates(11));
    assert_eq!(
        dear.outcome(calls(&two())),
        consumed(Outcome::PriceAboveLimit)
    );
    let unlimited = Market::with(|market| {
        market.terms.rates = rates(11);
        market.policy.max_price = None;
    });
    assert_eq!(unlimited.outcome(calls(&two())), PAID);
}

#[test]
fn an_amount_beyond_128_bits_is_consumed_and_one_beyond_the_money_waits() {
    let priced = |price| {
        Market::with(|market| {
            market.terms.rates = rates(price);
            market.policy.max_price = None;
        })
    };
    let beyond = Market::with(|market| {
        market.terms.rates = beyond_128_bits();
        market.policy.max_price = None;
    });
    assert_eq!(beyond.outcome(calls(&two())), consumed(Outcome::Overflow));
    assert_eq!(
        priced(u128::MAX).outcome(calls(&two())),
        untouched(Outcome::Exhausted)
    );
    assert_eq!(
        priced(1_001).outcome(calls(&two())),
        untouched(Outcome::Exhausted)
    );
    assert_eq!(
        priced(1_000).outcome(calls(&two())),
        (Outcome::Partial { receipts: 1 }, Some(1))
    );
}

/// What the escrow is told of the session.
fn told(next_before: u64, next_after: u64, charge: u128) -> SessionSettlement {
    SessionSettlement {
        session: SESSION,
        attester: ATTESTER,
        replaces: None,
        next_before,
        next_after,
        charge: charge.into(),
        kept: 0u128.into(),
        ceiling: None,
        // The model is the second that the session lists.
        paid_week: Week(DAY / 7),
        paid_models: 0b10,
    }
}

#[test]
fn a_group_goes_on_where_the_lane_and_the_group_before_it_stand() {
    let market = Market::with(|market| {
        market.record.lanes = vec![Lane {
            attester: ATTESTER,
            next: 1,
        }];
        market.terms.operator_bps = 5_000;
        market.terms.payees[0].bps = 5_000;
    });
    let (first, second) = (two(), work(3));
    let then = Group {
        sequence: 2,
        end: 5,
        ..calls(&second)
    };
    let decided = market.settle(&[calls(&first), then]).unwrap();
    let settled: Vec<_> = decided
        .groups
        .iter()
        .map(|group| (group.outcome, group.amount.u128()))
        .collect();
    // The first receipt was settled before.
    assert_eq!(settled, [(Outcome::Paid, 10), (Outcome::Paid, 30)]);
    assert_eq!(decided.paid, 4);
    assert_eq!(
        decided.gross,
        [Gross {
            denom: denom(USDC),
            amount: Uint128::new(40)
        }]
    );
    assert_eq!(decided.sessions, [told(1, 5, 40)]);
    // All of it are among the first 5 000 units of the model's life.
    assert_eq!(
        decided.credits,
        [Credit {
            account: account(PAYEE),
            denom: USDC,
            amount: Uint128::new(40)
        }]
    );
    assert!(decided.changes_anything());
    assert!(!decided.is_overtaken());
}

#[test]
fn a_message_is_overtaken_if_some_group_of_it_was_settled_before() {
    let market = Market::with(|market| {
        market.record.lanes = vec![Lane {
            attester: ATTESTER,
            next: 2,
        }]
    });
    let work = two();
    let decided = market.settle(&[calls(&work)]).unwrap();
    assert!(decided.is_overtaken());
    assert!(!decided.changes_anything());
    let unknown = Group {
        session: SESSION.next(),
        ..calls(&work)
    };
    let decided = market.settle(&[unknown]).unwrap();
    assert!(!decided.is_overtaken());
    assert!(!decided.changes_anything());
    let unknown = Group {
        session: SESSION.next(),
        ..calls(&work)
    };
    let decided = market.settle(&[unknown, calls(&work)]).unwrap();
    assert!(decided.is_overtaken());
    assert!(!decided.changes_anything());
}

#[test]
fn the_split_goes_on_where_the_group_before_it_ended() {
    let market = Market::with(|market| {
        market.record.budget = 100_000;
        market.record.funding = Funding::first(Day(DAY - 2), 100_000);
        market.terms.rates = rates(4_000);
        market.policy.max_price = None;
        market.terms.operator_bps = 5_000;
        market.terms.payees[0].bps = 5_000;
    });
    let work = work(1);
    let call = |number| Group {
        sequence: number,
        end: number + 1,
        ..calls(&work)
    };
    let decided = market.settle(&[call(0), call(1)]).unwrap();
    let credits: Vec<_> = decided
        .credits
        .into_iter()
        .map(|credit| (credit.account, credit.amount.u128()))
        .collect();
    assert_eq!(
        credits,
        [(account(PAYEE), 5_000), (account(OPERATOR), 3_000)]
    );
}

#[test]
fn caller_and_denomination_are_told_of_sessions_that_take_receipts() {
    let market = Market::new();
    let (chain, config) = (market.chain(), market.config());
    let mut settlement = Settlement::new(chain.as_ref(), &config, market.statement());
    assert_eq!(
        settlement.session_summary(SESSION),
        Ok(Some((account(CALLER), denom(USDC))))
    );
    assert_eq!(settlement.session_summary(SESSION.next()), Ok(None));
}

#[test]
fn usage_counts_calls_free_calls_units_and_the_lag() {
    let market = Market::with(|market| {
        // The first receipt has units that cost nothing.
        market.terms.rates = Rates {
            per_million_out: 1_000_000u128.into(),
            ..Rates::default()
        };
        market.policy.max_price = None;
    });
    let work = Work::itemised(vec![Units::new(5, 0), Units::new(6, 7), Units::new(0, 1)]);
    let group = Group {
        end: 3,
        newest: NOW - 30,
        oldest: NOW - 40,
        ..calls(&work)
    };
    let mut storage = MockStorage::new();
    market.settle(&[group]).unwrap().usage.write(&mut storage);
    let usage = usage::load(&storage, MODEL, USDC).unwrap();
    assert_eq!(
        usage.sums,
        Sums {
            gross: 8,
            related: 0,
            aged: 8,
            calls: 2,
            free_calls: 1,
            units_in: 11,
            units_out: 8
        }
    );
    assert_eq!((usage.release, usage.open_day), (RELEASE, Day(DAY)));
    assert_eq!((usage.settle_lag_seconds, usage.payers), (30, 1));
}

#[test]
fn money_of_a_party_is_related_and_makes_no_payer() {
    assert_eq!(Market::new().usage(), (20, 0, 20, 1));
    for party in [AUTHOR, PAYEE, OPERATOR] {
        let funded = Market::with(|market| market.policy.funder = account(party));
        assert_eq!(funded.usage(), (20, 20, 0, 0), "funder {party}");
        let owned = Market::with(|market| market.policy.caller = account(party));
        assert_eq!(owned.usage(), (20, 20, 0, 0), "caller {party}");
    }
}

#[test]
fn young_money_ranks_nowhere_and_makes_no_payer() {
    let young = Market::with(|market| market.record.funding = Funding::first(Day(DAY - 1), 1_000));
    assert_eq!(young.usage(), (20, 0, 0, 0));
    let decided = young.settle(&[calls(&two())]).unwrap();
    assert_eq!(
        decided.sessions,
        [SessionSettlement {
            paid_week: Week(0),
            paid_models: 0,
            ..told(0, 2, 20)
        }]
    );
}

#[test]
fn a_payer_marked_this_week_is_not_counted_again() {
    let marked = |week, models| {
        Market::with(|market| {
            market.record.paid_week = Week(week);
            market.record.paid_models = models;
        })
    };
    // Nothing stands in the storage of these, so whoever is counted is new.
    assert_eq!(marked(DAY / 7, 0b10).usage(), (20, 0, 20, 0));
    assert_eq!(marked(DAY / 7, 0b01).usage(), (20, 0, 20, 1));
    assert_eq!(marked(DAY / 7 - 1, 0b10).usage(), (20, 0, 20, 1));
    let decided = marked(DAY / 7, 0b01).settle(&[calls(&two())]).unwrap();
    assert_eq!(decided.sessions[0].paid_models, 0b11);
}

/// A voucher for the session, signed with its key.
fn voucher(session: SessionId, ceiling: u128) -> SignedVoucher {
    let voucher = Voucher { session, ceiling };
    SignedVoucher {
        voucher,
        signature: key().sign_digest(&voucher_digest(&TAG, &voucher.encode())),
    }
}

fn with_ceiling(ceiling: u128) -> Market {
    Market::with(|market| {
        market.record.ceiling = Some(ceiling);
        market.policy.voucher_key = Some(key().public_key());
    })
}

#[test]
fn the_highest_voucher_that_verifies_raises_the_ceiling() {
    let (market, work) = (with_ceiling(9), two());
    let settle = |vouchers: &[SignedVoucher]| {
        let decided = market.settle_with(vouchers, &[calls(&work)]).unwrap();
        let ceiling = decided.sessions.first().map(|session| session.ceiling);
        (decided.groups[0].outcome, ceiling)
    };
    let missing = (Outcome::VoucherMissing, None);
    assert_eq!(settle(&[]), missing);
    let forged = SignedVoucher {
        signature: [1; 64],
        ..voucher(SESSION, 1_000)
    };
    assert_eq!(settle(&[forged]), missing);
    // Another session's is neither taken for this one's nor an error.
    assert_eq!(settle(&[voucher(SESSION.next(), 1_000)]), missing);
    assert_eq!(
        settle(&[voucher(SESSION, 10)]),
        (
            Outcome::Partial { receipts: 1 },
            Some(Some(Uint128::new(10)))
        )
    );
    assert_eq!(
        settle(&[voucher(SESSION, 10), forged, voucher(SESSION, 21)]),
        (Outcome::Paid, Some(Some(Uint128::new(21))))
    );
    assert_eq!(
        settle(&[voucher(SESSION, 21), voucher(SESSION, 10)]),
        (Outcome::Paid, Some(Some(Uint128::new(21))))
    );
}

#[test]
fn vouchers_are_nothing_to_a_session_without_key_or_ceiling() {
    let work = two();
    let mut market = with_ceiling(10);
    market.policy.voucher_key = None;
    let decided = market
        .settle_with(&[voucher(SESSION, 20)], &[calls(&work)])
        .unwrap();
    assert_eq!(decided.groups[0].outcome, Outcome::Partial { receipts: 1 });
    assert_eq!(decided.sessions[0].ceiling, None);
    // A lower one than there is leaves it.
    let decided = with_ceiling(20)
        .settle_with(&[voucher(SESSION, 15)], &[calls(&work)])
        .unwrap();
    assert_eq!(decided.groups[0].outcome, Outcome::Paid);
    assert_eq!(decided.sessions[0].ceiling, None);
}

#[test]
fn each_record_is_read_from_the_contract_that_keeps_it() {
    let market = Market::new();
    let (chain, config) = (market.chain(), market.config());
    let swapped = Config {
        registry: config.escrow.clone(),
        escrow: config.registry.clone(),
        ..config.clone()
    };
    let mut settlement = Settlement::new(chain.as_ref(), &swapped, market.statement());
    let settled = settlement.settle(&calls(&two())).unwrap();
    assert_eq!(settled.outcome, Outcome::UnknownSession);
}

/// What the operator served and kept of two calls at 5 000 each, of which half is the operator's by the terms.
fn served(change: impl FnOnce(&mut Market)) -> (Served, u128, u128) {
    let market = Market::with(|market| {
        market.record.budget = 10_000;
        market.record.funding = Funding::first(Day(DAY - 2), 10_000);
        market.terms.rates = rates(5_000);
        market.policy.max_price = None;
        market.terms.operator_bps = 5_000;
        market.terms.payees[0].bps = 5_000;
        change(market);
    });
    let decided = market.settle(&[calls(&two())]).unwrap();
    let mut storage = MockStorage::new();
    decided.usage.write(&mut storage);
    let usage = usage::load(&storage, MODEL, USDC).unwrap();
    let totals = usage::attester_totals(&storage, ATTESTER, USDC).unwrap();
    assert_eq!(usage.served.len(), 1);
    let (operator, served) = usage.served[0];
    assert_eq!(operator, market.attester.operator_number);
    (served, totals.kept, decided.sessions[0].kept.u128())
}

#[test]
fn what_an_operator_gets_of_strangers_is_kept() {
    let kept = Served {
        strange: 10_000,
        kept: 5_000,
        calls: 2,
        recent_strange: 10_000,
        recent_kept: 5_000,
        week: Week(DAY / 7),
    };
    assert_eq!(served(|_| ()), (kept, 5_000, 5_000));
    // Young money is as good: what an operator kept is gone.
    let young = |market: &mut Market| market.record.funding = Funding::first(Day(DAY), 10_000);
    assert_eq!(served(young), (kept, 5_000, 5_000));
}

/// Attack (market-number fakes): an author serves its own model as an operator, with accounts of its own as payers.
/// Defence: what an operator keeps that is the author or a payee is kept by nobody, however strange the payer looks.
#[test]
fn an_operator_that_is_author_or_payee_keeps_nothing() {
    let nothing = Served {
        strange: 10_000,
        calls: 2,
        recent_strange: 10_000,
        week: Week(DAY / 7),
        ..Served::default()
    };
    let author = |market: &mut Market| market.model.author = account(OPERATOR);
    assert_eq!(served(author), (nothing, 0, 0));
    let payee = |market: &mut Market| market.terms.payees[0].account = account(OPERATOR);
    assert_eq!(served(payee), (nothing, 0, 0));
}

#[test]
fn what_a_party_pays_is_neither_strange_nor_kept_by_anybody() {
    let calls = Served {
        calls: 2,
        ..Served::default()
    };
    for party in [AUTHOR, PAYEE, OPERATOR] {
        let funder = |market: &mut Market| market.policy.funder = account(party);
        assert_eq!(served(funder), (calls, 0, 0), "funder {party}");
        let caller = |market: &mut Market| market.policy.caller = account(party);
        assert_eq!(served(caller), (calls, 0, 0), "caller {party}");
    }
}
