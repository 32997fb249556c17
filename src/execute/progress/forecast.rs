//! How far a plan is: what is left of its work at the speed of this command so far, and which run is the best yet.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{RunHeading, mae};
use crate::execute::event::RunEvent;
use crate::human::duration;
use crate::record::format::RunResult;
use crate::spec::AgeUnit;

/// Before that a speed says little.
const LEAST: Duration = Duration::from_secs(3);

/// Follows the work of all runs.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    unit: AgeUnit,
    /// Of each run, in the order of the plan; empty where it is not known.
    work: Vec<f64>,
    /// Share of each run that is done, by its number from 1.
    done: BTreeMap<usize, f64>,
    /// Films of each run under way: those of all its epochs, and those seen.
    films: BTreeMap<usize, (u64, u64)>,
    /// When the first step of this command was told of, and the work that was done before.
    begin: Option<(Instant, f64)>,
    /// Label and validation MAE, months, of the best run so far.
    best: Option<(String, f64)>,
}

impl Forecast {
    pub(super) fn new(unit: AgeUnit) -> Self {
        Self { unit, ..Self::default() }
    }

    pub(super) fn plan(&mut self, work: &[f64]) {
        *self = Self { work: work.to_vec(), ..Self::new(self.unit) };
    }

    /// A run needs no more work; its result, where it has one, is compared with the best so far.
    pub(super) fn end(&mut self, heading: RunHeading, result: Option<&RunResult>) {
        let share = self.done.insert(heading.number, 1.0).unwrap_or_default();
        self.films.remove(&heading.number);
        if let Some((_, base)) = &mut self.begin {
            // What a run that was skipped, failed or stopped early spares was not done in the time so far.
            *base += (1.0 - share.min(1.0)) * self.work.get(heading.number - 1).copied().unwrap_or_default();
        }
        let val = result.and_then(|result| result.figures.val.as_ref());
        if let Some(val) = val.filter(|val| self.best.as_ref().is_none_or(|(_, best)| val.mae < *best)) {
            self.best = Some((heading.label.to_owned(), val.mae));
        }
    }

    pub(super) fn event(&mut self, heading: RunHeading, event: &RunEvent) {
        let number = heading.number;
        match event {
            RunEvent::Started { images, done, epochs } => {
                let all = images * u64::from(*epochs);
                self.films.insert(number, (all, *done));
                self.done.insert(number, *done as f64 / all.max(1) as f64);
                // What was done before an interruption says nothing about the speed of now.
                let now = self.work_done();
                self.begin.get_or_insert_with(|| (Instant::now(), now));
            }
            RunEvent::Steps { images, .. } => {
                if let Some((all, seen)) = self.films.get_mut(&number) {
                    *seen += images;
                    self.done.insert(number, *seen as f64 / (*all).max(1) as f64);
                }
            }
            _ => {}
        }
    }

    fn work_done(&self) -> f64 {
        self.done.iter().map(|(number, share)| share.min(1.0) * self.work.get(number - 1).copied().unwrap_or_default()).sum()
    }

    /// Seconds until all runs are done; none while nobody can tell.
    fn seconds_left(&self) -> Option<f64> {
        let (begin, before) = self.begin?;
        let elapsed = begin.elapsed();
        let done = self.work_done();
        let speed = (done - before) / elapsed.as_secs_f64();
        let left = self.work.iter().sum::<f64>() - done;
        (elapsed >= LEAST && speed > 0.0).then(|| left.max(0.0) / speed)
    }

    /// `3 of 9 runs ended, about 20 min left, best so far: U-Net encoder, validation 1.97 years`.
    pub(super) fn line(&self) -> Option<String> {
        if self.work.len() < 2 {
            return None;
        }
        let done = self.done.values().filter(|share| **share >= 1.0).count();
        let mut parts = vec![format!("{done} of {} runs ended", self.work.len())];
        let left = self.seconds_left().filter(|_| done < self.work.len());
        parts.extend(left.map(|seconds| format!("about {} left", duration(seconds))));
        parts.extend(self.best.as_ref().map(|(label, best)| format!("best so far: {label}, validation {}", mae(*best, self.unit))));
        Some(parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(number: usize) -> RunHeading<'static> {
        RunHeading { number, of: 4, label: "CNN", run_id: "cnn-s0" }
    }

    fn started(images: u64, done: u64) -> RunEvent {
        RunEvent::Started { images, done, epochs: 2 }
    }

    /// A forecast whose first step was ten seconds ago.
    fn after_ten_seconds(work: &[f64], before: impl Fn(&mut Forecast), after: impl Fn(&mut Forecast)) -> Option<f64> {
        let mut forecast = Forecast::new(AgeUnit::Years);
        forecast.plan(work);
        before(&mut forecast);
        if let Some((begin, _)) = &mut forecast.begin {
            *begin = begin.checked_sub(Duration::from_secs(10)).expect("the machine has run for ten seconds");
        }
        after(&mut forecast);
        forecast.seconds_left().map(f64::round)
    }

    #[test]
    fn what_is_left_follows_from_the_work_done_in_the_time_so_far() {
        let half = |forecast: &mut Forecast| {
            forecast.event(heading(1), &RunEvent::Steps { epoch: 1, epochs: 2, images: 50 });
        };
        let start = |forecast: &mut Forecast| forecast.event(heading(1), &started(50, 0));
        assert_eq!(after_ten_seconds(&[1.0, 3.0], start, half), Some(70.0), "half a unit took 10 s, 3.5 are left");
        // A run that goes on from its half and was skipped ones are no work of now.
        let go_on = |forecast: &mut Forecast| {
            forecast.end(heading(2), None);
            forecast.event(heading(1), &started(50, 50));
        };
        assert_eq!(after_ten_seconds(&[1.0, 3.0, 1.0], go_on, half), Some(20.0), "half a unit took 10 s, 1 is left");
        let fail = |forecast: &mut Forecast| {
            half(forecast);
            forecast.end(heading(2), None);
        };
        assert_eq!(after_ten_seconds(&[1.0, 3.0, 1.0], start, fail), Some(30.0), "what a failed run spares is no speed");
        assert_eq!(after_ten_seconds(&[1.0, 3.0], start, |_| {}), None, "nothing is known before the first steps");
    }

    #[test]
    fn a_plan_of_one_run_needs_no_forecast() {
        let mut forecast = Forecast::new(AgeUnit::Years);
        forecast.plan(&[1.0]);
        assert_eq!(forecast.line(), None);
        forecast.plan(&[1.0, 2.0]);
        forecast.end(heading(2), None);
        assert_eq!(forecast.line().as_deref(), Some("1 of 2 runs ended"));
    }
}
