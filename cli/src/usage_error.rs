//! Errors of the command line, without what may be a secret.

use std::{env, ffi::OsString, process::ExitCode};

use clap::{
    ArgMatches, Command,
    error::{ContextKind, ContextValue, Error, ErrorKind},
    parser::ValueSource,
};

use crate::{failure::Failure, output::Output};

const REDACTED: &str = "[redacted]";

/// The options whose value may be a secret, and is checked when the command line is parsed.
const SECRET_OPTIONS: [&str; 1] = ["--set"];

/// The flags that prompt for a secret.
const PROMPTING_FLAGS: [&str; 4] = ["client_secret", "current_password", "password", "recovery_code"];

/// Fails if an argument follows a flag that prompts for a secret. It may be the secret, and would be sent to the server
/// as the name of a user.
pub fn reject_typed_secrets(mut command: &mut Command, mut matches: &ArgMatches) -> Result<(), Error> {
    while let Some((name, matches_of_subcommand)) = matches.subcommand() {
        let Some(subcommand) = command.find_subcommand_mut(name) else { return Ok(()) };
        (command, matches) = (subcommand, matches_of_subcommand);
    }
    let of = |id: &str| matches.indices_of(id).into_iter().flatten();
    let arguments: Vec<_> = command.get_positionals().flat_map(|argument| of(argument.get_id().as_str())).collect();
    let is_typed = |flag: &clap::Arg| {
        let id = flag.get_id().as_str();
        PROMPTING_FLAGS.contains(&id)
            && matches.value_source(id) == Some(ValueSource::CommandLine)
            && of(id).any(|index| arguments.contains(&(index + 1)))
    };
    let Some(flag) = command.get_arguments().find(|flag| is_typed(flag)).and_then(clap::Arg::get_long) else {
        return Ok(());
    };
    let message =
        format!("expected no argument after '--{flag}', which prompts for its value: put other arguments before it");
    Err(command.error(ErrorKind::TooManyValues, message))
}

/// Prints the error, or the help or the version that was asked for, and returns the exit code.
pub fn report(error: Error) -> ExitCode {
    let error = without_secrets(error);
    if error.use_stderr() && asks_for_json(env::args_os()) {
        return Output { json: true }.failure(&failure(&error));
    }
    match error.print() {
        Err(failed) if !error.use_stderr() => Output { json: false }.failure(&failed.into()),
        // There is no other place to report that this fails.
        _ => u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
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
