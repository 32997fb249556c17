//! What happened, on disk.

pub mod format;
