//! Who is let in where: every message of every contract, sent by everybody who could think to have a right to.
//!
//! `docs/ACCESS.md` is what happened, not what somebody declared. A message that is not tried here fails the first test;
//! a right that was gained or lost fails the second, until the file is written anew with `GOLDIE_UPDATE=1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write};
use std::path::Path;

use cosmwasm_schema::schema_for;
use cosmwasm_std::{coins, to_json_binary, Addr, Coin, HexBinary, Uint64, WasmMsg};
use cw20::Cw20ReceiveMsg;
use cw_multi_test::Executor;
use hub_testing::{rates, terms, Attester, Hub, KeyType, Mode, NewModel, StorageNodes, NATIVE};
use hub_types::escrow::{Books, Credit, Cw20HookMsg, NewCeiling};
use hub_types::ids::{DenomNumber, ModelId, ReleaseNumber, SessionId, TermsNumber};
use hub_types::registry::{StatusName, UncheckedPayee};
use hub_types::walrus::{Confirmation, Persistence};
use hub_types::{billing, escrow, nitro_verifier, registry};
use serde::Serialize;

use crate::escrow_fixture::settlement;
use crate::registry_fixture::{blob, metadata, release, DAY};

/// Blob id and root of the one byte 0x00, from the reference encoder of Walrus.
const ONE_BYTE: &str = "ikLkoKbOGH6P7kZyA78_GOJnoOjkbI1lOYH5I77Qi7Y";
const ROOT: &str = "e3fb10a9d88c9e7157c5e112dd6916e44011f5a9d6460bced51ebacf9308e1da";

/// Of Walrus, the latest that the registry knows.
const EPOCH: u32 = 7;

/// Who tries. All of them have coins.
const ROLES: [(&str, &str); 15] = [
    (
        "stranger",
        "an account that has nothing to do with anything",
    ),
    ("author", "of the model"),
    ("offered", "whom the model is offered to"),
    ("payee", "of the model, besides its author"),
    ("caller", "owns the sessions, and 100 available"),
    ("funder", "paid for the session that is a gift"),
    ("operator", "of the attester, and whom the sessions trust"),
    ("other operator", "of another attester"),
    ("keeper", "of the Walrus committees"),
    ("next keeper", "whom the keeper's role is offered to"),
    (
        "token",
        "the cw20 contract; it has just moved 10 to the escrow",
    ),
    ("registry", "the contract"),
    ("escrow", "the contract"),
    ("billing", "the contract"),
    ("admin", "of the contracts, where the chain knows one"),
];

/// A Hub in the middle of its life.
struct Fixture {
    hub: Hub,
    model: ModelId,
    /// Of the caller's own money, with a ceiling.
    session: SessionId,
    /// Of the funder's money.
    gift: u64,
    attester: Attester,
    /// The committee of [`EPOCH`].
    nodes: StorageNodes,
}

impl Fixture {
    fn new(admin: Option<&str>) -> Self {
        // The escrow itself and billing attempt as well, which on a chain send nothing of the kind.
        let builder = Hub::builder().unwatched();
        let mut hub = match admin {
            Some(name) => builder.admin(name),
            None => builder,
        }
        .build();
        let money = hub.money_native();
        let [author, offered, payee, caller, funder, operator, other] = [
            "author",
            "offered",
            "payee",
            "caller",
            "funder",
            "operator",
            "other operator",
        ]
        .map(|name| hub.account(name));

        let forecast = NewModel::named("forecast")
            .price(&money, rates(5, 0, 0))
            .operator_bps(1_000)
            .payees(&[(&author, 8_000), (&payee, 1_000)])
            .release(ONE_BYTE.parse::<hub_testing::BlobId>().unwrap());
        let model = hub.register_model(&author, forecast);
        let offer = registry::ExecuteMsg::OfferTransfer {
            model,
            to: offered.to_string(),
        };
        hub.registry(&author, offer).unwrap();
        let nodes = StorageNodes::with_weights(&[1]);
        hub.set_committee(EPOCH, &nodes);
        let (keeper, next) = (hub.keeper.clone(), hub.account("next keeper"));
        let offer = registry::ExecuteMsg::OfferKeeperRole {
            to: next.into_string(),
        };
        hub.registry(&keeper, offer).unwrap();

        let attester = hub.register_attester(&operator, KeyType::Ed25519, 1);
        hub.register_attester(&other, KeyType::Ed25519, 2);

        let session = hub.open_session(&caller, &operator, &money, 100, |session| {
            escrow::NewSession {
                ceiling: Some(NewCeiling { key: None }),
                expires_at: hub_testing::START_TIME + DAY,
                ..session
            }
        });
        let agree = escrow::ExecuteMsg::RaiseCeiling {
            session,
            ceiling: 50u128.into(),
        };
        hub.escrow(&caller, agree).unwrap();
        let opening = hub.new_session(&operator, 100);
        hub.give(&funder, &money, 100);
        hub.deposit(&funder, &money, 100, Some(&caller), Some(opening))
            .unwrap();
        let gift = hub.last_session(&caller);
        hub.give(&caller, &money, 100);
        hub.deposit(&caller, &money, 100, None, None).unwrap();
        let pay_me = escrow::ExecuteMsg::SetAutoPayout {
            denom: money.unchecked(),
            on: true,
        };
        hub.escrow(&caller, pay_me).unwrap();
        let (escrow, tokens) = (hub.escrow.clone(), hub.money_cw20());
        hub.give(&escrow, &tokens, 10);

        let mut fixture = Self {
            hub,
            model,
            session,
            gift: gift.0,
            attester,
            nodes,
        };
        for (role, _) in ROLES {
            let account = fixture.account(role);
            fixture.hub.mint(&account, coins(1_000, NATIVE));
        }
        fixture
    }

    fn account(&self, role: &str) -> Addr {
        match role {
            "token" => match self.hub.money_cw20() {
                hub_testing::Money::Cw20(token) => token,
                hub_testing::Money::Native(_) => unreachable!(),
            },
            "registry" => self.hub.registry.clone(),
            "escrow" => self.hub.escrow.clone(),
            "billing" => self.hub.billing.clone(),
            "keeper" => self.hub.keeper.clone(),
            name => self.hub.account(name),
        }
    }

    fn credit(&self, role: &str, amount: u128) -> Credit {
        Credit {
            account: self.hub.canonical(&self.account(role)),
            denom: DenomNumber(1),
            amount: amount.into(),
        }
    }

    /// What the sender is answered: nothing, or the name of the error.
    fn send(&mut self, sender: &Addr, attempt: Attempt) -> Result<(), String> {
        let before = self.hub.snapshot();
        let answer = match attempt {
            Attempt::Registry(msg) => self.hub.registry(sender, msg).map_err(name),
            Attempt::Escrow(msg, funds) => self.hub.escrow_with(sender, msg, &funds).map_err(name),
            Attempt::Billing(msg) => self.hub.billing(sender, msg).map_err(name),
            Attempt::NitroVerifier(msg) => self.hub.nitro_verifier(sender, msg).map_err(name),
            Attempt::Migrate(contract, new_code_id) => {
                let migrate = WasmMsg::Migrate {
                    contract_addr: contract.into_string(),
                    new_code_id,
                    msg: to_json_binary(&serde_json::json!({})).unwrap(),
                };
                let answer = self.hub.app.execute(sender.clone(), migrate.into());
                return answer.map(|_| ()).map_err(|_| "the chain".to_owned());
            }
        };
        match answer {
            Ok(_) => {
                assert_ne!(before, self.hub.snapshot(), "nothing happened");
                Ok(())
            }
            Err(error) => {
                before.assert_unchanged(&self.hub);
                Err(error)
            }
        }
    }
}

/// The variant of an error.
fn name(error: impl Debug) -> String {
    let text = format!("{error:?}");
    let end = text.find(|c: char| !c.is_alphanumeric());
    text[..end.unwrap_or(text.len())].to_owned()
}

/// A message to one of the contracts.
enum Attempt {
    Registry(registry::ExecuteMsg),
    Escrow(escrow::ExecuteMsg, Vec<Coin>),
    Billing(billing::ExecuteMsg),
    NitroVerifier(nitro_verifier::ExecuteMsg),
    Migrate(Addr, u64),
}

impl Attempt {
    /// Contract and message.
    fn message(&self) -> (&'static str, String) {
        match self {
            Self::Registry(msg) => ("registry", key(msg)),
            Self::Escrow(msg, _) => ("escrow", key(msg)),
            Self::Billing(msg) => ("billing", key(msg)),
            Self::NitroVerifier(msg) => ("nitro verifier", key(msg)),
            Self::Migrate(..) => ("the chain", "migrate".to_owned()),
        }
    }
}

/// The name of a message in JSON.
fn key(msg: &impl Serialize) -> String {
    let json = serde_json::to_value(msg).unwrap();
    json.as_object().unwrap().keys().next().unwrap().clone()
}

/// A message that is right but for who may send it.
struct Case {
    /// Of what, or when.
    circumstance: &'static str,
    admin: Option<&'static str>,
    /// How long after the beginning.
    wait: u64,
    attempt: fn(&Fixture, &Addr) -> Attempt,
}

fn case(circumstance: &'static str, attempt: fn(&Fixture, &Addr) -> Attempt) -> Case {
    Case {
        circumstance,
        admin: Some("admin"),
        wait: 0,
        attempt,
    }
}

fn registry_cases() -> Vec<Case> {
    use registry::ExecuteMsg as Msg;
    vec![
        case("", |_, sender| {
            Attempt::Registry(NewModel::named("new").release(blob(1)).message(sender))
        }),
        case("", |fixture, _| {
            Attempt::Registry(Msg::UpdateMetadata {
                model: fixture.model,
                metadata: metadata("testing", &["new"]),
            })
        }),
        case("", |fixture, _| {
            Attempt::Registry(Msg::PublishRelease {
                model: fixture.model,
                release: release(2, 0, blob(1)),
            })
        }),
        case("", |fixture, sender| {
            let money = fixture.hub.money_native();
            Attempt::Registry(Msg::SetTerms {
                model: fixture.model,
                terms: terms(&money, rates(1, 0, 0), 0, &[(sender, 10_000)]),
            })
        }),
        case("", |fixture, _| {
            Attempt::Registry(Msg::SetStatus {
                model: fixture.model,
                status: StatusName::Retired,
            })
        }),
        case("", |fixture, _| {
            Attempt::Registry(Msg::OfferTransfer {
                model: fixture.model,
                to: fixture.account("stranger").into_string(),
            })
        }),
        case("", |fixture, _| {
            Attempt::Registry(Msg::CancelTransfer {
                model: fixture.model,
            })
        }),
        case("", |fixture, sender| {
            Attempt::Registry(Msg::AcceptTransfer {
                model: fixture.model,
                expected_terms: TermsNumber(1),
                payees: vec![UncheckedPayee {
                    address: sender.to_string(),
                    bps: 9_000,
                }],
                name: None,
            })
        }),
        case("", |_, _| {
            Attempt::Registry(Msg::Commit {
                hash: HexBinary::from([1; 32]),
            })
        }),
        case("", |fixture, _| {
            Attempt::Registry(Msg::ProveSize {
                model: fixture.model,
                release: ReleaseNumber(1),
                size: Uint64::one(),
                root_hash: HexBinary::from_hex(ROOT).unwrap(),
            })
        }),
        case("that the storage nodes signed", |fixture, _| {
            let confirmation = Confirmation {
                epoch: EPOCH,
                blob_id: ONE_BYTE.parse().unwrap(),
                persistence: Persistence::Permanent,
            };
            Attempt::Registry(Msg::Certify {
                model: fixture.model,
                release: ReleaseNumber(1),
                certificate: fixture.nodes.certificate(&confirmation, [0]),
            })
        }),
        case("of the next epoch", |fixture, _| {
            Attempt::Registry(fixture.nodes.message(EPOCH + 1))
        }),
        case("in place of the offer there is", |fixture, _| {
            Attempt::Registry(Msg::OfferKeeperRole {
                to: fixture.account("stranger").into_string(),
            })
        }),
        case("", |_, _| Attempt::Registry(Msg::CancelKeeperOffer {})),
        case("", |_, _| Attempt::Registry(Msg::AcceptKeeperRole {})),
    ]
}

fn escrow_cases() -> Vec<Case> {
    use escrow::ExecuteMsg as Msg;
    vec![
        case("for oneself", |_, _| {
            let deposit = Msg::Deposit {
                beneficiary: None,
                session: None,
            };
            Attempt::Escrow(deposit, coins(10, NATIVE))
        }),
        case("for the caller, with a session", |fixture, _| {
            let operator = fixture.account("operator");
            let deposit = Msg::Deposit {
                beneficiary: Some(fixture.account("caller").into_string()),
                session: Some(fixture.hub.new_session(&operator, 10)),
            };
            Attempt::Escrow(deposit, coins(10, NATIVE))
        }),
        case("that says the caller sent 10 tokens", |fixture, _| {
            let hook = Cw20HookMsg::Deposit {
                beneficiary: None,
                session: None,
            };
            let hook = Cw20ReceiveMsg {
                sender: fixture.account("caller").into_string(),
                amount: 10u128.into(),
                msg: to_json_binary(&hook).unwrap(),
            };
            Attempt::Escrow(Msg::Receive(hook), vec![])
        }),
        case("of what one has", |fixture, _| {
            let withdraw = Msg::Withdraw {
                denom: fixture.hub.money_native().unchecked(),
                amount: None,
                recipient: None,
            };
            Attempt::Escrow(withdraw, vec![])
        }),
        case("of what one has", |fixture, _| {
            let open = Msg::OpenSession {
                denom: fixture.hub.money_native().unchecked(),
                session: fixture.hub.new_session(&fixture.account("operator"), 10),
            };
            Attempt::Escrow(open, vec![])
        }),
        case("one's own session", |fixture, _| {
            let (session, amount) = (fixture.session, 10u128.into());
            Attempt::Escrow(Msg::TopUp { session, amount }, vec![])
        }),
        case("a session that is a gift", |fixture, _| {
            let (session, amount) = (fixture.gift, 10u128.into());
            Attempt::Escrow(
                Msg::TopUp {
                    session: SessionId(session),
                    amount,
                },
                vec![],
            )
        }),
        case("one's own session", |fixture, _| {
            let session = fixture.session;
            Attempt::Escrow(Msg::CloseSession { session }, vec![])
        }),
        case("a session that is a gift", |fixture, _| {
            let session = fixture.gift;
            Attempt::Escrow(
                Msg::CloseSession {
                    session: SessionId(session),
                },
                vec![],
            )
        }),
        case("before the end", |fixture, _| {
            let session = fixture.session;
            Attempt::Escrow(Msg::ReleaseSession { session }, vec![])
        }),
        Case {
            wait: DAY,
            ..case("from the end on", |fixture, _| {
                let session = fixture.session;
                Attempt::Escrow(Msg::ReleaseSession { session }, vec![])
            })
        },
        Case {
            wait: 2 * DAY,
            ..case(
                "from the end + `receipt_max_age_seconds` on",
                |fixture, _| {
                    let session = fixture.session;
                    Attempt::Escrow(Msg::ReleaseSession { session }, vec![])
                },
            )
        },
        case("", |fixture, _| {
            let (session, ceiling) = (fixture.session, 100u128.into());
            Attempt::Escrow(Msg::RaiseCeiling { session, ceiling }, vec![])
        }),
        case("of oneself", |fixture, _| {
            let set = Msg::SetAutoPayout {
                denom: fixture.hub.money_cw20().unchecked(),
                on: true,
            };
            Attempt::Escrow(set, vec![])
        }),
        case("of the caller, who opted in", |fixture, _| {
            let payout = Msg::Payout {
                accounts: vec![fixture.account("caller").into_string()],
                denom: fixture.hub.money_native().unchecked(),
            };
            Attempt::Escrow(payout, vec![])
        }),
        case("10 of the session to the author", |fixture, _| {
            let books = Books {
                sessions: vec![settlement(fixture.session, fixture.attester.id, 0, 10)],
                credits: vec![fixture.credit("author", 10)],
            };
            Attempt::Escrow(
                Msg::Settle {
                    books: books.encode(),
                },
                vec![],
            )
        }),
    ]
}

fn billing_cases() -> Vec<Case> {
    use billing::ExecuteMsg as Msg;
    vec![
        case(
            "a key whose holder agreed to be the sender's",
            |fixture, sender| {
                let key = hub_testing::signing_key(KeyType::Ed25519, 9);
                Attempt::Billing(fixture.hub.registration(sender, &key))
            },
        ),
        case(
            "such a key, for which a verifier vouches",
            |fixture, sender| {
                let key = hub_testing::signing_key(KeyType::Ed25519, 9);
                let document = fixture.hub.attestation(&key, "image");
                let msg = fixture.hub.attested_registration(sender, &key, document);
                Attempt::Billing(msg)
            },
        ),
        case("", |fixture, _| {
            let attester = fixture.attester.id;
            Attempt::Billing(Msg::Retire { attester })
        }),
        case("", |fixture, _| {
            let attester = fixture.attester.id;
            Attempt::Billing(Msg::Revoke { attester })
        }),
        case("", |fixture, _| {
            let attester = fixture.attester.id;
            let endpoint = Some("https://example.com".to_owned());
            Attempt::Billing(Msg::SetEndpoint { attester, endpoint })
        }),
        case("that the attester signed", |fixture, _| {
            let receipts = fixture.hub.receipts(
                &fixture.attester,
                fixture.session,
                fixture.model,
                2,
                |_, _| {},
            );
            let batch = fixture
                .hub
                .batch(&fixture.attester, Mode::Itemised, receipts);
            Attempt::Billing(fixture.hub.sign_batch(&fixture.attester, &batch))
        }),
        case("that the attester signed", |fixture, _| {
            let receipt = fixture
                .hub
                .receipt(&fixture.attester, fixture.session, fixture.model);
            Attempt::Billing(fixture.hub.sign_receipt(&fixture.attester, &receipt, 0))
        }),
    ]
}

fn nitro_verifier_cases() -> Vec<Case> {
    use nitro_verifier::ExecuteMsg as Msg;
    vec![case("a key that an enclave holds", |fixture, _| {
        let key = hub_testing::signing_key(KeyType::Ed25519, 9);
        let public = key.public_key();
        Attempt::NitroVerifier(Msg::Attest {
            key: public.as_bytes().into(),
            key_type: public.key_type().into(),
            evidence: fixture.hub.attestation(&key, "image"),
        })
    })]
}

fn chain_cases() -> Vec<Case> {
    let named: [Case; 4] = [
        case("the registry, where an admin was named", |fixture, _| {
            Attempt::Migrate(fixture.hub.registry.clone(), fixture.hub.codes.registry)
        }),
        case("the escrow, where an admin was named", |fixture, _| {
            Attempt::Migrate(fixture.hub.escrow.clone(), fixture.hub.codes.escrow)
        }),
        case("billing, where an admin was named", |fixture, _| {
            Attempt::Migrate(fixture.hub.billing.clone(), fixture.hub.codes.billing)
        }),
        case(
            "the Nitro verifier, where an admin was named",
            |fixture, _| {
                let code = fixture.hub.codes.nitro_verifier;
                Attempt::Migrate(fixture.hub.nitro_verifier.clone(), code)
            },
        ),
    ];
    let unnamed = [
        "the registry",
        "the escrow",
        "billing",
        "the Nitro verifier",
    ];
    let by_default = named.iter().zip(unnamed).map(|(case, circumstance)| Case {
        circumstance,
        admin: None,
        ..*case
    });
    let by_default: Vec<_> = by_default.collect();
    named.into_iter().chain(by_default).collect()
}

fn cases() -> Vec<Case> {
    [
        registry_cases(),
        escrow_cases(),
        billing_cases(),
        nitro_verifier_cases(),
        chain_cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Names of the messages that a schema knows.
fn messages<T: schemars::JsonSchema>() -> BTreeSet<String> {
    let schema = serde_json::to_value(schema_for!(T)).unwrap();
    let variants = schema["oneOf"].as_array().unwrap().clone();
    let name = |variant: &serde_json::Value| variant["required"][0].as_str().unwrap().to_owned();
    variants.iter().map(name).collect()
}

#[test]
fn every_message_of_every_contract_is_tried() {
    let fixture = Fixture::new(None);
    let stranger = fixture.account("stranger");
    let mut tried: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for case in cases() {
        let (contract, message) = (case.attempt)(&fixture, &stranger).message();
        tried.entry(contract).or_default().insert(message);
    }
    tried.remove("the chain");
    let known = BTreeMap::from([
        ("registry", messages::<registry::ExecuteMsg>()),
        ("escrow", messages::<escrow::ExecuteMsg>()),
        ("billing", messages::<billing::ExecuteMsg>()),
        ("nitro verifier", messages::<nitro_verifier::ExecuteMsg>()),
    ]);
    assert_eq!(
        tried, known,
        "a message has no case in access.rs: add one for each circumstance in which somebody else may send it"
    );
}

#[test]
fn everybody_is_let_in_where_the_table_says_so_and_nowhere_else() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/ACCESS.md");
    let found = table();
    if std::env::var_os("HUB_UPDATE").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found
        .lines()
        .zip(written.lines().chain(std::iter::repeat("")))
        .find(|(found, written)| found != written);
    assert!(
        found == written,
        "docs/ACCESS.md is not what happens, first here: {differs:#?}\n\
         If that is meant, run `cargo xtask access` and read the diff"
    );
}

fn table() -> String {
    let mut page = String::from(PREFACE);
    for (role, who) in ROLES {
        writeln!(page, "| {role} | {who} |").unwrap();
    }
    let mut last = "";
    for case in cases() {
        let mut refusals = BTreeSet::new();
        let mut marks = String::new();
        let mut named = ("", String::new());
        for (role, _) in ROLES {
            let mut fixture = Fixture::new(case.admin);
            fixture.hub.advance(case.wait);
            let sender = fixture.account(role);
            let attempt = (case.attempt)(&fixture, &sender);
            named = attempt.message();
            match fixture.send(&sender, attempt) {
                Ok(()) => marks.push_str(" ✓ |"),
                Err(refusal) => {
                    refusals.insert(refusal);
                    marks.push_str(" |");
                }
            }
        }
        let (contract, message) = named;
        if contract != last {
            let roles = ROLES.map(|(role, _)| role).join(" | ");
            let rule = ":-:|".repeat(ROLES.len());
            writeln!(page, "\n## {}\n", capitalised(contract)).unwrap();
            writeln!(page, "| message | | {roles} | refused with |").unwrap();
            writeln!(page, "|---|---|{rule}---|").unwrap();
            last = contract;
        }
        let refusals: Vec<_> = refusals.into_iter().collect();
        let (what, refusals) = (case.circumstance, refusals.join(", "));
        writeln!(page, "| `{message}` | {what} |{marks} {refusals} |").unwrap();
    }
    page
}

fn capitalised(text: &str) -> String {
    let (first, rest) = text.split_at(1);
    first.to_uppercase() + rest
}

const PREFACE: &str = "\
# Who is let in where

Every message of every contract, sent by everybody who could think to have a right to: ✓ where it was done. Each message was correct in
every other respect, each sender had a Hub of its own in the same state, and whoever was refused changed nothing. This page is
written by `tests/integration/tests/hub/access.rs`, which fails when this is not what happens. The messages are counted against the
schemas, so none is missing. There is no message to remove a model, to change another's price, to pause, to move or freeze funds, or to take a fee.

| who | |
|---|---|
";
