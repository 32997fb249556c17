//! What films of a data set look like, in short: by it a new film is told apart that is unlike all of them, such as another part of
//! the body, another view or a film upside down. Films in; their mean and principal components out, which show none of them.

use tch::{Device, Kind, Tensor};

use super::OUTLIER_DEVIATIONS;
use super::descriptor::describe_images;
use super::outlier::{median, robust_spread};
use crate::data::{FilmStore, stack_films};

/// Most principal components that are kept; those of 1000 hands explain half of what differs between them.
const MOST_COMPONENTS: usize = 48;
/// Films to each component, so that none shows a single film.
const FILMS_PER_COMPONENT: usize = 10;
/// Fewest films from which anything is said.
const FEWEST_FILMS: usize = 20;
/// Films that are described together.
const CHUNK: usize = 128;

/// What films of a data set look like.
#[derive(Debug)]
pub struct TypicalFilms {
    /// Mean of the descriptors, `[1024]`.
    pub mean: Tensor,
    /// Orthonormal principal components, `[components, 1024]`.
    pub components: Tensor,
    /// The likeness of a usual film: the median over films that the components were not made of, where there are enough of them.
    pub usual: f64,
    /// Robust standard deviation of the likeness about that.
    pub spread: f64,
}

impl TypicalFilms {
    /// Those of the films `made_of`; what is usual is measured on the films `held_out`, or on the same ones where those are too
    /// few. None where there are too few films of either.
    pub fn of(films: &dyn FilmStore, made_of: &[usize], held_out: &[usize]) -> Option<Self> {
        if made_of.len() < FEWEST_FILMS {
            return None;
        }
        let descriptors = described(films, made_of);
        let mean = descriptors.mean_dim([0i64].as_slice(), false, Kind::Float);
        let count = MOST_COMPONENTS.min(made_of.len() / FILMS_PER_COMPONENT).max(1) as i64;
        let (_, _, directions) = (&descriptors - &mean).svd(true, true);
        let components = directions.tr().narrow(0, 0, count).contiguous();
        let mut typical = Self { mean, components, usual: 0.0, spread: 0.0 };
        let judged = if held_out.len() < FEWEST_FILMS { descriptors } else { described(films, held_out) };
        let likeness = typical.likeness_of_described(&judged);
        typical.usual = median(likeness.clone());
        typical.spread = robust_spread(&likeness, typical.usual);
        (typical.spread > 0.0).then_some(typical)
    }

    /// How unlike the films are images are: 0 for a usual one, above 1 for one that no film is like.
    ///
    /// # Shapes
    /// `[N, C, H, W]` fp32, 0 to 1, not standardised → N scores.
    pub fn scores(&self, images: &Tensor) -> Vec<f64> {
        let likeness = self.likeness_of_described(&describe_images(&images.to_device(Device::Cpu)));
        likeness.into_iter().map(|value| ((self.usual - value) / (OUTLIER_DEVIATIONS * self.spread)).max(0.0)).collect()
    }

    /// The correlation of each descriptor with what mean and components can show of it.
    fn likeness_of_described(&self, descriptors: &Tensor) -> Vec<f64> {
        let centred = descriptors - &self.mean;
        let shown = centred.matmul(&self.components.tr()).matmul(&self.components) + &self.mean;
        let length = shown.square().sum_dim_intlist([1i64].as_slice(), false, Kind::Float).sqrt().clamp_min(1e-6);
        let likeness = (descriptors * shown).sum_dim_intlist([1i64].as_slice(), false, Kind::Float) / length;
        Vec::<f64>::try_from(likeness.to_kind(Kind::Double)).expect("one number per film")
    }
}

/// # Shapes
/// → `[N, 1024]`.
fn described(films: &dyn FilmStore, indices: &[usize]) -> Tensor {
    let chunks: Vec<Tensor> = indices.chunks(CHUNK).map(|chunk| describe_images(&stack_films(films, chunk, Device::Cpu))).collect();
    Tensor::cat(&chunks, 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::small_image;
    use super::super::tests::{hands, store};
    use super::*;

    #[test]
    fn hands_are_like_hands_and_what_is_none_is_not() {
        let films = store(&hands(5, 90), small_image());
        let (made_of, held_out): (Vec<usize>, Vec<usize>) = ((0..60).collect(), (60..90).collect());
        let typical = TypicalFilms::of(&films, &made_of, &held_out).unwrap();
        let images = stack_films(&films, &held_out, Device::Cpu);
        let hands = typical.scores(&images);
        assert!(hands.iter().filter(|score| **score > 1.0).count() <= 1, "{hands:?}");
        for (what, others) in [
            ("upside down", images.flip([2])),
            ("inverted", 1.0 - &images),
            ("noise", Tensor::rand_like(&images)),
            ("empty", Tensor::full_like(&images, 0.3)),
        ] {
            let scores = typical.scores(&others);
            assert!(median(scores.clone()) > 1.0, "{what}: {scores:?}");
        }
    }

    #[test]
    fn too_few_films_say_nothing() {
        let films = store(&hands(5, 12), small_image());
        assert!(TypicalFilms::of(&films, &(0..12).collect::<Vec<_>>(), &[]).is_none());
    }
}
