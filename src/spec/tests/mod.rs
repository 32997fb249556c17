//! Specs that must be refused with the right words, and layers that must be merged.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may panic, and 0.9 is the same 0.9")]

mod json_schema;
mod layers;
mod refused;
