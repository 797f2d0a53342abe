//! The open strings of auth hooks.

#![allow(clippy::doc_markdown)]

use std::{
    cmp::Ordering,
    convert::Infallible,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::open::{OtherValue, open_string};

include!(concat!(env!("OUT_DIR"), "/hook_open.rs"));
