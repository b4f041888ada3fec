//! Values at the edge of a rule: one step to either side means something else.

use leadscore_csv::{Cell, ColumnKind, CsvOptions, CsvReader, CsvWriter, ReadRow, Row, inspect};

/// The kind of a column `x` with these cells, and each cell as text, `·` for missing.
#[track_caller]
fn read(cells: &[&str]) -> (ColumnKind, Vec<String>) {
    let quoted = cells.iter().map(|cell| format!("a,\"{}\"\n", cell.replace('"', "\"\"")));
    let file = "name,x\n".to_owned() + &quoted.collect::<String>();
    let kind = inspect(file.as_bytes(), CsvOptions::default()).unwrap().columns[1].kind;
    let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
    let (mut row, mut texts) = (Row::default(), Vec::new());
    while reader.next_row(&mut row).unwrap() == ReadRow::Row {
        texts.push(match row.value(1).unwrap() {
            Cell::Missing => "·".to_owned(),
            Cell::Number(number) => number.to_string(),
            _ => row.text(1).unwrap().into_owned(),
        });
    }
    assert_eq!(texts.len(), cells.len());
    (kind, texts)
}

#[track_caller]
fn reads(cells: &[&str], kind: ColumnKind, values: &[&str]) {
    let (found, texts) = read(cells);
    assert_eq!((found, texts.iter().map(String::as_str).collect::<Vec<_>>()), (kind, values.to_vec()));
}

#[test]
fn noon_and_midnight_in_twelve_hours() {
    reads(
        &[
            "2026-05-14 12:00 AM",
            "2026-05-14 12:59 am",
            "2026-05-14 1:00 AM",
            "2026-05-14 11:59 AM",
            "2026-05-14 12:00 PM",
            "2026-05-14 12:59:59 pm",
            "2026-05-14 1:00 PM",
            "2026-05-14 11:59 PM",
        ],
        ColumnKind::Date,
        &[
            "2026-05-14T00:00:00",
            "2026-05-14T00:59:00",
            "2026-05-14T01:00:00",
            "2026-05-14T11:59:00",
            "2026-05-14T12:00:00",
            "2026-05-14T12:59:59",
            "2026-05-14T13:00:00",
            "2026-05-14T23:59:00",
        ],
    );
}

#[test]
fn times_that_do_not_exist() {
    reads(
        &[
            "2026-05-14 23:59:59",
            "2026-05-14 00:00",
            "2026-05-14 24:00",
            "2026-05-14 23:60",
            "2026-05-14 23:59:60",
            "2026-05-14 0:30 AM",
            "2026-05-14 13:30 PM",
            "2026-05-14 08:30",
            "2026-05-15",
            "2026-05-16",
        ],
        ColumnKind::Date,
        &[
            "2026-05-14T23:59:59",
            "2026-05-14T00:00:00",
            "·",
            "·",
            "·",
            "·",
            "·",
            "2026-05-14T08:30:00",
            "2026-05-15",
            "2026-05-16",
        ],
    );
}

#[test]
fn offsets_go_to_eighteen_hours() {
    reads(
        &["2026-05-14T08:30:00+18:59", "2026-05-14T08:30:00-00:30", "2026-05-14T08:30:00+05:30"],
        ColumnKind::Date,
        &["2026-05-14T08:30:00+18:59", "2026-05-14T08:30:00-00:30", "2026-05-14T08:30:00+05:30"],
    );
    assert_eq!(read(&["2026-05-14T08:30:00+19:00"]).0, ColumnKind::Text);
    assert_eq!(read(&["2026-05-14T08:30:00+05:60"]).0, ColumnKind::Text);
}

#[test]
fn ids_are_text_from_sixteen_digits_on() {
    for length in 1..=15 {
        let digits = &"987654321987654321"[..length];
        reads(&[digits, "1"], ColumnKind::Number, &[digits, "1"]);
    }
    for length in 16..=20 {
        let digits = &"98765432198765432198"[..length];
        reads(&[digits, "1"], ColumnKind::Id, &[digits, "1"]);
        // A sign and separators between thousands do not make a quantity of it.
        assert_eq!(read(&[&format!("-{digits}")]).0, ColumnKind::Text, "{digits}");
    }
    // Written with a decimal fraction it is a measurement.
    reads(&["1234567890123456.5", "1.5"], ColumnKind::Number, &["1234567890123456.5", "1.5"]);
    // One code is enough to keep a column of numbers as it is written.
    reads(&["5", "00501", "7"], ColumnKind::Id, &["5", "00501", "7"]);
}

#[test]
fn a_plus_and_seven_digits_are_a_telephone_number() {
    reads(&["+123456", "+5"], ColumnKind::Number, &["123456", "5"]);
    for phone in ["+1234567", "+12345678", "+123456789", "+49 30 12345", "+1 (555) 0199", "+49-30/1234"] {
        reads(&[phone, phone], ColumnKind::Id, &[phone, phone]);
    }
}

#[test]
fn dots_mean_the_day_first_on_every_day_up_to_the_twelfth_and_after() {
    reads(
        &["1.2.2026", "11.12.2026", "12.12.2026", "12.11.2026", "13.11.2026", "12. 1. 2026", "31.12.2026"],
        ColumnKind::Date,
        &["2026-02-01", "2026-12-11", "2026-12-12", "2026-11-12", "2026-11-13", "2026-01-12", "2026-12-31"],
    );
    // Where a date can have the month first only, the others with dots may have it too.
    reads(
        &["12.13.2026", "12.12.2026", "11.12.2026", "12.25.2026"],
        ColumnKind::Date,
        &["2026-12-13", "2026-12-12", "·", "2026-12-25"],
    );
}

#[test]
fn a_year_has_four_digits() {
    reads(&["1.10.1923", "1.10.2023"], ColumnKind::Date, &["1923-10-01", "2023-10-01"]);
    // Not the year 123, and no number either.
    reads(&["1.10.123", "2.10.123"], ColumnKind::Text, &["1.10.123", "2.10.123"]);
    reads(&["1 Oct 123", "2 Oct 123"], ColumnKind::Text, &["1 Oct 123", "2 Oct 123"]);
    reads(&["123-10-01", "123-10-02"], ColumnKind::Text, &["123-10-01", "123-10-02"]);
    // Two digits leave the century open.
    reads(&["1.10.26", "2.10.26"], ColumnKind::Date, &["·", "·"]);
}

#[test]
fn leap_years_of_the_calendar() {
    reads(
        &["1900-02-28", "1900-02-29", "2000-02-29", "2024-02-29", "2026-02-29", "1900-01-01", "1900-12-31"],
        ColumnKind::Date,
        &["1900-02-28", "·", "2000-02-29", "2024-02-29", "·", "1900-01-01", "1900-12-31"],
    );
    reads(
        &[
            "2026-04-30",
            "2026-04-31",
            "2026-06-31",
            "2026-09-31",
            "2026-11-31",
            "2026-12-31",
            "2026-13-01",
            "2026-01-00",
            "2026-10-31",
            "2026-08-31",
            "2026-07-31",
            "2026-05-31",
            "2026-03-31",
            "2026-01-31",
            "2026-01-32",
        ],
        ColumnKind::Date,
        &[
            "2026-04-30",
            "·",
            "·",
            "·",
            "·",
            "2026-12-31",
            "·",
            "·",
            "2026-10-31",
            "2026-08-31",
            "2026-07-31",
            "2026-05-31",
            "2026-03-31",
            "2026-01-31",
            "·",
        ],
    );
}

#[test]
fn months_by_name() {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let cells: Vec<String> = months.iter().map(|month| format!("07 {month} 2026")).collect();
    let dates: Vec<String> = (1..=12).map(|month| format!("2026-{month:02}-07")).collect();
    let (cells, dates): (Vec<&str>, Vec<&str>) =
        (cells.iter().map(String::as_str).collect(), dates.iter().map(String::as_str).collect());
    reads(&cells, ColumnKind::Date, &dates);
    reads(
        &["Sept 7, 2026", "7. September 2026", "SEP 7 2026", "7-sep-2026"],
        ColumnKind::Date,
        &["2026-09-07"; 4],
    );
    assert_eq!(read(&["7 Septem 2026", "8 Septem 2026"]).0, ColumnKind::Text);
}

#[test]
fn stray_quotes() {
    let file = "id,text,n\n1,a \"b\" c,5\n2,\"x\"y,6\n3,\"\",7\n4,\"\"\"\",8\n5,a\"\"b,9\n";
    let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
    let (mut row, mut seen) = (Row::default(), Vec::new());
    loop {
        match reader.next_row(&mut row).unwrap() {
            ReadRow::End => break,
            ReadRow::Rejected(rejected) => seen.push(format!("line {}: {}", rejected.line, rejected.reason)),
            ReadRow::Row => {
                seen.push(row.text(1).map_or_else(|| "·".to_owned(), std::borrow::Cow::into_owned));
            }
        }
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    assert_eq!(seen[0], "a \"b\" c");
    assert!(seen[1].starts_with("line 3: ") && seen[1].contains("after a closing quote"), "{}", seen[1]);
    assert_eq!(seen[2..], ["·", "\"", "a\"\"b"]);
}

#[test]
fn thousands_stand_in_threes() {
    reads(
        &["1,234.5", "12,345.5", "123,456.5", "1,234,567.5"],
        ColumnKind::Number,
        &["1234.5", "12345.5", "123456.5", "1234567.5"],
    );
    for text in ["1234,567.5", "1,23.5", "1,2345.5", ",123.5", "0,123.5"] {
        assert_eq!(read(&[text, text]).0, ColumnKind::Text, "{text}");
    }
    // Lakhs and crores are grouped in twos before the last three.
    reads(&["1,00,000", "12,34,567", "1,23,45,678"], ColumnKind::Number, &["100000", "1234567", "12345678"]);
    assert_eq!(read(&["123,45,678"; 2]).0, ColumnKind::Text);
}

#[test]
fn cells_that_a_spreadsheet_would_run() {
    let written = |text: &str| {
        let mut file = Vec::new();
        let mut writer = CsvWriter::new(&mut file);
        writer.text(text).unwrap();
        writer.end_row().unwrap();
        String::from_utf8(file).unwrap().trim_end_matches('\n').to_owned()
    };
    for start in ["", " ", "\u{200B}", "\u{FEFF}", "\u{A0}", "\u{200F}\u{2060}", " \u{FEFF} "] {
        for sign in ["=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}"] {
            let text = format!("{start}{sign}1+1");
            let cell = written(&text);
            assert!(cell.trim_start_matches('"').starts_with('\''), "{text:?} was written as {cell:?}");
        }
    }
    for sum in ["-1-1", "+1/2", "-2*3", "-A1", "+", "-", "-()", " -1", "+49-30", "-1e5", "=1"] {
        assert!(written(sum).trim_start_matches('"').starts_with('\''), "{sum:?}");
    }
    for harmless in
        ["a=1", "1-1", "", "x\u{200B}=1", "-1", "-1,200.50", "+49 30 23125 055", "+1 (555) 0199", "-.5"]
    {
        assert!(!written(harmless).contains('\''), "{harmless:?}");
    }
}

#[test]
fn bytes_that_fit_both_ends_of_utf_16_are_no_text() {
    let error = inspect(&b"a\0\0b".repeat(200)[..], CsvOptions::default()).unwrap_err();
    assert!(error.message().contains("binary"), "{error}");
}

#[test]
fn an_inspection_keeps_no_rows() {
    let seen = inspect(&b"a,b\n1,2,3\n1,2\n"[..], CsvOptions::default()).unwrap();
    assert_eq!((seen.rejected.len(), seen.rejected[0].line, seen.rejected[0].raw.as_str()), (1, 2, ""));
}

#[test]
fn a_cell_of_two_lines_may_end_like_a_row() {
    let file = "id,text,n\n1,\"a\n5,6 x\",z\n2,b,y\n";
    let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
    let mut row = Row::default();
    assert_eq!(reader.next_row(&mut row).unwrap(), ReadRow::Row);
    assert_eq!((row.text(1).as_deref(), row.text(2).as_deref()), (Some("a\n5,6 x"), Some("z")));
    assert_eq!(reader.next_row(&mut row).unwrap(), ReadRow::Row);
    assert_eq!((row.text(0).as_deref(), row.text(1).as_deref()), (Some("2"), Some("b")));
}
