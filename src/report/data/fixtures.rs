//! A small data set of synthetic films with findings, for tests.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::DataStudy;
use crate::data::{self, Assignment, CachedDataset, FilmCache, Leak};
use crate::plan::{ComputePrecision, ImageConfig, Plan, Surroundings, expand};
use crate::screen::{Alike, DuplicatePair, Finding, FindingKind, Findings};
use crate::spec;

/// Everything that a study borrows.
pub(super) struct Project {
    pub(super) plan: Plan,
    pub(super) films: Vec<(ImageConfig, CachedDataset)>,
    pub(super) assignment: Assignment,
    pub(super) leaks: Vec<Leak>,
    pub(super) findings: Findings,
}

impl Project {
    /// Forty films of 32×32 pixels, with further lines of a spec; two are flagged as inverted, one as dark, and two as the same.
    pub(super) fn new(further: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("small.yaml");
        let backbones = if further.contains("backbones") { "" } else { "backbones: [cnn]\n" };
        let text = format!("title: Small & quick\ndata: {{ phantom: {{ count: 40 }} }}\nimage: {{ size: 32 }}\n{backbones}{further}\n");
        std::fs::write(&path, text).unwrap();
        let surroundings = Surroundings { precision: &|_| ComputePrecision::Fp32, weights: &|_| Err("there are none".to_owned()) };
        let plan = expand(&spec::load(&path, &[]).unwrap(), &surroundings).unwrap();
        let dataset = data::load(&plan.data).unwrap();
        let image = plan.entries[0].first().image;
        let films = FilmCache::open_or_build(dataset, image, plan.data.on_bad, folder.path(), &mut |_, _| {}).unwrap();
        let assignment = data::assign(&films.dataset.samples, &plan.split).unwrap();
        Self { plan, films: vec![(image, films)], assignment, leaks: Vec::new(), findings: findings() }
    }

    pub(super) fn study(&self) -> DataStudy<'_> {
        DataStudy { plan: &self.plan, films: &self.films, assignment: &self.assignment, leaks: &self.leaks, findings: &self.findings }
    }
}

/// A leak between two parts.
pub(super) fn leak(what: &str) -> Leak {
    let [first, first_part, second, second_part] = ["1", "train", "2", "val"].map(str::to_owned);
    Leak { what: what.to_owned(), first, first_part, second, second_part }
}

fn findings() -> Findings {
    let alike = Alike { similarity: 0.9876, exact: false, mirrored: true, degrees: 5.0 };
    let finding = |index, kind, score, reason: &str| Finding { index, kind, score, reason: reason.to_owned() };
    Findings {
        films: vec![
            finding(3, FindingKind::Inverted, 2.5, "a border at level 255"),
            finding(7, FindingKind::Inverted, 1.25, "a bar of 4 pixels, <bright> & long"),
            finding(3, FindingKind::Dark, 1.0, "mean level 12 of 255"),
        ],
        duplicates: vec![DuplicatePair { first: 2, second: 11, alike }],
    }
}
