//! From spec to plan: what is refused, what is counted, which setting wins, what the shipped experiments ask for.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may panic, and settings are passed on, not computed")]

mod expansion;
mod experiments;
mod refused;

use std::fs;

use super::{ComputePrecision, Plan, expand};
use crate::spec::{Precision, load};

/// The plan of a spec given as text, where `auto` means bf16.
fn plan(text: &str) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    fs::write(&path, text).unwrap();
    expand(&load(&path, &[]).unwrap(), precision).unwrap()
}

fn precision(asked: Precision) -> ComputePrecision {
    match asked {
        Precision::Fp32 => ComputePrecision::Fp32,
        Precision::Auto | Precision::Bf16 => ComputePrecision::Bf16,
    }
}
