//! Training films as the network sees them, for people: films and augmentation settings in, 8-bit pixels out, before they are
//! standardised.

use tch::{Device, Kind, Tensor};

use super::augment::{AugmentKey, AugmentKind, at_limits, augment};
use super::loader::{FilmStore, stack_films};
use crate::plan::AugmentConfig;

/// A film as it is stored; C × H × W bytes.
pub fn stored_film(store: &dyn FilmStore, index: usize) -> Vec<u8> {
    to_bytes(&stack_films(store, &[index], Device::Cpu)).swap_remove(0)
}

/// The films that the keys name, augmented as the loader does for them; for each C × H × W bytes.
pub fn augmented_films(store: &dyn FilmStore, config: &AugmentConfig, keys: &[AugmentKey]) -> Vec<Vec<u8>> {
    let indices: Vec<usize> = keys.iter().map(|key| key.sample as usize).collect();
    let films = stack_films(store, &indices, Device::Cpu);
    to_bytes(&tch::no_grad(|| augment(&films, config, keys)))
}

/// A film changed by one kind alone, as far as `config` lets it go: what each change is, and C × H × W bytes.
pub fn film_at_limits(store: &dyn FilmStore, index: usize, config: &AugmentConfig, kind: AugmentKind) -> Vec<(String, Vec<u8>)> {
    let film = stack_films(store, &[index], Device::Cpu);
    let changed = tch::no_grad(|| at_limits(&film, config, kind));
    changed.into_iter().flat_map(|(text, images)| to_bytes(&images).into_iter().map(move |film| (text.clone(), film))).collect()
}

/// Rounded to the nearest of 256 levels.
fn to_bytes(images: &Tensor) -> Vec<Vec<u8>> {
    let levels = (images * 255.0).round().clamp(0.0, 255.0).to_kind(Kind::Uint8).contiguous();
    let count = levels.size()[0];
    let film = |index: i64| Vec::try_from(levels.get(index).view(-1)).expect("bytes of a contiguous tensor");
    (0..count).map(film).collect()
}

#[cfg(test)]
mod tests {
    use super::super::loader::tests::Films;
    use super::super::loader::{Loader, LoaderConfig};
    use super::super::order::Order;
    use super::super::testing::sample;
    use super::*;
    use crate::plan::InputNormalization;
    use crate::spec::{BalanceTo, Channels, ImageSize};

    const SIZE: ImageSize = ImageSize { height: 5, width: 7 };

    fn film(number: u64) -> Vec<u8> {
        (0..35).map(|pixel| (pixel * 7 + number * 31 % 200) as u8).collect()
    }

    fn films() -> Films {
        Films::new((0..4).map(film).collect(), SIZE, Channels::Grey)
    }

    #[test]
    fn without_augmentation_the_films_come_back_byte_for_byte() {
        let films = films();
        let key = |sample| AugmentKey { seed: 1, epoch: 1, sample, repeat: 0 };
        let seen = augmented_films(&films, &AugmentConfig::default(), &[key(2), key(0)]);
        assert_eq!(seen, [film(2), film(0)]);
        assert_eq!(seen, [stored_film(&films, 2), stored_film(&films, 0)]);
    }

    #[test]
    fn a_preview_shows_what_the_loader_makes() {
        let films = films();
        let samples: Vec<_> = (0..4).map(|index| sample(&index.to_string(), 12.0 * f64::from(index), None, None)).collect();
        let config = AugmentConfig { rotate: 20.0, scale: 0.2, contrast: 0.3, noise: 0.05, flip: 0.5, ..AugmentConfig::default() };
        let normalization = InputNormalization::Fixed { mean: vec![0.0], std: vec![1.0] };
        let loader_config =
            LoaderConfig { seed: 3, batch_size: 4, eval_batch_size: 4, augment: config.clone(), normalization, device: Device::Cpu };
        let train = [0, 1, 2, 3];
        let batch = Loader::new(&films, &samples, &train, loader_config).train_batches(2).next().expect("there is a batch");
        let draws = Order::new(&train, &samples, &[], BalanceTo::Mean).epoch(3, 2);
        let key = |index: &usize| AugmentKey { seed: 3, epoch: 2, sample: *index as u64, repeat: 0 };
        let keys: Vec<AugmentKey> = batch.indices.iter().map(key).collect();
        assert_eq!(draws.iter().map(|draw| draw.index).collect::<Vec<_>>(), batch.indices);
        assert_eq!(augmented_films(&films, &config, &keys), to_bytes(&batch.images));
    }

    #[test]
    fn a_flip_at_its_limit_turns_every_row_round() {
        let films = films();
        let config = AugmentConfig { flip: 0.5, rotate: 10.0, ..AugmentConfig::default() };
        let [(_, same), (text, flipped)] = film_at_limits(&films, 1, &config, AugmentKind::Flip).try_into().expect("two changes");
        assert_eq!(text, "flipped");
        assert_eq!(same, film(1));
        let turned: Vec<u8> = film(1).chunks(7).flat_map(|row| row.iter().rev().copied()).collect();
        assert_eq!(flipped, turned);
    }
}
