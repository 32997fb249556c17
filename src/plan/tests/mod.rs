//! From spec to plan: what is counted, which setting wins, what the shipped experiments ask for.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test may panic, and settings are passed on, not computed")]

mod expansion;
mod experiments;
mod matrix;
mod resolved;
mod spec_schema;

use std::fs;

use super::{ChannelStatistics, ComputePrecision, Plan, Surroundings, WeightsFacts, WeightsRequest, expand};
use crate::spec::{Precision, WeightsSource, load};

/// A machine where `auto` means bf16 and every file of weights but `missing.safetensors` fits.
const MACHINE: Surroundings = Surroundings { precision: &precision, weights: &weights };

/// The plan of a spec given as text, where `auto` means bf16.
fn plan(text: &str) -> Plan {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.yaml");
    fs::write(&path, text).unwrap();
    expand(&load(&path, &[]).unwrap(), &MACHINE).unwrap()
}

fn precision(asked: Precision) -> ComputePrecision {
    match asked {
        Precision::Fp32 => ComputePrecision::Fp32,
        Precision::Auto | Precision::Bf16 => ComputePrecision::Bf16,
    }
}

fn weights(request: &WeightsRequest) -> Result<WeightsFacts, String> {
    match request.source {
        WeightsSource::File(path) if path.ends_with("missing.safetensors") => Err("there is no such file".to_owned()),
        source => Ok(WeightsFacts { sha256: Some(format!("digest of {source}")), statistics: Some(ChannelStatistics::imagenet()) }),
    }
}
