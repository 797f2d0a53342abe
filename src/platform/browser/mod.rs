//! The implementation for browsers and other JavaScript hosts, on promises.

mod clock;
mod digest;
pub(crate) mod http;
pub(crate) mod js;
pub(crate) mod signature;
mod task;

pub(crate) use self::{
    clock::uptime,
    digest::sha256,
    task::{Task, sleep, spawn, timeout, try_spawn},
};
pub(crate) use futures_util::future::LocalBoxFuture as BoxFuture;

/// [`Send`], except in a browser, which has a single thread and futures that are not `Send`.
pub trait MaybeSend {}

impl<T: ?Sized> MaybeSend for T {}
