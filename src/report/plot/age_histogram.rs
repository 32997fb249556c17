//! How many films there are of each age in whole years, by sex: one small panel per group of films.

use std::collections::BTreeMap;

use plotters::style::RGBColor;

use super::super::{ReportError, ReportFile};
use super::axis::Axis;
use super::drawing::{Bounds, Drawing, Words};
use super::layout::{Header, Key, Panels, Sample};
use super::style::{BASELINE_VAL, INK, LABEL_SIZE, TEST, VAL, shortened};
use crate::data::Sex;

/// Width of all panels of a row.
const ROOM: f64 = 720.0;
/// Share of a year's width that its bars take.
const FILLED: f64 = 0.84;

/// Films by age and sex.
pub(in crate::report) struct AgeHistogram {
    pub(in crate::report) title: String,
    /// Sentences.
    pub(in crate::report) subtitle: Vec<String>,
    pub(in crate::report) panels: Vec<AgePanel>,
}

/// The films of one panel.
pub(in crate::report) struct AgePanel {
    pub(in crate::report) title: String,
    /// Films of each whole year and sex; those of neither sex or an unknown one are drawn together.
    pub(in crate::report) films: BTreeMap<(i64, Option<Sex>), usize>,
}

/// What one bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Series {
    Female,
    Male,
    Rest,
}

impl Series {
    pub(super) fn of(sex: Option<Sex>) -> Self {
        match sex {
            Some(Sex::F) => Self::Female,
            Some(Sex::M) => Self::Male,
            Some(Sex::O) | None => Self::Rest,
        }
    }

    pub(super) fn look(self) -> (&'static str, RGBColor) {
        match self {
            Self::Female => ("female", TEST),
            Self::Male => ("male", VAL),
            Self::Rest => ("other or unknown sex", BASELINE_VAL),
        }
    }
}

/// The sex of a letter in the list of films.
pub(super) fn sex(letter: Option<&str>) -> Option<Sex> {
    [Sex::F, Sex::M, Sex::O].into_iter().find(|sex| Some(sex.letter()) == letter)
}

impl AgePanel {
    fn count(&self, years: i64, series: Series) -> usize {
        self.films.iter().filter(|((year, sex), _)| *year == years && Series::of(*sex) == series).map(|(_, count)| count).sum()
    }

    fn total(&self) -> usize {
        self.films.values().sum()
    }
}

impl AgeHistogram {
    /// The files `<name>.svg` and `<name>.png`; none where there is no film.
    ///
    /// # Errors
    ///
    /// Where the drawing library fails.
    pub(in crate::report) fn render(&self, name: &str) -> Result<Vec<ReportFile>, ReportError> {
        self.drawing().map_or_else(|| Ok(Vec::new()), |drawing| super::files(name, &drawing))
    }

    pub(super) fn drawing(&self) -> Option<Drawing> {
        let ages = || self.panels.iter().flat_map(|panel| panel.films.keys().map(|(years, _)| *years));
        let (first, last) = (ages().min()?, ages().max()?);
        let series = self.series();
        let columns = Panels::columns_for(self.panels.len());
        let panels = Panels {
            count: self.panels.len(),
            columns,
            width: (ROOM - 20.0 * (columns as f64 - 1.0)) / columns as f64,
            height: if columns == 1 { 220.0 } else { 150.0 },
            title_height: 30.0,
        };
        let mut drawing = Drawing::new(self.title.clone(), panels.plot_width(), 0.0);
        let top = self.header(&series).draw(&mut drawing);
        drawing.height = panels.plot_height(top);
        let x_axis = Axis::whole(first as f64 - 0.5, last as f64 + 0.5, if columns > 2 { 6 } else { 10 });
        let y_axis = Axis::whole(0.0, self.highest(&series) as f64 * 1.04, 5);
        for (index, panel) in self.panels.iter().enumerate() {
            panels.draw_axes(&mut drawing, top, index, &x_axis, &y_axis);
            let bounds = panels.bounds(index, top);
            let title = shortened(&format!("{} (n = {})", panel.title, panel.total()), LABEL_SIZE, true, bounds.width());
            drawing.words(Words::new(title, (bounds.left, bounds.top - 8.0), LABEL_SIZE, INK).bold());
            draw_bars(&mut drawing, panel, &series, (first..=last, &bounds), (&x_axis, &y_axis));
        }
        panels.draw_axis_titles(&mut drawing, top, "Age (whole years)", "Films");
        Some(drawing)
    }

    /// The sexes that occur.
    fn series(&self) -> Vec<Series> {
        let occurs = |series: &Series| self.panels.iter().any(|panel| panel.films.keys().any(|(_, sex)| Series::of(*sex) == *series));
        [Series::Female, Series::Male, Series::Rest].into_iter().filter(occurs).collect()
    }

    fn highest(&self, series: &[Series]) -> usize {
        let of_panel = |panel: &AgePanel| {
            let years = panel.films.keys().map(|(years, _)| *years);
            years.flat_map(|years| series.iter().map(move |one| (years, *one))).map(|(years, one)| panel.count(years, one)).max()
        };
        self.panels.iter().filter_map(of_panel).max().unwrap_or(0).max(1)
    }

    fn header(&self, series: &[Series]) -> Header {
        let key = |series: &Series| {
            let (name, colour) = series.look();
            Key { text: name.to_owned(), sample: Sample::Bar(colour) }
        };
        Header { title: self.title.clone(), subtitle: self.subtitle.clone(), legend: series.iter().map(key).collect() }
    }
}

/// The bars of each year side by side, around the year's place.
fn draw_bars(
    drawing: &mut Drawing,
    panel: &AgePanel,
    series: &[Series],
    (years, bounds): (std::ops::RangeInclusive<i64>, &Bounds),
    (x_axis, y_axis): (&Axis, &Axis),
) {
    let bar = FILLED / series.len() as f64;
    for year in years {
        for (place, one) in series.iter().enumerate() {
            let count = panel.count(year, *one);
            if count == 0 {
                continue;
            }
            let left = year as f64 - FILLED / 2.0 + place as f64 * bar;
            let x = |value: f64| x_axis.pixel(value, bounds.left, bounds.right);
            let top = y_axis.pixel(count as f64, bounds.bottom, bounds.top);
            drawing.area(Bounds { left: x(left), top, right: x(left + bar), bottom: bounds.bottom }, one.look().1);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::drawing::Shape;
    use super::*;

    fn histogram(panels: usize, years: std::ops::Range<i64>) -> AgeHistogram {
        let films = |panel: usize| {
            let count = |years: i64, shift: usize| (years as usize * 3 + shift + panel) % 17 + 1;
            let both = |years: i64| [((years, Some(Sex::F)), count(years, 0)), ((years, Some(Sex::M)), count(years, 5))];
            years.clone().flat_map(both).chain([((years.start, None), 2)]).collect()
        };
        AgeHistogram {
            title: "Hand radiographs of a hospital with a rather long name: ages".into(),
            subtitle: vec!["The films are synthetic.".into()],
            panels: (0..panels).map(|panel| AgePanel { title: format!("Fold {panel}"), films: films(panel) }).collect(),
        }
    }

    #[test]
    fn a_bar_is_as_high_as_its_count() {
        let films = [((4, Some(Sex::F)), 10), ((4, Some(Sex::M)), 5), ((6, Some(Sex::F)), 1)].into_iter().collect();
        let panel = AgePanel { title: "Training".into(), films };
        let drawing = AgeHistogram { title: "Ages".into(), subtitle: Vec::new(), panels: vec![panel] }.drawing().unwrap();
        let bars = |colour: RGBColor| -> Vec<Bounds> {
            let all = drawing.shapes.iter();
            let areas = all.filter_map(|shape| if let Shape::Area { bounds, colour } = shape { Some((bounds, colour)) } else { None });
            // The first is the legend's.
            areas.filter(|(_, of)| **of == colour).map(|(bounds, _)| *bounds).skip(1).collect()
        };
        let (girls, boys) = (bars(TEST), bars(VAL));
        assert_eq!((girls.len(), boys.len()), (2, 1));
        let height = |bar: &Bounds| bar.bottom - bar.top;
        assert!((height(&girls[0]) - 2.0 * height(&boys[0])).abs() < 1e-9);
        assert!((height(&girls[0]) - 10.0 * height(&girls[1])).abs() < 1e-9);
        assert!(!girls[0].overlaps(&boys[0]) && girls[0].right <= boys[0].left + 1e-9);
    }

    #[test]
    fn no_two_texts_overlap_and_none_leaves_the_drawing() {
        for (panels, years) in [(1, 0..19), (2, 10..20), (3, 0..19), (4, 0..5), (6, 0..19), (11, 18..96), (3, 7..8)] {
            let name = format!("{panels} panels of {years:?}");
            let drawing = histogram(panels, years).drawing().unwrap();
            let words = drawing.shapes.iter().filter_map(|shape| if let Shape::Words(words) = shape { Some(words) } else { None });
            let boxes: Vec<_> = words.map(|words| (words.text.clone(), words.bounds())).collect();
            for (index, (text, bounds)) in boxes.iter().enumerate() {
                let inside = bounds.left >= 0.0 && bounds.top >= 0.0 && bounds.right <= drawing.width && bounds.bottom <= drawing.height;
                assert!(inside, "{name}: {text:?} at {bounds:?} leaves {} × {}", drawing.width, drawing.height);
                for (other, other_bounds) in &boxes[..index] {
                    assert!(!bounds.overlaps(other_bounds), "{name}: {text:?} overlaps {other:?}");
                }
            }
        }
    }

    #[test]
    fn both_formats_are_written_and_nothing_where_there_is_no_film() {
        let files = histogram(3, 0..19).render("histogram_age").unwrap();
        assert_eq!(files.iter().map(|file| file.path.to_str().unwrap()).collect::<Vec<_>>(), ["histogram_age.svg", "histogram_age.png"]);
        assert_eq!(files, histogram(3, 0..19).render("histogram_age").unwrap());
        assert!(histogram(0, 0..1).render("histogram_age").unwrap().is_empty());
    }
}
