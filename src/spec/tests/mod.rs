//! Layers that must be merged, and files that must not be read.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may panic, and 0.9 is the same 0.9")]

mod json_schema;
mod layers;
mod matrix;
mod yaml;
