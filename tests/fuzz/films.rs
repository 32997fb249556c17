//! Any bytes as a film: every decoder, then the hand looked for and the film made to fit. It may be refused; it must not panic, hang, or take memory that
//! its size does not account for.

#![no_main]

use bench_run::data::{HandRegion, decode, fit};
use bench_run::plan::{ImageConfig, PrepareConfig};
use bench_run::spec::{Channels, Fit, ImageSize};
use libfuzzer_sys::fuzz_target;

/// Larger films only make the fuzzer slow.
const MOST_PIXELS: u64 = 1 << 22;

fuzz_target!(|bytes: &[u8]| {
    for (channels, fit_by) in [(Channels::Grey, Fit::Pad), (Channels::Rgb, Fit::Crop)] {
        let Ok(film) = decode(bytes, channels) else { continue };
        let pixels = u64::from(film.size.height) * u64::from(film.size.width);
        assert_eq!(film.pixels.levels().len() as u64, pixels * film.channels.count() as u64, "the film has other pixels than its size says");
        if pixels > MOST_PIXELS {
            continue;
        }
        let config = ImageConfig { size: ImageSize { height: 6, width: 9 }, channels, fit: fit_by, prepare: PrepareConfig::default() };
        let _ = HandRegion::find(&film);
        assert_eq!(fit(&film, &config).levels().len(), 54 * channels.count(), "the film does not fit");
    }
});
