use hub_types::ids::{
    AttesterId, DenomNumber, ModelId, OperatorNumber, ReleaseNumber, SessionId, TermsNumber,
};
use hub_types::time::{Day, Week};
use std::collections::BTreeMap;
use std::fmt::Debug;

use cosmwasm_std::{Addr, Record};
use hub_types::denom::Denom;
use hub_types::escrow::{DenomsResponse, QueryMsg};
use hub_types::packed::{from_bytes, Packed, PackedKey, PackedMap};
use hub_types::records::billing::{AttesterRecord, BatchRecord, ATTESTERS, BATCHES, BATCH_COUNTS};
use hub_types::records::escrow::{
    BalanceRecord, SessionPolicy, SessionRecord, Spent, BALANCES, DENOMS, POLICIES, SESSIONS,
    SPENT, SPENT_WITH,
};
use hub_types::records::registry::{
    ModelRecord, ReleaseRecord, TermsRecord, MODELS, RELEASES, TERMS,
};
use hub_types::records::served::{Served, RANKING_AT, SERVED};
use hub_types::records::usage::{
    AttesterTotals, HubRecord, HubTotals, ModelPayer, PayerRecord, Sums, UsageRecord, WeekCounts,
    ATTESTER_USAGE, EARNERS, HUB, HUB_DAYS, HUB_WEEKS, MODEL_PAYERS, PAYERS, RANKING,
    RECENT_RANKING, USAGE, USAGE_DAYS, USAGE_RELEASES,
};
use hub_types::records::walrus::{
    CommitteeRecord, DeletableRecord, KeysRecord, PermanentRecord, COMMITTEES, COMMITTEE_KEYS,
    DELETABLE, PERMANENT,
};

use crate::hub::Hub;

/// Every packed record of the three contracts, decoded from their raw storage: what a recount starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Denominations by the escrow's number.
    pub denoms: BTreeMap<DenomNumber, Denom>,
    /// What the escrow owes, by denomination number.
    pub owed: BTreeMap<DenomNumber, u128>,
    /// What sessions allow.
    pub policies: BTreeMap<SessionId, SessionPolicy>,
    /// What sessions have left.
    pub sessions: BTreeMap<SessionId, SessionRecord>,
    /// Balances by (account, denomination number).
    pub balances: BTreeMap<(Addr, DenomNumber), BalanceRecord>,
    /// Attesters.
    pub attesters: BTreeMap<AttesterId, AttesterRecord>,
    /// Number of recorded batches, by attester.
    pub batch_counts: BTreeMap<AttesterId, u64>,
    /// Recorded batches by (attester, number).
    pub batches: BTreeMap<(AttesterId, u64), BatchRecord>,
    /// Usage by (model, denomination number).
    pub usage: BTreeMap<(ModelId, DenomNumber), UsageRecord>,
    /// Lifetime sums of models by (model, denomination number, day).
    pub usage_days: BTreeMap<(ModelId, DenomNumber, Day), Sums>,
    /// Sums of earlier releases by (model, denomination number, release).
    pub usage_releases: BTreeMap<(ModelId, DenomNumber, ReleaseNumber), Sums>,
    /// Payers by (denomination number, funder).
    pub payers: BTreeMap<(DenomNumber, Addr), PayerRecord>,
    /// Payers of models by (model, denomination number, funder).
    pub model_payers: BTreeMap<(ModelId, DenomNumber, Addr), ModelPayer>,
    /// Authors who earn, by (denomination number, author).
    pub earners: BTreeMap<(DenomNumber, Addr), ()>,
    /// The ranking of all time by (denomination number, rank, model).
    pub ranking: BTreeMap<(DenomNumber, u16, ModelId), ()>,
    /// The ranking by recent aged income, by (denomination number, rank, model).
    pub recent_ranking: BTreeMap<(DenomNumber, u16, ModelId), ()>,
    /// The rankings of operators by (denomination number, operator, rank, model).
    pub ranking_at: BTreeMap<(DenomNumber, OperatorNumber, u16, ModelId), ()>,
    /// What operators served beyond the first ones of a model, by (model, denomination number, operator).
    pub served: BTreeMap<(ModelId, DenomNumber, OperatorNumber), Served>,
    /// What attesters signed, by (attester, denomination number).
    pub attester_usage: BTreeMap<(AttesterId, DenomNumber), AttesterTotals>,
    /// The Hub by denomination number.
    pub hubs: BTreeMap<DenomNumber, HubRecord>,
    /// Lifetime sums of the Hub by (denomination number, day).
    pub hub_days: BTreeMap<(DenomNumber, Day), HubTotals>,
    /// Counts of the Hub by (denomination number, week).
    pub hub_weeks: BTreeMap<(DenomNumber, Week), WeekCounts>,
    /// What funders spent in released sessions, by (funder, denomination number).
    pub spent: BTreeMap<(Addr, DenomNumber), Spent>,
    /// The same with each operator, by (funder, denomination number, operator).
    pub spent_with: BTreeMap<(Addr, DenomNumber, Addr), Spent>,
    /// Models.
    pub models: BTreeMap<ModelId, ModelRecord>,
    /// Terms by (model, number).
    pub terms: BTreeMap<(ModelId, TermsNumber), TermsRecord>,
    /// Releases by (model, number).
    pub releases: BTreeMap<(ModelId, ReleaseNumber), ReleaseRecord>,
    /// Walrus committees by epoch.
    pub committees: BTreeMap<u32, CommitteeRecord>,
    /// Keys of their members by (epoch, number of the record).
    pub committee_keys: BTreeMap<(u32, u32), KeysRecord>,
    /// Certificates of permanent blobs by (model, release).
    pub permanent: BTreeMap<(ModelId, ReleaseNumber), PermanentRecord>,
    /// Certificates of deletable blobs by (model, release).
    pub deletable: BTreeMap<(ModelId, ReleaseNumber), DeletableRecord>,
}

/// Every byte of the contracts, to show that a message left all of it as it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    dumps: [Vec<Record>; 4],
}

impl State {
    /// What operators served, by (model, denomination number, operator), wherever it stands.
    pub fn all_served(&self) -> BTreeMap<(ModelId, DenomNumber, OperatorNumber), Served> {
        let inline = self.usage.iter().flat_map(|((model, denom), usage)| {
            let served = usage.served.iter();
            served.map(|(operator, served)| ((*model, *denom, *operator), *served))
        });
        inline.chain(self.served.clone()).collect()
    }
}

impl Hub {
    /// Every packed record of the three contracts.
    pub fn state(&self) -> State {
        let escrow = self.app.dump_wasm_raw(&self.escrow);
        let billing = self.app.dump_wasm_raw(&self.billing);
        let registry = self.app.dump_wasm_raw(&self.registry);
        let account_and_number = |key: &[u8]| {
            let (account, denom) = key.split_at(key.len() - 4);
            (self.human(&account.into()), number(denom))
        };
        let number_and_account = |key: &[u8]| {
            let (denom, account) = key.split_at(4);
            (number(denom), self.human(&account.into()))
        };
        State {
            denoms: records(&escrow, &DENOMS, number),
            owed: self.owed(),
            policies: records(&escrow, &POLICIES, id),
            sessions: records(&escrow, &SESSIONS, id),
            balances: records(&escrow, &BALANCES, account_and_number),
            attesters: records(&billing, &ATTESTERS, id),
            batch_counts: records(&billing, &BATCH_COUNTS, id),
            batches: records(&billing, &BATCHES, ids),
            usage: records(&billing, &USAGE, id_and_number),
            usage_days: records(&billing, &USAGE_DAYS, |key| {
                let (of, day) = key.split_at(12);
                let (model, denom) = id_and_number(of);
                (model, denom, number(day))
            }),
            usage_releases: records(&billing, &USAGE_RELEASES, |key| {
                let (of, release) = key.split_at(12);
                let (model, denom) = id_and_number(of);
                (model, denom, id(release))
            }),
            payers: records(&billing, &PAYERS, number_and_account),
            model_payers: records(&billing, &MODEL_PAYERS, |key| {
                let (of, account) = key.split_at(12);
                let (model, denom) = id_and_number(of);
                (model, denom, self.human(&account.into()))
            }),
            earners: records(&billing, &EARNERS, number_and_account),
            ranking: records(&billing, &RANKING, ranked),
            recent_ranking: records(&billing, &RECENT_RANKING, ranked),
            ranking_at: records(&billing, &RANKING_AT, |key| {
                let (denom, rest) = key.split_at(4);
                let (operator, place) = rest.split_at(8);
                let (rank, model) = rank_and_model(place);
                (number(denom), id(operator), rank, model)
            }),
            served: records(&billing, &SERVED, |key| {
                let (of, operator) = key.split_at(12);
                let (model, denom) = id_and_number(of);
                (model, denom, id(operator))
            }),
            attester_usage: records(&billing, &ATTESTER_USAGE, id_and_number),
            hubs: records(&billing, &HUB, number),
            hub_days: records(&billing, &HUB_DAYS, numbers),
            hub_weeks: records(&billing, &HUB_WEEKS, numbers),
            spent: records(&escrow, &SPENT, account_and_number),
            spent_with: records(&escrow, &SPENT_WITH, |key| {
                let (length, rest) = key.split_at(1);
                let (funder, rest) = rest.split_at(length[0].into());
                let (denom, operator) = rest.split_at(4);
                (
                    self.human(&funder.into()),
                    number(denom),
                    self.human(&operator.into()),
                )
            }),
            models: records(&registry, &MODELS, id),
            terms: records(&registry, &TERMS, ids),
            releases: records(&registry, &RELEASES, ids),
            committees: records(&registry, &COMMITTEES, number),
            committee_keys: records(&registry, &COMMITTEE_KEYS, numbers),
            permanent: records(&registry, &PERMANENT, ids),
            deletable: records(&registry, &DELETABLE, ids),
        }
    }

    /// Every byte of the three contracts, and of the verifier of Nitro Enclaves.
    pub fn snapshot(&self) -> Snapshot {
        let contracts = [
            &self.registry,
            &self.escrow,
            &self.billing,
            &self.nitro_verifier,
        ];
        Snapshot {
            dumps: contracts.map(|contract| self.app.dump_wasm_raw(contract)),
        }
    }

    /// What the escrow says it owes, by denomination number.
    fn owed(&self) -> BTreeMap<DenomNumber, u128> {
        let mut owed = BTreeMap::new();
        loop {
            let query = QueryMsg::Denoms {
                start_after: owed.keys().next_back().copied(),
                limit: Some(100),
            };
            let page: DenomsResponse = self.query_escrow(query).expect("the escrow answers");
            if page.denoms.is_empty() {
                return owed;
            }
            let entries = page.denoms.into_iter();
            owed.extend(entries.map(|denom| (denom.denom_number, denom.owed.u128())));
        }
    }
}

/// The records of a packed map, by what `parse` makes of the key after its namespace.
fn records<K: PackedKey, V: Packed, P: Ord + Debug>(
    dump: &[Record],
    map: &PackedMap<K, V>,
    parse: impl Fn(&[u8]) -> P,
) -> BTreeMap<P, V> {
    let decode = |(key, value): &Record| {
        let key = parse(map.key_of(key)?);
        let value = from_bytes(value).unwrap_or_else(|error| panic!("record {key:?}: {error}"));
        Some((key, value))
    };
    dump.iter().filter_map(decode).collect()
}

fn id<Id: From<u64>>(key: &[u8]) -> Id {
    u64::from_be_bytes(key.try_into().expect("an id has 8 bytes")).into()
}

fn number<N: From<u32>>(key: &[u8]) -> N {
    u32::from_be_bytes(key.try_into().expect("a number has 4 bytes")).into()
}

fn numbers<A: From<u32>, B: From<u32>>(key: &[u8]) -> (A, B) {
    let (first, second) = key.split_at(4);
    (number(first), number(second))
}

fn ranked(key: &[u8]) -> (DenomNumber, u16, ModelId) {
    let (denom, place) = key.split_at(4);
    let (rank, model) = rank_and_model(place);
    (number(denom), rank, model)
}

fn rank_and_model(place: &[u8]) -> (u16, ModelId) {
    let (rank, model) = place.split_at(2);
    let rank = u16::from_be_bytes(rank.try_into().expect("a rank has 2 bytes"));
    (rank, id(model))
}

fn ids<A: From<u64>, B: From<u64>>(key: &[u8]) -> (A, B) {
    let (first, second) = key.split_at(8);
    (id(first), id(second))
}

fn id_and_number<Id: From<u64>>(key: &[u8]) -> (Id, DenomNumber) {
    let (model, denom) = key.split_at(8);
    (id(model), number(denom))
}

impl Snapshot {
    /// Whether billing and escrow are as they were, whatever became of registry and verifier.
    pub fn is_same_venue(&self, other: &Self) -> bool {
        self.dumps[1..3] == other.dumps[1..3]
    }

    /// Panics, naming the contract and the keys, unless the contracts are as they were.
    #[track_caller]
    pub fn assert_unchanged(&self, hub: &Hub) {
        let names = ["registry", "escrow", "billing", "nitro verifier"];
        for ((name, before), after) in names.iter().zip(&self.dumps).zip(&hub.snapshot().dumps) {
            let mut changed: Vec<_> = before
                .iter()
                .filter(|record| !after.contains(record))
                .chain(after.iter().filter(|record| !before.contains(record)))
                .map(|(key, _)| String::from_utf8_lossy(key))
                .collect();
            changed.dedup();
            assert!(
                before == after,
                "the {name} changed under the keys {changed:?}"
            );
        }
    }
}

impl Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [registry, escrow, billing, verifier] = self.dumps.each_ref().map(Vec::len);
        write!(
            f,
            "Snapshot({registry} + {escrow} + {billing} + {verifier} records)"
        )
    }
}
