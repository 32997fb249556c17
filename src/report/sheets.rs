//! Sheets of films with what networks made of them, for people: the best, median and worst films of a row with the map of each,
//! and the films on which all rows together err most.

use super::number::{age, short_unit};
use super::plot::contact_sheet::{ContactSheet, Frame};
use super::{ReportError, ReportFile};
use crate::spec::{AgeUnit, Channels, ImageSize, Split};

/// Where the sheets are, below the folder of a study.
pub const SHEETS: &str = "sheets";

/// What every sheet says of itself.
const CONFIDENTIAL: &str = "This sheet shows films: it is as confidential as the films are.";
/// Films side by side, each with its map.
const PAIRS: usize = 4;
/// Films side by side on the sheet of all rows.
const COLUMNS: usize = 6;

/// Why a film is on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Among the smallest absolute errors.
    Best,
    /// About the median.
    Median,
    /// Among the largest.
    Worst,
}

impl Group {
    fn word(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Median => "median",
            Self::Worst => "worst",
        }
    }
}

/// A film with the map over it.
#[derive(Debug, Clone)]
pub struct ExplainedFilm {
    /// Its id.
    pub id: String,
    /// Why it is here.
    pub group: Group,
    /// True age, months.
    pub target: f64,
    /// Predicted age, months.
    pub predicted: f64,
    /// RGB, 3 × H × W levels.
    pub film: Vec<u8>,
    /// The same with the map.
    pub painted: Vec<u8>,
    /// The strongest effect of a region, months; none where the map has no unit.
    pub strongest: Option<f64>,
}

/// The films of one row, best, median and worst.
#[derive(Debug, Clone)]
pub struct ExplainedSheet {
    /// Heading of the study.
    pub study: String,
    /// Name of the row.
    pub label: String,
    /// The run whose network is explained.
    pub run_id: String,
    /// How, in a word.
    pub method: &'static str,
    /// The part that the films are of.
    pub part: Split,
    /// Unit of ages.
    pub unit: AgeUnit,
    /// What must be said, whole sentences.
    pub notes: Vec<String>,
    /// Of every film.
    pub size: ImageSize,
    /// Group by group.
    pub films: Vec<ExplainedFilm>,
}

impl ExplainedSheet {
    /// The PNG file at that path.
    ///
    /// # Errors
    ///
    /// Where the drawing library fails.
    pub fn render(&self, path: &str) -> Result<ReportFile, ReportError> {
        let mut places = Vec::new();
        let most = [Group::Best, Group::Median, Group::Worst].map(|group| self.of(group).count()).into_iter().max().unwrap_or(1);
        let pairs = most.clamp(1, PAIRS);
        for group in [Group::Best, Group::Median, Group::Worst] {
            places.extend(self.of(group).flat_map(|film| self.frames(film)).map(Some));
            // The next group begins a row of its own.
            while places.len() % (2 * pairs) != 0 {
                places.push(None);
            }
        }
        let sheet = ContactSheet {
            title: format!("{}: what {} looks at ({})", self.study, self.label, self.method),
            subtitle: self.subtitle(),
            columns: 2 * pairs,
            group: 2,
            places,
            size: self.size,
            channels: Channels::Rgb,
        };
        sheet.render(path)
    }

    fn of(&self, group: Group) -> impl Iterator<Item = &ExplainedFilm> {
        self.films.iter().filter(move |film| film.group == group)
    }

    fn subtitle(&self) -> Vec<String> {
        let which = format!("Best, median and worst predictions of the {} part by run {}.", part_word(self.part), self.run_id);
        let colours = "Orange: the region raises the predicted age; blue: it lowers it; lighter is stronger, each film on its own scale.";
        self.notes.iter().cloned().chain([which, colours.to_owned(), CONFIDENTIAL.to_owned()]).collect()
    }

    fn frames(&self, film: &ExplainedFilm) -> [Frame; 2] {
        let unit = short_unit(self.unit);
        let age_of = |months| age(months, self.unit);
        let mut caption = vec![
            format!("error {} {unit}", signed(film.predicted - film.target, self.unit)),
            format!("predicted {} {unit}", age_of(film.predicted)),
        ];
        caption.extend(film.strongest.map(|months| format!("strongest {} {unit}", age_of(months))));
        [
            Frame {
                film: film.film.clone(),
                caption: vec![film.id.clone(), format!("{}; true {} {unit}", film.group.word(), age_of(film.target))],
            },
            Frame { film: film.painted.clone(), caption },
        ]
    }
}

/// A film on which the rows err.
#[derive(Debug, Clone)]
pub struct WorstFilm {
    /// Its id.
    pub id: String,
    /// True age, months.
    pub target: f64,
    /// Mean absolute error over the rows, months.
    pub mean_error: f64,
    /// What each row predicts, months, by its name.
    pub predictions: Vec<(String, f64)>,
    /// RGB, 3 × H × W levels.
    pub film: Vec<u8>,
}

/// The films on which all rows together err most.
#[derive(Debug, Clone)]
pub struct WorstFilms {
    /// Heading of the study.
    pub study: String,
    /// The part that the films are of.
    pub part: Split,
    /// Films of that part.
    pub count: usize,
    /// Unit of ages.
    pub unit: AgeUnit,
    /// What must be said, whole sentences.
    pub notes: Vec<String>,
    /// Of every film.
    pub size: ImageSize,
    /// The worst first.
    pub films: Vec<WorstFilm>,
}

impl WorstFilms {
    /// The PNG file at that path.
    ///
    /// # Errors
    ///
    /// Where the drawing library fails.
    pub fn render(&self, path: &str) -> Result<ReportFile, ReportError> {
        let rows = self.films.first().map_or(0, |film| film.predictions.len());
        let which = format!(
            "The {} of {} {} films with the largest absolute errors, averaged over {rows} {}; below each film its true age, that mean, \
             and the prediction of every row, in {}.",
            self.films.len(),
            self.count,
            part_word(self.part),
            if rows == 1 { "row" } else { "rows" },
            self.unit.name()
        );
        let sheet = ContactSheet {
            title: format!("{}: the films on which all err most", self.study),
            subtitle: self.notes.iter().cloned().chain([which, CONFIDENTIAL.to_owned()]).collect(),
            columns: self.films.len().clamp(1, COLUMNS),
            group: COLUMNS,
            places: self.films.iter().map(|film| Some(self.frame(film))).collect(),
            size: self.size,
            channels: Channels::Rgb,
        };
        sheet.render(path)
    }

    fn frame(&self, film: &WorstFilm) -> Frame {
        let age_of = |months| age(months, self.unit);
        let head = [
            film.id.clone(),
            format!("true {} {}", age_of(film.target), short_unit(self.unit)),
            format!("mean |error| {} {}", age_of(film.mean_error), short_unit(self.unit)),
        ];
        let predictions = film.predictions.iter().map(|(label, months)| format!("{} {label}", age_of(*months)));
        Frame { film: film.film.clone(), caption: head.into_iter().chain(predictions).collect() }
    }
}

fn part_word(part: Split) -> &'static str {
    match part {
        Split::Train => "training",
        Split::Val => "validation",
        Split::Test => "test",
    }
}

/// An error with its sign.
fn signed(months: f64, unit: AgeUnit) -> String {
    let text = age(months, unit);
    let is_above_zero = months > 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0');
    if is_above_zero { format!("+{text}") } else { text }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn film(id: &str, group: Group) -> ExplainedFilm {
        let film: Vec<u8> = (0..3 * 12 * 10).map(|byte| (byte % 250) as u8).collect();
        let painted = film.iter().map(|level| 255 - level).collect();
        ExplainedFilm { id: id.into(), group, target: 120.0, predicted: 117.0, film, painted, strongest: Some(4.5) }
    }

    fn sheet(films: Vec<ExplainedFilm>) -> ExplainedSheet {
        ExplainedSheet {
            study: "10 Epoch".into(),
            label: "CNN".into(),
            run_id: "cnn-s0-12".into(),
            method: "occlusion",
            part: Split::Test,
            unit: AgeUnit::Years,
            notes: vec!["The films are synthetic.".into()],
            size: ImageSize { height: 12, width: 10 },
            films,
        }
    }

    #[test]
    fn a_film_and_its_map_say_how_old_it_is_and_what_was_predicted() {
        let sheet = sheet(vec![film("1377", Group::Worst)]);
        let [left, right] = sheet.frames(&sheet.films[0]);
        assert_eq!(left.caption, ["1377", "worst; true 10.00 y"]);
        assert_eq!(right.caption, ["error −0.25 y", "predicted 9.75 y", "strongest 0.38 y"]);
        assert!(sheet.subtitle().join(" ").contains("as confidential as the films are"));
        assert_eq!([signed(3.0, AgeUnit::Months), signed(0.001, AgeUnit::Months), signed(-0.6, AgeUnit::Years)], ["+3.0", "0.0", "−0.05"]);
    }

    #[test]
    fn every_group_begins_a_row_and_films_and_maps_are_on_the_picture() {
        let films = vec![film("a", Group::Best), film("b", Group::Best), film("c", Group::Median), film("d", Group::Worst)];
        let image = image::load_from_memory(&sheet(films).render("a.png").unwrap().bytes).unwrap().to_rgb8();
        // Three rows of films that are enlarged to 252 pixels, and captions.
        assert!(image.height() > 3 * 252 && image.width() > 4 * 210, "{:?}", image.dimensions());
        assert!(sheet(Vec::new()).render("a.png").is_ok());
    }

    #[test]
    fn the_worst_films_name_every_prediction() {
        let worst = WorstFilm {
            id: "1377".into(),
            target: 120.0,
            mean_error: 30.0,
            predictions: vec![("CNN".into(), 96.0), ("ViT".into(), 156.0)],
            film: vec![9; 3 * 12 * 10],
        };
        let sheet = WorstFilms {
            study: "10 Epoch".into(),
            part: Split::Val,
            count: 40,
            unit: AgeUnit::Months,
            notes: Vec::new(),
            size: ImageSize { height: 12, width: 10 },
            films: vec![worst],
        };
        assert_eq!(sheet.frame(&sheet.films[0]).caption, ["1377", "true 120.0 mo", "mean |error| 30.0 mo", "96.0 CNN", "156.0 ViT"]);
        assert!(image::load_from_memory(&sheet.render("a.png").unwrap().bytes).is_ok());
    }
}
