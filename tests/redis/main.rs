//! Sessions in a real Redis server, which these tests start on loopback. Without a Redis server they are skipped, with a
//! line that says so.

mod leases;
mod loss;
mod processes;
mod records;
mod server;
