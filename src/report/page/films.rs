//! Who is on the films, and the sheets of films where the page may show any.

use std::fmt::Write as _;
use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;

use super::super::html::{self, data_uri, escaped, note};
use super::super::number::{NOT_MEASURED, age};
use super::super::table::{Cell, Heading, Table, TableRow, html as html_table};
use super::super::{Study, data};
use super::{PageFacts, Section};
use crate::record::{FilmPart, FilmParts, SPLITS_FILE, SheetFile};
use crate::spec::ReportPage;

/// Quality of a sheet that does not fit as it is, of 100.
const JPEG_QUALITY: u8 = 82;

/// The films, and their sheets within `budget` bytes of HTML; what there is nothing of has no section.
pub(super) fn sections(study: &Study, facts: &PageFacts, budget: usize) -> Vec<Section> {
    let mut sections = Vec::new();
    if let Some(parts) = &facts.parts {
        sections.push(Section { id: "films", heading: "Films", body: summary(study, facts, parts) });
    }
    if facts.shows == ReportPage::Films && !facts.sheets.is_empty() {
        sections.push(Section { id: "sheets", heading: "Sheets of films", body: sheets(&facts.sheets, budget) });
    }
    sections
}

fn summary(study: &Study, facts: &PageFacts, parts: &FilmParts) -> String {
    let unit = study.unit;
    let sexes: Vec<&String> = parts.parts.last().into_iter().flat_map(|all| all.sexes.keys()).collect();
    let tells_sex = sexes.iter().any(|sex| !sex.is_empty());
    let mut headings = vec![Heading::left("Part"), Heading::right("Films"), Heading::right("Patients")];
    let name = unit.name();
    headings.extend([Heading::right(format!("Age, mean ± SD ({name})")), Heading::right(format!("Age, range ({name})"))]);
    if tells_sex {
        headings.extend(sexes.iter().map(|sex| Heading::right(sex_in_words(sex))));
    }
    let row = |part: &FilmPart| {
        let sd = part.sd.map_or(String::new(), |sd| format!(" ± {}", age(sd, unit)));
        let patients = if part.patients < part.films { part.patients.to_string() } else { NOT_MEASURED.to_owned() };
        let mut cells = vec![part_in_words(&part.name), part.films.to_string(), patients, age(part.mean, unit) + &sd];
        cells.push(format!("{}–{}", age(part.range.0, unit), age(part.range.1, unit)));
        if tells_sex {
            cells.extend(sexes.iter().map(|sex| part.sexes.get(*sex).copied().unwrap_or_default().to_string()));
        }
        TableRow::Cells(cells.into_iter().map(Cell::plain).collect())
    };
    let mut rows: Vec<TableRow> = parts.parts.iter().map(row).collect();
    if rows.len() > 1 {
        rows.insert(rows.len() - 1, TableRow::Rule);
    }
    let table = Table { name: String::new(), title: String::new(), headings, rows, notes: Vec::new(), best: None };
    let mut body = html_table::write(&table, "Films, ages and sex by part");
    body += &note(&format!(
        "Counted from {SPLITS_FILE}; a dash under patients means that each film is of a patient of its own, or that none is named."
    ));
    if facts.has_data_page {
        let page = format!("data/{}", data::PAGE);
        let what = "shows ages, sizes, duplicates and what was left out";
        let _ = writeln!(body, "<p><a href=\"{page}\">The report on the films</a> ({page}) {what}.</p>");
    }
    body
}

fn part_in_words(name: &str) -> String {
    match name {
        "train" => "Training".to_owned(),
        "val" => "Validation".to_owned(),
        "test" => "Test".to_owned(),
        "all" => "All".to_owned(),
        // As the plots count them.
        other => other.replacen("fold", "Fold", 1),
    }
}

fn sex_in_words(letter: &str) -> String {
    match letter {
        "F" => "Female",
        "M" => "Male",
        "O" => "Other sex",
        "" => "Sex not given",
        other => other,
    }
    .to_owned()
}

/// Each sheet as it is, smaller, or by its name alone, so that the page does not grow beyond its budget.
fn sheets(sheets: &[SheetFile], budget: usize) -> String {
    let mut left = budget;
    let mut body = String::new();
    for (place, sheet) in sheets.iter().enumerate() {
        // What is left is shared out among the sheets to come, so that the first does not take it all.
        let share = left / (sheets.len() - place);
        let title = title(&sheet.name);
        let _ = writeln!(body, "<h3>{}</h3>", escaped(&title));
        let picture = fitting(&sheet.bytes, share).map(|(uri, width)| {
            let image = format!("<img alt=\"{}\" width=\"{width}\" src=\"{uri}\">\n", escaped(&format!("Sheet of films: {title}")));
            html::figure(&image, &title, Some(&format!("File: sheets/{}.", sheet.name)))
        });
        let shown = picture.unwrap_or_else(|| note(&format!("Too large for this page; it is in sheets/{}.", sheet.name)));
        left = left.saturating_sub(shown.len());
        body += &shown;
    }
    body
}

/// `hardest_films.png` as words.
fn title(name: &str) -> String {
    let words = name.rsplit_once('.').map_or(name, |(stem, _)| stem).replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The picture as an address of at most `most` bytes, and the width at which it is shown; none where even a quarter of it is larger.
fn fitting(png: &[u8], most: usize) -> Option<(String, u32)> {
    let image = image::load_from_memory(png).ok()?;
    // Sheets have two pixels to the dot, as every PNG here.
    let shown = image.width().div_ceil(2);
    let fits = |uri: String| (uri.len() <= most).then_some((uri, shown));
    if let Some(found) = fits(data_uri("image/png", png)) {
        return Some(found);
    }
    [1, 2, 4].into_iter().find_map(|divisor| {
        let (width, height) = ((image.width() / divisor).max(1), (image.height() / divisor).max(1));
        let mut jpeg = Cursor::new(Vec::new());
        let smaller = image.resize_exact(width, height, FilterType::Lanczos3).to_rgb8();
        smaller.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)).ok()?;
        fits(data_uri("image/jpeg", jpeg.get_ref()))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn sheet(name: &str) -> SheetFile {
        let noise = image::GrayImage::from_fn(240, 120, |x, y| image::Luma([(x * x * 31 + y * y * 17 + x * y * 7) as u8]));
        let mut bytes = Cursor::new(Vec::new());
        noise.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        SheetFile { name: name.into(), bytes: bytes.into_inner() }
    }

    #[test]
    fn a_sheet_is_shown_as_it_is_then_smaller_then_by_name() {
        let all = [sheet("hardest_films.png")];
        let shown = |budget| sheets(&all, budget);
        let size = all[0].bytes.len() * 4 / 3 + 40;
        let whole = shown(size + 1000);
        assert!(
            whole.contains("<h3>Hardest films</h3>") && whole.contains("data:image/png;base64,") && whole.contains("width=\"120\""),
            "{whole}"
        );
        let smaller = shown(size / 2);
        assert!(smaller.contains("data:image/jpeg;base64,") && smaller.len() < size / 2 + 500, "{}", smaller.len());
        assert!(shown(300).contains("Too large for this page; it is in sheets/hardest_films.png."));
    }

    #[test]
    fn no_sheet_takes_the_space_of_those_behind_it() {
        let all = [sheet("a.png"), sheet("b.png"), sheet("c.png")];
        let page = sheets(&all, all[0].bytes.len() * 2);
        assert_eq!(page.matches("data:image/").count(), 3, "each is there, if smaller");
        assert!(page.len() < all[0].bytes.len() * 2 + 1000, "{}", page.len());
    }

    #[test]
    fn a_broken_sheet_is_named() {
        let page = sheets(&[SheetFile { name: "x.png".into(), bytes: b"no picture".to_vec() }], 1_000_000);
        assert!(page.contains("sheets/x.png") && !page.contains("<img"), "{page}");
    }
}
