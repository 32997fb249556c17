//! `matrix`: values to combine, each combination a row of its own for every entry of `backbones`.
//!
//! In: the tree of a layer, whose values are held against the schema one by one ([`faults`]); then the merged tree, whose
//! entries are multiplied ([`expand`]). Out: a tree without anything left to combine, and for each of its entries the
//! [`Row`] that says where its values were written and how they are named. What it means is told in `docs/matrix.md`.

mod axis;
mod check;
mod combine;
mod object;
mod words;

use super::key_path::KeyPath;
use super::locate::Aim;
use super::node::Node;

pub(super) use check::faults;
pub(super) use combine::expand;

/// Far above what anybody would read as one table; a slip of the pen passes it at once.
const MOST_ROWS: usize = 1000;

/// The keys of `matrix` that are no key paths.
const INCLUDE: &str = "include";
const EXCLUDE: &str = "exclude";

/// The key of an object of `include` or `exclude` that says which entries it is for.
const BACKBONE: &str = "backbone";

/// Something that is wrong with a matrix.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MatrixFault {
    pub(super) path: KeyPath,
    pub(super) aim: Aim,
    pub(super) message: String,
}

impl MatrixFault {
    fn value(path: KeyPath, message: impl Into<String>) -> Self {
        Self { path, aim: Aim::Value, message: message.into() }
    }

    fn key(path: KeyPath, message: impl Into<String>) -> Self {
        Self { path, aim: Aim::Key, message: message.into() }
    }
}

/// A row of the table: an entry of `backbones` as it is written, with one value of each axis.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// The place of the entry in `backbones` as it is written.
    pub(crate) entry: usize,
    /// What tells it apart from the other rows of its entry, such as `learning rate 0.0001`; empty where there is no matrix.
    pub(crate) words: Vec<String>,
    /// The keys that the matrix sets, from the entry's settings on, and where their values are written.
    pub(super) origins: Vec<(Vec<String>, KeyPath)>,
}

/// What a matrix makes of a spec.
#[derive(Debug)]
pub(super) struct Expanded {
    /// The spec with one entry of `backbones` for each row.
    pub(super) tree: Node,
    /// In the order of those entries.
    pub(super) rows: Vec<Row>,
}

fn path_of(key: &str) -> KeyPath {
    KeyPath::of("matrix").key(key)
}
