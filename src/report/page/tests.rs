//! The page as a parser of HTML sees it.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};

use super::super::fixtures::{StudyBuilder, done, failed, recorded};
use super::super::{Study, plot};
use super::*;
use crate::record::format::RunState;
use crate::record::{FilmPart, RunCard};

const BAD: &str = "A <b>&amp; \"B\" 'c'</b>";

fn part(name: &str, films: usize) -> FilmPart {
    FilmPart {
        name: name.into(),
        films,
        patients: films,
        mean: 120.0,
        sd: Some(30.0),
        range: (12.0, 216.0),
        sexes: [("F".to_owned(), films / 2), ("M".to_owned(), films - films / 2)].into(),
    }
}

fn facts() -> PageFacts {
    PageFacts {
        shows: ReportPage::Films,
        spec: "name: 10epoch\ntrain:\n  epochs: 10\n".into(),
        environment: Some(Environment { processor: Some(BAD.into()), ..Environment::current("cpu", 2, false) }),
        parts: Some(FilmParts { parts: vec![part("train", 80), part("val", 20), part("test", 12), part("all", 112)], blake3: "ab".into() }),
        has_data_page: true,
        sheets: Vec::new(),
    }
}

/// Nine backbones with several runs each, and what can be wrong with a row.
fn large(seeds: usize) -> Study {
    let mut builder = StudyBuilder::new().note(BAD);
    for place in 0..9 {
        let runs = (0..seeds).map(|seed| {
            let mut run = recorded(14.0 + f64::from(place) + 0.1 * seed as f64, 18);
            run.result.run_id = format!("resnet50-s{seed}-{place:04x}");
            run.result.files = ["run.yaml", "epochs.csv", "predictions.csv"].map(|name| (name.to_owned(), "0".repeat(64))).into();
            RunState::Done(Box::new(run))
        });
        builder = builder.entry(&format!("Network {place} {BAD}"), runs.collect());
    }
    let mut study = builder.entry("Broken", vec![failed(BAD)]).entry("To do", vec![RunState::Missing]).build();
    (study.title, study.page) = (BAD.into(), Some(facts()));
    for (row, entry) in study.entries.iter_mut().enumerate() {
        let settings = |seed: usize| format!("architecture: resnet50\nseed: {seed}\nfold: null\n") + &"setting: value\n".repeat(60);
        let card = |seed| RunCard { run_id: format!("resnet50-s{seed}-{row:04x}"), text: Some(settings(seed)), ..RunCard::default() };
        entry.cards = (0..entry.runs.len()).map(card).collect();
    }
    study
}

fn html(study: &Study) -> String {
    let summary = Summary::of(study);
    let page = render(study, &summary, &plot::render(study, &summary).unwrap()).unwrap();
    String::from_utf8(page.bytes).unwrap()
}

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).collect()
}

fn text(element: ElementRef) -> String {
    element.text().collect::<String>()
}

#[test]
fn the_page_is_well_formed_and_of_one_file() {
    let html = html(&large(2));
    let page = Html::parse_document(&html);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
    for element in all(&page, "[src], [href], object, link, iframe") {
        let address = element.attr("src").or(element.attr("href")).unwrap_or("none");
        let is_own = address.starts_with("data:") || address.starts_with('#') || address == "data/data.html";
        assert!(is_own, "{address}");
    }
    assert!(!html.contains("@import") && !html.contains("url(http"), "the style is whole");
}

#[test]
fn a_page_of_nine_networks_and_many_runs_stays_small_and_is_the_same_every_time() {
    let study = large(10);
    let page = html(&study);
    assert!(page.len() < MOST_BYTES / 2, "{}", page.len());
    assert_eq!(page, html(&study));
}

#[test]
fn every_id_is_there_once_and_every_link_leads_to_one() {
    let html = html(&large(3));
    let page = Html::parse_document(&html);
    let ids: Vec<&str> = all(&page, "[id]").iter().filter_map(|element| element.attr("id")).collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for link in all(&page, "a[href^='#'], [aria-labelledby]") {
        let id = link.attr("href").map_or_else(|| link.attr("aria-labelledby").unwrap(), |href| &href[1..]);
        assert!(unique.contains(id), "{id}");
    }
}

#[test]
fn tables_have_captions_and_scopes_and_pictures_have_names() {
    let html = html(&large(2));
    let page = Html::parse_document(&html);
    let tables = all(&page, "table");
    assert!(tables.len() > 9, "{}", tables.len());
    for table in tables {
        let caption = table.select(&Selector::parse("caption").unwrap()).next().map(text).unwrap_or_default();
        assert!(!caption.trim().is_empty(), "{}", table.html());
    }
    assert!(all(&page, "th").iter().all(|head| matches!(head.attr("scope"), Some("col" | "row"))));
    let pictures = all(&page, "svg");
    assert!(pictures.len() >= 3);
    for picture in pictures {
        let title = picture.select(&Selector::parse("title").unwrap()).next().map(text).unwrap_or_default();
        assert!(picture.attr("role") == Some("img") && !title.is_empty(), "{title}");
    }
    let levels: Vec<u32> = all(&page, "h1, h2, h3, h4").iter().map(|heading| heading.value().name()[1..].parse().unwrap()).collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "no level is left out: {levels:?}");
    for landmark in ["html[lang=en]", "header", "nav[aria-label]", "main", "footer"] {
        assert_eq!(all(&page, landmark).len(), 1, "{landmark}");
    }
}

#[test]
fn labels_are_words_and_no_tags() {
    let html = html(&large(1));
    let page = Html::parse_document(&html);
    assert!(all(&page, "b").is_empty() && !html.contains(BAD), "a label became a tag");
    assert_eq!(text(all(&page, "h1")[0]), BAD);
    assert!(all(&page, "h3").iter().any(|heading| text(*heading) == format!("Network 3 {BAD}")));
    assert!(all(&page, ".warning p").iter().any(|line| text(*line) == format!("Broken: failed: {BAD}.")));
}

#[test]
fn a_card_holds_what_a_run_is_and_later_ones_what_is_different() {
    let page = html(&large(2));
    let page = Html::parse_document(&page);
    let cards: Vec<String> = all(&page, "details").into_iter().map(text).collect();
    assert_eq!(cards.len(), 9 * 2 + 2);
    for part in
        ["Seed 0", "resnet50-s0-0000", "Threads", "BLAKE3", "setting: value", "Images/s".to_lowercase().as_str(), "drawn from the seed"]
    {
        assert!(cards[0].contains(part), "{part}: {}", cards[0]);
    }
    assert!(
        cards[1].contains("The settings of resnet50-s0-0000, except for these lines:") && !cards[1].contains("setting: value"),
        "{}",
        cards[1]
    );
    assert!(cards[18].contains(BAD) && cards[19].contains("Not trained yet."));
}

#[test]
fn a_page_of_figures_has_no_picture_of_a_film_and_none_is_none() {
    let mut study = large(1);
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::new(40, 20).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let sheets = vec![SheetFile { name: "hardest.png".into(), bytes: png.into_inner() }];
    study.page = Some(PageFacts { sheets, ..facts() });
    assert!(html(&study).contains("Sheet of films: Hardest"));
    study.page.as_mut().unwrap().shows = ReportPage::Figures;
    let page = html(&study);
    assert!(!page.contains("Sheet of films") && !page.contains("data:image"), "a film is on the page");
    study.page.as_mut().unwrap().shows = ReportPage::None;
    assert_eq!(render(&study, &Summary::of(&study), &[]), None);
}

#[test]
fn a_study_with_nothing_known_still_has_a_page() {
    let mut study = StudyBuilder::new().entry("CNN", vec![RunState::Missing]).build();
    study.page = Some(PageFacts { environment: None, parts: None, has_data_page: false, ..facts() });
    let page = html(&study);
    assert!(Html::parse_document(&page).errors.is_empty());
    assert!(page.contains("No run is done yet") && page.contains("1 row, 0 of 1 run done"), "{page}");
    study.entries[0].runs = vec![done(9.0)];
    assert!(html(&study).contains("On these 12 test films"));
}

#[test]
#[ignore = "writes pages for a person to look at: BENCH_RUN_PLOTS=folder"]
fn show() {
    let folder = std::path::PathBuf::from(std::env::var_os("BENCH_RUN_PLOTS").unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("large.html"), html(&large(2))).unwrap();
}
