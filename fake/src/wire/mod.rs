//! HTTP: the server, requests and responses, JSON bodies, and errors in the formats of the API versions.

mod body;
pub(crate) mod cors;
mod error;
mod go_json;
mod go_quote;
mod go_scanner;
mod html;
mod refusal;
mod request;
mod response;
mod server;

pub(crate) use body::{has_no_body, json_body, json_body_with, json_body_without, json_stream, read_json};
pub(crate) use error::{ApiError, ApiResult, ok};
pub(crate) use go_json::{cannot_unmarshal, parse_json};
pub(crate) use go_quote::quoted;
pub(crate) use html::escape;
pub(crate) use request::Request;
pub(crate) use response::{Cut, Response, json_response, redirect};
pub(crate) use server::{Listener, Server};
