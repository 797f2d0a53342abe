//! Many sessions in one process: the memory of an idle session, and a task that keeps all of them fresh.
//!
//! These tests are apart from the others because the allocation counter replaces the allocator of the program.

mod keep_fresh;
mod memory;
