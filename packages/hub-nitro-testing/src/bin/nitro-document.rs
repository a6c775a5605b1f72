//! Prints a root and an attestation document under it, as JSON: what tests in other languages register with.

use hub_nitro_testing::NitroChain;
use serde_json::json;
use std::process::ExitCode;

const USAGE: &str = "\
nitro-document --key HEX --time UNIX_SECONDS [--chain-time UNIX_SECONDS] [--seed NUMBER] [--image NAME]
               [--zone NAME] [--instance NAME] [--enclave NAME]

The document is made at --time and names the key as its public key. The certificates are those in use at --chain-time, by default
--time. The same arguments give the same bytes; the same seed gives the same root, and the same chain time the same certificates
as far down as zone, instance and enclave are the same.";

const LIFE: std::ops::Range<u64> = NitroChain::EARLIEST..NitroChain::LATEST;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match document(&arguments) {
        Ok(json) => {
            println!("{json:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn document(arguments: &[String]) -> Result<serde_json::Value, String> {
    let (mut key, mut seed, mut image) = (None, 1, "image");
    let (mut time, mut chain_time) = (None, None);
    let (mut zone, mut instance, mut enclave) = (None, None, None);
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else {
            return Err(format!("{} has no value", pair[0]));
        };
        match flag.as_str() {
            "--key" => key = Some(hex::decode(value).map_err(|error| format!("--key: {error}"))?),
            "--time" => time = Some(number(flag, value)?),
            "--chain-time" => chain_time = Some(number(flag, value)?),
            "--seed" => seed = number(flag, value)?,
            "--image" => image = value,
            "--zone" => zone = Some(value),
            "--instance" => instance = Some(value),
            "--enclave" => enclave = Some(value),
            _ => return Err(format!("{flag} is unknown")),
        }
    }
    let key = key.ok_or("--key is missing")?;
    let time = time.ok_or("--time is missing")?;
    let chain_time = chain_time.unwrap_or(time);
    if ![time, chain_time].iter().all(|time| LIFE.contains(time)) {
        return Err("a time is not within the life of the root, 2019 to 2049".into());
    }

    let mut chain = NitroChain::new(seed).at(chain_time);
    if let Some(zone) = zone {
        chain = chain.zone(zone);
    }
    if let Some(instance) = instance {
        chain = chain.instance(instance);
    }
    if let Some(enclave) = enclave {
        chain = chain.enclave(enclave);
    }
    let document = chain
        .document()
        .timestamp(time)
        .image(image)
        .public_key(&key);
    Ok(json!({
        "root_sha256": hex::encode(chain.root_hash()),
        "digest": hex::encode(document.digest()),
        "public_key": hex::encode(&key),
        "time": time,
        "document": hex::encode(document.build()),
    }))
}

fn number(flag: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|error| format!("{flag}: {error}"))
}
