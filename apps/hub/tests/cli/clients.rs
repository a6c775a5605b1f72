//! Clients of others at work against a real `hub serve`: PyPI's `x402` and `mcp`, by the tests in `clients/python/served`.

use std::path::Path;
use std::process::Command;

use crate::market::{Market, Serving, AUTHOR, CALLER};
use crate::texts::talking;

/// Runs tests in Python against a market with one model that is served, and one session that pays for it.
fn python(tests: &str, (market, server, url): (Market, Serving, String)) {
    let opened = market.open_session("300000uusd");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/python");
    let walrus = market.fixture.servers[0].url();
    let status = Command::new(folder.join(".venv/bin/python"))
        .args(["-m", "pytest", tests])
        .current_dir(&folder)
        .env("HUB_HOME", market.fixture.path("home"))
        .env("HUB_KEY_PASSWORD", "correct horse")
        .env("HUB_MNEMONIC", CALLER)
        .env("HUB_SERVER", url)
        // So that a test may kill the server, and start it again on its books.
        .env("HUB_SERVER_PID", server.id().to_string())
        .env("HUB_SERVER_FOLDER", market.fixture.path("."))
        .env("HUB_SERVER_MNEMONIC", AUTHOR)
        .env("HUB_SESSION", opened.to_string())
        .env("HUB_MODEL", "1")
        .env("HUB_BIN", env!("CARGO_BIN_EXE_hub"))
        .env("HUB_WALRUS_NETWORK", "local")
        .env("HUB_WALRUS_AGGREGATORS", &walrus)
        .env("HUB_WALRUS_NODES", &walrus)
        .env("HUB_WALRUS_PUBLISHER", &walrus)
        .env("HUB_WALRUS_CACHE", market.fixture.path("cache"))
        .status()
        .unwrap();
    assert!(status.success(), "the tests in Python failed");
}

fn forecasting() -> (Market, Serving, String) {
    let market = Market::new();
    let (server, url) = market.with_model_served();
    (market, server, url)
}

/// `clients/python/check --served` runs it, which makes the environment that it needs.
#[test]
#[ignore = "needs the Python environment of clients/python"]
fn python_pays_for_calls() {
    python("served/test_calls.py", forecasting());
}

/// A model that talks, heard as its words come.
#[test]
#[ignore = "needs the Python environment of clients/python"]
fn python_pays_for_words_as_they_come() {
    python("served/test_words.py", talking());
}

/// Assistants, through the client of MCP that PyPI has.
#[test]
#[ignore = "needs the Python environment of clients/python"]
fn assistants_call_within_their_budget() {
    python("served/test_mcp.py", forecasting());
}
