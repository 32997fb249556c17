//! One change of all films alike, of a strength that is given: for whoever asks what a network makes of changed films.

use tch::Tensor;

use super::change::{Change, NOTHING};
use super::{AugmentConfig, apply};

/// What is done to films, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FilmChange {
    /// Nothing.
    Nothing,
    /// A turn by so many degrees, clockwise as seen; what comes into view repeats the border.
    Rotate(f64),
    /// Left and right change places.
    Flip,
    /// Added to the levels, which reach from 0 to 1 and are cut there.
    Brightness(f64),
    /// Factor of the levels' distance from the film's mean.
    Contrast(f64),
    /// White becomes black.
    Invert,
    /// Standard deviation of a Gaussian blur, as a share of the shorter side.
    Blur(f64),
    /// Standard deviation of Gaussian noise on levels from 0 to 1.
    Noise(f64),
    /// Made smaller to this share of each side, then enlarged to the old size.
    Resolution(f64),
}

/// The films, each changed in the same way; the noise of a film hangs on its key alone.
///
/// # Shapes
/// `[N, C, H, W]` fp32, 0 to 1, and one key per film → the same.
///
/// # Panics
/// If the number of keys is not N.
pub fn change_films(films: &Tensor, change: FilmChange, noise_keys: &[u32]) -> Tensor {
    assert_eq!(films.size()[0], noise_keys.len() as i64, "one key per film");
    let size = films.size();
    let shorter = size[2].min(size[3]) as f64;
    // A kind is applied where its limit is not zero; by how much, the change says.
    let limits = AugmentConfig::default();
    let (limits, change) = match change {
        FilmChange::Nothing => return films.shallow_clone(),
        FilmChange::Resolution(share) => return lower_resolution(films, share),
        FilmChange::Rotate(degrees) => (AugmentConfig { rotate: 1.0, ..limits }, Change { degrees, ..NOTHING }),
        FilmChange::Flip => (AugmentConfig { flip: 1.0, ..limits }, Change { flip: true, ..NOTHING }),
        FilmChange::Brightness(brightness) => (AugmentConfig { brightness: 1.0, ..limits }, Change { brightness, ..NOTHING }),
        FilmChange::Contrast(contrast) => (AugmentConfig { contrast: 1.0, ..limits }, Change { contrast, ..NOTHING }),
        FilmChange::Invert => (AugmentConfig { invert: 1.0, ..limits }, Change { invert: true, ..NOTHING }),
        FilmChange::Blur(share) => (AugmentConfig { blur: share * shorter, ..limits }, Change { blur: share * shorter, ..NOTHING }),
        FilmChange::Noise(noise) => (AugmentConfig { noise, ..limits }, NOTHING),
    };
    let changes: Vec<Change> = noise_keys.iter().map(|key| Change { noise_key: *key, ..change }).collect();
    apply(films, &limits, &changes)
}

/// Averaged where pixels are joined, interpolated where they are made, as a film that was scanned coarsely and enlarged.
///
/// # Shapes
/// `[N, C, H, W]` → the same.
fn lower_resolution(films: &Tensor, share: f64) -> Tensor {
    let size = films.size();
    let smaller = [size[2], size[3]].map(|side| ((side as f64 * share).round() as i64).max(1));
    // The algorithm with antialiasing wants plain strides on some devices.
    let small = films.contiguous().internal_upsample_bilinear2d_aa(smaller, false, None, None);
    small.upsample_bilinear2d([size[2], size[3]], false, None, None)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    fn films() -> Tensor {
        Tensor::rand([2, 1, 8, 8], (Kind::Float, Device::Cpu)) * 0.5 + 0.25
    }

    fn changed(films: &Tensor, change: FilmChange) -> Tensor {
        change_films(films, change, &[1, 2])
    }

    fn near(left: &Tensor, right: &Tensor) -> bool {
        left.allclose(right, 1e-5, 1e-5, false)
    }

    #[test]
    fn turns_and_flips_of_square_films_move_whole_pixels() {
        let films = films();
        let turned = |degrees| changed(&films, FilmChange::Rotate(degrees));
        // Clockwise: the left column becomes the top row.
        assert!(near(&turned(90.0), &films.rot90(-1, [2, 3])));
        assert!(near(&turned(-90.0), &films.rot90(1, [2, 3])));
        assert!(near(&turned(180.0), &films.flip([2, 3])) && near(&turned(-180.0), &turned(180.0)));
        assert!(near(&changed(&films, FilmChange::Flip), &films.flip([3])));
        assert_eq!(changed(&films, FilmChange::Nothing), films);
        assert!(!near(&turned(30.0), &films));
    }

    #[test]
    fn levels_change_by_what_is_asked_for() {
        let films = films();
        assert!(near(&changed(&films, FilmChange::Brightness(0.2)), &(&films + 0.2)));
        assert!(near(&changed(&films, FilmChange::Brightness(-0.5)), &(&films - 0.5).clamp(0.0, 1.0)));
        assert!(near(&changed(&films, FilmChange::Invert), &(1.0 - &films)));
        let mean = films.mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float);
        assert!(near(&changed(&films, FilmChange::Contrast(0.5)), &((&films - &mean) * 0.5 + &mean)));
    }

    #[test]
    fn noise_is_that_of_the_key_and_as_strong_as_asked() {
        let films = Tensor::full([2, 1, 64, 64], 0.5, (Kind::Float, Device::Cpu));
        let noise = |keys: &[u32]| change_films(&films, FilmChange::Noise(0.05), keys) - &films;
        let (one, other) = (noise(&[3, 4]), noise(&[4, 3]));
        assert_eq!(one.get(0), other.get(1));
        assert_ne!(one.get(0), one.get(1));
        assert!((one.std(false).double_value(&[]) - 0.05).abs() < 0.002);
    }

    #[test]
    fn a_blur_is_measured_by_the_side_and_a_coarse_film_loses_its_detail_only() {
        let pattern = |size: i64| {
            let dots = Tensor::zeros([1, 1, size, size], (Kind::Float, Device::Cpu));
            let _ = dots.narrow(2, size / 2, 1).narrow(3, size / 2, 1).fill_(1.0);
            dots
        };
        let peak = |size| change_films(&pattern(size), FilmChange::Blur(0.02), &[0]).max().double_value(&[]);
        assert!(peak(200) < peak(100), "four pixels against two");
        let films = films();
        let coarse = changed(&films, FilmChange::Resolution(0.25));
        assert_eq!(coarse.size(), films.size());
        let spread = |films: &Tensor| films.std(false).double_value(&[]);
        assert!(spread(&coarse) < 0.6 * spread(&films), "{} {}", spread(&coarse), spread(&films));
        let level = Tensor::full([2, 1, 9, 7], 0.3, (Kind::Float, Device::Cpu));
        assert!(near(&changed(&level, FilmChange::Resolution(0.1)), &level));
        assert!(near(&changed(&films, FilmChange::Resolution(1.0)), &films));
    }
}
