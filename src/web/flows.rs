//! PKCE flows in cookies of the browser that started them.

use std::sync::{Arc, Mutex, PoisonError};

use cookie::{Cookie, time::Duration};
use serde::{Deserialize, Serialize};

use super::{LocalPath, RequestCookies, SessionCookies, attributes::Attributes};
use crate::{
    auth::{
        flow::{PkceFlow, cookie as encoding},
        grant::CallbackOutcome,
    },
    secret::Secret,
};

/// The name of the cookie of a flow, before its id.
const NAME: &str = "flow-";

/// How many flows of one browser are kept. A new one replaces the one that expires first.
const CAPACITY: usize = 5;

/// A flow that was completed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CompletedFlow {
    /// The outcome. The session of the browser has been replaced, if there is a new one.
    pub outcome: CallbackOutcome,
    /// The page to return to, if the flow was started with one.
    pub next: Option<LocalPath>,
}

/// A flow, and the page to return to.
#[derive(Clone, Debug)]
pub(super) struct PendingFlow {
    pub(super) flow: PkceFlow,
    pub(super) next: LocalPath,
}

/// A flow as its cookie contains it.
#[derive(Serialize, Deserialize)]
struct Content {
    flow: PkceFlow,
    next: String,
}

/// The flows of a browser, and what a request changes about them.
#[derive(Debug)]
pub(super) struct FlowCookies {
    cookies: Arc<RequestCookies>,
    pub(super) form: Arc<dyn SessionCookies>,
    changes: Mutex<Vec<Cookie<'static>>>,
}

impl FlowCookies {
    pub(super) fn new(cookies: Arc<RequestCookies>, form: Arc<dyn SessionCookies>) -> Self {
        Self { cookies, form, changes: Mutex::default() }
    }

    pub(super) fn request_cookies(&self) -> &RequestCookies {
        &self.cookies
    }

    /// Keeps a flow in a cookie of its own.
    pub(super) fn add(&self, flow: &PkceFlow, next: LocalPath) {
        let attributes = self.attributes();
        let mut pending: Vec<_> = self.all().collect();
        pending.sort_by_key(|pending| pending.flow.expires_at());
        let excess = (pending.len() + 1).saturating_sub(CAPACITY);
        for former in &pending[..excess] {
            self.remove(&former.flow);
        }
        let value = encoding::encode(&Content { flow: flow.clone(), next: next.into() });
        let mut cookie = attributes.set(self.name(flow.id()), value.into());
        cookie.set_max_age(Duration::try_from(flow.kind().lifetime()).unwrap_or(Duration::DAY));
        self.change([cookie]);
    }

    /// Returns the flow with this id.
    pub(super) fn find(&self, id: &str) -> Option<PendingFlow> {
        read(self.cookies.get(&self.name(id))?)
    }

    pub(super) fn remove(&self, flow: &PkceFlow) {
        self.change(self.attributes().removals(&self.name(flow.id())));
    }

    pub(super) fn change(&self, cookies: impl IntoIterator<Item = Cookie<'static>>) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).extend(cookies);
    }

    /// Returns the cookies to set or remove.
    pub(super) fn take_changes(&self) -> Vec<Cookie<'static>> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn all(&self) -> impl Iterator<Item = PendingFlow> {
        let prefix = self.name("");
        let names = self.cookies.names().filter(move |name| name.starts_with(&prefix));
        names.filter_map(|name| read(self.cookies.get(name)?))
    }

    fn name(&self, id: &str) -> String {
        self.attributes().prefixed(&format!("{NAME}{id}"))
    }

    fn attributes(&self) -> Attributes {
        Attributes { secure: self.form.is_secure(), ..Attributes::new(true) }
    }
}

fn read(value: &str) -> Option<PendingFlow> {
    let Content { flow, next } = encoding::decode(&Secret::from(value)).ok()?;
    Some(PendingFlow { flow, next: next.parse().unwrap_or_default() })
}
