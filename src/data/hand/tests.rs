use super::*;
use crate::data::phantom;
use crate::data::pixels::Pixels;
use crate::spec::Channels;

/// Rows and columns of the drawn hand on a film of 90 × 70.
const ROWS: Range<u32> = 14..90;
const COLUMNS: Range<u32> = 14..57;

/// A palm, five fingers and a wrist that leaves the film at the bottom.
fn is_hand(row: i32, column: i32) -> bool {
    let within = |rows: Range<i32>, columns: Range<i32>| rows.contains(&row) && columns.contains(&column);
    let fingers = [within(22..45, 14..19), within(16..45, 22..27), within(14..45, 30..35), within(17..45, 38..43)];
    let palm = within(44..66, 14..43) || within(50..56, 43..57);
    fingers.into_iter().any(|finger| finger) || palm || within(66..90, 21..37)
}

/// Grain without a generator: the same on every machine.
fn grain(row: i32, column: i32) -> f64 {
    f64::from((row * 7919 + column * 104_729 + row * column * 31) % 7) - 3.0
}

fn film(level: impl Fn(i32, i32) -> f64) -> NativeFilm {
    let places = (0..90).flat_map(|row| (0..70).map(move |column| (row, column)));
    let pixels = places.map(|(row, column)| level(row, column).round().clamp(0.0, 255.0) as u8).collect();
    NativeFilm { pixels: Pixels::Eight(pixels), size: ImageSize { height: 90, width: 70 }, channels: Channels::Grey }
}

/// Background at 40 and a hand of 60 more.
fn plain(row: i32, column: i32) -> f64 {
    40.0 + grain(row, column) + if is_hand(row, column) { 60.0 } else { 0.0 }
}

/// The box is the hand's: to a pixel on each side, and where the wrist leaves the field to `at_wrist` pixels.
fn check(name: &str, film: &NativeFilm, is_inverted: bool, at_wrist: u32) {
    let found = HandRegion::find(film).unwrap_or_else(|| panic!("{name}: no hand"));
    assert_eq!(found.is_inverted, is_inverted, "{name}");
    let HandRegion { rows, columns, .. } = found;
    let ends = [(rows.start, ROWS.start), (columns.start, COLUMNS.start), (columns.end, COLUMNS.end)];
    assert!(ends.iter().all(|(found, drawn)| found.abs_diff(*drawn) <= 1), "{name}: {rows:?}, {columns:?}");
    assert!(rows.end <= ROWS.end && rows.end + at_wrist >= ROWS.end, "{name}: {rows:?}");
}

#[test]
fn a_hand_is_found_on_every_kind_of_film() {
    check("plain", &film(plain), false, 1);
    check("a dark film", &film(|row, column| plain(row, column) / 4.0), false, 1);
    check("a background that slopes", &film(|row, column| plain(row, column) + f64::from(row + column) / 4.0), false, 1);
    let marker = |row: i32, column: i32| (60..70).contains(&row) && (3..9).contains(&column);
    check("a marker", &film(|row, column| if marker(row, column) { 250.0 } else { plain(row, column) }), false, 1);
    let strip = |row: i32, column: i32| row >= 88 || column < 2;
    check("white strips, one of which the wrist touches", &film(|y, x| if strip(y, x) { 255.0 } else { plain(y, x) }), false, 5);
    let frame = |row: i32, column: i32| !(4..86).contains(&row) || !(5..65).contains(&column);
    let framed = |level: f64| film(move |y, x| if frame(y, x) && !(y >= 86 && is_hand(y, x)) { level } else { plain(y, x) });
    check("a black frame", &framed(0.0), false, 5);
    check("a grey frame", &framed(150.0), false, 5);
    check("inverted", &film(|row, column| 255.0 - plain(row, column)), true, 1);
    check("inverted, with a marker", &film(|y, x| if marker(y, x) { 5.0 } else { 255.0 - plain(y, x) }), true, 1);
}

#[test]
fn size_depth_and_colour_change_nothing_but_the_scale() {
    let small = film(plain);
    let Pixels::Eight(levels) = &small.pixels else { panic!("it has sixteen bits") };
    let found = HandRegion::find(&small).expect("there is a hand");
    let deep = NativeFilm { pixels: Pixels::Sixteen(levels.iter().map(|level| u16::from(*level) * 257).collect()), ..small.clone() };
    assert_eq!(HandRegion::find(&deep).expect("there is a hand"), found);
    let colour = levels.iter().flat_map(|level| [*level; 3]).collect();
    let colour = NativeFilm { pixels: Pixels::Eight(colour), channels: Channels::Rgb, ..small.clone() };
    assert_eq!(HandRegion::find(&colour).expect("there is a hand"), found);
    // Seven times as high and wide: every box is within a cell of the reduced film, which has seven pixels.
    let large = (0..630).flat_map(|row| (0..490).map(move |column| levels[row / 7 * 70 + column / 7])).collect();
    let large = NativeFilm { pixels: Pixels::Eight(large), size: ImageSize { height: 630, width: 490 }, ..small };
    let found = HandRegion::find(&large).expect("there is a hand");
    for (found, drawn) in [(found.rows.start, 98), (found.rows.end, 630), (found.columns.start, 98), (found.columns.end, 399)] {
        assert!(found.abs_diff(drawn) <= 7, "{found} for {drawn}");
    }
}

#[test]
fn a_margin_stops_at_the_edge_and_places_are_those_of_the_film() {
    let found = HandRegion::find(&film(plain)).expect("there is a hand");
    let margin = (0.1 * found.rows.len() as f64).round() as u32;
    let (rows, columns) = found.with_margin(0.1);
    assert_eq!(rows, found.rows.start - margin..90);
    assert_eq!(columns, found.columns.start - margin..found.columns.end + margin);
    assert!(found.contains(50, 30) && found.contains(18, 32) && !found.contains(18, 60) && !found.contains(80, 5));
}

#[test]
fn where_there_is_no_hand_none_is_found() {
    let none = |name: &str, film: &NativeFilm| assert_eq!(HandRegion::find(film), None, "{name}");
    none("grain alone", &film(|row, column| 40.0 + grain(row, column)));
    none("one level", &film(|_, _| 90.0));
    none("a slope", &film(|row, _| f64::from(row)));
    none("a plate", &film(|row, column| if (20..70).contains(&row) && (20..50).contains(&column) { 180.0 } else { 20.0 }));
    let tiny = NativeFilm { pixels: Pixels::Eight(vec![3]), size: ImageSize::square(1), channels: Channels::Grey };
    none("one pixel", &tiny);
    let line =
        NativeFilm { pixels: Pixels::Eight((0..200).collect()), size: ImageSize { height: 1, width: 200 }, channels: Channels::Grey };
    none("one row", &line);
}

#[test]
fn the_boxes_of_drawn_hands_hold_the_whole_hand_and_little_else() {
    let size = ImageSize { height: 144, width: 120 };
    let count = 16;
    let is_right = |index: u64| {
        let pixels = Pixels::Eight(phantom::draw(901, index, size).pixels);
        let Some(found) = HandRegion::find(&NativeFilm { pixels, size, channels: Channels::Grey }) else { return false };
        let (rows, columns) = phantom::extent(901, index, size);
        let near = |found: &Range<u32>, drawn: &Range<u32>| found.start.abs_diff(drawn.start) <= 5 && found.end.abs_diff(drawn.end) <= 5;
        let right = near(&found.rows, &rows) && near(&found.columns, &columns) && !found.is_inverted;
        if !right {
            eprintln!("{index}: {found:?} for {rows:?}, {columns:?}");
        }
        right
    };
    let right = (0..count).filter(|index| is_right(*index)).count();
    assert!(right >= 15, "{right} of {count}");
}
