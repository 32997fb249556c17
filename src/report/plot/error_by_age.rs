//! Absolute error by age band and sex, a panel per backbone, on common axes: the bands of `subgroups.*`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Study;
use super::super::number::{age, interval};
use super::super::statistics::judged::{Judged, JudgedRow, Prediction};
use super::super::statistics::subgroups::{BAND, FEW_FILMS, GroupError, band};
use super::super::summary::Summary;
use super::age_histogram::{Series, sex};
use super::axis::Axis;
use super::drawing::{Bounds, Drawing, Mark, Pen, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{DASH, GRID, INK, LABEL_SIZE, MUTED, SMALL_SIZE, VAL, shortened_name, text_width};
use super::{absent, judged_films};
use crate::metric::bootstrap::{Interval, RESAMPLES};
use crate::record::KnownFilms;

/// The vertical axis ends at this many times the baseline's mean error at most.
const LARGEST_OF_BASELINE: f64 = 3.0;
/// Share of a band by which the marks of the sexes stand apart.
const APART: f64 = 0.16;
/// Dashes and gaps of those whose sex is neither or unknown.
const DOTS: (f64, f64) = (2.0, 3.0);

/// Errors of one backbone.
struct Panel<'a> {
    row: &'a JudgedRow<'a>,
    lines: Vec<Line>,
}

/// Errors of one sex, by band.
struct Line {
    series: Series,
    bands: Vec<(f64, GroupError)>,
    all: GroupError,
}

/// None where no network has predicted a film.
pub(super) fn draw(study: &Study, summary: &Summary, judged: &Judged) -> Option<Drawing> {
    let series = series(judged, &study.films);
    let networks = judged.rows.iter().filter(|row| !row.is_baseline);
    let all: Vec<Panel> = networks.map(|row| panel(row, &series, &study.films)).collect();
    let (x_axis, y_axis) = axes(study, summary, judged, &all)?;

    let is_cut = all
        .iter()
        .flat_map(|panel| &panel.lines)
        .flat_map(|line| &line.bands)
        .any(|(_, error)| error.mae / study.unit.months() > y_axis.max);

    let columns = Panels::columns_for(all.len());
    let (width, height) = [(560.0, 300.0), (350.0, 220.0), (256.0, 170.0), (216.0, 150.0)][columns - 1];
    let title_height = 34.0 + 14.0 * series.len() as f64;
    let panels = Panels { count: all.len(), columns, width, height, title_height };
    let title = format!("{}: error by age and sex", study.title);
    let mut drawing = Drawing::new(title.clone(), panels.plot_width(), 0.0);
    let top = header(study, summary, judged, title, (&series, is_cut)).draw(&mut drawing) - 6.0;
    drawing.height = panels.plot_height(top);
    for (index, panel) in all.iter().enumerate() {
        panels.draw_axes(&mut drawing, top, index, &x_axis, &y_axis);
        let bounds = panels.bounds(index, top);
        draw_panel(&mut drawing, &bounds, panel, (&x_axis, &y_axis), study);
    }
    let x_title = format!("True age (years, in bands of {BAND})");
    panels.draw_axis_titles(&mut drawing, top, &x_title, &format!("MAE ({})", study.unit.name()));
    Some(drawing)
}

fn series_of(film: &Prediction, known: &KnownFilms) -> Series {
    Series::of(sex(known.get(film.id).and_then(|film| film.sex.as_deref())))
}

/// The sexes of the films; one for all where no label tells any.
fn series(judged: &Judged, known: &KnownFilms) -> Vec<Series> {
    let films = judged.rows.iter().flat_map(|row| &row.predictions);
    films.map(|film| series_of(film, known)).collect::<BTreeSet<_>>().into_iter().collect()
}

fn panel<'a>(row: &'a JudgedRow<'a>, series: &[Series], known: &KnownFilms) -> Panel<'a> {
    let line = |series: &Series| {
        let films: Vec<&Prediction> = row.predictions.iter().filter(|film| series_of(film, known) == *series).collect();
        let mut bands: BTreeMap<u32, Vec<&Prediction>> = BTreeMap::new();
        for film in &films {
            bands.entry(band(film.target) as u32).or_default().push(film);
        }
        let bands = bands.into_iter().filter_map(|(band, films)| Some((f64::from(band), GroupError::over(films, known)?)));
        Some(Line { series: *series, bands: bands.collect(), all: GroupError::over(films.iter().copied(), known)? })
    };
    Panel { row, lines: series.iter().filter_map(line).collect() }
}

fn axes(study: &Study, summary: &Summary, judged: &Judged, all: &[Panel]) -> Option<(Axis, Axis)> {
    let months = study.unit.months();
    let errors = || all.iter().flat_map(|panel| &panel.lines).flat_map(|line| &line.bands);
    let (first, last) = (errors().map(|error| error.0).reduce(f64::min)?, errors().map(|error| error.0).reduce(f64::max)?);
    let top = |error: &GroupError| shown_interval(error).map_or(error.mae, |ends| ends.high.max(error.mae));
    let highest = errors().map(|(_, error)| top(error)).reduce(f64::max)? * 1.04;
    let baseline =
        summary.baseline.as_ref().and_then(|figures| if judged.is_validation() { figures.val.as_ref() } else { figures.test.as_ref() });
    let limit = baseline.map_or(highest, |baseline| highest.min(baseline.mae.mean * LARGEST_OF_BASELINE));
    let (first, last) = (first * BAND, (last + 1.0) * BAND);
    // Ticks at the ends of bands, as many as a panel has room for.
    let step = [1.0, 2.0, 4.0].into_iter().map(|bands| bands * BAND).find(|step| (last - first) / step <= 6.0).unwrap_or(8.0 * BAND);
    Some((Axis::stepped(first, last, step), Axis::new(0.0, (limit / months).max(1e-6), 5)))
}

/// The interval of an error, where there are enough films for it to say something.
fn shown_interval(error: &GroupError) -> Option<Interval> {
    error.interval.filter(|_| error.films >= FEW_FILMS)
}

fn header(study: &Study, summary: &Summary, judged: &Judged, title: String, (series, is_cut): (&[Series], bool)) -> Header {
    let figures = format!(
        "MAE with its 95 % interval (bootstrap over patients, or films where no patient is known, {RESAMPLES} resamples). Hollow marks: fewer than {FEW_FILMS} films, no interval. Above each panel: MAE over all ages [95 % CI], in {}.",
        study.unit.name()
    );
    let keys = series
        .iter()
        .map(|one| Key { text: name(*one, series).to_owned(), sample: Sample::Line(pen(*one, series), Some(mark(*one, false))) });
    let films = films(judged, series, &study.films);
    let first = series.first().copied().unwrap_or(Series::Rest);
    let look = Sample::Mark(mark(first, true), pen(first, series).colour);
    let hollow = Some(Key { text: format!("fewer than {FEW_FILMS} films"), sample: look });
    let cut = is_cut.then(|| "What lies above the axis stands on its end.".to_owned());
    Header {
        title,
        subtitle: study
            .notes
            .iter()
            .cloned()
            .chain(judged_films(judged))
            .chain([films, figures])
            .chain(cut)
            .chain(absent(summary))
            .collect(),
        legend: keys.chain(hollow).collect(),
    }
}

/// The name of a sex; where no label tells any, all films.
fn name(one: Series, series: &[Series]) -> &'static str {
    if series == [Series::Rest] { "all films (sex unknown)" } else { one.look().0 }
}

/// `Films by age, female/male: 0–4 y 3/4, 5–9 y 4/1.`
fn films(judged: &Judged, series: &[Series], known: &KnownFilms) -> String {
    let mut bands: BTreeMap<u32, BTreeMap<Series, BTreeSet<&str>>> = BTreeMap::new();
    for film in judged.rows.iter().flat_map(|row| &row.predictions) {
        bands.entry(band(film.target) as u32).or_default().entry(series_of(film, known)).or_default().insert(film.id);
    }
    let text = |(band, films): (&u32, &BTreeMap<Series, BTreeSet<&str>>)| {
        let counts = series.iter().map(|one| films.get(one).map_or(0, BTreeSet::len).to_string()).collect::<Vec<_>>().join("/");
        let first = f64::from(*band) * BAND;
        format!("{first}–{} y {counts}", first + BAND - 1.0)
    };
    let names = series.iter().map(|one| name(*one, series)).collect::<Vec<_>>().join("/");
    format!("Films by age, {names}: {}.", bands.iter().map(text).collect::<Vec<_>>().join(", "))
}

/// Lines differ without colour.
fn pen(one: Series, series: &[Series]) -> Pen {
    let dash = match one {
        Series::Female => Some(DASH),
        Series::Male => None,
        Series::Rest => (series.len() > 1).then_some(DOTS),
    };
    // Where no label tells a sex, all films are no rest.
    Pen { colour: if series.len() > 1 { one.look().1 } else { VAL }, width: 1.8, dash }
}

/// Discs and diamonds differ without colour.
fn mark(series: Series, is_hollow: bool) -> Mark {
    match (series, is_hollow) {
        (Series::Female, false) => Mark::Diamond(4.6),
        (Series::Female, true) => Mark::HollowDiamond(4.6),
        (_, false) => Mark::Disc(3.2),
        (_, true) => Mark::Ring(3.2),
    }
}

fn draw_panel(drawing: &mut Drawing, bounds: &Bounds, panel: &Panel, (x_axis, y_axis): (&Axis, &Axis), study: &Study) {
    let months = study.unit.months();
    for tick in &x_axis.ticks {
        let x = x_axis.pixel(*tick, bounds.left, bounds.right);
        drawing.line(vec![(x, bounds.top), (x, bounds.bottom)], Pen::solid(GRID, 1.0));
    }
    let series: Vec<Series> = panel.lines.iter().map(|line| line.series).collect();
    let level = |error: f64| y_axis.pixel((error / months).min(y_axis.max), bounds.bottom, bounds.top);
    for (place, line) in panel.lines.iter().enumerate() {
        let shift = (place as f64 - (panel.lines.len() as f64 - 1.0) / 2.0) * APART;
        let x = |band: f64| x_axis.pixel((band + 0.5 + shift) * BAND, bounds.left, bounds.right);
        let pen = pen(line.series, &series);
        // A band without a film breaks the line.
        for neighbours in line.bands.chunk_by(|(band, _), (next, _)| next - band < 1.5) {
            drawing.line(neighbours.iter().map(|(band, error)| (x(*band), level(error.mae))).collect(), pen);
        }
        for (band, error) in &line.bands {
            if let Some(ends) = shown_interval(error) {
                let pen = Pen::solid(INK, 1.2);
                drawing.line(vec![(x(*band), level(ends.low)), (x(*band), level(ends.high))], pen);
                for end in [ends.low, ends.high].map(level) {
                    drawing.line(vec![(x(*band) - 3.0, end), (x(*band) + 3.0, end)], pen);
                }
            }
            drawing.mark((x(*band), level(error.mae)), mark(line.series, error.films < FEW_FILMS), pen.colour);
        }
    }
    let lines = panel.lines.len() as f64;
    let title = shortened_name(panel.row.label, LABEL_SIZE, true, bounds.width());
    drawing.words(Words::new(title, (bounds.left, bounds.top - 9.0 - 14.0 * lines), LABEL_SIZE, INK).bold());
    for (place, line) in panel.lines.iter().enumerate() {
        let text = figures(line, &series, study);
        let size = SMALL_SIZE.min(SMALL_SIZE * bounds.width() / text_width(&text, SMALL_SIZE, false));
        drawing.words(Words::new(text, (bounds.left, bounds.top - 8.0 - 14.0 * (lines - 1.0 - place as f64)), size, MUTED));
    }
}

/// `female 0.83 [0.71, 0.98], n = 8 (few films)`.
fn figures(line: &Line, series: &[Series], study: &Study) -> String {
    let ends = interval(shown_interval(&line.all), study.unit);
    let few = if line.all.films < FEW_FILMS { " (few films)" } else { "" };
    format!("{} {}{ends}, n = {}{few}", name(line.series, series), age(line.all.mae, study.unit), line.all.films)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::super::fixtures::{StudyBuilder, done};
    use super::super::drawing::Shape;
    use super::*;
    use crate::record::KnownFilm;

    fn study(sex: impl Fn(&str) -> Option<&'static str>) -> Study {
        let film = |id: &str| KnownFilm { sex: sex(id).map(str::to_owned), ..KnownFilm::default() };
        StudyBuilder::new().films(film).entry("CNN", vec![done(9.0)]).build()
    }

    fn drawn(study: &Study) -> Drawing {
        let summary = Summary::of(study);
        draw(study, &summary, &Judged::of(&summary).unwrap()).unwrap()
    }

    fn texts(drawing: &Drawing) -> String {
        let words =
            drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words.text.as_str()) } else { None });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Test films 0 to 11 are evenly from 12 to 216 months old: three to a band.
    fn girl_or_boy(id: &str) -> &'static str {
        if id.ends_with('1') { "F" } else { "M" }
    }

    #[test]
    fn groups_are_those_of_the_bands_and_sexes_and_their_films_add_up() {
        let study = study(|id| Some(girl_or_boy(id)));
        let summary = Summary::of(&study);
        let judged = Judged::of(&summary).unwrap();
        let panel = panel(&judged.rows[0], &series(&judged, &study.films), &study.films);
        let films = |line: &Line| line.bands.iter().map(|(band, error)| (*band, error.films)).collect::<Vec<_>>();
        // Films 1 and 11 are girls.
        assert_eq!(films(&panel.lines[0]), [(0.0, 1), (3.0, 1)]);
        assert_eq!(films(&panel.lines[1]), [(0.0, 2), (1.0, 3), (2.0, 4), (3.0, 1)]);
        let sum = panel.lines.iter().flat_map(|line| &line.bands).map(|(_, error)| error.mae * error.films as f64).sum::<f64>();
        assert!((sum / 12.0 - 10.5).abs() < 1e-9, "the mean over all groups is the MAE of the test films, not {}", sum / 12.0);
        let text = texts(&drawn(&study));
        assert!(text.contains("Films by age, female/male: 0–4 y 1/2, 5–9 y 0/3, 10–14 y 0/4, 15–19 y 1/1."), "{text}");
        assert!(text.contains("n = 2 (few films)") && text.contains("n = 10"), "{text}");
    }

    #[test]
    fn a_line_is_broken_where_a_band_has_no_film() {
        let pieces = |study: &Study, wanted: Series| {
            let lines = drawn(study).shapes.into_iter();
            let lines = lines.filter_map(|shape| if let Shape::Line { points, pen } = shape { Some((points.len(), pen)) } else { None });
            // The first is the legend's.
            lines
                .filter(|(_, found)| *found == pen(wanted, &[Series::Female, Series::Male]))
                .skip(1)
                .map(|(points, _)| points)
                .collect::<Vec<_>>()
        };
        let study = study(|id| Some(girl_or_boy(id)));
        assert_eq!((pieces(&study, Series::Female), pieces(&study, Series::Male)), (vec![1, 1], vec![4]));
    }

    #[test]
    fn few_films_are_hollow_and_have_no_interval() {
        let marks = drawn(&study(|id| Some(girl_or_boy(id)))).shapes.into_iter();
        let marks: Vec<Mark> = marks.filter_map(|shape| if let Shape::Mark { mark, .. } = shape { Some(mark) } else { None }).collect();
        // Two of the legend are filled, one is hollow; every group here is of fewer than ten films.
        assert_eq!(marks.iter().filter(|mark| matches!(mark, Mark::Disc(_) | Mark::Diamond(_))).count(), 2, "{marks:?}");
        assert_eq!(marks.iter().filter(|mark| matches!(mark, Mark::Ring(_) | Mark::HollowDiamond(_))).count(), 1 + 2 + 4, "{marks:?}");
    }

    #[test]
    fn without_a_sex_all_films_are_one_line() {
        let text = texts(&drawn(&study(|_| None)));
        assert!(text.contains("all films (sex unknown)") && !text.contains("female"), "{text}");
        assert!(text.contains("Films by age, all films (sex unknown): 0–4 y 3"), "{text}");
    }
}
