//! What is particular to Redis.

mod keys;
mod leases;
mod loss;
mod records;
