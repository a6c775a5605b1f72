use cosmwasm_std::from_json;
use cw_multi_test::AppResponse;
use serde::de::DeserializeOwned;

const PREFIX: &str = "wasm-";
const EMITTER: &str = "_contract_address";

/// What a message returned, such as the id of what it created.
#[track_caller]
pub fn data<T: DeserializeOwned>(response: &AppResponse) -> T {
    let Some(data) = &response.data else {
        panic!(
            "the message returned no data; its events: {:?}",
            events(response)
        );
    };
    from_json(data).unwrap_or_else(|error| {
        let text = String::from_utf8_lossy(data);
        panic!(
            "the data is no {}: {error}; it is {text}",
            std::any::type_name::<T>()
        )
    })
}

/// The attributes of the one event of this type, such as `hub_settle`, in order.
#[track_caller]
pub fn event(response: &AppResponse, ty: &str) -> Vec<(String, String)> {
    let mut all = events(response);
    all.retain(|(found, _)| found == ty);
    match all.pop() {
        Some((_, attributes)) if all.is_empty() => attributes,
        Some(_) => panic!("{ty} was emitted more than once: use `events`"),
        None => panic!("{ty} was not emitted, but {:?}", events(response)),
    }
}

/// Every event that contracts named themselves, with its attributes, in order.
pub fn events(response: &AppResponse) -> Vec<(String, Vec<(String, String)>)> {
    let named = |event: &cosmwasm_std::Event| {
        let ty = event.ty.strip_prefix(PREFIX)?.to_owned();
        let attributes = event
            .attributes
            .iter()
            .filter(|attribute| attribute.key != EMITTER)
            .map(|attribute| (attribute.key.clone(), attribute.value.clone()));
        Some((ty, attributes.collect()))
    };
    response.events.iter().filter_map(named).collect()
}
