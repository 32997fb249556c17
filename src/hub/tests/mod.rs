//! Fetching from a server on the loopback interface, with everything that may go wrong on the way.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod caching;
mod loading;
// The integration tests may take this file in as well, so it holds more than is used here.
#[allow(dead_code)]
mod server;
mod support;
