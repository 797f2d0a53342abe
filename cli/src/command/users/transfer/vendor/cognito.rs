//! Users of Amazon Cognito, which exports no passwords.

use gotrue::serde_json::{Map, Value, json};
use gotrue::uuid::Uuid;

use super::{super::row::Row, ban, metadata, profile};

/// Reads a user of `list-users`, whose attributes are a list, or of a CSV file, in which each is a column.
pub fn row(record: &Map<String, Value>) -> Row {
    let attributes = attributes(record);
    let text =
        |name: &str| attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let flag = |name: &str| text(name).map(|value| value.eq_ignore_ascii_case("true"));
    let is_disabled = record.get("Enabled").is_some_and(|enabled| enabled == false || enabled == "false");
    let username =
        ["Username", "cognito:username"].into_iter().find_map(|name| record.get(name)?.as_str().map(str::to_owned));
    let custom: Map<_, _> = attributes
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("custom:")?.to_owned(), value.clone())))
        .collect();
    let names = ["name", "given_name", "family_name"].map(text);
    let cognito = metadata(None, [("username", json!(username)), ("attributes", custom.into())]);
    Row {
        // The `sub` of a user is the ID that tokens contain.
        id: text("sub").and_then(|id| Uuid::try_parse(&id).ok()),
        email: text("email"),
        email_confirmed: flag("email_verified"),
        phone: text("phone_number"),
        phone_confirmed: flag("phone_number_verified"),
        user_metadata: profile(
            None,
            names.each_ref().map(Option::as_deref),
            text("preferred_username").as_deref(),
            text("picture").as_deref(),
        ),
        app_metadata: metadata(None, [("cognito", cognito.into())]),
        banned_until: ban(is_disabled),
        ..Row::default()
    }
}

fn attributes(record: &Map<String, Value>) -> Map<String, Value> {
    let list = ["Attributes", "UserAttributes"].into_iter().find_map(|name| record.get(name)?.as_array());
    let Some(list) = list else { return record.clone() };
    let pairs =
        list.iter().filter_map(|attribute| Some((attribute["Name"].as_str()?.to_owned(), attribute["Value"].clone())));
    pairs.collect()
}
