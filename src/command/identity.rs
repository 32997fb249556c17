//! What the films of a plan and their split are, which the ids of its runs hang on.

use crate::data::{Assignment, CachedDataset};
use crate::plan::{ImageConfig, RunConfig};

/// One identity for each of a plan's image settings.
pub(super) struct Identities(Vec<(ImageConfig, String)>);

impl Identities {
    pub(super) fn new(cached: &[(ImageConfig, CachedDataset)], assignment: &Assignment) -> Self {
        Self(cached.iter().map(|(image, films)| (*image, identity(films, assignment))).collect())
    }

    /// That of a run's films.
    pub(super) fn of(&self, config: &RunConfig) -> &str {
        let (_, identity) = self.0.iter().find(|(image, _)| *image == config.image).expect("films were cached for every image setting");
        identity
    }
}

/// Films and split together: a run on other parts of the same films is another run.
pub(super) fn identity(films: &CachedDataset, assignment: &Assignment) -> String {
    format!("{} {}", films.digest, assignment.digest(&films.dataset.samples))
}
