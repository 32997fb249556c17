//! What a spec needs to know of the films beside their ages, and whether the source can tell it.
//!
//! In: a loaded spec. Out: what cannot be, for the sources whose form says what they tell; and for label tables what is still
//! to be checked once they are read, with the places of the spec at hand.

use crate::spec::{Contradiction, DataSpec, FilePattern, KeyPath, LoadedSpec, Problem, SpecError, Stratum, entry_path};

/// A property that the spec uses and only the labels can show to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// The sex or the race.
    property: Stratum,
    /// What is wrong if no film has it.
    problem: Problem,
}

/// See the module.
pub(super) struct Needs {
    pub(super) lacking: Vec<Contradiction>,
    pub(super) needs: Vec<Need>,
}

/// Checks what the films tell against what the spec uses; `tells` says whether any film has a property.
///
/// # Errors
/// With each property that no film has.
pub fn check_needs(needs: &[Need], tells: &dyn Fn(Stratum) -> bool) -> Result<(), SpecError> {
    let problems: Vec<Problem> = needs.iter().filter(|need| !tells(need.property)).map(|need| need.problem.clone()).collect();
    if problems.is_empty() { Ok(()) } else { Err(SpecError::Invalid(problems)) }
}

pub(super) fn needs(loaded: &LoadedSpec) -> Needs {
    let mut found = Needs { lacking: Vec::new(), needs: Vec::new() };
    let uses = uses(loaded);
    for (property, name) in [(Stratum::Sex, "sex"), (Stratum::Race, "race")] {
        let keys: Vec<&KeyPath> = uses.iter().filter(|(_, used)| *used == property).map(|(key, _)| key).collect();
        let Some((first, others)) = keys.split_first() else { continue };
        match answer(&loaded.spec.data, name) {
            Answer::Told => {}
            Answer::Lacking(source, words, step) => {
                let message = format!("needs the {name} of the films, which the source does not tell; {step}, or remove this");
                found.lacking.extend(
                    keys.iter().map(|key| Contradiction::new((*key).clone(), message.clone()).against(source.clone(), words.clone())),
                );
            }
            Answer::InLabels(source, step) => {
                let message = format!("needs the {name} of the films, and the labels give none; {step}, or remove this");
                let start = Contradiction::new((*first).clone(), message).against(source, "is the source");
                let contradiction = others.iter().fold(start, |found, key| found.against((*key).clone(), "needs it too"));
                let problems = loaded.problems(vec![contradiction]);
                found.needs.extend(problems.into_iter().map(|problem| Need { property, problem }));
            }
        }
    }
    found
}

/// Whether a source tells a property, as far as the spec says.
enum Answer {
    Told,
    /// Where that is seen, what is to be seen there, and what to do.
    Lacking(KeyPath, String, String),
    /// The source, and what to do if the labels have none.
    InLabels(KeyPath, String),
}

fn answer(data: &DataSpec, name: &str) -> Answer {
    let source = |name: &str| KeyPath::of("data").key(name);
    if data.phantom.is_some() && name == "race" {
        let step = "use films that have one".to_owned();
        return Answer::Lacking(source("phantom"), "draws films that have no race".to_owned(), step);
    }
    if let Some(patterns) = data.filename.as_ref().and_then(|source| source.pattern.as_ref()) {
        let tells = |pattern: &String| FilePattern::parse(pattern).is_ok_and(|pattern| pattern.has(name));
        if !patterns.0.iter().any(tells) {
            let step = format!("put {{{name}}} into the pattern");
            return Answer::Lacking(source("filename").key("pattern"), format!("has no {{{name}}}"), step);
        }
    }
    if data.csv.is_some() {
        return Answer::InLabels(source("csv"), format!("name its column by `data.csv.{name}`"));
    }
    if data.rsna.is_some() {
        let step =
            if name == "sex" { "give the table a column `male` or `sex`" } else { "read the table by `data.csv`, which names columns" };
        return Answer::InLabels(source("rsna"), step.to_owned());
    }
    Answer::Told
}

/// Every key that uses a property, with the property.
fn uses(loaded: &LoadedSpec) -> Vec<(KeyPath, Stratum)> {
    let spec = &loaded.spec;
    let mut uses = Vec::new();
    let mut strata = |path: KeyPath, list: &[Stratum]| {
        uses.extend(list.iter().enumerate().map(|(index, property)| (path.clone().index(index), *property)));
    };
    strata(KeyPath::of("split.stratify"), spec.split.stratify.as_deref().unwrap_or_default());
    let entries = spec.backbones.iter().flatten().enumerate();
    let of_entries = entries.map(|(index, entry)| (entry_path(index, entry), &entry.settings.augment, &entry.settings.head));
    let sections: Vec<_> = [(KeyPath::default(), &spec.augment, &spec.head)].into_iter().chain(of_entries).collect();
    for (path, augment, _) in &sections {
        if let Some(balance) = &augment.balance {
            strata(path.clone().key("augment").key("balance").key("by"), &balance.by);
        }
    }
    let with_sex = sections.into_iter().filter(|(_, _, head)| head.sex == Some(true));
    uses.extend(with_sex.map(|(path, _, _)| (path.key("head").key("sex"), Stratum::Sex)));
    uses
}
