//! One model from a folder to its author's wallet.

use std::path::Path;

use anyhow::{ensure, Context, Result};
use base64::prelude::{Engine as _, BASE64_STANDARD};
use hub_demo::Screen;
use hub_engine::{Call, Engine, InferRequest, Limits, Tract};
use serde_json::Value;

use crate::sandbox::{Person, Sandbox, Serving, DENOM, MONEY};

/// What a call costs, and what the author keeps of it.
const PRICE: u128 = 10_000;
const AUTHORS: u128 = 9_000;
const OPERATORS: u128 = PRICE - AUTHORS;
/// Three calls and a bit.
const BUDGET: u128 = 36_000;

/// Shows all of it; says whether its books balance.
pub fn show(screen: &mut Screen) -> Result<bool> {
    let sandbox = Sandbox::new()?;
    publish(&sandbox, screen)?;
    let serving = serve(&sandbox, screen)?;
    let request = std::fs::read(sandbox.path("request.json"))?;
    ask_unpaid(&serving, &request, screen)?;
    let answers = call(&sandbox, &serving, screen)?;
    let (serving, last) = kill(&sandbox, serving, &answers, screen)?;
    settle(&sandbox, serving, screen)?;
    prove(&sandbox, &last, screen)?;
    recompute(&sandbox, &request, &answers, screen)?;
    close(&sandbox, screen)
}

fn publish(sandbox: &Sandbox, screen: &mut Screen) -> Result<()> {
    screen.section("An author publishes a folder")?;
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/models/volatility-mlp");
    copy(&model, &sandbox.path("volatility"))?;
    std::fs::copy(
        model.with_extension("request.json"),
        sandbox.path("request.json"),
    )?;
    screen.say(
        "The folder holds a neural network as ONNX, its licence and a description. One command computes its ids, stores it on Walrus, \
         registers it, proves its size, shows a certificate that Walrus keeps it, and sets the price: $0.01 a call, of which \
         the operator gets a tenth.",
    )?;
    let price = PRICE.to_string();
    let command = [
        "model",
        "publish",
        "volatility",
        "--denom",
        DENOM,
        "--per-call",
        &price,
        "--operator-bps",
        "1000",
        "--epochs",
        "5",
        "--shared",
    ];
    types(sandbox, Person::Author, &command, screen)
}

fn serve(sandbox: &Sandbox, screen: &mut Screen) -> Result<Serving> {
    screen.section("An operator serves it")?;
    screen.say(
        "It makes a key that signs receipts, registers it, and starts a server. The server takes the model only if its bytes are \
         those that the author published.",
    )?;
    types(
        sandbox,
        Person::Operator,
        &["keys", "new", "server", "--attester"],
        screen,
    )?;
    types(
        sandbox,
        Person::Operator,
        &["operator", "register", "server"],
        screen,
    )?;
    sandbox.configure(&sandbox.path("volatility"))?;
    let serving = sandbox.serve()?;
    screen.command("hub serve serve.toml &")?;
    screen.printed(&format!(
        "listening at {}, process {}",
        serving.url,
        serving.id()
    ))?;
    Ok(serving)
}

fn ask_unpaid(serving: &Serving, request: &[u8], screen: &mut Screen) -> Result<()> {
    screen.section("A caller pays for each answer")?;
    screen.say("Who sends a request without a payment is told what it costs, and nothing runs.")?;
    let path = format!("/v2/models/{}/volatility/infer", Person::Author.address()?);
    screen.command(&format!("curl --data @request.json {}{path}", serving.url))?;
    let agent = ureq::Agent::new_with_config(
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build(),
    );
    let answer = agent
        .post(format!("{}{path}", serving.url))
        .header("content-type", "application/json")
        .send(request)?;
    ensure!(
        answer.status() == 402,
        "HTTP {} without a payment",
        answer.status()
    );
    let required = answer
        .headers()
        .get("payment-required")
        .context("no PAYMENT-REQUIRED")?;
    let required: Value = serde_json::from_slice(&BASE64_STANDARD.decode(required.as_bytes())?)?;
    let accepts = &required["accepts"][0];
    ensure!(
        accepts["amount"] == PRICE.to_string(),
        "another price: {accepts}"
    );
    screen
        .printed(&format!(
            "HTTP 402 Payment Required: {} {} at the most, by x402 scheme {}",
            text(&accepts["amount"]),
            text(&accepts["asset"]),
            text(&accepts["scheme"]),
        ))
        .map_err(Into::into)
}

/// Two paid calls.
fn call(sandbox: &Sandbox, serving: &Serving, screen: &mut Screen) -> Result<Vec<Value>> {
    screen.say(
        "So the caller opens a session: a budget that this operator alone can charge, for this model alone, up to a ceiling that the \
         caller raises call by call.",
    )?;
    let operator = Person::Operator.address()?;
    let budget = format!("{BUDGET}{DENOM}");
    let open = [
        "session",
        "open",
        "--operator",
        &operator,
        "--model",
        "1",
        "--budget",
        &budget,
        "--days",
        "1",
    ];
    types(sandbox, Person::Caller, &open, screen)?;
    screen.say("Each call is signed, and carries a voucher that raises the ceiling by its price. The answer is checked before it is believed.")?;
    let mut answers = vec![];
    for calls in 1..=2 {
        let answer = paid(sandbox, serving, None, screen)?;
        ensure!(
            text(&answer["charged"]) == (calls * PRICE).to_string(),
            "charged otherwise: {answer}"
        );
        answers.push(answer);
    }
    Ok(answers)
}

/// The server is killed, and nothing is lost. Returns the new server, and the last call that it can make.
fn kill(
    sandbox: &Sandbox,
    serving: Serving,
    answers: &[Value],
    screen: &mut Screen,
) -> Result<(Serving, Value)> {
    screen.section("The server is killed in the middle, and nothing is lost")?;
    screen.say("SIGKILL: it cannot tidy up. A receipt is on disk before its answer leaves, and the caller keeps its own tally.")?;
    let url = serving.url.clone();
    screen.command(&format!("kill -9 {}", serving.id()))?;
    serving.kill()?;
    refused(sandbox, &url, &[], screen)?;
    let serving = sandbox.serve()?;
    screen.command("hub serve serve.toml &")?;
    screen.printed(&format!(
        "listening at {}, process {}",
        serving.url,
        serving.id()
    ))?;
    screen.say("The second call again, by its id: the answer of before, paid once.")?;
    let before = answers.last().context("a call was made")?;
    let again = paid(sandbox, &serving, Some(text(&before["request_id"])), screen)?;
    for field in ["answer", "receipt", "charged"] {
        ensure!(
            again[field] == before[field],
            "the {field} of a repeated call differs: {again}"
        );
    }
    screen.say("A third call is paid. A fourth would cost more than the budget: it is refused before anything runs.")?;
    let last = paid(sandbox, &serving, None, screen)?;
    let url = serving.url.clone();
    refused(sandbox, &url, &[], screen)?;
    Ok((serving, last))
}

fn settle(sandbox: &Sandbox, serving: Serving, screen: &mut Screen) -> Result<()> {
    screen.section("Three calls settle in one transaction, and the author is paid by it")?;
    types(
        sandbox,
        Person::Author,
        &["payout", DENOM, "--allow"],
        screen,
    )?;
    let before = sandbox.wallet(Person::Author)?;
    screen.say("Asked to stop, the server settles what it is owed. Anyone could carry the batch; the contract computes the money.")?;
    screen.command(&format!("kill {}", serving.id()))?;
    serving.stop()?;
    let paid = sandbox.wallet(Person::Author)? - before;
    screen.printed(&format!(
        "stopped; the author's wallet has {paid} {DENOM} more"
    ))?;
    ensure!(paid == 3 * AUTHORS, "the author was paid {paid}");
    Ok(())
}

fn prove(sandbox: &Sandbox, last: &Value, screen: &mut Screen) -> Result<()> {
    screen.section("A receipt is proven on chain")?;
    screen.say("The chain keeps a hash for each batch. A server shows the way from a receipt to it, and billing checks that way.")?;
    let serving = sandbox.serve()?;
    let receipt = [
        "receipt",
        text(&last["request_id"]),
        "--server",
        &serving.url,
    ];
    let shown = sandbox.does(Person::Caller, &receipt)?;
    screen.command(&typed(&receipt))?;
    screen.printed(&shown.out)?;
    ensure!(
        shown.out.contains("proven: batch"),
        "the receipt is not proven"
    );
    Ok(())
}

fn recompute(
    sandbox: &Sandbox,
    request: &[u8],
    answers: &[Value],
    screen: &mut Screen,
) -> Result<()> {
    screen.section("Anyone can compute the answer again")?;
    screen.say("The caller fetches the model from Walrus, checks every byte against the id on chain, and runs it.")?;
    let shown = sandbox.asks(Person::Caller, &["model", "show", "1"])?;
    let manifest = text(&shown["release"]["manifest"]);
    types(
        sandbox,
        Person::Caller,
        &["model", "fetch", manifest, "copy"],
        screen,
    )?;
    let engine = Tract::load(&sandbox.path("copy/model.onnx"))?;
    let inputs = InferRequest::parse(request, &Limits::default())?.inputs;
    let outputs = engine.infer(engine.signature().admit(inputs)?, &Call::unlimited())?;
    let computed = match outputs.first().map(hub_engine::Tensor::data) {
        Some(hub_engine::Data::Fp32(values)) => values.first().copied(),
        _ => None,
    }
    .context("the model answers otherwise")?;
    #[allow(clippy::cast_possible_truncation)]
    // What is compared are the bits of the model's own type.
    let bits = |answer: &Value| {
        answer["answer"]["outputs"][0]["data"][0]
            .as_f64()
            .map(|value| (value as f32).to_bits())
    };
    let served = answers.first().context("a call was made")?;
    ensure!(
        bits(served) == Some(computed.to_bits()),
        "computed {computed}, and paid for {served}"
    );
    screen.printed(&format!(
        "computed here: {computed}, bit for bit what was paid for"
    ))?;
    Ok(())
}

/// Where each coin is.
fn close(sandbox: &Sandbox, screen: &mut Screen) -> Result<bool> {
    screen.section("Where every coin of it is")?;
    let session = sandbox.asks(Person::Caller, &["session", "list"])?["sessions"][0].clone();
    let number = |value: &Value| {
        text(value)
            .parse::<u128>()
            .with_context(|| format!("no amount: {value}"))
    };
    let (spent, left) = (number(&session["spent"])?, number(&session["left"])?);
    let [author, operator, caller] =
        [Person::Author, Person::Operator, Person::Caller].map(|person| total(sandbox, person));
    let (author, operator, caller) = (author?, operator?, caller?);
    let checks = [
        (spent == 3 * PRICE && left == BUDGET - 3 * PRICE, format!("the session spent {spent} of {BUDGET} {DENOM}: three calls of {PRICE}")),
        (author == MONEY + 3 * AUTHORS, format!("the author has {} {DENOM} more than before", author.saturating_sub(MONEY))),
        (operator == MONEY + 3 * OPERATORS, format!("the operator has {} {DENOM} more than before", operator.saturating_sub(MONEY))),
        (
            author + operator + caller + left == 3 * MONEY,
            format!("with what the caller has, and {left} in the session, that is all that there was: {}", 3 * MONEY),
        ),
    ];
    for (holds, text) in &checks {
        screen.check(*holds, text)?;
    }
    screen.gap()?;
    Ok(checks.iter().all(|(holds, _)| *holds))
}

/// Types a command that has to succeed, and shows both.
fn types(sandbox: &Sandbox, person: Person, arguments: &[&str], screen: &mut Screen) -> Result<()> {
    screen.command(&typed(arguments))?;
    let ran = sandbox.does(person, arguments)?;
    Ok(screen.printed(&ran.out)?)
}

/// Calls the model, and shows what it cost.
fn paid(
    sandbox: &Sandbox,
    serving: &Serving,
    id: Option<&str>,
    screen: &mut Screen,
) -> Result<Value> {
    let mut shown = vec!["call", "1", "--input", "request.json"];
    shown.extend(id.iter().flat_map(|id| ["--request-id", *id]));
    screen.command(&typed(&shown))?;
    let answer = sandbox.asks(
        Person::Caller,
        &[&shown[..], &["--server", &serving.url]].concat(),
    )?;
    screen.printed(&format!(
        "volatility {}\npaid {}, charged {} in all, {} left; by {}, {}",
        answer["answer"]["outputs"][0]["data"][0],
        text(&answer["amount"]),
        text(&answer["charged"]),
        text(&answer["left"]),
        text(&answer["engine"]),
        text(&answer["label"]),
    ))?;
    Ok(answer)
}

/// Makes a call that has to be refused, and shows the sentence.
fn refused(sandbox: &Sandbox, url: &str, more: &[&str], screen: &mut Screen) -> Result<()> {
    let shown = [&["call", "1", "--input", "request.json"][..], more].concat();
    screen.command(&typed(&shown))?;
    let ran = sandbox.types(Person::Caller, &[&shown[..], &["--server", url]].concat())?;
    ensure!(
        ran.code != Some(0) && ran.code.is_some(),
        "a call went through that must not: {}",
        ran.out
    );
    Ok(screen.printed(&ran.err)?)
}

/// What a person has in the wallet and in the escrow.
fn total(sandbox: &Sandbox, person: Person) -> Result<u128> {
    let balance = sandbox.asks(person, &["balance"])?;
    let escrow = balance["escrow"].as_array().into_iter().flatten();
    let escrow = escrow.filter(|one| one["denom"]["native"] == DENOM);
    let available: u128 = escrow
        .filter_map(|one| text(&one["available"]).parse::<u128>().ok())
        .sum();
    Ok(sandbox.wallet(person)? + available)
}

fn typed(arguments: &[&str]) -> String {
    format!("hub {}", arguments.join(" "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        // Not what publishing leaves in a folder.
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
