//! One fact of the server's source.

use std::collections::{BTreeMap, BTreeSet};

use crate::golang::Place;

/// A fact: what, and where it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What the fact is about, which identifies it: `member api.SignupParams.email`.
    pub subject: String,
    /// What may change: `string, omitempty`.
    pub detail: String,
    pub place: Place,
    /// The operations that it touches: `POST /signup`.
    pub operations: BTreeSet<String>,
    /// What the document should contain: the name of a member, a parameter or a value.
    pub wording: Option<String>,
    /// Whether the document lacks it.
    pub undocumented: bool,
}

/// All facts, by subject.
pub struct Facts {
    facts: BTreeMap<String, Fact>,
    /// All operations of the server.
    pub operations: BTreeSet<String>,
}

impl Facts {
    pub fn new(operations: BTreeSet<String>) -> Self {
        Self { facts: BTreeMap::new(), operations }
    }

    /// Adds a fact. One that is known by its subject gets the operations of the other.
    pub fn add(&mut self, subject: &str, detail: &str, place: Place, operations: &BTreeSet<String>) -> &mut Fact {
        // The digest separates the subject by a colon and a space.
        let subject = subject.replace(": ", ":");
        let fact = self.facts.entry(subject.clone()).or_insert_with(|| Fact {
            subject,
            detail: detail.to_owned(),
            place,
            operations: BTreeSet::new(),
            wording: None,
            undocumented: false,
        });
        fact.operations.extend(operations.iter().cloned());
        fact
    }

    pub fn insert(&mut self, fact: Fact) {
        self.operations.extend(fact.operations.iter().cloned());
        self.facts.insert(fact.subject.clone(), fact);
    }

    pub fn get(&self, subject: &str) -> Option<&Fact> {
        self.facts.get(subject)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Fact> {
        self.facts.values_mut()
    }

    pub fn len(&self) -> usize {
        self.facts.len()
    }
}
