//! Calls of JavaScript by name, for interfaces that `web-sys` lacks or counts as unstable.

use std::{error::Error, fmt};

use js_sys::{Array, Error as JsError, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// An exception of the browser.
#[derive(Clone, Debug)]
pub struct BrowserError {
    name: String,
    message: String,
}

impl BrowserError {
    /// Creates the error for something that this browser, or this page, lacks.
    pub(crate) fn missing(what: &str) -> Self {
        Self { name: "NotSupportedError".to_owned(), message: format!("{what} is not available") }
    }

    /// Returns the name of the exception: `NotAllowedError`, for example, if the user refuses or does not respond.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for BrowserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl Error for BrowserError {}

impl From<JsValue> for BrowserError {
    fn from(thrown: JsValue) -> Self {
        // `DOMException` has the same members.
        let error: &JsError = thrown.unchecked_ref();
        if thrown.is_object() {
            return Self { name: error.name().into(), message: error.message().into() };
        }
        Self { name: "Error".to_owned(), message: thrown.as_string().unwrap_or_default() }
    }
}

/// Returns a value by its path from the global object.
pub(crate) fn global(path: &[&str]) -> Result<JsValue, BrowserError> {
    let mut value: JsValue = js_sys::global().into();
    for name in path {
        value = Reflect::get(&value, &(*name).into()).unwrap_or_default();
        if value.is_undefined() || value.is_null() {
            return Err(BrowserError::missing(&path.join(".")));
        }
    }
    Ok(value)
}

/// Calls a method.
pub(crate) fn call(object: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, BrowserError> {
    let function = Reflect::get(object, &method.into()).ok().and_then(|function| function.dyn_into::<Function>().ok());
    let function = function.ok_or_else(|| BrowserError::missing(method))?;
    let arguments: Array = arguments.iter().copied().collect();
    function.apply(object, &arguments).map_err(BrowserError::from)
}

/// Waits for a promise.
pub(crate) async fn settled(promise: JsValue) -> Result<JsValue, BrowserError> {
    JsFuture::from(Promise::resolve(&promise)).await.map_err(BrowserError::from)
}
