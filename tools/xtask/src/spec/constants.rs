//! Constants that a second implementation has to share.

use anyhow::{ensure, Context, Result};
use syn::{Expr, ImplItem, Item, Lit, Type};

use super::source::{cell, code, documentation, Source};

/// Where they stand.
const FILES: [&str; 18] = [
    "packages/hub-types/src/time.rs",
    "packages/hub-types/src/page.rs",
    "packages/hub-types/src/text.rs",
    "packages/hub-types/src/price.rs",
    "packages/hub-types/src/split.rs",
    "packages/hub-types/src/packed.rs",
    "packages/hub-types/src/billing.rs",
    "packages/hub-types/src/verifier.rs",
    "packages/hub-types/src/records/escrow.rs",
    "packages/hub-types/src/records/usage.rs",
    "packages/hub-types/src/records/walrus.rs",
    "packages/hub-wire/src/lib.rs",
    "packages/hub-wire/src/rules.rs",
    "packages/hub-walrus/src/committee.rs",
    "packages/hub-nitro/src/lib.rs",
    "contracts/registry/src/state/terms.rs",
    "contracts/escrow/src/contract/execute/payout.rs",
    "contracts/escrow/src/events.rs",
];

pub fn all(source: &Source) -> Result<String> {
    let mut text = "| constant | value | |\n|---|--:|---|\n".to_owned();
    for file in FILES {
        let mut found = false;
        for item in source.rust(file)?.items {
            let Item::Const(item) = item else { continue };
            let Type::Path(of) = &*item.ty else { continue };
            let says = documentation(&item.attrs);
            let number = ["u8", "u16", "u32", "u64", "u128", "usize"];
            if says.is_empty() || !number.iter().any(|it| of.path.is_ident(it)) {
                continue;
            }
            let (name, value, says) = (item.ident, value(&item.expr), cell(&says));
            text.push_str(&format!("| `{name}` | {value} | {says} |\n"));
            found = true;
        }
        ensure!(found, "{file} states no number");
    }
    let (root, says) = nitro_root(source)?;
    text.push_str(&format!("| `Root::AWS` | `{root}` | {} |\n", cell(&says)));
    Ok(text)
}

/// The one constant that is no number: a hash, with what it is.
fn nitro_root(source: &Source) -> Result<(String, String)> {
    let file = source.rust("packages/hub-nitro/src/chain.rs")?;
    let items = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(&item.items),
        _ => None,
    });
    let root = items.flatten().find_map(|item| match item {
        ImplItem::Const(item) if item.ident == "AWS" => Some(item),
        _ => None,
    });
    let root = root.context("there is no Root::AWS")?;
    let bytes = code(&root.expr);
    let hex: Vec<&str> = bytes
        .split("0x")
        .skip(1)
        .filter_map(|it| it.get(..2))
        .collect();
    ensure!(hex.len() == 32, "Root::AWS is no hash");
    Ok((hex.concat(), documentation(&root.attrs)))
}

fn value(expr: &Expr) -> String {
    match expr {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_digits().to_owned(),
            other => code(other),
        },
        Expr::Binary(binary) => format!("{} × {}", value(&binary.left), value(&binary.right)),
        other => code(other),
    }
}
