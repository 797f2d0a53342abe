//! Errors of the server, in the format of the API version that was asked for.

use chrono::NaiveDate;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    model::{
        ErrorCode,
        types::{Error, ErrorCodeOrStatus, WeakPassword},
    },
    wire::{
        request::Request,
        response::{Response, json_response},
    },
};

/// The result of a handler.
pub(crate) type ApiResult = Result<Response, ApiError>;

/// An error response.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    reason: Reason,
    pub(crate) message: String,
    headers: Vec<(&'static str, String)>,
}

#[derive(Debug)]
enum Reason {
    Code(ErrorCode),
    WeakPassword(WeakPassword),
    Unforeseen,
    /// An error that the server did not define itself.
    Unclassified,
    /// A value that is already in the database, with the details of the database.
    Taken {
        constraint: &'static str,
        detail: String,
    },
    /// An OAuth error, whose format is the same in all API versions.
    OAuth(&'static str),
}

impl ApiError {
    pub(crate) fn new(status: u16, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, reason: Reason::Code(code), message: message.into(), headers: Vec::new() }
    }

    pub(crate) fn validation_failed(message: impl Into<String>) -> Self {
        Self::new(400, ErrorCode::ValidationFailed, message)
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(404, ErrorCode::ValidationFailed, message)
    }

    /// Returns an error that the server does not classify.
    pub(crate) fn unforeseen() -> Self {
        let message = "Unexpected failure, please check server logs for more information".to_owned();
        Self { status: 500, reason: Reason::Unforeseen, message, headers: Vec::new() }
    }

    /// Returns the refusal of a hook.
    pub(crate) fn of_hook(status: u16, message: String) -> Self {
        let reason = if status == 500 { Reason::Unforeseen } else { Reason::Unclassified };
        Self { status, reason, message, headers: Vec::new() }
    }

    /// Returns an error of status 500 with another message, as the server reports some failures of hooks.
    pub(crate) fn internal(message: &str) -> Self {
        Self { message: message.to_owned(), ..Self::unforeseen() }
    }

    /// Returns the error of a unique constraint of the database. Before API version 2024-01-01, the body is that of the
    /// database.
    pub(crate) fn taken(constraint: &'static str, key: &str, value: &str, message: &str) -> Self {
        let detail = format!("Key ({key})=({value}) already exists.");
        Self {
            status: 500,
            reason: Reason::Taken { constraint, detail },
            message: message.to_owned(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn oauth(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: 400, reason: Reason::OAuth(error), message: description.into(), headers: Vec::new() }
    }

    /// Returns the error for a password with these weaknesses.
    pub(crate) fn weak_password(mut weak: WeakPassword) -> Self {
        let message = weak.message.take().unwrap_or_default();
        Self { status: 422, reason: Reason::WeakPassword(weak), message, headers: Vec::new() }
    }

    /// Adds headers to the response.
    pub(crate) fn headers(mut self, headers: Vec<(&'static str, String)>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Returns the code. An OAuth error has none.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match &self.reason {
            Reason::Code(code) => Some(code.clone()),
            Reason::WeakPassword(_) => Some(ErrorCode::WeakPassword),
            Reason::Unforeseen | Reason::Taken { .. } => Some(ErrorCode::UnexpectedFailure),
            Reason::Unclassified => Some(ErrorCode::Unknown),
            Reason::OAuth(_) => None,
        }
    }

    /// Returns the code in the URL of a redirect, which is empty for what has no code of its own.
    pub(crate) fn code_in_url(&self) -> String {
        match &self.reason {
            Reason::Unforeseen | Reason::Unclassified | Reason::OAuth(_) => String::new(),
            _ => self.code().map(|code| code.to_string()).unwrap_or_default(),
        }
    }

    /// Returns the response. Since API version 2024-01-01, `code` is the error code; before, it was the status.
    pub(crate) fn into_response(self, request: &Request) -> Response {
        let (versioned, code) = (wants_2024_01_01(request), self.code());
        let has_header = match self.reason {
            Reason::Code(_) | Reason::Taken { .. } => true,
            Reason::WeakPassword(_) => !versioned,
            Reason::Unforeseen | Reason::Unclassified | Reason::OAuth(_) => false,
        };
        let mut error = Error::default();
        if let Reason::OAuth(name) = self.reason {
            error.error = Some(name.to_owned());
            error.error_description = Some(self.message);
        } else if versioned {
            error.code = code.as_ref().map(|code| ErrorCodeOrStatus::Code(code.to_string()));
            error.message = Some(self.message);
        } else if let Reason::Taken { constraint, detail } = &self.reason {
            error.code = Some(ErrorCodeOrStatus::Code(UNIQUE_VIOLATION.to_owned()));
            error.message = Some(format!("duplicate key value violates unique constraint \"{constraint}\""));
            error.detail = Some(detail.clone());
        } else {
            error.code = Some(ErrorCodeOrStatus::Status(self.status.into()));
            error.error_code.clone_from(&code);
            error.msg = Some(self.message);
            if has_header && self.status >= 500 {
                error.error_id = request_id(request);
            }
        }
        if let Reason::WeakPassword(weak) = self.reason {
            error.weak_password = Some(weak);
        }
        let mut response = json_response(self.status, &error);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        if let Some(code) = code.filter(|_| has_header) {
            response = response.header("x-sb-error-code", code.as_str());
        }
        if versioned { response.header("x-supabase-api-version", "2024-01-01") } else { response }
    }
}

/// The code of the database for a value that must be unique.
const UNIQUE_VIOLATION: &str = "23505";

/// Returns the id of a request: that of a proxy, or else one that is the same for the same request.
fn request_id(request: &Request) -> Option<String> {
    if let Some(id) = &request.id {
        return Some(id.clone()).filter(|id| !id.is_empty());
    }
    let mut hash = Sha256::new().chain_update(request.method.as_str()).chain_update(request.path());
    hash.update(&request.body);
    let mut id = [0; 16];
    id.copy_from_slice(&hash.finalize()[..16]);
    Some(uuid::Builder::from_random_bytes(id).into_uuid().to_string())
}

/// Returns a JSON response of status 200, as the end of a handler.
#[expect(clippy::unnecessary_wraps, reason = "it ends a handler, which may fail elsewhere")]
pub(crate) fn ok(body: &impl Serialize) -> ApiResult {
    Ok(json_response(200, body))
}

fn wants_2024_01_01(request: &Request) -> bool {
    // The real server ignores what is not a date.
    let date = |text: &str| (text.len() == "2024-01-01".len()).then(|| text.parse::<NaiveDate>().ok())?;
    let version = request.header("x-supabase-api-version").and_then(date);
    version.is_some_and(|version| version >= NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default())
}
