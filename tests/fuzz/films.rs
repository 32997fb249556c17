//! Any bytes as a film: every decoder, then the hand looked for and the film made to fit. It may be refused; it must not panic, hang, or take memory that
//! its size does not account for.

#![no_main]

use bench_run::data::{HandRegion, decode, read_film_bytes};
use bench_run::plan::{ImageConfig, PrepareConfig};
use bench_run::spec::{Channels, Fit, ImageSize};
use libfuzzer_sys::fuzz_target;

/// Larger films only make the fuzzer slow.
const MOST_PIXELS: u64 = 1 << 22;

fuzz_target!(|bytes: &[u8]| {
    for (channels, fit_by) in [(Channels::Grey, Fit::Pad), (Channels::Rgb, Fit::Crop)] {
        // So small that JPEG films are decoded at a fraction of their size.
        let config = ImageConfig { size: ImageSize { height: 2, width: 3 }, channels, fit: fit_by, prepare: PrepareConfig::default() };
        let Ok(film) = decode(bytes, channels) else {
            assert!(read_film_bytes(bytes, &config).is_err(), "a refused film is read at a fraction of its size");
            continue;
        };
        let pixels = u64::from(film.size.height) * u64::from(film.size.width);
        assert_eq!(
            film.pixels.levels().len() as u64,
            pixels * film.channels.count() as u64,
            "the film has other pixels than its size says"
        );
        if pixels > MOST_PIXELS {
            continue;
        }
        let _ = HandRegion::find(&film);
        assert_eq!(read_film_bytes(bytes, &config).map(|read| read.levels().len()), Ok(6 * channels.count()), "the film does not fit");
    }
});
