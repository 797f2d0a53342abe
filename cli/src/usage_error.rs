//! Errors of the command line, without what may be a secret.

use std::{env, ffi::OsString, process::ExitCode};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::{failure::Failure, output::Output};

const REDACTED: &str = "[redacted]";

/// The options whose value may be a secret, and is checked when the command line is parsed.
const SECRET_OPTIONS: [&str; 1] = ["--set"];

/// Prints the error, or the help or the version that was asked for, and returns the exit code.
pub fn report(error: Error) -> ExitCode {
    let error = without_secrets(error);
    if error.use_stderr() && asks_for_json(env::args_os()) {
        return Output { json: true }.failure(&failure(&error));
    }
    // There is no other place to report that this fails.
    let _ = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn asks_for_json(arguments: impl Iterator<Item = OsString>) -> bool {
    arguments.take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// Removes a value that nothing takes: a password is typed after `--password`, although that prompts for it.
fn without_secrets(mut error: Error) -> Error {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.as_str(),
        _ => "",
    };
    let secret = match error.kind() {
        ErrorKind::TooManyValues => ContextKind::InvalidValue,
        ErrorKind::UnknownArgument if !argument.starts_with('-') => ContextKind::InvalidArg,
        ErrorKind::ValueValidation if SECRET_OPTIONS.iter().any(|option| argument.starts_with(option)) => {
            ContextKind::InvalidValue
        }
        _ => return error,
    };
    error.insert(secret, ContextValue::String(REDACTED.to_owned()));
    error
}

/// Returns the error as a failure like that of a command. The hint is what the parser suggests, or else the usage.
fn failure(error: &Error) -> Failure {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("expected a subcommand or an argument").hint("list them with --help");
    }
    let text = error.render().to_string();
    let text = text.rsplit_once("\n\nFor more information").map_or(text.as_str(), |(text, _)| text);
    let (text, usage) = split_before(text, "\n\nUsage: ");
    let (message, tips) = split_before(text, "\n\n  tip: ");
    let message = one_line(message);
    let failure = Failure::usage(message.strip_prefix("error: ").unwrap_or(&message));
    match (tips, usage) {
        (Some(tips), _) => failure.hint(one_line(&tips.replace("\n  tip: ", "; "))),
        (None, Some(usage)) => failure.hint(format!("usage: {}", one_line(usage))),
        (None, None) => failure,
    }
}

fn split_before<'a>(text: &'a str, separator: &str) -> (&'a str, Option<&'a str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
