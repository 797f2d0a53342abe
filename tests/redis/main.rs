//! Sessions in a real Redis server, which these tests start on loopback. Without a `redis-server` on the path they
//! print that they were skipped.

mod keys;
mod leases;
mod loss;
mod processes;
mod records;
mod server;
