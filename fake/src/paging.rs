//! Pages of a list, and the headers that link to their neighbors.

use std::{
    collections::BTreeMap,
    num::{IntErrorKind, ParseIntError},
};

use crate::wire::{ApiError, Request, Response};

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

pub(crate) fn number(request: &Request, name: &str, default: usize) -> Result<usize, ApiError> {
    let Some(text) = request.query(name).filter(|text| !text.is_empty()) else { return Ok(default) };
    text.parse().map_err(|error: ParseIntError| {
        let is_large = *error.kind() == IntErrorKind::PosOverflow;
        let why = if is_large { "value out of range" } else { "invalid syntax" };
        ApiError::validation_failed(format!("Bad Pagination Parameters: strconv.ParseUint: parsing {text:?}: {why}"))
    })
}
