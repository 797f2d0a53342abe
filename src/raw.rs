use std::{borrow::Cow, fmt};
include!(concat!(env!("OUT_DIR"), "/open.rs"));
include!(concat!(env!("OUT_DIR"), "/client.rs"));
