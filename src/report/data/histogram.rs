//! Ages of the films: of each part, and of an epoch before and after balancing.

use std::collections::BTreeMap;

use super::super::plot::age_histogram::{AgeHistogram, AgePanel};
use super::super::{ReportError, ReportFile};
use super::DataStudy;
use super::augmentation::EPOCH;
use super::facts::{AgeCount, DataFacts, EpochFacts};
use super::wording;
use crate::data::Sex;

/// `histogram_age` and, for each setting that balances classes, `balance`; as SVG and PNG.
pub(super) fn render(study: &DataStudy, facts: &DataFacts) -> Result<Vec<ReportFile>, ReportError> {
    let of_part = |part: &super::PartFacts| AgePanel { title: wording::part(&part.name), films: by_age_and_sex(&part.ages) };
    // A column for all says nothing that is not seen, where there is one part alone.
    let parts = if facts.parts.len() == 2 { &facts.parts[..1] } else { &facts.parts[..facts.parts.len() - 1] };
    let ages = AgeHistogram {
        title: format!("{}: ages by part and sex", facts.title),
        subtitle: study.notes(),
        panels: parts.iter().map(of_part).collect(),
    };
    let mut files = ages.render("histogram_age")?;
    for (number, epoch) in facts.epochs.iter().filter(|epoch| !epoch.augment.balance.is_empty()).enumerate() {
        files.extend(balance(study, facts, epoch).render(&numbered("balance", number))?);
    }
    Ok(files)
}

fn balance(study: &DataStudy, facts: &DataFacts, epoch: &EpochFacts) -> AgeHistogram {
    let rows = (facts.epochs.len() > 1).then(|| format!("Networks: {}.", epoch.rows.join(", ")));
    AgeHistogram {
        title: format!("{}: ages before and after balancing", facts.title),
        subtitle: study.notes().into_iter().chain(rows).collect(),
        panels: vec![
            AgePanel { title: "Training films".to_owned(), films: by_age_and_sex(&epoch.before) },
            AgePanel { title: format!("Draws of epoch {EPOCH}"), films: by_age_and_sex(&epoch.after) },
        ],
    }
}

/// `name`, `name_2`, `name_3` and so on.
pub(super) fn numbered(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}_{}", number + 1) }
}

fn by_age_and_sex(counts: &[AgeCount]) -> BTreeMap<(i64, Option<Sex>), usize> {
    counts.iter().map(|count| ((count.years, count.sex), count.films)).collect()
}
