//! The one look of all plots: colours, sizes and the font.
//!
//! Colours are from the palette of Okabe and Ito (2008), chosen so that those that meet in one plot differ in lightness too
//! and can be told apart without colour. `DejaVu` Sans is part of the program, so that no installed font is needed.

use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, RGBColor, register_font};

/// The family as SVG names it; PNG finds the embedded font under the same name.
pub(super) const FAMILY: &str = "DejaVu Sans, sans-serif";
/// Ascent minus descent of `DejaVu` Sans, in ems.
const LINE_HEIGHT: f64 = 1.164;

pub(super) const TRAIN: RGBColor = RGBColor(86, 180, 233);
pub(super) const VAL: RGBColor = RGBColor(0, 114, 178);
pub(super) const TEST: RGBColor = RGBColor(230, 159, 0);
pub(super) const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub(super) const BASELINE: RGBColor = RGBColor(60, 60, 60);
pub(super) const BASELINE_VAL: RGBColor = RGBColor(110, 110, 110);
pub(super) const BASELINE_TEST: RGBColor = RGBColor(190, 190, 190);
pub(super) const INK: RGBColor = RGBColor(30, 30, 30);
pub(super) const MUTED: RGBColor = RGBColor(95, 95, 95);
pub(super) const AXIS: RGBColor = RGBColor(140, 140, 140);
pub(super) const GRID: RGBColor = RGBColor(230, 230, 230);
pub(super) const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Sizes of text, in pixels to the em.
pub(super) const TITLE_SIZE: f64 = 17.0;
pub(super) const LABEL_SIZE: f64 = 12.0;
pub(super) const SMALL_SIZE: f64 = 11.0;
pub(super) const TICK_SIZE: f64 = 10.5;

/// Dashes and gaps of the baseline.
pub(super) const DASH: (f64, f64) = (6.0, 4.0);

/// The embedded font at a line height of `size` pixels.
pub(super) fn font(size: f64, is_bold: bool) -> FontDesc<'static> {
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        for (style, bytes) in [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())] {
            assert!(register_font(FAMILY, style, bytes).is_ok(), "the embedded font is a font");
        }
    });
    FontDesc::new(FontFamily::Name(FAMILY), size, if is_bold { FontStyle::Bold } else { FontStyle::Normal })
}

/// The line height at which the PNG's font has `em` pixels to the em.
pub(super) fn line_height(em: f64) -> f64 {
    em * LINE_HEIGHT
}

/// Width of a text at `em` pixels to the em.
pub(super) fn text_width(text: &str, em: f64, is_bold: bool) -> f64 {
    // Measured large, since the library counts whole pixels.
    let (width, _) = font(line_height(1000.0), is_bold).box_size(text).expect("the embedded font is registered");
    f64::from(width) * em / 1000.0
}

/// `text`, or as much of it as fits into `width` with an ellipsis.
pub(super) fn shortened(text: &str, em: f64, is_bold: bool, width: f64) -> String {
    if text_width(text, em, is_bold) <= width {
        return text.to_owned();
    }
    let mut short = text.to_owned();
    while short.pop().is_some() {
        let candidate = format!("{}…", short.trim_end());
        if text_width(&candidate, em, is_bold) <= width {
            return candidate;
        }
    }
    "…".to_owned()
}

/// The name of a row, or as much of its beginning and its end as fits into `width`: the ends are what tells rows of a matrix apart.
pub(super) fn shortened_name(name: &str, em: f64, is_bold: bool, width: f64) -> String {
    let characters: Vec<char> = name.chars().collect();
    let without = |left_out: usize| {
        let kept = characters.len() - left_out;
        let (start, end) = (kept / 3, kept - kept / 3);
        let text = |part: &[char]| part.iter().collect::<String>();
        format!("{}…{}", text(&characters[..start]).trim_end(), text(&characters[characters.len() - end..]).trim_start())
    };
    if text_width(name, em, is_bold) <= width {
        return name.to_owned();
    }
    (1..characters.len()).map(without).find(|short| text_width(short, em, is_bold) <= width).unwrap_or_else(|| "…".to_owned())
}

/// Lines no wider than `width`, broken between words.
pub(super) fn wrapped(text: &str, em: f64, is_bold: bool, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let longer = lines.last().map(|line| format!("{line} {word}")).filter(|line| text_width(line, em, is_bold) <= width);
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) => *line = longer,
            _ => lines.push(shortened(word, em, is_bold, width)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_by_the_embedded_font() {
        // The advance of "0" in DejaVu Sans is 1303 of 2048 units.
        assert!((text_width("0000000000", 20.48, false) - 130.3).abs() < 0.1);
        assert!(text_width("mmm", 12.0, true) > text_width("mmm", 12.0, false));
    }

    #[test]
    fn a_shortened_name_fits_and_keeps_the_end_that_tells_it_apart() {
        let names = ["16×24", "32×48"].map(|size| format!("Vision Transformer · learning rate 0.0001 · size {size}"));
        let [one, other] = names.each_ref().map(|name| shortened_name(name, 12.0, true, 150.0));
        assert!(one.starts_with("Vision") && one.ends_with("16×24") && one.contains('…'), "{one}");
        assert!(one != other && text_width(&one, 12.0, true) <= 150.0, "{one} {other}");
        assert_eq!(shortened_name("CNN", 12.0, true, 150.0), "CNN");
        assert_eq!(shortened_name("CNN", 12.0, true, 1.0), "…");
    }

    #[test]
    fn a_shortened_text_fits_and_a_wrapped_one_keeps_its_words() {
        let short = shortened("Vision-Transformer", 12.0, true, 60.0);
        assert!(short.ends_with('…') && text_width(&short, 12.0, true) <= 60.0, "{short}");
        let lines = wrapped("one two three four five", 12.0, false, 70.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| text_width(line, 12.0, false) <= 70.0), "{lines:?}");
        assert_eq!(lines.join(" "), "one two three four five");
    }
}
