//! On any file that is regular by RFC 4180, the fields are exactly those of the `csv` crate.

use leadscore_csv::{CsvOptions, CsvReader, CsvWriter, ReadRow, Row};
use proptest::prelude::*;

/// The fields by the `csv` crate, the header left out.
fn by_csv(file: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(file);
    let records = reader.records().map(|record| record.unwrap());
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

fn by_leadscore(file: &[u8], delimiter: u8, names: &[String]) -> Vec<Vec<String>> {
    // Named columns of text: what cells mean is not asked here.
    let options = CsvOptions::new().delimiter(delimiter).header(true).encoding("utf-8");
    let options = names.iter().fold(options, CsvOptions::text_column);
    let mut reader = CsvReader::open(file, options).unwrap();
    let (mut row, mut rows) = (Row::default(), Vec::new());
    loop {
        match reader.next_row(&mut row).unwrap() {
            ReadRow::Row => {
                rows.push((0..names.len()).map(|column| row.raw(column).unwrap().to_owned()).collect());
            }
            ReadRow::Rejected(rejected) => panic!("{rejected:?} in {:?}", String::from_utf8_lossy(file)),
            ReadRow::End => return rows,
        }
    }
}

/// A file with quotes where they are needed, everywhere, or where the third value says so.
fn write(
    rows: &[Vec<String>],
    delimiter: u8,
    line_end: &str,
    quoting: Quoting,
    last_line_end: bool,
) -> Vec<u8> {
    let mut file = String::new();
    for (number, row) in rows.iter().enumerate() {
        for (column, field) in row.iter().enumerate() {
            if column > 0 {
                file.push(delimiter as char);
            }
            let needed = field.contains(['"', '\n', '\r', delimiter as char]);
            let quoted = match quoting {
                Quoting::Needed => needed,
                Quoting::All => true,
                Quoting::Some => needed || (number + column) % 3 == 0,
            };
            // A blank before an unquoted quote would be none of RFC 4180's forms.
            if quoted {
                file.push_str(&format!("\"{}\"", field.replace('"', "\"\"")));
            } else {
                file.push_str(field);
            }
        }
        if number + 1 < rows.len() || last_line_end {
            file.push_str(line_end);
        }
    }
    file.into_bytes()
}

#[derive(Debug, Clone, Copy)]
enum Quoting {
    Needed,
    All,
    Some,
}

/// A field. One with line breaks holds no delimiter, since what looks like whole rows within quotes is taken for the
/// work of a stray quote on purpose; no field has a NUL or is `="…"`, which are repaired.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 .:/@'é€\u{4F60}\\\\-]{0,12}",
        3 => "[a-c,;|\t\" é\\\\]{0,8}",
        1 => "[a-c\"\n\r é\\\\]{0,8}",
        1 => "-?[0-9]{1,9}(\\.[0-9]{1,4})?",
        1 => Just(String::new()),
    ]
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (2_usize..7).prop_flat_map(|width| {
        // The first cell is never empty or a word for totals: blank rows and sums are no rows here.
        let row = ("k[0-9é]{1,5}", proptest::collection::vec(field(), width - 1))
            .prop_map(|(key, rest)| std::iter::once(key).chain(rest).collect::<Vec<_>>());
        proptest::collection::vec(row, 1..25).prop_map(move |rows| {
            let header = (0..width).map(|column| format!("column {column}")).collect();
            std::iter::once(header).chain(rows).collect()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_of_regular_files_are_those_of_the_csv_crate(
        rows in table(),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        quoting in prop::sample::select(vec![Quoting::Needed, Quoting::All, Quoting::Some]),
        last_line_end in any::<bool>(),
    ) {
        let file = write(&rows, delimiter, line_end, quoting, last_line_end);
        let expected = by_csv(&file, delimiter);
        // The generator itself: the file is regular.
        prop_assert_eq!(&expected[..], &rows[1..]);
        prop_assert_eq!(by_leadscore(&file, delimiter, &rows[0]), expected);
    }

    #[test]
    fn the_csv_crate_reads_what_is_written(
        rows in proptest::collection::vec(("[ -~é\n€]{0,12}", "[a-z,\"\n;\t]{0,8}", -1e9..1e9_f64), 1..30)
    ) {
        let mut writer = CsvWriter::new(Vec::new());
        for (a, b, number) in &rows {
            writer.text(a).unwrap();
            writer.text(b).unwrap();
            writer.number(Some(*number)).unwrap();
            writer.end_row().unwrap();
        }
        let file = writer.finish().unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&file[..]);
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
        prop_assert_eq!(records.len(), rows.len());
        for (record, (a, b, number)) in records.iter().zip(&rows) {
            // Formulas have a `'` in front.
            prop_assert!(&record[0] == a.as_str() || record[0].strip_prefix('\'') == Some(a));
            prop_assert!(&record[1] == b.as_str() || record[1].strip_prefix('\'') == Some(b));
            prop_assert_eq!(record[2].parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }
}
