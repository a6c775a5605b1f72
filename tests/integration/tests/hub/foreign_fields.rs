//! A field that is not known is an error wherever it stands: read as absent, a misspelt one would send money elsewhere, or ask
//! another question, than its sender meant.
//!
//! The messages are built from the schemas, so that none can be forgotten: each variant once, everything in it that may be
//! left out given, and whatever is one of several forms in every form.

use std::collections::BTreeSet;

use cosmwasm_schema::serde::de::DeserializeOwned;
use cosmwasm_std::{from_json, StdResult};
use hub_types::{billing, escrow, nitro_verifier, registry};
use serde_json::{json, Map, Value};

const FOREIGN: &str = "foreign";

/// Of every text: digits, hex and base64 at once.
const TEXT: &str = "1000";

/// The schema of a contract, as it is committed.
fn schema(contract: &str) -> Value {
    let path = format!(
        "{}/../../schema/{contract}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// What a schema describes, with the types that it refers to.
struct Root<'a> {
    schema: &'a Value,
    definitions: &'a Value,
}

impl<'a> Root<'a> {
    fn of(schema: &'a Value) -> Self {
        Self {
            schema,
            definitions: &schema["definitions"],
        }
    }

    fn instances(&self) -> Vec<Value> {
        self.instances_of(self.schema)
    }

    /// Values of this schema, among them every form that it can take, at whatever depth; nothing but null is left out.
    fn instances_of(&self, schema: &Value) -> Vec<Value> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/definitions/").unwrap();
            return self.instances_of(&self.definitions[name]);
        }
        for several in ["oneOf", "anyOf", "allOf"] {
            if let Some(forms) = schema[several].as_array() {
                assert!(several != "allOf" || forms.len() == 1, "{schema}");
                return forms
                    .iter()
                    .flat_map(|form| self.instances_of(form))
                    .collect();
            }
        }
        if let Some(names) = schema["enum"].as_array() {
            return names.clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| **kind != "null").unwrap(),
            kind => kind,
        };
        match kind.as_str() {
            Some("object") => self.objects(schema),
            Some("array") => vec![Value::Array(self.instances_of(&schema["items"]))],
            Some("string") => vec![json!(TEXT)],
            Some("integer") => vec![json!(1)],
            Some("boolean") => vec![json!(true)],
            Some("null") => vec![],
            _ => panic!("what are the values of {schema}?"),
        }
    }

    /// As many objects as the field with the most forms has, the others beginning again with their first.
    fn objects(&self, schema: &Value) -> Vec<Value> {
        let none = Map::new();
        let fields: Vec<_> = schema["properties"]
            .as_object()
            .unwrap_or(&none)
            .iter()
            .collect();
        let fields: Vec<_> = fields
            .into_iter()
            .map(|(name, schema)| (name, self.instances_of(schema)))
            .collect();
        let forms = fields
            .iter()
            .map(|(_, forms)| forms.len())
            .max()
            .unwrap_or(1);
        let object = |form: usize| {
            let value = |forms: &Vec<Value>| forms[form % forms.len()].clone();
            let fields = fields
                .iter()
                .map(|(name, forms)| ((*name).clone(), value(forms)));
            Value::Object(fields.collect())
        };
        (0..forms).map(object).collect()
    }
}

/// Where the objects of a value stand, as JSON pointers, itself included.
fn objects_in(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(at.to_owned());
            for (name, value) in fields {
                objects_in(value, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(entries) => {
            for (place, entry) in entries.iter().enumerate() {
                objects_in(entry, &format!("{at}/{place}"), found);
            }
        }
        _ => {}
    }
}

/// Adds a field to every object of every message of a schema, one at a time; returns how many there were, and where it was
/// accepted.
fn accepted<T: DeserializeOwned>(schema: &Value) -> (usize, BTreeSet<String>) {
    let parse = |message: &Value| -> StdResult<T> { from_json(message.to_string()) };
    let mut tried = 0;
    let mut accepted = BTreeSet::new();
    for message in Root::of(schema).instances() {
        if let Err(error) = parse(&message) {
            panic!("{message} is no message before anything is added: {error}");
        }
        let mut places = vec![];
        objects_in(&message, "", &mut places);
        for place in places {
            let mut changed = message.clone();
            let object = changed.pointer_mut(&place).unwrap();
            object[FOREIGN] = json!({});
            if parse(&changed).is_ok() {
                accepted.insert(place);
            } else {
                tried += 1;
            }
        }
    }
    (tried, accepted)
}

/// The envelope of a token's hook is cw20's, and a token may say more than cw20 asks for.
#[test]
fn a_foreign_field_is_refused_in_every_object_of_every_message_but_the_envelope_of_a_token() {
    let (registry, escrow, billing) = (schema("registry"), schema("escrow"), schema("billing"));
    let verifier = schema("nitro-verifier");
    let found = [
        accepted::<registry::InstantiateMsg>(&registry["instantiate"]),
        accepted::<registry::ExecuteMsg>(&registry["execute"]),
        accepted::<registry::QueryMsg>(&registry["query"]),
        accepted::<registry::MigrateMsg>(&registry["migrate"]),
        accepted::<escrow::InstantiateMsg>(&escrow["instantiate"]),
        accepted::<escrow::ExecuteMsg>(&escrow["execute"]),
        accepted::<escrow::Cw20HookMsg>(&escrow["hooks"]["receive"]),
        accepted::<escrow::QueryMsg>(&escrow["query"]),
        accepted::<escrow::MigrateMsg>(&escrow["migrate"]),
        accepted::<billing::InstantiateMsg>(&billing["instantiate"]),
        accepted::<billing::ExecuteMsg>(&billing["execute"]),
        accepted::<billing::QueryMsg>(&billing["query"]),
        accepted::<billing::MigrateMsg>(&billing["migrate"]),
        accepted::<nitro_verifier::InstantiateMsg>(&verifier["instantiate"]),
        accepted::<nitro_verifier::ExecuteMsg>(&verifier["execute"]),
        accepted::<nitro_verifier::QueryMsg>(&verifier["query"]),
        accepted::<nitro_verifier::MigrateMsg>(&verifier["migrate"]),
    ];
    let accepted: Vec<&String> = found.iter().flat_map(|(_, accepted)| accepted).collect();
    assert_eq!(accepted, ["/receive"]);
    // Instantiations and migrations have one object, messages and questions two at least.
    for (tried, _) in &found {
        assert!(*tried >= 1);
    }
    let tried: usize = found.iter().map(|(tried, _)| tried).sum();
    assert!(tried > 200, "{tried}");
}

/// Else the test above would show nothing about the forms that are not built.
#[test]
fn the_messages_that_are_tried_take_every_form_that_the_schema_has() {
    let escrow = schema("escrow");
    let messages = Root::of(&escrow["execute"]).instances();
    let of =
        |name: &str| -> Vec<&Value> { messages.iter().filter_map(|it| it.get(name)).collect() };
    let models: Vec<&Value> = of("open_session")
        .iter()
        .map(|it| &it["session"]["models"])
        .collect();
    let listed = json!({ "listed": [{ "model": 1, "release": 1 }] });
    assert_eq!(models, [&json!({ "any": {} }), &listed]);
    let key_types: BTreeSet<String> = of("deposit")
        .iter()
        .map(|it| it["session"]["ceiling"]["key"]["key_type"].to_string())
        .collect();
    assert_eq!(key_types.len(), 2);
    let denoms: Vec<&Value> = of("withdraw").iter().map(|it| &it["denom"]).collect();
    assert_eq!(
        denoms,
        [&json!({ "native": TEXT }), &json!({ "cw20": TEXT })]
    );
}

#[test]
fn a_session_for_any_model_is_still_opened_by_the_words_of_before() {
    let parse = |text: &str| from_json::<escrow::Models>(text);
    assert_eq!(parse(r#"{"any":{}}"#), Ok(escrow::Models::Any {}));
    assert_eq!(
        serde_json::to_string(&escrow::Models::Any {}).unwrap(),
        r#"{"any":{}}"#
    );
    for text in [
        r#"{"any":{"model":1}}"#,
        r#""any""#,
        r#"{"any":{},"listed":[]}"#,
    ] {
        parse(text).unwrap_err();
    }
}
