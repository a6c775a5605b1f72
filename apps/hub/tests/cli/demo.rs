//! What the README shows first.

use std::path::Path;
use std::process::Command;

#[test]
fn the_demo_ends_with_books_that_balance() {
    let programs = Path::new(env!("CARGO_BIN_EXE_hub")).parent().unwrap();
    let demo = programs.join("examples/demo");
    assert!(
        demo.exists(),
        "build it first: cargo build --bin hub --example demo"
    );
    let ran = Command::new(demo).output().unwrap();
    let shown = String::from_utf8(ran.stdout).unwrap();
    assert!(
        ran.status.success(),
        "{shown}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    for said in [
        "storage   certified by the committee",
        "HTTP 402 Payment Required: 10000 uusd at the most",
        "a fourth would cost more than the budget",
        "the author's wallet has 27000 uusd more",
        "proven: batch",
        "bit for bit what was paid for",
    ] {
        let flat = shown
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        let said = said
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        assert!(flat.contains(&said), "it does not say {said:?}: {shown}");
    }
    assert!(!shown.contains("WRONG"), "{shown}");
}
