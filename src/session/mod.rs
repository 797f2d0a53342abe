//! A signed-in user's session: as a value, and kept.

mod auto_refresh;
mod event;
mod expiry;
mod keep_fresh;
mod manager;
mod record;
mod refresh;
#[expect(clippy::module_inception, reason = "a session is a session")]
mod session;
mod shared;
pub(crate) mod store;
mod user;

pub use auto_refresh::AutoRefresh;
pub use event::{Event, Events, SignedOutReason};
pub use keep_fresh::KeepFresh;
pub use manager::SessionManager;
pub use record::{Revision, StoredSession};
pub use session::Session;
#[cfg(feature = "keyring")]
pub use store::KeyringStore;
pub use store::{FileStore, Lease, MemoryStore, SessionStore, StoreError, StoreFuture};
#[cfg(feature = "redis")]
pub use store::{RedisStore, RedisStores};
