//! What a contract's API states in its sentences alone: the data that messages return, and what a token's hook carries.

use anyhow::{ensure, Context, Result};
use cosmwasm_schema::schema_for;
use cosmwasm_schema::schemars::schema::RootSchema;
use cosmwasm_schema::schemars::JsonSchema;
use cosmwasm_schema::serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How the sentence of a message names the type of what it returns, and of what it carries.
const RETURNS: (&str, &str) = ("Returns [`", "`] as data");
const CARRIES: (&str, &str) = ("with a [`", "`] inside");

/// Schemas beside those of `cosmwasm-schema`, by the name of the message they belong to.
#[derive(Default, Serialize)]
#[serde(crate = "cosmwasm_schema::serde")]
pub struct Beside {
    data: BTreeMap<&'static str, RootSchema>,
    hooks: BTreeMap<&'static str, RootSchema>,
}

/// The file: what `cosmwasm-schema` writes, untouched, and the sections behind it.
#[derive(Serialize)]
#[serde(crate = "cosmwasm_schema::serde")]
struct File<'a, A> {
    #[serde(flatten)]
    api: A,
    #[serde(flatten)]
    beside: &'a Beside,
}

impl Beside {
    pub fn new() -> Self {
        Self::default()
    }

    /// What a message returns as data. Of an `Option`, none is no data at all.
    pub fn data<T: JsonSchema>(mut self, message: &'static str) -> Self {
        self.data.insert(message, schema_for!(T));
        self
    }

    /// What the binary field of a token's message carries.
    pub fn hook<T: JsonSchema>(mut self, message: &'static str) -> Self {
        self.hooks.insert(message, schema_for!(T));
        self
    }

    /// The text of an API with the sections added, if they say what the sentences of its messages say.
    pub fn behind(&self, api: impl Serialize) -> Result<String> {
        let value = serde_json::to_value(&api)?;
        let sentences = sentences(&value["execute"])?;
        agree(&sentences, RETURNS, &self.data, "data")?;
        agree(&sentences, CARRIES, &self.hooks, "hook")?;
        Ok(serde_json::to_string_pretty(&File { api, beside: self })?)
    }
}

/// The sentence of every message, by name.
fn sentences(messages: &Value) -> Result<BTreeMap<&str, &str>> {
    messages["oneOf"]
        .as_array()
        .context("there are no messages")?
        .iter()
        .map(|message| {
            let name = message["required"][0]
                .as_str()
                .context("a message has no name")?;
            Ok((name, message["description"].as_str().unwrap_or_default()))
        })
        .collect()
}

/// Fails unless exactly the messages whose sentence names a type between `marks` are listed, and with this type.
fn agree(
    sentences: &BTreeMap<&str, &str>,
    (before, behind): (&str, &str),
    listed: &BTreeMap<&'static str, RootSchema>,
    section: &str,
) -> Result<()> {
    let named: BTreeMap<&str, &str> = sentences
        .iter()
        .filter_map(|(name, sentence)| {
            let (_, rest) = sentence.split_once(before)?;
            let (of, _) = rest.split_once(behind)?;
            Some((*name, of))
        })
        .collect();
    let listed: BTreeMap<&str, &str> = listed
        .iter()
        .map(|(name, schema)| (*name, title(schema)))
        .collect();
    ensure!(
        named == listed,
        "the sentences of the messages name as their {section} {named:?}, tools/xtask/src/schema.rs lists {listed:?}: \
         a message says \"{before}Type{behind}\" where it stands in that list, and only there"
    );
    Ok(())
}

/// The name of a type, or of what may be absent.
fn title(schema: &RootSchema) -> &str {
    let title = schema
        .schema
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.title.as_deref());
    let title = title.unwrap_or_default();
    title.strip_prefix("Nullable_").unwrap_or(title)
}

#[cfg(test)]
mod tests {
    use super::{Beside, Result};
    use cosmwasm_schema::cw_serde;
    use serde_json::{json, Value};

    #[cw_serde]
    struct Created {
        thing: u64,
    }

    fn api() -> Value {
        let message = |name: &str, description: &str| json!({ "required": [name], "description": description });
        json!({ "execute": { "oneOf": [
            message("create", "Makes one. Returns [`Created`] as data."),
            message("perhaps_create", "Returns [`Created`] as data if there was none."),
            message("receive", "Of a token, with a [`Created`] inside."),
            message("remove", "Removes one."),
        ] } })
    }

    fn whole() -> Beside {
        Beside::new()
            .data::<Created>("create")
            .data::<Option<Created>>("perhaps_create")
            .hook::<Created>("receive")
    }

    fn refusal(beside: Beside) -> String {
        beside.behind(api()).unwrap_err().to_string()
    }

    #[test]
    fn what_the_sentences_say_and_the_list_does_not_is_an_error() {
        let without_hook = Beside::new()
            .data::<Created>("create")
            .data::<Option<Created>>("perhaps_create");
        assert!(refusal(without_hook).contains("as their hook {\"receive\": \"Created\"}"));
        assert!(refusal(Beside::new()).contains("as their data {\"create\": \"Created\""));
    }

    #[test]
    fn what_the_list_says_and_the_sentences_do_not_is_an_error() {
        assert!(refusal(whole().data::<Created>("remove")).contains("\"remove\": \"Created\""));
        assert!(refusal(whole().data::<String>("create")).contains("\"create\": \"String\""));
        assert!(refusal(whole().hook::<Created>("no_message")).contains("no_message"));
    }

    #[test]
    fn the_sections_stand_behind_the_rest() -> Result<()> {
        let text = whole().behind(api())?;
        let file: Value = serde_json::from_str(&text)?;
        assert_eq!(file["execute"], api()["execute"]);
        assert_eq!(file["data"]["create"]["title"], "Created");
        assert_eq!(file["data"]["perhaps_create"]["title"], "Nullable_Created");
        assert_eq!(file["hooks"]["receive"]["title"], "Created");
        assert!(text.find("\"data\"") > text.find("\"execute\""));
        Ok(())
    }
}
