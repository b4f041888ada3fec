//! Words for missing: in date columns whatever their share, in text columns as far as it is known what these hold.

use leadscore_csv::{ColumnKind, CsvOptions, CsvReader, ReadRow, Row};

/// The kinds of the columns, and the warnings once all is read.
fn kinds_and_warnings(file: &str) -> (Vec<ColumnKind>, Vec<String>) {
    let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
    let kinds = reader.columns().iter().map(|column| column.kind).collect();
    let mut row = Row::default();
    while reader.next_row(&mut row).unwrap() != ReadRow::End {}
    (kinds, reader.warnings().iter().map(ToString::to_string).collect())
}

/// A table of one date to so many other cells.
fn dates_among(name: &str, other: &str, others_per_date: usize) -> String {
    let mut file = format!("who,{name}\n");
    for day in 1..=20 {
        file += &format!("a,{day:02}/11/2026\n");
        file += &format!("b,{other}\n").repeat(others_per_date);
    }
    file
}

#[test]
fn a_date_column_survives_a_repeated_placeholder() {
    for placeholder in ["(No value)", "[not provided]", "unknown", "n/a", "TBD", "never", "0000-00-00", "0"] {
        for others_per_date in [1, 3, 19] {
            let (kinds, warnings) =
                kinds_and_warnings(&dates_among("Last Activity Date", placeholder, others_per_date));
            assert_eq!(kinds[1], ColumnKind::Date, "{others_per_date} `{placeholder}` to each date");
            let count = format!("{} cells", 20 * others_per_date);
            let is_said =
                |warning: &String| warning.contains(&count) && warning.contains(&format!("`{placeholder}`"));
            assert!(warnings.iter().any(is_said), "{warnings:?}");
        }
    }
    // Known placeholders are none of the cells by which a column is judged.
    assert_eq!(kinds_and_warnings(&dates_among("seen", "(No value)", 400)).0[1], ColumnKind::Date);
    // A rare date does not make dates of the words or numbers beside it.
    for other in ["pending", "0"] {
        assert_ne!(kinds_and_warnings(&dates_among("state", other, 400)).0[1], ColumnKind::Date);
    }
    let (kinds, _) = kinds_and_warnings("who,seen on\na,2026-11-01\nb,soon\nc,later\nd,2026-11-02\n");
    assert_eq!(kinds[1], ColumnKind::Text);
}

#[test]
fn a_note_says_which_text_is_no_date() {
    let (_, warnings) = kinds_and_warnings("who,created_at\na,2026-02-30\nb,2026-02-30\n");
    assert_eq!(
        warnings,
        [
            "column `created_at`: kept as text: 2 of 2 cells looked at are written like dates of days that do not exist, such as `2026-02-30` on line 2"
        ]
    );
    let (_, warnings) = kinds_and_warnings("id,seen\n1,2026-11-01\n2,soon\n3,2026-11-02\n4,later\n");
    assert_eq!(
        warnings,
        ["column `seen`: kept as text: 2 of 4 cells looked at are dates, but `soon` on line 3 is not"]
    );
}

#[test]
fn words_for_missing_are_texts_until_it_is_known_what_a_column_holds() {
    let file = "id,company,level\n1,Acme,none\n2,Unknown,high\n3,-,unknown\n4,(no value),test\n5,NULL,N/A\n";
    let texts = |decide: &dyn Fn(&mut CsvReader<&[u8]>)| -> (Vec<Vec<Option<String>>>, Vec<String>) {
        let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
        decide(&mut reader);
        let (mut row, mut found) = (Row::default(), vec![Vec::new(), Vec::new()]);
        while reader.next_row(&mut row).unwrap() == ReadRow::Row {
            for (column, found) in (1..).zip(&mut found) {
                found.push(row.text(column).map(std::borrow::Cow::into_owned));
            }
        }
        (found, reader.warnings().iter().map(ToString::to_string).collect())
    };
    let some = |text: &str| Some(text.to_owned());
    let (found, _) = texts(&|_| {});
    assert_eq!(found[0], [some("Acme"), some("Unknown"), some("-"), some("(no value)"), None]);
    assert_eq!(found[1], [some("none"), some("high"), some("unknown"), some("test"), None]);
    let (found, warnings) = texts(&|reader| {
        reader.read_placeholders_as_missing(1, |_| false);
        reader.read_placeholders_as_missing(2, |text| ["none", "n/a"].contains(&text));
    });
    assert_eq!(found[0], [some("Acme"), None, None, None, None]);
    let all = "column `company`: 4 cells with `Unknown`, `-`, `(no value)` or `NULL` read as missing; first at line 3";
    assert!(warnings.contains(&all.to_owned()), "{warnings:?}");
    assert_eq!(found[1], [some("none"), some("high"), None, None, some("N/A")]);
    let level = "column `level`: 2 cells with `unknown` or `test` read as missing; first at line 4";
    assert!(warnings.contains(&level.to_owned()), "{warnings:?}");
}

#[test]
fn a_column_that_holds_nothing_but_a_level_has_it() {
    let mut reader =
        CsvReader::open("id,interest\n1,none\n2,none\n".as_bytes(), CsvOptions::default()).unwrap();
    reader.read_placeholders_as_missing(1, |text| text == "none");
    let mut row = Row::default();
    assert_eq!(reader.next_row(&mut row).unwrap(), ReadRow::Row);
    assert_eq!(row.text(1).as_deref(), Some("none"));
    assert_eq!(reader.warnings(), []);
}
