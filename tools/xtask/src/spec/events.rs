//! Events, from the code that builds them.

use std::collections::BTreeMap;

use anyhow::{ensure, Context, Result};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, Lit};

use super::source::{cell, documentation, Source};

pub fn of_contract(source: &Source, contract: &str) -> Result<String> {
    let file = source.rust(&format!("contracts/{contract}/src/events.rs"))?;
    let mut read = Events::default();
    for item in &file.items {
        if let Item::Impl(_) | Item::Fn(_) = item {
            read.scan(&flat(item.to_token_stream()));
        }
    }
    let mut text = "| event | says | attributes, in this order |\n|---|---|---|\n".to_owned();
    let declared = file.items.iter().find_map(|item| match item {
        Item::Enum(item) if item.ident == "Event" => Some(item),
        _ => None,
    });
    for variant in &declared.context("there is no Event")?.variants {
        let variant_name = variant.ident.to_string();
        let says = documentation(&variant.attrs);
        ensure!(!says.is_empty(), "{variant_name} has no documentation");
        let name = read.name_of(&variant_name)?;
        let attributes = read.attributes.remove(&name).unwrap_or_default();
        ensure!(!attributes.is_empty(), "{name} has no attributes");
        let attributes = attributes.join(", ");
        text.push_str(&format!("| `{name}` | {} | {attributes} |\n", cell(&says)));
    }
    let left: Vec<_> = read.attributes.keys().collect();
    ensure!(left.is_empty(), "{left:?} belong to no variant of Event");
    Ok(text)
}

/// Names of all events of a contract.
pub fn names(source: &Source, contract: &str) -> Result<Vec<String>> {
    let table = of_contract(source, contract)?;
    let names = table.lines().filter_map(|line| line.strip_prefix("| `"));
    Ok(names
        .filter_map(|line| line.split('`').next().map(str::to_owned))
        .collect())
}

/// A token as far as this needs to know it.
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

fn flat(tokens: TokenStream) -> Vec<Token> {
    let mut all = vec![];
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                all.push(Token::Mark('('));
                all.extend(flat(group.stream()));
                all.push(Token::Mark(')'));
            }
            TokenTree::Ident(word) => all.push(Token::Word(word.to_string())),
            TokenTree::Punct(mark) => all.push(Token::Mark(mark.as_char())),
            TokenTree::Literal(literal) => {
                if let Lit::Str(text) = Lit::new(literal) {
                    all.push(Token::Text(text.value()));
                }
            }
        }
    }
    all
}

/// Names by variant and attributes by name, in the order of the code. A text that begins with `hub_` names an event, of the
/// variant that stands before it; `attribute("key", …)` and `add_attribute("key", …)` add to it, `with(event, "key", …)` where
/// there is something to say.
#[derive(Default)]
struct Events {
    names: BTreeMap<String, String>,
    attributes: BTreeMap<String, Vec<String>>,
    variant: Option<String>,
    event: Option<String>,
}

impl Events {
    fn scan(&mut self, tokens: &[Token]) {
        self.variant = None;
        self.event = None;
        for (at, token) in tokens.iter().enumerate() {
            let before = |distance: usize| at.checked_sub(distance).and_then(|it| tokens.get(it));
            match token {
                Token::Word(word) if word.starts_with(char::is_uppercase) => {
                    let path = matches!(before(1), Some(Token::Mark(':')));
                    let owner =
                        matches!(before(3), Some(Token::Word(it)) if it == "Self" || it == "Event");
                    if path && owner {
                        self.event = self.names.get(word).cloned();
                        self.variant = Some(word.clone());
                    }
                }
                Token::Text(text) if text.starts_with("hub_") => {
                    if let Some(variant) = &self.variant {
                        self.names.insert(variant.clone(), text.clone());
                    }
                    self.attributes.entry(text.clone()).or_default();
                    self.event = Some(text.clone());
                }
                Token::Text(key) => {
                    let always = matches!(
                        (before(1), before(2)),
                        (Some(Token::Mark('(')), Some(Token::Word(it))) if it == "attribute" || it == "add_attribute"
                    );
                    let sometimes = matches!(before(1), Some(Token::Mark(',')))
                        && matches!(tokens.get(at.saturating_add(1)), Some(Token::Mark(',')));
                    let shown = match (always, sometimes) {
                        (true, _) => format!("`{key}`"),
                        (_, true) => format!("[`{key}`]"),
                        _ => continue,
                    };
                    if let Some(event) = &self.event {
                        self.attributes
                            .entry(event.clone())
                            .or_default()
                            .push(shown);
                    }
                }
                _ => {}
            }
        }
    }

    /// The name that the code gives the event of a variant, itself or in a function that it calls.
    fn name_of(&self, variant: &str) -> Result<String> {
        if let Some(name) = self.names.get(variant) {
            return Ok(name.clone());
        }
        let mut unclaimed = self
            .attributes
            .keys()
            .filter(|name| !self.names.values().any(|it| it == *name));
        let name = unclaimed
            .next()
            .with_context(|| format!("the event of {variant} has no name"))?;
        ensure!(
            unclaimed.next().is_none(),
            "several events could be that of {variant}"
        );
        Ok(name.clone())
    }
}
