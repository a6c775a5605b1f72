//! Clients of others at work against a real `hub serve`: PyPI's `x402` and `mcp`, by the tests in `clients/python/served`.

use std::path::Path;
use std::process::Command;

use crate::market::{Market, CALLER};

/// `clients/python/check --served` runs it, which makes the environment that it needs.
#[test]
#[ignore = "needs the Python environment of clients/python"]
fn python_pays_for_calls_and_assistants_call_within_their_budget() {
    let market = Market::new();
    let (_server, url) = market.with_model_served();
    let opened = market.open_session("300000uusd");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/python");
    let status = Command::new(folder.join(".venv/bin/python"))
        .args(["-m", "pytest", "served"])
        .current_dir(&folder)
        .env("HUB_HOME", market.world.path("home"))
        .env("HUB_KEY_PASSWORD", "correct horse")
        .env("HUB_MNEMONIC", CALLER)
        .env("HUB_SERVER", url)
        .env("HUB_SESSION", opened.to_string())
        .env("HUB_MODEL", "1")
        .env("HUB_BIN", env!("CARGO_BIN_EXE_hub"))
        .env("HUB_WALRUS_NETWORK", "local")
        .env("HUB_WALRUS_AGGREGATORS", market.world.servers[0].url())
        .env("HUB_WALRUS_NODES", market.world.servers[0].url())
        .env("HUB_WALRUS_CACHE", market.world.path("cache"))
        .status()
        .unwrap();
    assert!(status.success(), "the tests in Python failed");
}
