//! The program as its users run it: specs and films in, exit codes, messages and files out.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bad_input;
mod bad_specs;
mod command_line;
mod composition;
mod data;
#[cfg(unix)]
mod docs;
mod explain;
#[cfg(unix)]
mod faults;
mod films;
mod helpers;
mod hostile;
mod hostile_specs;
mod init;
mod inspect;
mod main_job;
mod mutations;
#[cfg(unix)]
mod page;
mod phantom;
mod plan;
#[cfg(unix)]
mod processes;
mod published;
mod real_films;
mod reference;
#[cfg(unix)]
mod resume;
mod schema;
#[path = "../fuzz/seeds.rs"]
mod seeds;
#[allow(dead_code, reason = "the tests of the fetcher use more of it")]
#[path = "../../src/hub/tests/server.rs"]
mod server;
mod sources;
#[path = "../fuzz/spec_seeds.rs"]
mod spec_seeds;
mod statistics;
#[cfg(unix)]
mod together;
mod training;
mod weights;
