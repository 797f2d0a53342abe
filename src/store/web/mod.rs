//! A store in the browser's storage.

mod locks;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::stream;
use tokio::sync::mpsc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Storage, StorageEvent};

use self::locks::acquire;
use super::{LEASE_TIMEOUT, Lease, Revision, SessionStore, StoreChanges, StoreFuture, StoredSession};
use crate::{
    error::StoreError,
    platform::{self, js::BrowserError, timeout},
};

/// How long the write of another tab may take to arrive.
const DELIVERY: std::time::Duration = std::time::Duration::from_millis(50);

/// Stores the session in the browser's `localStorage` or `sessionStorage`.
///
/// All tabs of an origin share a record in `localStorage`. They coordinate through Web Locks, so that one refresh serves
/// all of them; a lock is released when its tab is closed. [`SessionManager::follow_store`] applies the changes of other
/// tabs. Pages that are not in a [secure context] have no Web Locks, and two of their tabs may refresh at once; the
/// server accepts that within its reuse interval, ten seconds by default.
///
/// A record in `sessionStorage` belongs to one tab and survives a reload.
///
/// Every script of the origin can read the tokens. A page that must keep them from a script injected by an attacker has
/// its sessions kept by a server, in a cookie with `HttpOnly`.
///
/// ```ignore
/// let store = gotrue::WebStore::local("session")?;
/// let auth = client.session_manager(store).await?;
/// let _following = auth.follow_store();
/// ```
///
/// [`SessionManager::follow_store`]: crate::SessionManager::follow_store
/// [secure context]: https://developer.mozilla.org/docs/Web/Security/Secure_Contexts
#[derive(Clone, Debug)]
pub struct WebStore(Arc<Record>);

#[derive(Debug)]
struct Record {
    area: Area,
    key: String,
    has_warned: AtomicBool,
}

#[derive(Clone, Copy, Debug)]
enum Area {
    Local,
    Session,
}

impl WebStore {
    /// Opens the record with this key in `localStorage`, which lasts until it is removed.
    ///
    /// # Errors
    /// [`StoreError`] if there is no such storage, as in a worker, or the user has disabled it.
    pub fn local(key: impl Into<String>) -> Result<Self, StoreError> {
        Self::open(Area::Local, key.into())
    }

    /// Opens the record with this key in `sessionStorage`, which lasts until the tab is closed.
    ///
    /// # Errors
    /// As [`local`](Self::local).
    pub fn session(key: impl Into<String>) -> Result<Self, StoreError> {
        Self::open(Area::Session, key.into())
    }

    fn open(area: Area, key: String) -> Result<Self, StoreError> {
        area.storage().map_err(|error| StoreError::new("open the browser's storage", error))?;
        Ok(Self(Arc::new(Record { area, key, has_warned: AtomicBool::new(false) })))
    }
}

impl Area {
    fn storage(self) -> Result<Storage, BrowserError> {
        let window = web_sys::window().ok_or_else(|| BrowserError::missing("window"))?;
        let storage = match self {
            Self::Local => window.local_storage()?,
            Self::Session => window.session_storage()?,
        };
        storage.ok_or_else(|| BrowserError::missing("storage"))
    }
}

impl Record {
    fn read(&self) -> Result<Option<StoredSession>, BrowserError> {
        let Some(text) = self.area.storage()?.get_item(&self.key)? else { return Ok(None) };
        let record = StoredSession::from_json(text.as_bytes()).ok();
        if record.is_none() && !self.has_warned.swap(true, Ordering::Relaxed) {
            // The cause is omitted, because it may quote the record.
            tracing::warn!("the stored session cannot be read and counts as absent");
        }
        Ok(record)
    }

    fn swap(&self, expected: Option<Revision>, new: Option<&StoredSession>) -> Result<bool, StoreError> {
        let failed = |error| StoreError::new("write the session", error);
        let is_expected = self.read().map_err(failed)?.map(|record| record.revision()) == expected;
        if is_expected {
            let storage = self.area.storage().map_err(failed)?;
            let written = match new {
                Some(record) => {
                    let json = record.to_json().map_err(|error| StoreError::new("write the session", error))?;
                    storage.set_item(&self.key, &String::from_utf8_lossy(&json))
                }
                None => storage.remove_item(&self.key),
            };
            written.map_err(|error| failed(error.into()))?;
        }
        Ok(is_expected)
    }

    /// Returns the name of a lock, which all tabs of the origin share.
    fn lock(&self, purpose: &str) -> String {
        format!("gotrue:{}:{purpose}", self.key)
    }
}

impl SessionStore for WebStore {
    fn load(&self) -> StoreFuture<'_, Option<StoredSession>> {
        Box::pin(async { self.0.read().map_err(|error| StoreError::new("read the session", error)) })
    }

    fn compare_and_swap(&self, expected: Option<Revision>, new: Option<StoredSession>) -> StoreFuture<'_, bool> {
        Box::pin(async move {
            let lock = acquire(self.0.lock("record")).await;
            let _lock = lock.map_err(|error| StoreError::new("write the session", error))?;
            self.0.swap(expected, new.as_ref())
        })
    }

    fn lease(&self) -> StoreFuture<'_, Lease> {
        const ACTION: &str = "acquire the refresh lease";
        Box::pin(async {
            let lock = timeout(LEASE_TIMEOUT, acquire(self.0.lock("refresh"))).await;
            let lock = lock.map_err(|error| StoreError::new(ACTION, error))?;
            let lease = Lease::new(lock.map_err(|error| StoreError::new(ACTION, error))?);
            // The browser may grant the lock before it delivers what the previous holder wrote.
            platform::sleep(DELIVERY).await;
            Ok(lease)
        })
    }

    fn changes(&self) -> Option<StoreChanges> {
        let (sender, mut receiver) = mpsc::channel(1);
        let (key, changes) = (self.0.key.clone(), sender.clone());
        let listener = Closure::<dyn Fn(StorageEvent)>::new(move |event: StorageEvent| {
            // Without a key, the whole storage was cleared.
            if event.key().is_none_or(|changed| changed == key) {
                // If the channel is full, a change is pending already.
                let _ = changes.try_send(());
            }
        });
        let window = web_sys::window()?;
        window.add_event_listener_with_callback("storage", listener.as_ref().unchecked_ref()).ok()?;
        platform::spawn(async move {
            sender.closed().await;
            let _ = window.remove_event_listener_with_callback("storage", listener.as_ref().unchecked_ref());
        });
        Some(Box::pin(stream::poll_fn(move |context| receiver.poll_recv(context))))
    }
}
