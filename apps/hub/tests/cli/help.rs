use crate::fixture::{hub, ran};
use crate::market::Market;

/// The help of every command, as a newcomer reads it.
#[test]
fn help_says_what_a_newcomer_needs() {
    let mut all = String::new();
    for command in [
        "",
        "blob",
        "blob id",
        "blob put",
        "blob get",
        "blob check",
        "blob status",
        "blob prove",
        "keys",
        "keys new",
        "keys show",
        "keys import",
        "chain",
        "chain add",
        "chain list",
        "session",
        "session open",
        "session list",
        "session topup",
        "session close",
        "session release",
        "call",
        "receipt",
        "balance",
        "withdraw",
        "payout",
        "operator",
        "operator register",
        "operator retire",
        "operator revoke",
        "operator status",
        "market",
        "doctor",
        "completions",
        "man",
        "model",
        "model publish",
        "model price",
        "model list",
        "model show",
        "model retire",
        "model transfer",
        "model plan",
        "model upload",
        "model fetch",
        "model verify",
        "model status",
        "quilt",
        "quilt make",
        "quilt ls",
        "quilt get",
        "serve",
        "walrus",
        "walrus serve",
        "walrus committee",
    ] {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let help = ran(
            hub(&arguments).output().unwrap(),
            std::path::Path::new("/nonexistent"),
        );
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command}");
        let name = format!("hub {command}");
        let help: Vec<&str> = help.out.lines().map(str::trim_end).collect();
        all += &format!("$ {} --help\n{}\n\n", name.trim_end(), help.join("\n"));
    }
    goldie::assert!(all);
}

#[test]
fn completions_and_manual_know_every_command() {
    let market = Market::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = market.run("", &["completions", shell]);
        assert_eq!(script.code, 0);
        assert!(
            script.out.contains("publish") && script.out.contains("topup"),
            "{shell}"
        );
    }
    let pages = market.json("", &["man", "pages"]);
    let pages: Vec<&str> = pages["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page.as_str().unwrap())
        .collect();
    assert!(
        pages.contains(&"hub.1") && pages.contains(&"hub-model-publish.1"),
        "{pages:?}"
    );
}
