//! The OpenAPI document of GoTrue (Supabase Auth), and the code that reads it.
//!
//! The document is the only place that knows the wire format of the server. It is written as `gotrue.yaml` in the
//! repository and packaged as `bundle/gotrue.json`. The crate reads it ([`document`]), checks it against its rules
//! ([`lint`]) and generates the client, its models and its tables from it (feature `generate`). The build scripts of
//! `gotrue` and its relatives are its users; an application needs the crate `gotrue`.
//!
//! ```
//! use gotrue_openapi::document::{self, Credential};
//!
//! let document = document::gotrue()?;
//! let sign_out = document::operations(&document).find(|operation| operation.name() == "POST /logout");
//! assert_eq!(sign_out.map(|operation| operation.credential()), Some(Credential::User));
//! # Ok::<(), gotrue_openapi::Error>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod document;
mod error;
mod finding;
#[cfg(feature = "generate")]
mod generate;
mod lint;
mod names;
pub mod pointer;
pub mod secrets;
pub mod since;

pub use error::Error;
pub use finding::Finding;
#[cfg(feature = "format")]
pub use generate::format;
#[cfg(feature = "generate")]
pub use generate::{Code, HookCode, Options, generate, hooks, response_models, write};
pub use lint::lint;
