//! Excel workbooks, and archives that are none.

use bank_statements::{FileKind, ReadError, limits, read};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write as _;

use crate::support::{sample, settings, shown};

const WORKBOOK: &str = "<workbook><sheets><sheet id='r1'/></sheets></workbook>";
const RELATIONS: &str = "<Relationships><Relationship Id='r1' Target='/xl/a.xml'/></Relationships>";

/// A deflated archive of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        let packed = encoder.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(text);
        let mut shared = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        for number in [crc.sum(), size(&packed), size(text)] {
            shared.extend(number.to_le_bytes());
        }
        shared.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
        let offset = size(&file).to_le_bytes();
        file.extend(b"PK\x03\x04");
        file.extend(&shared);
        file.extend(name.as_bytes());
        file.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend(offset);
        directory.extend(name.as_bytes());
    }
    let start = size(&file);
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([u8::try_from(parts.len()).unwrap(), 0].repeat(2));
    file.extend(size(&directory).to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap()
}

fn workbook(sheet: &str) -> Vec<u8> {
    archive(&[
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/a.xml", sheet.as_bytes()),
    ])
}

fn row(cells: &[&str]) -> String {
    let cell = |text: &&str| format!("<c t='str'><v>{text}</v></c>");
    format!("<row>{}</row>", cells.iter().map(cell).collect::<String>())
}

fn sheet(rows: &[String]) -> String {
    format!("<worksheet><sheetData>{}</sheetData></worksheet>", rows.concat())
}

#[test]
fn a_workbook_is_read_as_its_table() {
    let rows =
        [row(&["Tanggal", "Keterangan", "Debet", "Kredit"]), row(&["02/09/2026", "A", "", "5.00"])];
    let statement = read(&workbook(&sheet(&rows)), &settings()).unwrap();
    assert_eq!((statement.rows.len(), statement.rows[0].amount), (1, 500));
    // Short rows are usual there, so a missing cell is an empty one.
    let rows = [rows[0].clone(), row(&["02/09/2026", "A", "5.00"])];
    assert_eq!(read(&workbook(&sheet(&rows)), &settings()).unwrap().rows[0].amount, 500);
}

#[test]
fn numbers_and_texts_of_one_column_are_the_same_amounts() {
    let statement = read(&sample("bri-qlola.xlsx"), &settings()).unwrap();
    assert!(statement.rows.iter().skip(1).all(|row| row.confirmed_by_balance));
    assert!(shown(&statement).contains("+56.64"));
}

#[test]
fn a_damaged_workbook_is_refused() {
    let bytes = sample("mandiri-livin.xlsx");
    for end in 2..bytes.len() {
        assert!(read(&bytes[..end], &settings()).is_err(), "{end}");
    }
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let mut encrypted = bytes.clone();
    for (at, _) in bytes[directory..].windows(4).enumerate().filter(|(_, w)| *w == b"PK\x01\x02") {
        encrypted[directory + at + 8] |= 1;
    }
    assert!(matches!(read(&encrypted, &settings()), Err(ReadError::BadWorkbook { .. })));
    let whole = read(&bytes, &settings()).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        if let Ok(statement) = read(&changed, &settings()) {
            assert_eq!(statement, whole, "{at}");
        }
    }
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused() {
    let bomb = vec![b' '; limits::MAX_UNPACKED];
    let bytes =
        archive(&[("xl/workbook.xml", WORKBOOK.as_bytes()), ("xl/_rels/workbook.xml.rels", &bomb)]);
    assert!(bytes.len() < limits::MAX_FILE);
    assert_eq!(read(&bytes, &settings()), Err(ReadError::WorkbookTooLarge));
}

#[test]
fn other_archives_and_damaged_cells_are_refused() {
    let zip = Err(ReadError::Unsupported { kind: FileKind::Zip });
    assert_eq!(read(&archive(&[("a.csv", b"x")]), &settings()), zip);
    let old = WORKBOOK.replace("<sheets>", "<workbookPr date1904='1'/><sheets>");
    let calendar = Err(ReadError::Unsupported { kind: FileKind::Calendar1904 });
    assert_eq!(read(&archive(&[("xl/workbook.xml", old.as_bytes())]), &settings()), calendar);
    let header = row(&["Tanggal", "Keterangan", "Debet", "Kredit"]);
    for cell in [
        "<c t='s'><v>7</v></c>",
        "<c><v>abc</v></c>",
        "<c t='e'><v>#VALUE!</v></c>",
        "<c><v>1234567890123456</v></c>",
        "<c r='ZZZ1'><v>1</v></c>",
    ] {
        let dated = row(&["02/09/2026", "A", ""]).replace("</row>", &format!("{cell}</row>"));
        let result = read(&workbook(&sheet(&[header.clone(), dated])), &settings());
        assert!(result.is_err(), "{cell}: {result:?}");
    }
    assert_eq!(read(&workbook(&sheet(&[])), &settings()), Err(ReadError::UnknownLayout));
}
