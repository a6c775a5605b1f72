//! A model that answers with text: another server runs it, `hub serve` sells it, `hub call` reads it as it comes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use serde_json::{json, Value};

use crate::market::{Market, Serving, AUTHOR, CALLER};

/// A server as OpenAI has it, that says the same to everybody.
fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                    break;
                }
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head += &line;
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let (kind, answer) = match head.starts_with("GET") {
                true => (
                    "application/json",
                    json!({"data": [{"id": "gemma"}]}).to_string(),
                ),
                false => ("text/event-stream", said(&body)),
            };
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all((head + &answer).as_bytes());
        }
    });
    url
}

fn said(request: &[u8]) -> String {
    let request: Value = serde_json::from_slice(request).unwrap();
    assert_eq!(request["messages"][0]["content"], "How far is the moon?");
    assert_eq!(
        (&request["stream"], &request["max_tokens"]),
        (&json!(true), &json!(20))
    );
    let word = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3}});
    let events = [word("384 400"), word(" km"), usage].map(|event| format!("data: {event}\n\n"));
    events.concat() + "data: [DONE]\n\n"
}

/// A market with one model that talks, and is served.
pub fn talking() -> (Market, Serving, String) {
    let market = Market::new();
    market
        .fixture
        .write("model/weights.gguf", b"weights that another server has");
    let about = "title = \"Talks\"\nlicense = \"MIT\"\n\n[metering.input]\nunit = \"tokens\"\n\n[metering.output]\nunit = \"tokens\"\n";
    market.fixture.write("model/hub.toml", about.as_bytes());
    market.fixture.write("model/LICENSE", b"MIT");
    let publish = [
        "model",
        "publish",
        "model",
        "--name",
        "talks",
        "--denom",
        "uusd",
        "--per-call",
        "5",
        "--per-million-in",
        "1000000",
        "--per-million-out",
        "10000000",
        "--operator-bps",
        "1000",
        "--epochs",
        "5",
        "--shared",
    ];
    let published = market.run(AUTHOR, &publish);
    assert_eq!(published.code, 0, "{published:?}");
    market.configure_server_with(&format!(
        "engine = \"openai\"\n[models.upstream]\nurl = {:?}\nmodel = \"gemma\"\nengine = \"vllm 0.11.0\"\nparallel = 4\ncontext_tokens = 100\noutput_tokens = 50\n",
        upstream(),
    ));
    let (server, url) = market.serve(AUTHOR);
    (market, server, url)
}

#[test]
fn a_question_is_answered_in_words_as_they_come_and_paid_by_the_token() {
    let (market, _server, url) = talking();
    market.open_session("2000uusd");
    let ask = [
        "call",
        "1",
        "--prompt",
        "How far is the moon?",
        "--max-tokens",
        "20",
        "--server",
        &url,
    ];
    let told = market.run(CALLER, &ask);
    assert_eq!(
        (told.out.as_str(), told.code),
        ("384 400 km\n", 0),
        "{told:?}"
    );
    // Five a call, one for each of 11 tokens in, ten for each of three out.
    assert!(
        told.err
            .starts_with("paid 46uusd, 1954 left in session 1; vllm 0.11.0 (upstream)"),
        "{told:?}"
    );

    // For a program: the bytes that the receipt is about.
    let told = market.json(CALLER, &ask);
    let answer = told["answer"].as_str().unwrap();
    assert!(
        answer.ends_with("data: [DONE]\n\n") && answer.starts_with("data: {"),
        "{told}"
    );
    assert_eq!(
        (&told["left"], &told["broken_off"]),
        (&json!("1908"), &Value::Null)
    );

    // A request of one's own goes to the same place; tensors do not.
    market.fixture.write("tensors.json", b"{\"inputs\": []}");
    let wrong = market.run(
        CALLER,
        &["call", "1", "--input", "tensors.json", "--server", &url],
    );
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert_eq!(
        market.json(CALLER, &["session", "list"])["sessions"][0]["session"],
        1
    );
}
