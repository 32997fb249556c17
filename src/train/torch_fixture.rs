//! What `PyTorch` computes for schedules and losses; `scripts/reference/training.py` made it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use serde::Deserialize;

/// `tests/reference/training.json`.
#[derive(Debug, Deserialize)]
pub(super) struct TorchFixture {
    pub(super) one_cycle: Vec<Cycle>,
    pub(super) plateau: Vec<PlateauCourse>,
    pub(super) distribution: Vec<Distribution>,
}

/// The learning rate of each step.
#[derive(Debug, Deserialize)]
pub(super) struct Cycle {
    pub(super) peak: f64,
    pub(super) rates: Vec<f64>,
}

/// The learning rate after each epoch.
#[derive(Debug, Deserialize)]
pub(super) struct PlateauCourse {
    pub(super) rate: f64,
    pub(super) patience: u32,
    pub(super) factor: f64,
    pub(super) val_mae: Vec<f64>,
    pub(super) rates: Vec<f64>,
}

/// The loss of some ages for some logits, and the gradients of its mean.
#[derive(Debug, Deserialize)]
pub(super) struct Distribution {
    pub(super) youngest: f64,
    pub(super) oldest: f64,
    pub(super) centres: Vec<f64>,
    pub(super) ages: Vec<f64>,
    pub(super) logits: Vec<f64>,
    pub(super) expected: Vec<f64>,
    pub(super) losses: Vec<f64>,
    pub(super) gradients: Vec<f64>,
}

impl TorchFixture {
    pub(super) fn read() -> Self {
        serde_json::from_str(include_str!("../../tests/reference/training.json")).unwrap()
    }
}

/// Whether all numbers are the same to a share of the larger one.
pub(super) fn all_close(found: &[f64], expected: &[f64], share: f64) -> bool {
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= share * a.abs().max(b.abs()).max(1e-9))
}
