//! Pages of a list, and the headers that link to their neighbors.

use std::{
    collections::BTreeMap,
    num::{IntErrorKind, ParseIntError},
};

use base64::{DecodeError, Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::wire::{ApiError, Request, Response, quoted};

/// The requested page.
pub(crate) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub(crate) fn of(request: &Request) -> Result<Self, ApiError> {
        let page = Self { number: number(request, "page", 1)?, size: number(request, "per_page", 50)? };
        // The real server divides by the size and fails.
        if page.size == 0 { Err(ApiError::internal("Internal Server Error")) } else { Ok(page) }
    }

    pub(crate) fn cut<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let from = self.number.saturating_sub(1).saturating_mul(self.size).min(all.len());
        &all[from..from.saturating_add(self.size).min(all.len())]
    }

    pub(crate) fn mark(&self, response: Response, request: &Request, total: usize) -> Response {
        let to = |page: usize| {
            let mut pairs: BTreeMap<_, _> = request.query_pairs().collect();
            pairs.insert("page".into(), page.to_string().into());
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            format!("<{}?{query}>", request.path())
        };
        let pages = total.div_ceil(self.size);
        let next = if pages > self.number { format!("{}; rel=\"next\", ", to(self.number + 1)) } else { String::new() };
        response
            .header("link", format!("{next}{}; rel=\"last\"", to(pages)).as_str())
            .header("x-total-count", total.to_string().as_str())
    }
}

/// The number of entries of a page by cursor, and its maximum.
const CURSOR_LIMIT: usize = 50;
const MAX_CURSOR_LIMIT: usize = 1000;

/// The position of an entry in a list by the time of creation.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) id: Uuid,
}

impl Cursor {
    pub(crate) fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!(self).to_string())
    }

    /// Parses a token. The messages are those of the real server as far as they are its own.
    fn parse(token: &str) -> Result<Self, String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|error| {
            let at = match error {
                DecodeError::InvalidByte(at, _) => at,
                _ => token.len().saturating_sub(1),
            };
            format!("invalid cursor encoding: illegal base64 data at input byte {at}")
        })?;
        let cursor: Value = serde_json::from_slice(&bytes).map_err(|error| format!("invalid cursor: {error}"))?;
        let id = cursor["id"].as_str().and_then(|id| Uuid::try_parse(id).ok()).filter(|id| !id.is_nil());
        let id = id.ok_or("invalid cursor: missing id")?;
        let created_at = cursor["created_at"].as_str().and_then(|time| time.parse().ok());
        Ok(Self { created_at: created_at.ok_or("invalid cursor: missing created_at")?, id })
    }
}

/// The requested page after a cursor.
pub(crate) struct CursorPage {
    pub(crate) limit: usize,
    pub(crate) after: Option<Cursor>,
}

impl CursorPage {
    pub(crate) fn of(request: &Request) -> Result<Self, ApiError> {
        let bad = |why: &str| ApiError::validation_failed(format!("Bad Pagination Parameters: {why}"));
        let limit = number(request, "limit", CURSOR_LIMIT)?;
        if limit == 0 {
            return Err(bad("limit must be greater than 0"));
        }
        let cursor = request.query("cursor").filter(|token| !token.is_empty());
        let after = cursor.map(|token| Cursor::parse(&token)).transpose().map_err(|why| bad(&why))?;
        Ok(Self { limit: limit.min(MAX_CURSOR_LIMIT), after })
    }

    /// Adds the link to the next page, if there is one.
    pub(crate) fn mark(response: Response, request: &Request, next: Option<String>) -> Response {
        let Some(next) = next else { return response };
        let mut pairs: BTreeMap<_, _> = request.query_pairs().collect();
        pairs.remove("page");
        pairs.insert("cursor".into(), next.into());
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        response.header("link", format!("<{}?{query}>; rel=\"next\"", request.path()).as_str())
    }
}

pub(crate) fn number(request: &Request, name: &str, default: usize) -> Result<usize, ApiError> {
    let Some(text) = request.query(name).filter(|text| !text.is_empty()) else { return Ok(default) };
    text.parse().map_err(|error: ParseIntError| {
        let is_large = *error.kind() == IntErrorKind::PosOverflow;
        let why = if is_large { "value out of range" } else { "invalid syntax" };
        ApiError::validation_failed(format!(
            "Bad Pagination Parameters: strconv.ParseUint: parsing {}: {why}",
            quoted(&text)
        ))
    })
}
