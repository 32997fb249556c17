//! What the films of a plan and their split are, which the ids of its runs hang on.

use crate::data::{Assignment, CachedDataset};
use crate::plan::{ImageConfig, RunConfig, SplitConfig};

/// One identity for each of a plan's image settings and folds.
pub(super) struct Identities(Vec<(ImageConfig, Option<u32>, String)>);

impl Identities {
    pub(super) fn new(cached: &[(ImageConfig, CachedDataset)], assignment: &Assignment, split: &SplitConfig) -> Self {
        let folds = split.fold_numbers();
        let of = |(image, films): &(ImageConfig, CachedDataset)| {
            folds.iter().map(|fold| (*image, *fold, identity(films, assignment, *fold))).collect::<Vec<_>>()
        };
        Self(cached.iter().flat_map(of).collect())
    }

    /// That of a run's films.
    pub(super) fn of(&self, config: &RunConfig) -> &str {
        let known = |(image, fold, _): &&(ImageConfig, Option<u32>, String)| *image == config.image && *fold == config.fold;
        let (.., identity) = self.0.iter().find(known).expect("films were cached for every image setting and fold");
        identity
    }
}

/// Films and split together: a run on other parts of the same films is another run.
pub(super) fn identity(films: &CachedDataset, assignment: &Assignment, fold: Option<u32>) -> String {
    format!("{} {}", films.digest, assignment.digest(&films.dataset.samples, fold))
}
