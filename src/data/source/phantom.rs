//! Synthetic films, numbered from 0.

use super::super::phantom;
use super::super::sample::{Film, Sample};
use super::Loaded;

/// The first `count` films of the data set `seed`.
pub(super) fn load(count: u64, seed: u64) -> Loaded {
    let sample = |index| {
        let phantom::PhantomLabel { age_months, sex, race } = phantom::label(seed, index);
        Sample { id: index.to_string(), film: Film::Phantom { seed, index }, age_months, sex: Some(sex), group: None, race }
    };
    Loaded { samples: (0..count).map(sample).collect(), ..Loaded::default() }
}
