//! Examples of hooks, from the document.

use clap::{ValueEnum, builder::PossibleValue};

/// A hook, with an example of its payload.
#[derive(Debug)]
pub struct Example {
    pub name: &'static str,
    /// The name of the hook in its payload, `metadata.name`.
    pub event: &'static str,
    /// The variable of the server with the secrets of this hook.
    pub secrets_variable: &'static str,
    /// JSON.
    pub payload: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/hooks.rs"));

/// A hook, by its name on the command line.
#[derive(Clone, Copy, Debug)]
pub struct Kind(pub &'static Example);

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        const KINDS: [Kind; EXAMPLES.len()] = {
            let mut kinds = [Kind(&EXAMPLES[0]); EXAMPLES.len()];
            let mut index = 0;
            while index < EXAMPLES.len() {
                kinds[index] = Kind(&EXAMPLES[index]);
                index += 1;
            }
            kinds
        };
        &KINDS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name))
    }
}
