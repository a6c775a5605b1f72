use super::*;

#[test]
fn the_sample_parses_and_says_what_the_defaults_are() {
    let sample = Config::parse(SAMPLE).unwrap();
    let least = "[chain]\nchain_id = \"neutron-1\"\nrpc = [\"http://x\"]\nprefix = \"neutron\"\ngas_price = \"0.025untrn\"\nmax_fee = 250000\nregistry = \"r\"\nescrow = \"e\"\nbilling = \"b\"\n";
    let default = Config::parse(least).unwrap();
    assert_eq!(
        sample,
        Config {
            chain: sample.chain.clone(),
            models: sample.models.clone(),
            ..default
        }
    );
    // What the sample says of a model are the defaults as well, where there are any.
    let least = format!("{least}[[models]]\nmodel = \"a/b\"\n[[models]]\nmodel = 12\nengine = \"openai\"\n[models.upstream]\nurl = \"http://u\"\nmodel = \"m\"");
    let least = Config::parse(&least).unwrap();
    let (first, second) = (&sample.models[0], &sample.models[1]);
    assert_eq!(
        (first.engine, first.deadline_seconds, &first.caps),
        (
            least.models[0].engine,
            least.models[0].deadline_seconds,
            &least.models[0].caps
        )
    );
    let (named, bare) = (
        second.upstream.as_ref().unwrap(),
        least.models[1].upstream.as_ref().unwrap(),
    );
    assert_eq!(
        (named.context_tokens, named.output_tokens),
        (bare.context_tokens, bare.output_tokens)
    );
}

/// Every key that the types know stands in the sample: a key that is added without it fails here.
#[test]
fn the_sample_has_every_key() {
    for section in [
        "listen",
        "url",
        "data",
        "[chain]",
        "[attester]",
        "[walrus]",
        "[[models]]",
        "[http]",
        "[request]",
        "[pool]",
        "[stop]",
        "[settle]",
    ] {
        assert!(SAMPLE.contains(section), "{section}");
    }
    // An unknown key is refused with the list of those that are known, which is what the types say.
    for section in [
        "http",
        "request",
        "pool",
        "stop",
        "settle",
        "attester",
        "walrus",
        "enclave",
        "onnxruntime",
    ] {
        let with = format!("[{section}]\nno_such_key = 1\n");
        let text = SAMPLE.replace(&format!("# [{section}]\n"), &format!("[{section}]\n"));
        let text = text.replace(&format!("[{section}]\n"), &with);
        let error = Config::parse(&text).unwrap_err().to_string();
        let known = error.split_once("expected").expect("the keys are listed").1;
        let keys: Vec<_> = known.split('`').skip(1).step_by(2).collect();
        assert!(!keys.is_empty(), "{error}");
        for key in keys {
            let found = SAMPLE.lines().any(|line| {
                line.trim_start_matches("# ")
                    .starts_with(&format!("{key} = "))
            });
            assert!(found, "{section}.{key} is missing in hub-serve.toml");
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_its_key_and_what_to_type() {
    let with = |from: &str, to: &str| {
        assert!(SAMPLE.contains(from), "{from}");
        Config::parse(&SAMPLE.replace(from, to))
            .unwrap_err()
            .to_string()
    };
    let cases = [
        (
            with(
                "# url = \"https://models.example.com\"",
                "url = \"models.example.com/\"",
            ),
            "`url` is where",
        ),
        (
            with(
                "model = \"neutron1author/forecast\"",
                "model = \"forecast\"",
            ),
            "type its author and name",
        ),
        (with("model = 12", "model = -1"), "model"),
        (with("engine = \"tract\"", "engine = \"trakt\""), "tract"),
        (
            with("engine = \"openai\"", "engine = \"tract\""),
            "`models.upstream`",
        ),
        (
            with("engine = \"tract\"", "engine = \"onnxruntime\""),
            "`onnxruntime` names the library",
        ),
        (
            with(
                "url = \"http://127.0.0.1:8000\"",
                "url = \"127.0.0.1:8000\"",
            ),
            "`models.upstream.url` is where",
        ),
        (
            with("engine = \"vllm 0.11.0\"", "engine = \"\""),
            "`models.upstream.engine` is a name",
        ),
        (with("parallel = 16", "parallel = 0"), "at least 1"),
        (
            with("clock_skew_seconds = 30", "clock_skew_seconds = 60"),
            "`stop.clock_skew_seconds` is at most 55",
        ),
        (
            with("deadline_seconds = 30", "deadline_seconds = 0"),
            "`models.deadline_seconds`",
        ),
        (
            with("connections = 1024", "connections = 0"),
            "`http.connections`",
        ),
        (
            with("listen = \"127.0.0.1:8402\"", "listen = \"8402\""),
            "listen",
        ),
        (with("rpc = [", "rpcs = ["), "rpcs"),
        (
            with(
                "model = 12\nengine = \"openai\"",
                "model = \"neutron1author/forecast\"\nrelease = 1\nengine = \"openai\"",
            ),
            "twice",
        ),
    ];
    for (found, expected) in cases {
        assert!(
            found.contains(expected),
            "{found:?} does not say {expected:?}"
        );
    }
    let missing = Config::load(Path::new("/no/such/file.toml")).unwrap_err();
    assert!(missing.to_string().contains("/no/such/file.toml"));
}
