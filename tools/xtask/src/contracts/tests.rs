use super::*;

fn contract(name: &str) -> Contract {
    let contracts = Contract::all(&root().unwrap()).unwrap();
    contracts
        .into_iter()
        .find(|contract| contract.name == name)
        .unwrap()
}

/// What is found once `from` in a file of the escrow reads `to`.
fn found_after(path: &str, from: &str, to: &str) -> Vec<String> {
    let mut escrow = contract("escrow");
    let text = escrow.files.get_mut(path).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    *text = text.replacen(from, to, 1);
    escrow.differences().unwrap()
}

#[test]
fn a_file_out_of_place_and_a_missing_one_are_named() {
    let mut escrow = contract("escrow");
    let text = escrow.files.remove("contract/migrate.rs").unwrap();
    escrow.files.insert("moves.rs".to_owned(), text);
    assert_eq!(
        escrow.differences().unwrap(),
        [
            "escrow: src/contract/migrate.rs is missing: every contract has it",
            "escrow: src/moves.rs is in no place that contracts share: put rules into domain/, maps into state/, \
             handlers into contract/execute/, or name the file in OWN of this check with the reason"
        ]
    );
}

#[test]
fn what_one_contract_has_for_itself_no_other_may_have() {
    let mut escrow = contract("escrow");
    escrow
        .files
        .insert("settlement/rules.rs".to_owned(), String::new());
    let found = escrow.differences().unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("escrow: src/settlement/rules.rs is in no place"));
}

#[test]
fn entry_points_in_another_order_or_form_are_named() {
    assert_eq!(
        found_after("contract.rs", "pub fn query(", "pub fn ask("),
        [
            "escrow: src/contract.rs functions and their order: `instantiate, execute, ask, reply, migrate`, expected \
             `instantiate, execute, query, reply, migrate`"
        ]
    );
    assert_eq!(
        found_after("contract.rs", "_env: Env,\n    info", "_env: &Env,\n    info"),
        [
            "escrow: src/contract.rs `instantiate`: `(deps: DepsMut, env: &Env, info: MessageInfo, msg: InstantiateMsg) \
             -> Result<Response, ContractError>`, expected `(deps: DepsMut, env: Env, info: MessageInfo, msg: \
             InstantiateMsg) -> Result<Response, ContractError>`"
        ]
    );
    assert_eq!(
        found_after(
            "contract.rs",
            "#[cfg_attr(not(feature = \"library\"), cosmwasm_std::entry_point)]\n",
            ""
        ),
        ["escrow: src/contract.rs `instantiate` is no entry point outside of libraries"]
    );
}

#[test]
fn a_name_or_version_stated_otherwise_is_named() {
    assert_eq!(
        found_after(
            "contract.rs",
            "concat!(\"crates.io:\", env!(\"CARGO_PKG_NAME\"))",
            "\"crates.io:hub-escrow\""
        ),
        [
            "escrow: src/contract.rs CONTRACT_NAME: `\"crates.io:hub-escrow\"`, expected `concat ! (\"crates.io:\", \
             env ! (\"CARGO_PKG_NAME\"))`"
        ]
    );
    let found = found_after("contract.rs", "    nonpayable(&info)?;\n", "");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("escrow: src/contract.rs `instantiate` begins otherwise: `cw2::"));
}

#[test]
fn dispatch_of_questions_elsewhere_is_named() {
    let found = found_after(
        "contract.rs",
        "query::answer(deps, &env, msg)",
        "match msg {}",
    );
    assert_eq!(
        found,
        [
            "escrow: src/contract.rs `query` does more than pass the question on: `match msg { }`, expected \
             `query::answer (deps, &env, msg)`"
        ]
    );
    assert_eq!(
        found_after("contract/query.rs", "\nfn config(", "\npub fn config("),
        ["escrow: src/contract/query.rs public functions: `answer, config`, expected `answer`"]
    );
}

#[test]
fn a_handler_of_another_form_is_named() {
    let path = "contract/execute/withdraw.rs";
    for (from, to, given) in [
        (
            "deps: DepsMut,\n    sender: Addr,",
            "sender: Addr,\n    deps: DepsMut,",
            "(sender: Addr, deps: DepsMut, denom: Denom, amount: Option<Uint128>, recipient: Addr)",
        ),
        (
            "    sender: Addr,\n    denom: Denom,",
            "    denom: Denom,\n    sender: Addr,",
            "(deps: DepsMut, denom: Denom, sender: Addr, amount: Option<Uint128>, recipient: Addr)",
        ),
        (
            "    sender: Addr,\n",
            "    sender: Addr,\n    env: &Env,\n",
            "(deps: DepsMut, sender: Addr, env: &Env, denom: Denom, amount: Option<Uint128>, recipient: Addr)",
        ),
    ] {
        assert_eq!(
            found_after(path, from, to),
            [format!(
                "escrow: src/{path} `withdraw` takes `{given} -> Result<Response, ContractError>`: handlers take deps: \
                 DepsMut, then env: &Env and sender: Addr as far as they need them, then what the message says"
            )]
        );
    }
    assert_eq!(
        found_after(path, "sender: Addr,", "info: MessageInfo,").len(),
        2
    );
}

#[test]
fn rules_that_know_storage_and_storage_that_others_see_are_named() {
    assert_eq!(
        found_after(
            "domain/account.rs",
            "CanonicalAddr, Uint128",
            "Storage, Uint128"
        ),
        ["escrow: src/domain/account.rs uses `Storage`, which domain/ does without"]
    );
    assert_eq!(
        found_after("state/config.rs", "const COLLECTOR", "pub const COLLECTOR"),
        ["escrow: src/state/config.rs shows `COLLECTOR`: storage is private to its file"]
    );
    assert_eq!(
        found_after(
            "contract/execute/withdraw.rs",
            "/// Sends `amount`",
            "const LAST: Item<u64> = Item::new(\"last\");\n\n/// Sends `amount`"
        ),
        ["escrow: src/contract/execute/withdraw.rs keeps `LAST`: storage belongs into state/"]
    );
    assert_eq!(
        found_after("lib.rs", "mod state;", "pub mod state;"),
        ["escrow: src/lib.rs module `state` has to be private"]
    );
}

#[test]
fn errors_events_and_titles_of_another_form_are_named() {
    assert_eq!(
        found_after("error.rs", "    NotAnAddress {", "    BadAddress {"),
        ["escrow: src/error.rs `BadAddress` is called NotAnAddress in other contracts"]
    );
    assert_eq!(
        found_after("error.rs", "    Std(", "    Standard("),
        ["escrow: src/error.rs `Standard` wraps StdError, and is called Std in other contracts"]
    );
    assert_eq!(
        found_after("error.rs", ", PartialEq", ""),
        ["escrow: src/error.rs `ContractError` does not derive Error, Debug, PartialEq"]
    );
    assert_eq!(
        found_after("events.rs", "pub enum Event<'a> {", "pub enum Event {"),
        ["escrow: src/events.rs `Event` owns what it tells: borrow it, as `Event<'a>`"]
    );
    assert_eq!(
        found_after("contract/query.rs", "//! Answers.", "//! Questions."),
        ["escrow: src/contract/query.rs begins with another sentence: `Questions.`, expected `Answers.`"]
    );
}

#[test]
fn all_contracts_can_be_laid_over_each_other() {
    let contracts = Contract::all(&root().unwrap()).unwrap();
    let names: Vec<&str> = contracts.iter().map(|it| it.name.as_str()).collect();
    for expected in ["billing", "escrow", "registry"] {
        assert!(names.contains(&expected), "{expected} was not read");
    }
    let found: Vec<String> = contracts
        .iter()
        .flat_map(|contract| contract.differences().unwrap())
        .collect();
    assert_eq!(found, Vec::<String>::new());
}
