//! What is drawn for one image.

use rand::{Rng, RngExt};

use super::AugmentKey;
use crate::plan::AugmentConfig;
use crate::random::{Purpose, keyed};

/// Smallest and largest share of the area that is erased, and its largest ratio of sides: Zhong et al. 2017, arXiv 1708.04896,
/// with their smaller limit of area, because a growth plate is a small part of a film.
pub(super) const ERASED_AREA: [f64; 2] = [0.02, 0.2];
const ERASED_ASPECT: f64 = 3.0;

/// What happens to one image.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Change {
    pub(super) flip: bool,
    pub(super) scale: f64,
    /// Clockwise as seen.
    pub(super) degrees: f64,
    /// Down and right, as shares of height and width.
    pub(super) shift: [f64; 2],
    pub(super) gamma: f64,
    pub(super) contrast: f64,
    pub(super) brightness: f64,
    pub(super) noise_key: u32,
    pub(super) invert: bool,
    /// How far a vertical line leans, to the right at its lower end.
    pub(super) shear_degrees: f64,
    pub(super) elastic_key: u32,
    /// Standard deviation of a Gaussian, pixels.
    pub(super) blur: f64,
    pub(super) sharpen: f64,
    /// Factor of red, green and blue.
    pub(super) tint: [f64; 3],
    pub(super) erased: Option<Rectangle>,
}

/// An image left as it is.
pub(super) const NOTHING: Change = Change {
    flip: false,
    scale: 1.0,
    degrees: 0.0,
    shift: [0.0; 2],
    gamma: 1.0,
    contrast: 1.0,
    brightness: 0.0,
    noise_key: 0,
    invert: false,
    shear_degrees: 0.0,
    elastic_key: 0,
    blur: 0.0,
    sharpen: 0.0,
    tint: [1.0; 3],
    erased: None,
};

/// A part of an image in shares of its sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub(super) top: f64,
    pub(super) left: f64,
    pub(super) height: f64,
    pub(super) width: f64,
}

impl Change {
    pub(super) fn draw(config: &AugmentConfig, key: &AugmentKey) -> Self {
        let AugmentKey { seed, epoch, sample, repeat } = *key;
        let mut rng = keyed(seed, Purpose::Augment, &[epoch, sample, repeat]);
        let AugmentConfig { rotate, translate, scale, flip, brightness, contrast, gamma, invert, .. } = *config;
        let AugmentConfig { shear, blur, sharpen, tint, erase, .. } = *config;
        let noise_key = rng.next_u32();
        let mut share = || rng.random::<f64>();
        // Evenly within ± the limit.
        let mut within = |limit: f64| limit * (2.0 * share() - 1.0);
        let geometry = [within(rotate), within(translate), within(translate), within(scale)];
        let levels = [within(gamma), within(contrast), within(brightness)];
        let (flip, invert) = (share() < flip, share() < invert);
        // Kinds that came later are drawn later, so that the draws of the first ones stay what they were.
        let mut within = |limit: f64| limit * (2.0 * share() - 1.0);
        let shear_degrees = within(shear);
        let tint = [within(tint), within(tint), within(tint)].map(|change| 1.0 + change);
        let (blur, sharpen) = (blur * share(), sharpen * share());
        let is_erased = share() < erase;
        let erased = Rectangle::draw(&mut share);
        Self {
            degrees: geometry[0],
            shift: [geometry[1], geometry[2]],
            scale: 1.0 + geometry[3],
            gamma: 1.0 + levels[0],
            contrast: 1.0 + levels[1],
            brightness: levels[2],
            flip,
            invert,
            noise_key,
            shear_degrees,
            elastic_key: rng.next_u32(),
            blur,
            sharpen,
            tint,
            erased: is_erased.then_some(erased),
        }
    }
}

impl Rectangle {
    fn draw(share: &mut impl FnMut() -> f64) -> Self {
        let area = ERASED_AREA[0] + (ERASED_AREA[1] - ERASED_AREA[0]) * share();
        // Evenly in the logarithm, so that as many lie as stand.
        let aspect = ERASED_ASPECT.powf(2.0 * share() - 1.0);
        let (height, width) = ((area * aspect).sqrt().min(1.0), (area / aspect).sqrt().min(1.0));
        Self { top: (1.0 - height) * share(), left: (1.0 - width) * share(), height, width }
    }
}
