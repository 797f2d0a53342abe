//! Many users in one process: what an idle session costs, and one task that keeps all of them fresh.

mod keep_fresh;
mod memory;
