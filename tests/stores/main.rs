//! Sessions on real servers, which these tests start on loopback: Redis, Redis Cluster, Redis with Sentinel, and
//! PostgreSQL. A test whose server is not installed prints that it was skipped.

mod contract;
mod failover;
mod postgres;
mod processes;
mod redis;
mod servers;
mod tls;
mod trial;
