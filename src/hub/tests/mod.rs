//! Fetching from a server on the loopback interface, with everything that may go wrong on the way.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod caching;
mod loading;
mod server;
mod support;
