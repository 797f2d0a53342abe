//! Web Locks, which all tabs of an origin share.

use std::{cell::Cell, rc::Rc};

use js_sys::Promise;
use tokio::sync::oneshot;
use wasm_bindgen::{JsValue, closure::Closure};
use wasm_bindgen_futures::future_to_promise;

use crate::platform::{
    self,
    js::{self, BrowserError},
};

/// A lock, released when this is dropped. `None` in a browser without locks.
pub(super) type Lock = Option<oneshot::Sender<()>>;

type Granted = oneshot::Sender<Result<Lock, BrowserError>>;

/// Waits for a lock. If the future is dropped, the lock is released as soon as it is granted.
pub(super) async fn acquire(name: String) -> Result<Lock, BrowserError> {
    let (granted, lock) = oneshot::channel();
    platform::spawn(request(name, granted));
    lock.await.unwrap_or_else(|_| Err(BrowserError::missing("the lock")))
}

/// Requests a lock, and returns when it is released.
async fn request(name: String, granted: Granted) {
    let Ok(locks) = js::global(&["navigator", "locks"]) else {
        let _ = granted.send(Ok(None));
        return;
    };
    let granted = Rc::new(Cell::new(Some(granted)));
    let send = |result| granted.take().map(|granted| granted.send(result));
    let callback = Closure::once({
        let granted = granted.clone();
        move |_: JsValue| -> Promise {
            let (lock, released) = oneshot::channel();
            // Without a receiver, the lock is dropped here.
            drop(granted.take().map(|granted| granted.send(Ok(Some(lock)))));
            future_to_promise(async {
                let _ = released.await;
                Ok(JsValue::UNDEFINED)
            })
        }
    });
    match js::call(&locks, "request", &[&name.into(), callback.as_ref()]) {
        Ok(promise) => drop(js::settled(promise).await.map_err(|error| send(Err(error)))),
        Err(error) => drop(send(Err(error))),
    }
}
