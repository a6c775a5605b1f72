//! Migration under live state, and contracts that are not of one release. From the wasm of the release before, on a real
//! node, it is tested in `tests/e2e/src/migration.ts`.

use cosmwasm_schema::cw_serde;
use cosmwasm_std::{
    to_json_binary, Addr, Binary, Deps, DepsMut, Empty, Env, MessageInfo, Response, StdResult,
    WasmMsg,
};
use cw_multi_test::{Contract, ContractWrapper, Executor};
use hub_testing::{data, rates, Attester, BillingError, Hub, KeyType, NewModel};
use hub_types::billing::{ExecuteMsg, Outcome, ReceiptResponse};
use hub_types::ids::{ModelId, SessionId};
use hub_types::packed::LAYOUT;
use hub_types::records::escrow::{POLICIES, SESSIONS};
use hub_types::records::registry::{MODELS, RELEASES, TERMS};
use hub_types::wire::Mode;
use serde_json::json;

/// A Hub with an admin, a model, a session and an attester.
struct Live {
    hub: Hub,
    model: ModelId,
    session: SessionId,
    attester: Attester,
}

impl Live {
    fn new() -> Self {
        let mut hub = Hub::builder().admin("admin").build();
        let [author, caller, operator] =
            ["author", "caller", "operator"].map(|name| hub.account(name));
        let money = hub.money_native();
        let forecast = NewModel::named("forecast")
            .price(&money, rates(5, 0, 0))
            .release([7; 32]);
        let model = hub.register_model(&author, forecast);
        let session = hub.open_session(&caller, &operator, &money, 1_000, |session| session);
        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        Self {
            hub,
            model,
            session,
            attester,
        }
    }

    /// The next receipt of the session.
    fn next_call(&self) -> ExecuteMsg {
        let receipt = self.hub.receipt(&self.attester, self.session, self.model);
        let sequence = self.hub.next(self.session, self.attester.id);
        self.hub.sign_receipt(&self.attester, &receipt, sequence)
    }

    fn settle(&mut self, msg: ExecuteMsg) -> Result<Outcome, BillingError> {
        let operator = self.attester.operator.clone();
        let response = self.hub.billing(&operator, msg)?;
        Ok(data::<ReceiptResponse>(&response).outcome)
    }

    #[track_caller]
    fn is_paid(&mut self) {
        let msg = self.next_call();
        assert_eq!(self.settle(msg), Ok(Outcome::Paid));
    }

    fn migrate(&mut self, contract: &Addr, new_code_id: u64, by: &str) -> anyhow::Result<()> {
        let migrate = WasmMsg::Migrate {
            contract_addr: contract.to_string(),
            new_code_id,
            msg: to_json_binary(&serde_json::json!({})).unwrap(),
        };
        let sender = self.hub.account(by);
        self.hub.app.execute(sender, migrate.into()).map(|_| ())
    }
}

#[test]
fn code_of_another_contract_is_refused_and_nothing_changes() {
    let mut live = Live::new();
    let (registry, escrow, billing) = (
        live.hub.registry.clone(),
        live.hub.escrow.clone(),
        live.hub.billing.clone(),
    );
    let codes = live.hub.codes;
    let wrong = [
        (&registry, codes.escrow),
        (&registry, codes.billing),
        (&escrow, codes.registry),
        (&escrow, codes.billing),
        (&billing, codes.registry),
        (&billing, codes.escrow),
    ];
    for (contract, code) in wrong {
        let before = live.hub.snapshot();
        let error = live.migrate(contract, code, "admin").unwrap_err();
        let said = error.root_cause().to_string();
        assert!(
            said.contains("Cannot migrate from crates.io:hub-"),
            "{said}"
        );
        before.assert_unchanged(&live.hub);
    }
    live.is_paid();
}

#[test]
fn each_contract_alone_is_migrated_under_live_state_and_all_goes_on() {
    let mut live = Live::new();
    let codes = live.hub.codes;
    let contracts = [
        (live.hub.billing.clone(), codes.billing),
        (live.hub.escrow.clone(), codes.escrow),
        (live.hub.registry.clone(), codes.registry),
    ];
    for (contract, code) in contracts {
        live.is_paid();
        let before = (live.hub.snapshot(), live.hub.state());
        live.migrate(&contract, code, "admin").unwrap();
        before.0.assert_unchanged(&live.hub);
        assert_eq!(before.1, live.hub.state());
        live.is_paid();
        live.hub.assert_invariants();
    }
    assert_eq!(live.hub.session(live.session).spent.u128(), 6 * 5);
}

/// The message that billing sends to an escrow of another release, as far as it matters here.
#[cw_serde]
#[serde(deny_unknown_fields)]
enum OtherMessage {
    Settle {
        sessions: Vec<Empty>,
        credits: Vec<Empty>,
    },
}

/// An escrow of another release, to be migrated from and to, which takes nothing that this billing says.
fn other_escrow() -> Box<dyn Contract<Empty>> {
    type Answer<T> = StdResult<T>;
    let execute = |_: DepsMut, _: Env, _: MessageInfo, _: OtherMessage| -> Answer<Response> {
        unreachable!("nothing in these tests is understood by it")
    };
    let instantiate = |_: DepsMut, _: Env, _: MessageInfo, _: Empty| -> Answer<Response> {
        unreachable!("it is migrated to")
    };
    let query =
        |_: Deps, _: Env, _: Empty| -> Answer<Binary> { unreachable!("billing reads its records") };
    let migrate = |deps: DepsMut, _: Env, _: Empty| -> Answer<Response> {
        let name = hub_escrow::contract::CONTRACT_NAME;
        cw2::set_contract_version(deps.storage, name, "0.0.9")?;
        Ok(Response::new())
    };
    Box::new(ContractWrapper::new(execute, instantiate, query).with_migrate(migrate))
}

/// Attack (upgrade of one contract alone): a new billing meets an escrow that does not understand it, and usage is counted
/// for which nobody paid.
/// Defence: billing answers a refusal of the escrow with an error of its own, which takes everything back and says what to do.
#[test]
fn a_billing_that_the_escrow_does_not_understand_says_to_migrate_both_and_writes_nothing() {
    let mut live = Live::new();
    let single = live.next_call();
    let receipts = live
        .hub
        .receipts(&live.attester, live.session, live.model, 2, |_, _| {});
    let batch = live.hub.batch(&live.attester, Mode::Itemised, receipts);
    let batch = live.hub.sign_batch(&live.attester, &batch);

    let (escrow, now) = (live.hub.escrow.clone(), live.hub.codes.escrow);
    let before = live.hub.app.store_code(other_escrow());
    live.migrate(&escrow, before, "admin").unwrap();
    for msg in [single, batch.clone()] {
        let standing = live.hub.snapshot();
        let operator = live.attester.operator.clone();
        let error = live.hub.billing(&operator, msg).unwrap_err();
        let said = error.to_string();
        let BillingError::EscrowRefused {
            reason,
            escrow,
            billing,
        } = error
        else {
            panic!("{said}");
        };
        assert!(reason.contains("unknown field `books`"), "{reason}");
        assert_eq!(escrow, "0.0.9");
        assert_eq!(billing, hub_billing::contract::CONTRACT_VERSION);
        let advice = "migrate both to one in one transaction, then send the same bytes again";
        assert!(said.contains(advice) && said.ends_with(&reason), "{said}");
        standing.assert_unchanged(&live.hub);
    }

    // The same bytes are paid afterwards.
    live.migrate(&escrow, now, "admin").unwrap();
    let operator = live.attester.operator.clone();
    live.hub.billing(&operator, batch).unwrap();
    assert_eq!(live.hub.session(live.session).spent.u128(), 2 * 5);
    live.is_paid();
}

#[test]
fn an_escrow_that_does_not_understand_billing_says_to_migrate_both_and_writes_nothing() {
    let mut live = Live::new();
    let (billing, escrow) = (live.hub.billing.clone(), live.hub.escrow.clone());
    let advice = "billing is of another release than this escrow: migrate both to one release, in one transaction";
    for (fields, wrong) in [
        (
            json!({ "sessions": [], "credits": [] }),
            "unknown field `credits`",
        ),
        (
            json!({ "books": "AQAA", "more": [] }),
            "unknown field `more`",
        ),
        (json!({}), "missing field `books`"),
        (json!({ "books": [] }), "Invalid type"),
    ] {
        let standing = live.hub.snapshot();
        let settle = json!({ "settle": fields });
        let error = live
            .hub
            .execute(&billing, &escrow, &settle, &[])
            .unwrap_err();
        let said = error.root_cause().to_string();
        assert!(said.contains(wrong) && said.ends_with(advice), "{said}");
        standing.assert_unchanged(&live.hub);
    }
    live.is_paid();
}

#[test]
fn a_record_of_a_later_release_stops_the_settlement_with_a_sentence_until_the_reader_is_migrated() {
    let mut live = Live::new();
    let (registry, escrow) = (live.hub.registry.clone(), live.hub.escrow.clone());
    let records = [
        (&registry, MODELS.key(live.model)),
        (&registry, TERMS.key((live.model, 1u64))),
        (&registry, RELEASES.key((live.model, 1u64))),
        (&escrow, SESSIONS.key(live.session)),
        (&escrow, POLICIES.key(live.session)),
    ];
    for (contract, key) in records {
        let msg = live.next_call();
        let write = |live: &mut Live, record: &[u8]| {
            let mut storage = live.hub.app.contract_storage_mut(contract);
            storage.set(&key, record);
        };
        let record = live.hub.app.contract_storage(contract).get(&key).unwrap();
        let later = [&[LAYOUT + 1][..], &record[1..], b"and more"].concat();
        write(&mut live, &later);

        let before = live.hub.snapshot();
        let error = live.settle(msg.clone()).unwrap_err().to_string();
        let sentence = format!("the record has layout {}, this contract reads", LAYOUT + 1);
        assert!(error.contains(&sentence), "{error}");
        before.assert_unchanged(&live.hub);

        // Code that reads it would find it like this.
        write(&mut live, &record);
        assert_eq!(live.settle(msg), Ok(Outcome::Paid));
    }
}
