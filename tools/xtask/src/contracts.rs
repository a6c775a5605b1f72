//! The contracts can be laid over each other: who has read one knows where everything is in the others.
//!
//! What makes them alike stands here and nowhere else. Each difference is a sentence that names the contract, the file
//! and what is expected.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{bail, Context, Result};
use syn::{Attribute, Fields, FnArg, ImplItem, Item, ItemEnum, ItemFn, Stmt, Visibility};

use crate::spec::source::{code, literal};

/// Files that every contract has, below `src`.
const REQUIRED: [&str; 9] = [
    "contract/execute.rs",
    "contract/instantiate.rs",
    "contract/migrate.rs",
    "contract/parse.rs",
    "contract/query.rs",
    "contract.rs",
    "error.rs",
    "events.rs",
    "lib.rs",
];

/// Files that a contract has where it has something to put there.
const ALLOWED: [&str; 3] = ["contract/view.rs", "domain.rs", "state.rs"];

/// Folders with as many files as there is need for.
const FOLDERS: [&str; 4] = ["contract/execute/", "contract/query/", "domain/", "state/"];

/// What one contract has and no other needs, with the reason.
const OWN: [(&str, &str); 3] = [
    // The chain's arithmetic on BLS12-381, for Walrus certificates.
    ("registry", "contract/curve.rs"),
    // The way of a settlement through the records of other contracts.
    ("billing", "settlement.rs"),
    ("billing", "settlement/"),
];

/// First sentence of the files that several contracts have.
const TITLES: [(&str, &str); 10] = [
    (
        "contract.rs",
        "Entry points: the payment rule, parsing, dispatch.",
    ),
    (
        "contract/execute.rs",
        "Handlers: authority, load, decide, write, event, messages.",
    ),
    ("contract/migrate.rs", "Newer code on older storage."),
    (
        "contract/parse.rs",
        "The edge: from what messages carry to what handlers take.",
    ),
    ("contract/query.rs", "Answers."),
    (
        "contract/view.rs",
        "What is stored, as answers and events show it.",
    ),
    ("domain.rs", "Rules, without storage or chain."),
    (
        "error.rs",
        "Why a message or query was refused. Each error says what was wrong and what was expected; nothing was changed.",
    ),
    (
        "events.rs",
        "Events: what happened, for readers off chain. Values are plain text, keys do not change.",
    ),
    (
        "state.rs",
        "What the contract keeps. Maps are private; the verbs here are the only way to them.",
    ),
];

/// Entry points in their order. `reply` is there where the contract asks something of others.
const ENTRY_POINTS: [(&str, &str); 5] = [
    (
        "instantiate",
        "(deps: DepsMut, env: Env, info: MessageInfo, msg: InstantiateMsg) -> Result<Response, ContractError>",
    ),
    (
        "execute",
        "(deps: DepsMut, env: Env, info: MessageInfo, msg: ExecuteMsg) -> Result<Response, ContractError>",
    ),
    (
        "query",
        "(deps: Deps, env: Env, msg: QueryMsg) -> Result<Binary, ContractError>",
    ),
    (
        "reply",
        "(deps: DepsMut, env: Env, reply: Reply) -> Result<Response, ContractError>",
    ),
    (
        "migrate",
        "(deps: DepsMut, env: Env, msg: MigrateMsg) -> Result<Response, ContractError>",
    ),
];

const NAME: &str = r#"concat ! ("crates.io:", env ! ("CARGO_PKG_NAME"))"#;
const VERSION: &str = r#"env ! ("CARGO_PKG_VERSION")"#;

/// Words that files of a folder do without, since they would make a rule know storage, or storage know messages.
const FOREIGN: [(&str, &[&str]); 2] = [
    (
        "domain/",
        &[
            "Storage",
            "Deps",
            "DepsMut",
            "Env",
            "QuerierWrapper",
            "MessageInfo",
            "Response",
            "cw_storage_plus",
            "crate::state",
            "crate::contract",
            "crate::settlement",
        ],
    ),
    (
        "state/",
        &[
            "Deps",
            "DepsMut",
            "Env",
            "MessageInfo",
            "Response",
            "crate::contract",
            "crate::events",
        ],
    ),
];

/// Fails with every difference of every contract.
pub fn run() -> Result<()> {
    let mut sentences = vec![];
    for contract in Contract::all(&root()?)? {
        sentences.extend(contract.differences()?);
    }
    if !sentences.is_empty() {
        bail!("contracts differ\n{}", sentences.join("\n"));
    }
    Ok(())
}

/// The folder of the project.
fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .find(|folder| folder.join("contracts").is_dir())
        .map(Path::to_owned)
        .with_context(|| format!("no folder above {} holds contracts/", here.display()))
}

/// The source of one contract: text by path below `src`, without tests.
pub struct Contract {
    pub name: String,
    pub files: BTreeMap<String, String>,
}

impl Contract {
    /// Reads every contract of the project.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let folder = root.join("contracts");
        let mut contracts = vec![];
        for entry in
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            if path.join("src").is_dir() {
                contracts.push(Self::read(&path)?);
            }
        }
        contracts.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(contracts)
    }

    fn read(folder: &Path) -> Result<Self> {
        let source = folder.join("src");
        let mut files = BTreeMap::new();
        let mut folders: Vec<PathBuf> = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)
                .with_context(|| format!("cannot read {}", folder.display()))?
            {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "rs")
                    && path.file_stem().is_some_and(|stem| stem != "tests")
                {
                    let text = fs::read_to_string(&path)
                        .with_context(|| format!("cannot read {}", path.display()))?;
                    let name = path.strip_prefix(&source)?.display().to_string();
                    files.insert(name, text);
                }
            }
        }
        let name = folder.file_name().unwrap_or_default();
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            files,
        })
    }

    /// Where it differs from how contracts are written here, one sentence each.
    pub fn differences(&self) -> Result<Vec<String>> {
        let mut found = Differences {
            contract: &self.name,
            sentences: vec![],
        };
        self.compare_files(&mut found);
        for (path, text) in &self.files {
            let file = syn::parse_file(text)
                .with_context(|| format!("cannot parse {path} of {}", self.name))?;
            let items: Vec<Item> = file.items.into_iter().filter(is_no_test).collect();
            compare_title(path, &file.attrs, &mut found);
            compare_words(path, &items, &mut found);
            match path.as_str() {
                "lib.rs" => compare_modules(&items, &mut found),
                "contract.rs" => compare_entry_points(&items, &mut found),
                "contract/query.rs" => compare_dispatch(&items, &mut found),
                "error.rs" => compare_errors(&items, &mut found),
                "events.rs" => compare_events(&items, &mut found),
                _ => {}
            }
            if path.starts_with("contract/execute") || path == "contract/instantiate.rs" {
                compare_handlers(path, &items, &mut found);
            }
        }
        Ok(found.sentences)
    }

    fn compare_files(&self, found: &mut Differences) {
        for path in REQUIRED {
            if !self.files.contains_key(path) {
                found.add(path, "is missing: every contract has it");
            }
        }
        for path in self.files.keys() {
            let own = OWN.iter().any(|(contract, own)| {
                *contract == self.name
                    && (path == own || own.ends_with('/') && path.starts_with(own))
            });
            let known = REQUIRED.contains(&path.as_str()) || ALLOWED.contains(&path.as_str());
            let placed = FOLDERS.iter().any(|folder| path.starts_with(folder));
            if !(own || known || placed) {
                found.add(
                    path,
                    "is in no place that contracts share: put rules into domain/, maps into state/, handlers into \
                     contract/execute/, or name the file in OWN of this check with the reason",
                );
            }
        }
    }
}

/// Collects sentences about one contract.
struct Differences<'a> {
    contract: &'a str,
    sentences: Vec<String>,
}

impl Differences<'_> {
    fn add(&mut self, path: &str, what: impl std::fmt::Display) {
        self.sentences
            .push(format!("{}: src/{path} {what}", self.contract));
    }

    fn expect(&mut self, path: &str, what: &str, given: &str, expected: &str) {
        if given != expected {
            self.add(path, format!("{what}: `{given}`, expected `{expected}`"));
        }
    }
}

fn is_no_test(item: &Item) -> bool {
    match item {
        Item::Mod(module) => !module
            .attrs
            .iter()
            .any(|attr| code(attr) == "# [cfg (test)]"),
        _ => true,
    }
}

fn first_line(attrs: &[Attribute]) -> String {
    let line = attrs.iter().find_map(|attr| match &attr.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => literal(&pair.value),
        _ => None,
    });
    line.unwrap_or_default().trim().to_owned()
}

fn compare_title(path: &str, attrs: &[Attribute], found: &mut Differences) {
    if let Some((_, title)) = TITLES.iter().find(|(named, _)| *named == path) {
        found.expect(
            path,
            "begins with another sentence",
            &first_line(attrs),
            title,
        );
    }
}

fn compare_words(path: &str, items: &[Item], found: &mut Differences) {
    for item in items {
        let text = code(item);
        let words: Vec<&str> = text
            .split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'))
            .collect();
        for (folder, foreign) in FOREIGN {
            if !path.starts_with(folder) {
                continue;
            }
            for word in foreign {
                let used = words
                    .iter()
                    .any(|used| used == word || word.contains("::") && used.starts_with(word));
                if used {
                    found.add(path, format!("uses `{word}`, which {folder} does without"));
                }
            }
        }
        if path != "contract.rs" && words.contains(&"MessageInfo") {
            found.add(
                path,
                "takes `MessageInfo`: take `sender: Addr`, coins are contract.rs's concern",
            );
        }
        if let Item::Const(constant) = item {
            let kind = code(&constant.ty);
            let kept = ["Item<", "Map<", "IndexedMap<"]
                .iter()
                .any(|name| kind.starts_with(name));
            if kept && !path.starts_with("state/") {
                found.add(
                    path,
                    format!("keeps `{}`: storage belongs into state/", constant.ident),
                );
            }
            if kept && !matches!(constant.vis, Visibility::Inherited) {
                found.add(
                    path,
                    format!("shows `{}`: storage is private to its file", constant.ident),
                );
            }
        }
    }
}

fn compare_modules(items: &[Item], found: &mut Differences) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        let public = matches!(module.vis, Visibility::Public(_));
        let expected = ["contract", "error"].contains(&name.as_str());
        if public != expected {
            let should = if expected { "public" } else { "private" };
            found.add("lib.rs", format!("module `{name}` has to be {should}"));
        }
    }
}

/// A signature without the name, and without the underscore of what is unused.
fn signature(function: &ItemFn) -> String {
    let inputs: Vec<String> = function
        .sig
        .inputs
        .iter()
        .map(|input| {
            let input = code(input);
            let input = input.trim_start_matches("mut ").trim_start_matches('_');
            input.replace(" :", ":")
        })
        .collect();
    let output = code(&function.sig.output);
    format!("({}) {output}", inputs.join(", "))
}

fn compare_entry_points(items: &[Item], found: &mut Differences) {
    const PATH: &str = "contract.rs";
    let mut constants = BTreeMap::new();
    let mut functions: Vec<&ItemFn> = vec![];
    for item in items {
        match item {
            Item::Const(constant) => {
                constants.insert(constant.ident.to_string(), code(&constant.expr));
            }
            Item::Fn(function) => functions.push(function),
            _ => {}
        }
    }
    for (name, value) in [("CONTRACT_NAME", NAME), ("CONTRACT_VERSION", VERSION)] {
        let given = constants.get(name).map_or("nothing", String::as_str);
        found.expect(PATH, name, given, value);
    }

    let names: Vec<String> = functions
        .iter()
        .map(|it| it.sig.ident.to_string())
        .collect();
    let expected: Vec<&str> = ENTRY_POINTS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| *name != "reply" || names.iter().any(|given| given == "reply"))
        .collect();
    found.expect(
        PATH,
        "functions and their order",
        &names.join(", "),
        &expected.join(", "),
    );

    for function in functions {
        let name = function.sig.ident.to_string();
        let Some((_, expected)) = ENTRY_POINTS.iter().find(|(entry, _)| *entry == name) else {
            continue;
        };
        found.expect(PATH, &format!("`{name}`"), &signature(function), expected);
        let exported = function.attrs.iter().any(|attr| {
            code(attr).contains("not (feature = \"library\")") && code(attr).contains("entry_point")
        });
        if !exported {
            found.add(
                PATH,
                format!("`{name}` is no entry point outside of libraries"),
            );
        }
        let first = |count: usize| -> String {
            let statements: Vec<String> =
                function.block.stmts.iter().take(count).map(code).collect();
            statements.join(" ").replace(" . ", ".")
        };
        match name.as_str() {
            "instantiate" => found.expect(
                PATH,
                "`instantiate` begins otherwise",
                &first(2),
                "nonpayable (&info) ?; cw2::set_contract_version (deps.storage, CONTRACT_NAME, CONTRACT_VERSION) ?;",
            ),
            "query" => found.expect(
                PATH,
                "`query` does more than pass the question on",
                &first(usize::MAX),
                "query::answer (deps, &env, msg)",
            ),
            "migrate" => found.expect(
                PATH,
                "`migrate` does more than pass the message on",
                &first(usize::MAX),
                "migrate::migrate (deps, msg)",
            ),
            _ => {}
        }
    }
}

fn compare_dispatch(items: &[Item], found: &mut Differences) {
    const PATH: &str = "contract/query.rs";
    let public: Vec<&ItemFn> = items
        .iter()
        .filter_map(|item| match item {
            Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) => Some(function),
            _ => None,
        })
        .collect();
    let names: Vec<String> = public.iter().map(|it| it.sig.ident.to_string()).collect();
    found.expect(PATH, "public functions", &names.join(", "), "answer");
    for answer in public.iter().filter(|it| it.sig.ident == "answer") {
        found.expect(
            PATH,
            "`answer`",
            &signature(answer),
            "(deps: Deps, env: &Env, msg: QueryMsg) -> Result<Binary, ContractError>",
        );
        let dispatches = answer.block.stmts.iter().any(|statement| match statement {
            Stmt::Local(_) | Stmt::Expr(..) => code(statement).contains("match msg"),
            _ => false,
        });
        if !dispatches {
            found.add(
                PATH,
                "`answer` does not match the question: dispatch stands there",
            );
        }
    }
}

/// A handler takes `deps: DepsMut`, then `env: &Env` if it needs the chain, then `sender: Addr` if it matters who sent
/// the message, then what the message says. One that answers a reply takes `deps` and `reply`.
fn compare_handlers(path: &str, items: &[Item], found: &mut Differences) {
    for item in items {
        let Item::Fn(function) = item else { continue };
        let given = signature(function);
        let handles = given.ends_with("-> Result<Response, ContractError>");
        if !(handles && matches!(function.vis, Visibility::Public(_))) {
            continue;
        }
        let inputs: Vec<String> = function
            .sig
            .inputs
            .iter()
            .map(|input| match input {
                FnArg::Typed(typed) => code(&typed.ty),
                FnArg::Receiver(_) => "self".to_owned(),
            })
            .collect();
        let senders = given.matches("sender: ").count();
        let kinds: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let mut rest = match kinds.as_slice() {
            ["Deps" | "DepsMut", "Reply"] => continue,
            ["DepsMut", rest @ ..] => rest,
            _ => &["Env"],
        };
        if let ["&Env", more @ ..] = rest {
            rest = more;
        }
        if let (1, ["Addr", more @ ..]) = (senders, rest) {
            rest = more;
        }
        let late = rest
            .iter()
            .any(|kind| kind.contains("Env") || kind.contains("Deps") || *kind == "MessageInfo");
        let sender_elsewhere = senders == 1
            && !(given.starts_with("(deps: DepsMut, sender: Addr")
                || given.starts_with("(deps: DepsMut, env: &Env, sender: Addr"));
        if late || sender_elsewhere {
            found.add(
                path,
                format!(
                    "`{}` takes `{given}`: handlers take deps: DepsMut, then env: &Env and sender: Addr as far as they \
                     need them, then what the message says",
                    function.sig.ident
                ),
            );
        }
    }
}

fn compare_errors(items: &[Item], found: &mut Differences) {
    const PATH: &str = "error.rs";
    let Some(errors) = named(items, "ContractError") else {
        found.add(PATH, "has no enum `ContractError`");
        return;
    };
    let derives: String = errors.attrs.iter().map(code).collect();
    if !derives.contains("derive (Error, Debug, PartialEq)") {
        found.add(
            PATH,
            "`ContractError` does not derive Error, Debug, PartialEq",
        );
    }
    for variant in &errors.variants {
        let name = variant.ident.to_string();
        let sentence: String = variant.attrs.iter().map(code).collect();
        if sentence.contains("is no address of this chain") && name != "NotAnAddress" {
            found.add(
                PATH,
                format!("`{name}` is called NotAnAddress in other contracts"),
            );
        }
        if let Fields::Unnamed(fields) = &variant.fields {
            for field in &fields.unnamed {
                if !field.attrs.iter().any(|attr| attr.path().is_ident("from")) {
                    continue;
                }
                let source = code(&field.ty);
                let expected = match source.as_str() {
                    "StdError" => "Std",
                    "PaymentError" => "Payment",
                    "TextError" => "Text",
                    "DenomError" => "Denom",
                    "HashError" => "Hash",
                    "AddressError" => "Address",
                    _ => continue,
                };
                if name != expected {
                    found.add(
                        PATH,
                        format!(
                            "`{name}` wraps {source}, and is called {expected} in other contracts"
                        ),
                    );
                }
            }
        }
    }
}

fn compare_events(items: &[Item], found: &mut Differences) {
    const PATH: &str = "events.rs";
    match named(items, "Event") {
        Some(event) if event.generics.lifetimes().count() == 1 => {}
        Some(_) => found.add(
            PATH,
            "`Event` owns what it tells: borrow it, as `Event<'a>`",
        ),
        None => found.add(PATH, "has no enum `Event`"),
    }
    let converts = items.iter().any(|item| match item {
        Item::Impl(block) => {
            let from = block.trait_.as_ref().map(|(_, path, _)| code(path));
            from.is_some_and(|from| from.starts_with("From<Event"))
                && code(&block.self_ty) == "cosmwasm_std::Event"
                && block
                    .items
                    .iter()
                    .any(|item| matches!(item, ImplItem::Fn(_)))
        }
        _ => false,
    });
    if !converts {
        found.add(
            PATH,
            "does not turn `Event` into `cosmwasm_std::Event` by From",
        );
    }
}

fn named<'a>(items: &'a [Item], name: &str) -> Option<&'a ItemEnum> {
    items.iter().find_map(|item| match item {
        Item::Enum(found) if found.ident == name => Some(found),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
