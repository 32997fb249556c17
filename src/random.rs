//! Randomness without state: every draw comes from a generator made from a key.
//!
//! A key is (seed, purpose, numbers such as epoch and sample). The same key gives the same stream on every machine, in
//! any order and on any number of threads, so nothing about random state needs to be saved or restored.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a stream of draws is for; streams of different purposes never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Drawing a synthetic film: (index).
    Phantom,
    /// Assigning samples to parts.
    Split,
    /// Initial weights: (hash of the parameter's name).
    Weights,
    /// Order of the training samples: (epoch).
    Order,
    /// Changing a training image: (epoch, sample, how often it was drawn before in the epoch).
    Augment,
    /// Dropout and stochastic depth: (step).
    Dropout,
    /// Resampling for intervals.
    Bootstrap,
    /// Noise of a film in the robustness sweep: (hash of the film's id).
    Robustness,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Phantom => "phantom",
            Self::Split => "split",
            Self::Weights => "weights",
            Self::Order => "order",
            Self::Augment => "augment",
            Self::Dropout => "dropout",
            Self::Bootstrap => "bootstrap",
            Self::Robustness => "robustness",
        }
    }
}

/// The generator of a key.
pub fn keyed(seed: u64, purpose: Purpose, parts: &[u64]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key("bench-run 2026 keyed randomness");
    hasher.update(purpose.word().as_bytes());
    hasher.update(&seed.to_le_bytes());
    for part in parts {
        hasher.update(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

/// A number for a name, to be used as a part of a key.
pub fn name_part(name: &str) -> u64 {
    let digest = blake3::hash(name.as_bytes());
    digest.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn a_stream_depends_on_every_part_of_its_key() {
        let first = |seed, purpose, parts: &[u64]| keyed(seed, purpose, parts).next_u64();
        let base = first(1, Purpose::Order, &[2, 3]);
        assert_eq!(base, first(1, Purpose::Order, &[2, 3]));
        for other in [
            first(2, Purpose::Order, &[2, 3]),
            first(1, Purpose::Split, &[2, 3]),
            first(1, Purpose::Order, &[3, 2]),
            first(1, Purpose::Order, &[2]),
        ] {
            assert_ne!(base, other);
        }
    }
}
