//! How a finished run's errors grow when its films are changed: turned, mirrored, darkened, inverted, blurred.
//!
//! In: a finished run and the films that it was judged by. Out: a [`SweepRow`] for each change and strength, kept in
//! `results/<name>/robustness/<run id>.csv`, from which reports are made. Films are changed before they are standardised, by the
//! operations of training's augmentation, and nothing is trained.

mod change;
mod record;
mod sweep;

pub use change::{Change, points};
pub use record::{FOLDER, SweepRow, is_current, read, write};
pub use sweep::{SweepFilms, sweep};
