//! What commands print, and what they say is missing.

use hub_chain::testing::Fault;

use crate::fixture::says;
use crate::market::{address, Market, AUTHOR, CALLER, POOR, PUBLISH};

#[test]
fn what_is_missing_is_said_with_what_to_type() {
    let market = Market::new();
    market.folder();
    // No money: nothing is stored either.
    let poor = market.run(POOR, &PUBLISH);
    says(&poor, 1, "does not know the account", "hub balance");
    assert_eq!(market.sent(), 0);
    says(
        &market.run(AUTHOR, &["model", "show", "9"]),
        4,
        "9",
        "hub model list",
    );
    says(
        &market.run(AUTHOR, &["balance", "--chain", "other"]),
        2,
        "there is no chain \"other\"",
        "test",
    );
    market.fixture.write("empty/README.md", b"");
    let mut no_model = PUBLISH;
    no_model[2] = "empty";
    says(
        &market.run(AUTHOR, &no_model),
        2,
        "has no model in it",
        "put a file there",
    );

    let doctor = market.run(AUTHOR, &["doctor"]);
    assert_eq!(doctor.code, 0, "{doctor:?}");
    assert_eq!(
        doctor
            .out
            .lines()
            .filter(|line| line.starts_with("well "))
            .count(),
        7,
        "{}",
        doctor.out
    );
    let doctor = market.run(POOR, &["doctor"]);
    assert_eq!(doctor.code, 1);
    assert!(doctor.out.contains("MISSING  money"), "{}", doctor.out);

    market.node.always(Fault::OtherChain);
    says(
        &market.run(AUTHOR, &["balance"]),
        1,
        "can be relied on",
        "hub doctor",
    );
    std::fs::remove_file(market.fixture.path("home/chains.toml")).unwrap();
    says(
        &market.run(AUTHOR, &["market"]),
        2,
        "no chain is known",
        "hub chain add",
    );
}

/// What people see of a market, word for word; addresses, hashes and times are replaced.
#[test]
fn what_commands_print_is_reviewed() {
    let market = Market::new();
    market.folder();
    market.keep_committee();
    let operator = address(AUTHOR);
    let mut all = String::new();
    for (words, arguments) in [
        (AUTHOR, &["market"][..]),
        (AUTHOR, &PUBLISH),
        (AUTHOR, &["model", "list"]),
        (AUTHOR, &["model", "show", "1"]),
        (CALLER, &["session", "list"]),
        (
            CALLER,
            &[
                "session",
                "open",
                "--operator",
                &operator,
                "--model",
                "1",
                "--budget",
                "5000uusd",
                "--days",
                "7",
            ],
        ),
        (CALLER, &["session", "list"]),
        (CALLER, &["balance"]),
        (CALLER, &["payout", "uusd"]),
        (CALLER, &["payout", "uusd", "--allow"]),
        (AUTHOR, &["operator", "status"]),
        (AUTHOR, &["market", "--days", "3"]),
        (AUTHOR, &["chain", "list"]),
    ] {
        let ran = market.run(words, arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        let mut text = ran.out;
        for (name, words) in [("AUTHOR", AUTHOR), ("CALLER", CALLER)] {
            text = text.replace(&address(words), name);
        }
        text = text.replace(&market.node.url(), "NODE");
        let typed = arguments.join(" ").replace(&operator, "AUTHOR");
        all += &format!("$ hub {typed}\n{}\n\n", settled(&text));
    }
    goldie::assert!(all);
}

/// The text without what another run has otherwise: fees that were paid, days and blocks.
fn settled(text: &str) -> String {
    let line = |line: &str| -> String {
        let line = line.trim_end();
        match line.trim_start().split("  ").next() {
            Some("wallet") => "  wallet  (what fees left)".to_owned(),
            Some("ends") => "ends      (a day)".to_owned(),
            _ => line.to_owned(),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
