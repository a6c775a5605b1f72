//! The project's own files, as the parts of the specification need them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use quote::{quote, ToTokens};
use serde_json::Value;
use syn::parse::ParseStream;
use syn::{
    parse_quote, Attribute, Expr, ExprLit, File, Item, ItemStruct, Lit, LitStr, Meta, Token,
};

/// What an item declares: itself, or the struct and the way it packs itself that `sums!` of the records makes.
fn declared(item: Item) -> Result<Vec<Item>> {
    let call = match &item {
        Item::Macro(call) if call.mac.path.is_ident("sums") => call,
        _ => return Ok(vec![item]),
    };
    let body = |input: ParseStream| {
        input.parse::<LitStr>()?;
        input.parse::<Token![;]>()?;
        input.parse::<ItemStruct>()
    };
    let sums = call.mac.parse_body_with(body)?;
    let name = &sums.ident;
    let written = sums.fields.iter().map(|field| {
        let (field, integer) = (&field.ident, &field.ty);
        quote!(writer.#integer(self.#field);)
    });
    let packed = parse_quote! {
        impl Packed for #name {
            fn pack(&self, writer: &mut Writer) {
                #(#written)*
            }
        }
    };
    Ok(vec![Item::Struct(sums), packed])
}

pub struct Source {
    root: PathBuf,
}

impl Source {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub fn text(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.root.join(path)).with_context(|| format!("cannot read {path}"))
    }

    pub fn json(&self, path: &str) -> Result<Value> {
        serde_json::from_str(&self.text(path)?).with_context(|| format!("cannot parse {path}"))
    }

    /// A file of Rust without its tests.
    pub fn rust(&self, path: &str) -> Result<File> {
        let mut file =
            syn::parse_file(&self.text(path)?).with_context(|| format!("cannot parse {path}"))?;
        file.items.retain(|item| match item {
            Item::Mod(module) => !module.attrs.iter().any(|attr| attr.path().is_ident("cfg")),
            _ => true,
        });
        let items = file.items.into_iter().map(declared);
        file.items = items.collect::<Result<Vec<_>>>()?.concat();
        Ok(file)
    }

    /// Files of Rust below a folder, by path, without tests.
    pub fn rust_below(&self, folder: &str) -> Result<Vec<File>> {
        let mut paths = vec![];
        let mut folders = vec![self.root.join(folder)];
        while let Some(folder) = folders.pop() {
            let entries = fs::read_dir(&folder)
                .with_context(|| format!("cannot read {}", folder.display()))?;
            for entry in entries {
                let path = entry?.path();
                let is_test = path.file_stem().is_some_and(|stem| stem == "tests");
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "rs") && !is_test {
                    paths.push(path);
                }
            }
        }
        paths.sort();
        paths
            .iter()
            .map(|path| self.rust(&path.strip_prefix(&self.root)?.display().to_string()))
            .collect()
    }
}

/// A documentation comment as one line, up to its first empty line.
pub fn documentation(attrs: &[Attribute]) -> String {
    let lines: Vec<String> = attrs
        .iter()
        .filter_map(|attr| match &attr.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => literal(&pair.value),
            _ => None,
        })
        .map(|line| line.trim().to_owned())
        .take_while(|line| !line.is_empty())
        .collect();
    plain(&lines.join(" "))
}

/// The text of a string literal.
pub fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

/// Code as it is written, on one line.
pub fn code(tokens: impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (spaced, close) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        ("( ", "("),
        (" )", ")"),
        ("[ ", "["),
        (" ]", "]"),
        (" ;", ";"),
    ] {
        text = text.replace(spaced, close);
    }
    text
}

/// Documentation without what only rustdoc understands: links become the last part of their name.
pub fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once("[`") {
        let Some((name, behind)) = tail.split_once("`]") else {
            break;
        };
        let last = name.rsplit("::").next().unwrap_or(name);
        shown.push_str(&format!("{head}`{last}`"));
        rest = match behind.strip_prefix('(').and_then(|it| it.split_once(')')) {
            Some((_, behind)) => behind,
            None => behind,
        };
    }
    shown.push_str(rest);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as a cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// `PascalCase` as `snake_case`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
