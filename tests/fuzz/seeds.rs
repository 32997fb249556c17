//! Valid small files of every kind that is read, from which fuzzing starts: drawn here, or kept in `seeds` where no crate writes them.

use std::io::{Cursor, Write as _};

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, RgbImage, RgbaImage};

/// A name for people, and the bytes.
pub(crate) type Seed = (&'static str, Vec<u8>);

const HEIGHT: u32 = 20;
const WIDTH: u32 = 16;

/// Films that are read, and some that are refused for what they are: several pages, several frames.
pub(crate) fn films() -> Vec<Seed> {
    let mut films = drawn();
    films.extend(kept());
    films.extend(dicom());
    films
}

fn level(x: u32, y: u32) -> u8 {
    (x * 11 + y * 7) as u8
}

fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("a picture in memory can be written");
    bytes.into_inner()
}

fn drawn() -> Vec<Seed> {
    let grey = GrayImage::from_fn(WIDTH, HEIGHT, |x, y| Luma([level(x, y)]));
    let deep: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_fn(WIDTH, HEIGHT, |x, y| Luma([u16::from(level(x, y)) * 251]));
    let colour = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| image::Rgb([level(x, y), level(y, x), 9]));
    let clear = RgbaImage::from_fn(WIDTH, HEIGHT, |x, y| image::Rgba([level(x, y), level(y, x), 9, level(y, y)]));
    let jpeg = encode(grey.clone(), ImageFormat::Jpeg);
    // A segment that says "turn by 90 degrees".
    let turn = b"\xff\xe1\x00\x22Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let turned = [&jpeg[..2], turn.as_slice(), &jpeg[2..]].concat();
    vec![
        ("grey.png", encode(grey.clone(), ImageFormat::Png)),
        ("grey16.png", encode(deep.clone(), ImageFormat::Png)),
        ("colour.png", encode(colour.clone(), ImageFormat::Png)),
        ("alpha.png", encode(clear, ImageFormat::Png)),
        ("grey.jpg", jpeg),
        ("turned.jpg", turned),
        ("colour.jpg", encode(colour.clone(), ImageFormat::Jpeg)),
        ("grey.tif", encode(grey.clone(), ImageFormat::Tiff)),
        ("grey16.tif", encode(deep, ImageFormat::Tiff)),
        ("colour.tif", encode(colour.clone(), ImageFormat::Tiff)),
        ("grey.bmp", encode(grey.clone(), ImageFormat::Bmp)),
        ("colour.bmp", encode(colour.clone(), ImageFormat::Bmp)),
        ("grey.webp", encode(grey, ImageFormat::WebP)),
        ("colour.webp", encode(colour, ImageFormat::WebP)),
    ]
}

macro_rules! kept {
    ($($name:literal),* $(,)?) => { vec![$(($name, include_bytes!(concat!("seeds/", $name)).to_vec())),*] };
}

fn kept() -> Vec<Seed> {
    kept![
        "alpha.webp",
        "animated.png",
        "animated.webp",
        "cmyk.jpg",
        "deflate.tif",
        "fax.tif",
        "interlaced.png",
        "jpeg.tif",
        "lossy.webp",
        "lzw.tif",
        "packbits.tif",
        "palette.bmp",
        "palette.png",
        "palette.tif",
        "progressive.jpg",
        "progressive_colour.jpg",
    ]
}

/// One film of 12 or 8 bits in the ways that DICOM packs it.
fn dicom() -> Vec<Seed> {
    let values: Vec<u8> = (0..WIDTH * HEIGHT).flat_map(|place| (place as u16 * 12).to_le_bytes()).collect();
    let (high, low): (Vec<u8>, Vec<u8>) = values.chunks_exact(2).map(|pair| (pair[1], pair[0])).unzip();
    let grey = GrayImage::from_fn(WIDTH, HEIGHT, |x, y| Luma([level(x, y)]));
    let jpeg = encode(grey, ImageFormat::Jpeg);
    let plain = [elements(12, true), long(true, *b"OW", &values)].concat();
    // Deflated without being packed: one block that is stored as it is.
    let length = plain.len() as u16;
    let stored = [&[1], length.to_le_bytes().as_slice(), &(!length).to_le_bytes(), &plain].concat();
    vec![
        ("plain.dcm", file("1.2.840.10008.1.2.1", &plain)),
        ("implicit.dcm", file("1.2.840.10008.1.2", &[elements(12, false), long(false, *b"OW", &values)].concat())),
        ("deflated.dcm", file("1.2.840.10008.1.2.1.99", &stored)),
        ("run_length.dcm", packed("1.2.840.10008.1.2.5", 12, &run_lengths(&[high, low]))),
        ("jpeg.dcm", packed("1.2.840.10008.1.2.4.50", 8, &jpeg)),
        ("jpeg_2000.dcm", packed("1.2.840.10008.1.2.4.90", 8, include_bytes!("seeds/film.j2k"))),
    ]
}

fn file(syntax: &str, data_set: &[u8]) -> Vec<u8> {
    let mut syntax = syntax.as_bytes().to_vec();
    syntax.resize(syntax.len().next_multiple_of(2), 0);
    let meta = [b"\x02\0\x10\0UI".as_slice(), &(syntax.len() as u16).to_le_bytes(), &syntax].concat();
    let length = (meta.len() as u32).to_le_bytes();
    [&[0; 128], b"DICM\x02\0\0\0UL\x04\0".as_slice(), &length, &meta, data_set].concat()
}

/// What describes the pixels, with a rescale, a window and a table of levels.
fn elements(bits: u16, explicit: bool) -> Vec<u8> {
    let allocated = if bits > 8 { 16_u16 } else { 8 };
    let short = |element: u16, kind: [u8; 2], value: &[u8]| {
        let length =
            if explicit { [kind, (value.len() as u16).to_le_bytes()].concat() } else { (value.len() as u32).to_le_bytes().to_vec() };
        [0x0028_u16.to_le_bytes().as_slice(), &element.to_le_bytes(), &length, value].concat()
    };
    let number = |element, value: u16| short(element, *b"US", &value.to_le_bytes());
    [
        number(0x0002, 1),
        short(0x0004, *b"CS", b"MONOCHROME1 "),
        number(0x0010, HEIGHT as u16),
        number(0x0011, WIDTH as u16),
        number(0x0100, allocated),
        number(0x0101, bits),
        number(0x0102, bits - 1),
        number(0x0103, 0),
        short(0x1050, *b"DS", b"1000"),
        short(0x1051, *b"DS", b"2000"),
        short(0x1052, *b"DS", b"-5"),
        short(0x1053, *b"DS", b"2 "),
    ]
    .concat()
}

/// The pixel data where it is not packed.
fn long(explicit: bool, kind: [u8; 2], value: &[u8]) -> Vec<u8> {
    let kind = if explicit { [kind, [0, 0]].concat() } else { Vec::new() };
    [b"\xe0\x7f\x10\0".as_slice(), &kind, &(value.len() as u32).to_le_bytes(), value].concat()
}

fn packed(syntax: &str, bits: u16, code: &[u8]) -> Vec<u8> {
    let mut code = code.to_vec();
    code.resize(code.len().next_multiple_of(2), 0);
    let start = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0";
    let length = (code.len() as u32).to_le_bytes();
    let pixels = [start.as_slice(), &length, &code, b"\xfe\xff\xdd\xe0\0\0\0\0"].concat();
    file(syntax, &[elements(bits, true), pixels].concat())
}

/// Planes as literal runs behind their table.
fn run_lengths(planes: &[Vec<u8>]) -> Vec<u8> {
    let runs: Vec<Vec<u8>> =
        planes.iter().map(|plane| plane.chunks(128).flat_map(|run| [&[run.len() as u8 - 1], run].concat()).collect()).collect();
    let mut header = vec![planes.len() as u32];
    let mut offset = 64;
    for run in &runs {
        header.push(offset);
        offset += run.len() as u32;
    }
    header.resize(16, 0);
    [header.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>(), runs.concat()].concat()
}

/// Tables; the first byte says as what a table is read, see the target `labels`.
pub(crate) fn labels() -> Vec<Seed> {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let text = |kind: u8, text: &str| [&[kind], text.as_bytes()].concat();
    vec![
        ("rsna.csv", text(0, "id,boneage,male\n1,12.5,True\n02.png,130,False\n3,7,M\n")),
        ("semicolons.csv", text(8, "\u{feff}Image ID;Bone Age (months);Sex\r\n\"1\";12,5;F\r\n2;13;M\r\n\"3\r\n\";1;O\r\n")),
        ("tabs.csv", text(0, "Case ID\tSex\tGround truth bone age (months)\r1\tM\t168.93\r2\tF\t10\r")),
        ("patients.csv", text(4, "image_ID,dir,patient_ID,sex,bone_age\n1,a,p1,Female,120.5\n2,b,p2,Male,60\n3,b,p2,Male,60\n")),
        ("utf_16.csv", [&[0, 0xff, 0xfe], utf_16("ID,Male,Boneage\n1,True,100\n2,False,50\n").as_slice()].concat()),
        ("workbook.xlsx", [&[1], workbook().as_slice()].concat()),
        ("exclude.csv", text(2, "# by eye\n2.png, ring # seen twice\n1,odd\n")),
        ("parts.csv", text(3, "id,split\n1,train\n2,val\n3,test\n")),
        ("folds.csv", text(19, "id,split,fold\n1,fold,0\n2,fold,1\n3,test,\n")),
    ]
}

/// Patterns with the name of a film, see the target `names`.
pub(crate) fn names() -> Vec<Seed> {
    let seed = |text: &str| text.as_bytes().to_vec();
    vec![
        ("dashes", seed("{id}-{age}-{sex}.jpg\n5-13-O.jpg")),
        ("text", seed("film {id}_{_}_{age}y.png\nfilm 7_left_9.5y.png")),
        ("patient", seed("{group}+{id}~{race}={age}\na+b~c=4.tif")),
        ("atlas", seed("{id}-{age}\n5262.jpg")),
    ]
}

/// A sheet of three rows, from places and texts.
fn sheet(cells: &[(&str, &str)]) -> String {
    let cell = |(place, text): &(&str, &str)| match text.parse::<f64>() {
        Ok(number) => format!("<c r=\"{place}\"><v>{number}</v></c>"),
        Err(_) => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    let row = |number: char| {
        let cells: String = cells.iter().filter(|(place, _)| place.ends_with(number)).map(cell).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let rows: String = ['1', '2', '3'].into_iter().map(row).collect();
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    format!("<worksheet xmlns=\"{space}\"><sheetData>{rows}</sheetData></worksheet>")
}

/// An Excel workbook of one sheet.
pub(crate) fn workbook() -> Vec<u8> {
    let cells = [
        ("A1", "id"),
        ("B1", "boneage"),
        ("C1", "male"),
        ("A2", "1"),
        ("B2", "12.5"),
        ("C2", "True"),
        ("A3", "2"),
        ("B3", "130"),
        ("C3", "F"),
    ];
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let relation = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"{office}\"><sheets>\
         <sheet name=\"Ages\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
    );
    let parts = [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", sheet(&cells)),
    ];
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part can be begun");
        writer.write_all(text.as_bytes()).expect("a part can be written");
    }
    writer.finish().expect("an archive can be closed").into_inner()
}
