//! Keys on disk.

use serde_json::Value;

use crate::fixture::{ran, says};
use crate::market::{address, Market};

#[test]
fn keys_open_with_their_password_alone_and_are_never_replaced() {
    let market = Market::new();
    let with = |arguments: &[&str], password: Option<&str>| {
        let mut command = market.command("", arguments);
        command
            .env_remove("HUB_KEY_PASSWORD")
            .stdin(std::process::Stdio::null());
        if let Some(password) = password {
            command.env("HUB_KEY_PASSWORD", password);
        }
        ran(command.output().unwrap(), market.fixture.folder.path())
    };
    says(
        &with(&["keys", "new"], None),
        2,
        "key files need a password",
        "HUB_KEY_PASSWORD",
    );
    let made = with(&["keys", "new", "--json"], Some("one"));
    assert_eq!(made.code, 0, "{made:?}");
    let made: Value = serde_json::from_str(&made.out).unwrap();
    let words = made["mnemonic"].as_str().unwrap();
    assert_eq!(
        (words.split(' ').count(), made["address"].as_str().unwrap()),
        (24, address(words).as_str())
    );
    says(
        &with(&["keys", "new"], Some("one")),
        2,
        "is there already, and is not replaced",
        "another name",
    );
    says(
        &with(&["keys", "show"], Some("two")),
        2,
        "does not open with this password",
        "HUB_KEY_PASSWORD",
    );
    says(
        &with(&["balance"], Some("two")),
        2,
        "does not open with this password",
        "",
    );
    assert!(!with(&["keys", "show"], Some("one")).out.contains(words));
    assert!(with(&["keys", "show", "--words"], Some("one"))
        .out
        .contains(words));
    says(
        &with(&["keys", "show", "other"], Some("one")),
        2,
        "there is no key \"other\"",
        "hub keys new other",
    );
    says(
        &with(&["keys", "import", "other"], Some("one")),
        2,
        "BIP-39",
        "",
    );

    let file = market.fixture.path("home/keys/default.account.age");
    std::fs::write(&file, b"no key").unwrap();
    says(
        &with(&["keys", "show"], Some("one")),
        3,
        "is damaged",
        "hub keys import",
    );
}
