//! What the runs cost: size of the networks, and all that a clock or the machine has a say in.

use super::number::{NOT_MEASURED, count, range, rounded, three_digits};
use super::summary::{Row, Summary};
use super::table::{Cell, Heading, Table, TableRow};
use super::{Study, comparison};
use crate::metric::mean;
use crate::record::format::RecordedRun;

/// One row per backbone, means over its finished runs.
pub(super) fn table(study: &Study) -> Table {
    let numbers = ["Parameters", "GFLOPs", "Epochs", "Seconds", "Images/s", "Peak memory (MiB)"];
    let headings = [Heading::left("Backbone")].into_iter().chain(numbers.map(Heading::right));
    let summary = Summary::of(study);
    Table {
        name: format!("{}-cost", study.name),
        title: format!("{}: cost", study.title),
        headings: headings.chain([Heading::left("Device"), Heading::right("Threads")]).collect(),
        rows: summary.rows.iter().map(row_of).collect(),
        notes: notes(&summary),
        best: None,
    }
}

fn notes(summary: &Summary) -> Vec<String> {
    if summary.done().next().is_none() {
        return Vec::new();
    }
    vec![
        "GFLOPs: billions of floating-point operations for one image, forward; a multiply-add counts as two.".to_owned(),
        "Seconds: a whole run, from start to record. Images/s: training steps alone. Means over the finished runs of a backbone."
            .to_owned(),
        "Peak memory: the largest of the process in a run.".to_owned(),
    ]
}

fn row_of(row: &Row) -> TableRow {
    let label = row.entry.label.clone();
    let Some(first) = row.done.first() else {
        return TableRow::Message { label, text: comparison::status(row) };
    };
    let average = |figure: fn(&RecordedRun) -> f64| mean(&row.done.iter().map(|run| figure(run)).collect::<Vec<_>>());
    let memory: Vec<f64> = row.done.iter().filter_map(|run| run.cost.peak_memory_mib).collect();
    let epochs: Vec<u32> = row.done.iter().map(|run| run.result.epochs_trained).collect();
    let threads: Vec<u32> = row.done.iter().map(|run| run.cost.threads).collect();
    let mut devices: Vec<&str> = row.done.iter().map(|run| run.cost.device.as_str()).collect();
    devices.sort_unstable();
    devices.dedup();
    let texts = [
        label,
        count(first.result.parameters),
        three_digits(first.result.gflops),
        range(&epochs),
        rounded(average(|run| run.cost.seconds), 1),
        rounded(average(|run| run.cost.images_per_second), 1),
        if memory.is_empty() { NOT_MEASURED.to_owned() } else { rounded(memory.iter().copied().fold(0.0, f64::max), 0) },
        devices.join(", "),
        range(&threads),
    ];
    TableRow::Cells(texts.map(Cell::plain).to_vec())
}

/// One row per finished run, in full precision.
pub(super) fn csv_table(study: &Study) -> Table {
    let headings =
        ["backbone", "run", "parameters", "gflops", "epochs", "seconds", "images_per_second", "peak_memory_mib", "device", "threads"];
    let summary = Summary::of(study);
    let rows = summary.rows.iter().flat_map(|row| row.done.iter().map(|run| csv_row(&row.entry.label, run)));
    Table {
        name: study.name.clone(),
        title: study.title.clone(),
        headings: headings.map(Heading::left).to_vec(),
        rows: rows.collect(),
        notes: Vec::new(),
        best: None,
    }
}

fn csv_row(label: &str, run: &RecordedRun) -> TableRow {
    let (result, cost) = (&run.result, &run.cost);
    let texts = [
        label.to_owned(),
        result.run_id.clone(),
        result.parameters.to_string(),
        result.gflops.to_string(),
        result.epochs_trained.to_string(),
        cost.seconds.to_string(),
        cost.images_per_second.to_string(),
        cost.peak_memory_mib.map_or(String::new(), |value| value.to_string()),
        cost.device.clone(),
        cost.threads.to_string(),
    ];
    TableRow::Cells(texts.map(Cell::plain).to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{StudyBuilder, done, failed, recorded};
    use super::super::table::{csv, markdown};
    use super::*;
    use crate::record::format::RunState;

    fn study() -> Study {
        let mut second = recorded(14.0, 7);
        (second.cost.seconds, second.cost.peak_memory_mib) = (61.75, None);
        StudyBuilder::new()
            .entry("CNN", vec![done(10.0), RunState::Done(Box::new(second))])
            .entry("VGG16", vec![failed("out of memory")])
            .build()
    }

    #[test]
    fn a_row_holds_means_over_runs_and_a_failed_one_its_cause() {
        insta::assert_snapshot!(markdown::page(&table(&study())), @"
        # 10 Epoch: cost

        | Backbone | Parameters | GFLOPs | Epochs | Seconds | Images/s | Peak memory (MiB) | Device | Threads |
        | -------- | ---------: | -----: | -----: | ------: | -------: | ----------------: | ------ | ------: |
        | CNN      |     1.23 M |  0.457 |   7–10 |    72.5 |    321.5 |               812 | cpu    |       2 |
        | VGG16    | failed: out of memory |        |        |         |          |                   |        |         |

        - GFLOPs: billions of floating-point operations for one image, forward; a multiply-add counts as two.
        - Seconds: a whole run, from start to record. Images/s: training steps alone. Means over the finished runs of a backbone.
        - Peak memory: the largest of the process in a run.
        ");
    }

    #[test]
    fn the_csv_holds_one_row_per_run_and_leaves_blank_what_was_not_measured() {
        insta::assert_snapshot!(csv::write(&csv_table(&study())), @"
        backbone,run,parameters,gflops,epochs,seconds,images_per_second,peak_memory_mib,device,threads
        CNN,cnn-s0-03e8,1234567,0.4567,10,83.25,321.5,812.4,cpu,2
        CNN,cnn-s0-0578,1234567,0.4567,7,61.75,321.5,,cpu,2
        ");
    }
}
