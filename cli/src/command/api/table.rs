//! The operations, generated from the document by the build script.

use gotrue::{
    futures_util::future::LocalBoxFuture,
    raw::{self, Credential},
};

use super::{
    given::Given,
    reply::{self, Reply},
};
use crate::failure::Result;

include!(concat!(env!("OUT_DIR"), "/api.rs"));

/// An operation of the document.
pub struct Operation {
    /// Its `operationId`.
    pub id: &'static str,
    /// The same as a command.
    pub name: &'static str,
    pub group: &'static str,
    pub about: &'static str,
    pub description: &'static str,
    /// Method and path.
    pub endpoint: &'static str,
    pub flags: &'static [Flag],
    /// The names that the body may have, if there is a body.
    pub fields: Option<&'static [&'static str]>,
    pub call: Call,
}

/// Calls the raw client with what was given.
pub type Call = for<'a> fn(&'a raw::Client, &'a Given) -> LocalBoxFuture<'a, Result<Reply>>;

/// A parameter, or a plain field of the body.
pub struct Flag {
    /// As the document has it.
    pub name: &'static str,
    /// As it is typed.
    pub flag: &'static str,
    pub about: &'static str,
    pub required: bool,
    pub kind: Kind,
    pub place: Place,
}

#[derive(Clone, Copy)]
pub enum Kind {
    Text,
    /// Asked for.
    Secret,
    Uuid,
    /// With the least that it may be.
    Integer(i64),
    Boolean,
    Choice(&'static [&'static str]),
    /// Of anything, when there are no choices.
    List(&'static [&'static str]),
    /// Of names to text.
    Map,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Parameter,
    Body,
}

impl Operation {
    pub fn credential(&self) -> Credential {
        raw::Operation::by_id(self.id).map_or(Credential::None, |operation| operation.credential)
    }
}

/// The operation of that command.
pub fn by_name(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_client_is_a_command() {
        let mut ours: Vec<_> = OPERATIONS.iter().map(|operation| operation.id).collect();
        let mut theirs: Vec<_> = raw::OPERATIONS.iter().map(|operation| operation.id).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
}
