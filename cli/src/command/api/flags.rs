//! The command line of an operation, built on demand: building that of all operations would slow down every command.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use gotrue::{
    raw::Credential,
    serde_json::{self, Map, Value},
    uuid::Uuid,
};

use super::{
    request::{Request, invalid, without_value},
    table::{self, Flag, Kind, OPERATIONS, Operation, Place},
};
use crate::{failure::Result, prompt, text_file};

pub const BODY: &str = "body";
pub const SHOW_SECRETS: &str = "show-secrets";
pub const OAUTH_CLIENT: &str = "oauth-client";
pub const OAUTH_SECRET_VARIABLE: &str = "GOTRUE_OAUTH_CLIENT_SECRET";

/// Returns the command of an operation. Its `operationId` is an alias.
pub fn command(operation: &'static Operation) -> Command {
    let command = Command::new(operation.name).about(operation.about);
    let command = if operation.id == operation.name { command } else { command.alias(operation.id) };
    command.defer(with_arguments)
}

/// Lists all operations by group, one per line.
pub fn list() -> String {
    let mut text = String::from("Operations:");
    for group in OPERATIONS.chunk_by(|a, b| a.group == b.group) {
        let width = group.iter().map(|operation| operation.name.len()).max().unwrap_or_default();
        for (index, Operation { name, about, group, .. }) in group.iter().enumerate() {
            let title = if index == 0 { format!("\n\n  {group}") } else { String::new() };
            // Writing to a string cannot fail.
            let _ = write!(text, "{title}\n    {name:width$}  {about}");
        }
    }
    text
}

fn with_arguments(command: Command) -> Command {
    let Some(operation) = table::by_name(command.get_name()) else { return command };
    let mut command = command.long_about(long_about(operation)).args(operation.flags.iter().map(flag));
    if operation.fields.is_some() {
        command = command.arg(body());
    }
    if operation.credential() == Credential::OAuthClient {
        command = command.arg(oauth_client());
    }
    command.arg(show_secrets())
}

pub fn show_secrets() -> Arg {
    Arg::new(SHOW_SECRETS)
        .long(SHOW_SECRETS)
        .action(ArgAction::SetTrue)
        .help("Print the secrets in the response, such as tokens")
}

fn long_about(operation: &Operation) -> String {
    let credential = match operation.credential() {
        Credential::User => "Uses the session of gotrue login.",
        Credential::OptionalUser => "Uses the session of gotrue login, if there is one.",
        Credential::Admin => "Uses the service key.",
        Credential::OAuthClient => "Uses the ID of an OAuth client, and its secret if it has one.",
        _ => "Uses no credential except the API key.",
    };
    let paragraphs = [operation.about, operation.description, operation.endpoint, credential];
    paragraphs.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

pub fn body() -> Arg {
    Arg::new(BODY)
        .long(BODY)
        .value_name("JSON|@FILE|-")
        .help("Request body as JSON, from a file (@FILE) or from standard input (-); flags override its fields")
}

fn oauth_client() -> Arg {
    Arg::new(OAUTH_CLIENT)
        .long(OAUTH_CLIENT)
        .value_name("UUID")
        .value_parser(value_parser!(Uuid))
        .help(format!("ID of the OAuth client; the secret comes from {OAUTH_SECRET_VARIABLE} or a prompt"))
}

fn flag(flag: &'static Flag) -> Arg {
    let arg = Arg::new(flag.flag).long(flag.flag).help(about(flag)).required(flag.required);
    match flag.kind {
        Kind::Text => arg.value_name("TEXT"),
        Kind::Secret => arg.required(false).action(ArgAction::SetTrue),
        Kind::Uuid => arg.value_name("UUID").value_parser(value_parser!(Uuid)),
        Kind::Integer(least) => arg.value_name("NUMBER").value_parser(value_parser!(i64).range(least..)),
        Kind::Boolean => {
            arg.value_parser(value_parser!(bool)).num_args(0..=1).require_equals(true).default_missing_value("true")
        }
        Kind::Choice(choices) => arg.value_name("ONE").value_parser(PossibleValuesParser::new(choices)),
        Kind::List([]) => arg.value_name("TEXT").action(ArgAction::Append),
        Kind::List(choices) => arg
            .value_name("ONE")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(PossibleValuesParser::new(choices)),
        Kind::Map => arg.value_name("NAME=TEXT").action(ArgAction::Append).value_parser(pair),
    }
}

/// The description without its Markdown.
fn about(flag: &Flag) -> String {
    let text = flag.about.trim_end_matches('.').replace('`', "");
    match (flag.kind, flag.required) {
        (Kind::Secret, true) => join(&text, "Prompted for"),
        (Kind::Secret, false) => join(&text, "Prompted for if the flag is set"),
        _ => text,
    }
}

fn join(text: &str, more: &str) -> String {
    if text.is_empty() { more.to_owned() } else { format!("{text}. {more}") }
}

/// A name and its value.
pub type Pair = (String, String);

fn pair(text: &str) -> Result<Pair, String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=TEXT")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Returns the value of a flag. Secrets have none: they are prompted for.
pub fn value_from(flag: &Flag, matches: &ArgMatches) -> Option<Value> {
    match flag.kind {
        Kind::Secret => None,
        Kind::Text | Kind::Choice(_) => matches.get_one::<String>(flag.flag).map(|text| text.as_str().into()),
        Kind::Uuid => matches.get_one::<Uuid>(flag.flag).map(|id| id.to_string().into()),
        Kind::Integer(_) => matches.get_one::<i64>(flag.flag).map(|number| (*number).into()),
        Kind::Boolean => matches.get_one::<bool>(flag.flag).map(|value| (*value).into()),
        Kind::List(_) => matches.get_many::<String>(flag.flag).map(|items| items.cloned().collect()),
        Kind::Map => {
            let pairs: BTreeMap<_, _> = matches.get_many::<Pair>(flag.flag)?.cloned().collect();
            Some(pairs.into_iter().collect())
        }
    }
}

/// Reads the flags, prompts for the secrets, then reads the body, which may be the rest of standard input.
pub fn read(operation: &Operation, matches: &ArgMatches) -> Result<Request> {
    let (mut parameters, mut fields) = (Map::new(), Map::new());
    for flag in operation.flags {
        if let Some(value) = value_or_prompt(flag, matches)? {
            let place = if flag.place == Place::Body { &mut fields } else { &mut parameters };
            place.insert(flag.name.to_owned(), value);
        }
    }
    let mut body = match operation.fields {
        Some(known) => read_body(known, matches)?,
        None => Map::new(),
    };
    body.extend(fields);
    Ok(Request { parameters, body })
}

fn value_or_prompt(flag: &Flag, matches: &ArgMatches) -> Result<Option<Value>> {
    if !matches!(flag.kind, Kind::Secret) {
        return Ok(value_from(flag, matches));
    }
    if !flag.required && !matches.get_flag(flag.flag) {
        return Ok(None);
    }
    Ok(Some(prompt::secret(flag.flag)?.expose().into()))
}

/// Returns the text of the body, from the argument, a file or standard input.
pub fn body_text(matches: &ArgMatches) -> Result<Option<String>> {
    let Some(argument) = matches.get_one::<String>(BODY) else { return Ok(None) };
    let text = match argument.strip_prefix('@') {
        Some(file) => text_file::read(Path::new(file))?,
        None if argument == "-" => text_file::read(Path::new(argument))?,
        None => argument.clone(),
    };
    Ok(Some(text))
}

fn read_body(known: &[&str], matches: &ArgMatches) -> Result<Map<String, Value>> {
    let Some(text) = body_text(matches)? else { return Ok(Map::new()) };
    let body: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| invalid("the body is not a JSON object", &without_value(&error)))?;
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            Err(invalid("the body", &format!("unknown field {name}"))
                .hint(format!("known fields: {}", known.join(", "))))
        }
        None => Ok(body),
    }
}
