//! Sessions in a real Redis server, which these tests start on loopback; where there is none, they say that they were
//! skipped.

mod leases;
mod loss;
mod processes;
mod records;
mod server;
