//! The specs of a command line, all read before anything is done.

use std::cell::RefCell;
use std::fs;

use tch::Device;

use super::{Options, expand};
use crate::error::Error;
use crate::plan::{Plan, ResolvedSpec, Selection, resolved};
use crate::spec::{self, KeyPath, LoadedSpec, SpecError};
use crate::weights::WeightsStore;

/// The plan of each spec, and the specs with every value that the plans were made of.
pub(super) struct Resolved {
    pub(super) plans: Vec<Plan>,
    pub(super) specs: Vec<ResolvedSpec>,
}

impl Resolved {
    /// Plan and spec of each.
    pub(super) fn each(&self) -> impl Iterator<Item = Asked<'_>> {
        self.plans.iter().zip(&self.specs).map(|(plan, spec)| Asked { plan, spec })
    }
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) spec: &'a ResolvedSpec,
}

/// Read and resolve every spec, so that a mistake in the last one costs nothing.
///
/// # Errors
/// If one cannot be used, or two have one name and with it one results folder.
pub(super) fn resolve_all(options: &Options, device: Device, store: &RefCell<WeightsStore>) -> Result<Resolved, Error> {
    resolve_loaded(&load_all(options)?, device, store)
}

/// Resolve specs that are read.
///
/// # Errors
/// If one cannot be used.
pub(super) fn resolve_loaded(loaded: &[LoadedSpec], device: Device, store: &RefCell<WeightsStore>) -> Result<Resolved, Error> {
    let plans = loaded.iter().map(|loaded| expand(loaded, device, store)).collect::<Result<Vec<_>, _>>()?;
    let specs = loaded.iter().zip(&plans).map(|(loaded, plan)| resolved(loaded, plan)).collect();
    Ok(Resolved { plans, specs })
}

/// Read every spec.
///
/// # Errors
/// If one cannot be read, or two have one name and with it one results folder.
pub(super) fn load_all(options: &Options) -> Result<Vec<LoadedSpec>, Error> {
    let loaded = options.specs.iter().map(|path| spec::load(path, &options.sets)).collect::<Result<Vec<_>, _>>()?;
    refuse_twins(&loaded, options)?;
    Ok(loaded)
}

/// The runs that the command line asks for.
///
/// # Errors
/// If a pattern is none, or fits no run of any plan.
pub(super) fn selection(options: &Options, plans: &[Plan]) -> Result<Selection, Error> {
    let selection = Selection::new(&options.only, &options.skip)?;
    selection.check(plans)?;
    Ok(selection)
}

fn refuse_twins(specs: &[LoadedSpec], options: &Options) -> Result<(), SpecError> {
    for (index, spec) in specs.iter().enumerate() {
        let Some(first) = specs[..index].iter().find(|other| other.name == spec.name) else { continue };
        let folder = options.results.join(spec.name.as_str());
        let same_file = matches!((fs::canonicalize(&first.path), fs::canonicalize(&spec.path)), (Ok(one), Ok(other)) if one == other);
        let what = if same_file {
            format!("{} is given twice; give it once", spec.path.display())
        } else {
            format!(
                "{:?} is the name of {} and of {}, which would both write to {}; give one of them another `name`",
                spec.name.as_str(),
                first.path.display(),
                spec.path.display(),
                folder.display()
            )
        };
        return Err(SpecError::Invalid(vec![spec.problem(KeyPath::of("name"), what)]));
    }
    Ok(())
}
