//! The implementation for targets with an operating system, on tokio.

mod clock;
pub(crate) mod http;
pub(crate) mod signature;
mod task;

pub(crate) use self::{
    clock::uptime,
    task::{Task, sleep, spawn, timeout, try_spawn},
};
pub(crate) use futures_util::future::BoxFuture;

/// [`Send`], except in a browser, which has a single thread and futures that are not `Send`.
pub trait MaybeSend: Send {}

impl<T: Send + ?Sized> MaybeSend for T {}
