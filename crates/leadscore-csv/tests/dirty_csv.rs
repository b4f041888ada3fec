//! Dirty CSV files: each is read right or refused with a reason.

use std::fmt::Write;

use leadscore_csv::{
    Bound, Cell, ColumnKind, CsvOptions, CsvReader, CsvWriter, DateOrder, Inspection, ReadRow, Rejected, Row,
    inspect,
};
use proptest::prelude::*;

fn look(file: impl AsRef<[u8]>) -> Inspection {
    inspect(file.as_ref(), CsvOptions::default()).unwrap()
}

/// All rows as text: numbers in shortest form, `·` for missing.
fn rows_with(file: &[u8], options: CsvOptions) -> Vec<Vec<String>> {
    let mut reader = CsvReader::open(file, options).unwrap();
    let (mut row, mut rows, columns) = (Row::default(), Vec::new(), reader.columns().len());
    loop {
        match reader.next_row(&mut row).unwrap() {
            ReadRow::End => return rows,
            ReadRow::Rejected(_) => continue,
            ReadRow::Row => {}
        }
        let cell = |column| match row.value(column).unwrap() {
            Cell::Text(_) | Cell::Flag(_) | Cell::Date(_) => row.text(column).unwrap().into_owned(),
            Cell::Number(number) => number.to_string(),
            Cell::Missing => "·".to_owned(),
        };
        rows.push((0..columns).map(cell).collect());
    }
}

fn rows(file: impl AsRef<[u8]>) -> Vec<Vec<String>> {
    rows_with(file.as_ref(), CsvOptions::default())
}

fn column(file: impl AsRef<[u8]>, index: usize) -> Vec<String> {
    rows(file).into_iter().map(|mut row| row.swap_remove(index)).collect()
}

fn names(seen: &Inspection) -> Vec<&str> {
    seen.columns.iter().map(|column| column.name.as_str()).collect()
}

fn kinds(seen: &Inspection) -> Vec<ColumnKind> {
    seen.columns.iter().map(|column| column.kind).collect()
}

#[track_caller]
fn warns(seen: &Inspection, text: &str) {
    assert!(seen.warnings.iter().any(|warning| warning.contains(text)), "{text}: {:#?}", seen.warnings);
}

#[track_caller]
fn rejects(seen: &Inspection, line: u64, reason: &str) {
    let found = seen.rejected.iter().find(|row: &&Rejected| row.line == line);
    assert!(found.is_some_and(|row| row.reason.contains(reason)), "{line} {reason}: {:#?}", seen.rejected);
}

#[track_caller]
fn refused(file: impl AsRef<[u8]>, text: &str) {
    let error = inspect(file.as_ref(), CsvOptions::default()).unwrap_err();
    assert_eq!(error.code(), "unreadable_table");
    assert!(error.message().contains(text), "{text}: {error}");
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
        .collect()
}

const PEOPLE: &str = "name,age,city\nJosé,30,Málaga\nZoë,41,Köln\n";

#[test]
fn unicode_encodings_with_and_without_a_mark() {
    let expected = rows(PEOPLE);
    assert_eq!(expected[1], ["Zoë", "41", "Köln"]);
    let utf32: Vec<u8> = PEOPLE.chars().flat_map(|c| (c as u32).to_le_bytes()).collect();
    for (name, mark, body) in [
        ("utf-8", &b""[..], PEOPLE.as_bytes().to_vec()),
        ("utf-8", b"\xEF\xBB\xBF", PEOPLE.as_bytes().to_vec()),
        ("utf-16le", b"\xFF\xFE", utf16(PEOPLE, true)),
        ("utf-16be", b"\xFE\xFF", utf16(PEOPLE, false)),
        ("utf-16le", b"", utf16(PEOPLE, true)),
        ("utf-16be", b"", utf16(PEOPLE, false)),
        ("utf-32le", b"\xFF\xFE\0\0", utf32.clone()),
        ("utf-32le", b"", utf32),
    ] {
        let file = [mark, &body].concat();
        assert_eq!(rows(&file), expected, "{name}");
        let seen = look(&file);
        assert_eq!((seen.encoding.as_str(), names(&seen)), (name, vec!["name", "age", "city"]));
    }
}

/// Text in a legacy encoding, written out so that no encoder is needed.
const SHIFT_JIS: &[u8] = b"\x96\xBC\x91O,\x8FZ\x8F\x8A,\x93_\n\x95\\\x8B\xE0,\x93\x8C\x8B\x9E\x93s,1\n\x83J\x83^\x83J\x83i,\x91\xE5\x8D\xE3\x95{,2\n";
const GBK: &[u8] = b"\xD0\xD5\xC3\xFB,\xB3\xC7\xCA\xD0,\xB7\xD6\n\xD5\xC5\xC8\xFD,\xB1\xB1\xBE\xA9\xCA\xD0\xB3\xAF\xD1\xF4\xC7\xF8,1\n\xC0\xEE\xCB\xC4,\xC9\xCF\xBA\xA3\xCA\xD0,2\n";
const WINDOWS_1251: &[u8] = b"\xE8\xEC\xFF;\xE3\xEE\xF0\xEE\xE4\n\xC8\xE2\xE0\xED;\xCC\xEE\xF1\xEA\xE2\xE0\n\xCF\xB8\xF2\xF0;\xD1\xE0\xED\xEA\xF2-\xCF\xE5\xF2\xE5\xF0\xE1\xF3\xF0\xE3\n";

#[test]
fn legacy_encodings() {
    let western = b"name;stadt\nM\xFCller;K\xF6ln \x80\nStra\xDFe;\x84quote\x93\n";
    let seen = look(western);
    assert_eq!(seen.encoding, "windows-1252");
    assert_eq!(rows(western), [["Müller", "Köln €"], ["Straße", "„quote“"]]);
    warns(&seen, "windows-1252");
    assert_eq!(look(SHIFT_JIS).encoding, "shift_jis");
    assert_eq!(rows(SHIFT_JIS), [["表金", "東京都", "1"], ["カタカナ", "大阪府", "2"]]);
    assert_eq!(look(GBK).encoding, "gbk");
    assert_eq!(rows(GBK), [["张三", "北京市朝阳区", "1"], ["李四", "上海市", "2"]]);
    assert_eq!(rows(WINDOWS_1251), [["Иван", "Москва"], ["Пётр", "Санкт-Петербург"]]);
    let japanese = b"\x1B$BL>A0\x1B(B,n\n\x1B$BEl5~\x1B(B,1\n";
    assert_eq!(rows(japanese), [["東京", "1"]]);
    let forced = CsvOptions::new().encoding("Shift_JIS");
    assert_eq!(rows_with(b"a,b\n\x95\\,1\n", forced), [["表", "1"]]);
    assert_eq!(column(b"item,price\nA,\xA35.50\nB,\xA36.20\n", 1), ["5.5", "6.2"]);
    let unknown = CsvOptions::new().encoding("klingon");
    assert_eq!(inspect(&b"a,b\n"[..], unknown).unwrap_err().code(), "unreadable_table");
}

#[test]
fn mixed_encodings_are_told_cell_by_cell() {
    let file = b"id,name\n1,Jos\xC3\xA9\n2,Zo\xC3\xAB\n3,M\xFCller\n4,plain\n";
    let seen = look(file);
    assert_eq!(seen.encoding, "mixed");
    assert_eq!(column(file, 1), ["José", "Zoë", "Müller", "plain"]);
    warns(&seen, "line 4");
    let file = b"id,name\n1,Jos\xE9\n2,Zo\xEB\n3,M\xC3\xBCller\n";
    assert_eq!(column(file, 1), ["José", "Zoë", "Müller"]);
    warns(&look(file), "line 4");
    let mut late = b"id,name\n".to_vec();
    (0..700_000).for_each(|number| late.extend(format!("{number},abcdef\n").into_bytes()));
    late.extend(b"9,M\xFCller\n");
    let seen = look(&late);
    assert_eq!((seen.encoding.as_str(), seen.row_count), ("utf-8", 700_001));
    warns(&seen, "line 700002");
}

#[test]
fn delimiters() {
    for delimiter in [',', ';', '\t', '|'] {
        let file =
            format!("name{delimiter}text{delimiter}n\nAnn{delimiter}\"a{delimiter}b; c, d|e\"{delimiter}1\n");
        let seen = look(&file);
        assert_eq!((seen.delimiter, seen.row_count, names(&seen)), (delimiter, 1, vec!["name", "text", "n"]));
    }
    assert_eq!(look("name;price\nMiller, Ann;1,5\nDoe, Joe;2,7\n").delimiter, ';');
    assert_eq!(look("a;b\n1,5;2,3\n1,6;2,4\n").delimiter, ';');
    assert_eq!(look("1,5;2,3\n1,6;2,4\n").delimiter, ';');
    assert_eq!(look("name,scores\nAnn,1|2|3\nBob,4|5|6\n").delimiter, ',');
    assert_eq!(look("name,note\nAnn,a;b\nBob,c;d\nJoe,e;f\n").delimiter, ',');
}

#[test]
fn declared_delimiters() {
    for first in ["sep=;", "SEP=;", "\"sep=;\"", "\u{FEFF}sep=;"] {
        let seen = look(format!("{first}\r\na;b,c\r\n1;2\r\n"));
        assert_eq!((seen.delimiter, names(&seen), seen.row_count), (';', vec!["a", "b,c"], 1));
        warns(&seen, "line 1");
    }
    // One that cuts nothing is no help.
    assert_eq!(rows("sep=;\na,b\n1,2\n"), [["1", "2"]]);
}

#[test]
fn one_column() {
    let seen = look("comment\nhello, world\nnothing\nyes, well, no\n");
    assert_eq!((names(&seen), seen.row_count, seen.rejected.len()), (vec!["comment"], 3, 0));
    assert_eq!(look("place\nBerlin, Germany\nParis, France\n").row_count, 2);
    assert_eq!(column("email\na@b.co\nc@d.co\n", 0), ["a@b.co", "c@d.co"]);
    assert_eq!(column("price\n1,5\n2,7\n", 0), ["1.5", "2.7"]);
}

#[test]
fn numbers_by_evidence() {
    // Evidence in the column itself.
    assert_eq!(column("n;x\n1.234;a\n1.234,56;b\n-7;c\n", 0), ["1234", "1234.56", "-7"]);
    assert_eq!(column("n;x\n\"1,234\";a\n1234.5;b\n", 0), ["1234", "1234.5"]);
    // Evidence in another column.
    assert_eq!(column("n;m\n1.234;0,5\n5.678;0,7\n", 0), ["1234", "5678"]);
    assert_eq!(column("n,m\n\"1,234\",0.5\n\"5,678\",0.7\n", 0), ["1234", "5678"]);
    // None at all.
    let file = "n;x\n1.234;a\n5.678;b\n9;c\n";
    assert_eq!(column(file, 0), ["·", "·", "9"]);
    warns(&look(file), "ambiguous");
    warns(&look(file), "line 2");
    assert_eq!(column("n,x\n\"1,234\",a\n9,b\n", 0), ["·", "9"]);
    assert_eq!(column("euribor,x\n1.861,a\n4.857,b\n", 0), ["1.861", "4.857"]);
    // Evidence both ways: only what is certain.
    assert_eq!(column("n;x\n1,5;a\n1.5;b\n1.234;c\n", 0), ["1.5", "1.5", "·"]);
    let comma = CsvOptions::new().decimal(',');
    assert_eq!(rows_with(b"n;x\n1.234;a\n", comma)[0][0], "1234");
}

#[test]
fn numbers_as_people_write_them() {
    let file = "n\tx\n$1,200.50\ta\n(1,200)\tb\n300-\tc\n\u{2212}4\td\n1 234\te\n1\u{A0}234\tf\n12'345.5\tg\n1e3\th\n";
    assert_eq!(column(file, 0), ["1200.5", "-1200", "-300", "-4", "1234", "1234", "12345.5", "1000"]);
    let file = "share,x\n45%,a\n7%,b\n";
    assert_eq!(column(file, 0), ["0.45", "0.07"]);
    warns(&look(file), "fractions");
    assert_eq!(kinds(&look("a,b,c\n0x1F,inf,1.2.3\n0x2F,nan1,1.2.4\n")), [ColumnKind::Text; 3]);
    warns(&look("p,x\n$5,a\n€5,b\n"), "currencies");
}

#[test]
fn ids_stay_text() {
    let file = "zip code,code,long,phone,Lead Number,Number of visits\n\
                01067,007,12345678901234567890,+49 30 1234567,77,3\n80331,123,1,+4930123456,78,4\n";
    let seen = look(file);
    assert_eq!(
        kinds(&seen),
        [ColumnKind::Id, ColumnKind::Id, ColumnKind::Id, ColumnKind::Id, ColumnKind::Id, ColumnKind::Number]
    );
    assert_eq!(rows(file)[0], ["01067", "007", "12345678901234567890", "+49 30 1234567", "77", "3"]);
    let forced = CsvOptions::new().text_column("n").text_column("gone");
    assert_eq!(rows_with(b"n,m\n1.50,2\n", forced.clone())[0], ["1.50", "2"]);
    warns(&inspect(&b"n,m\n1.50,2\n"[..], forced).unwrap(), "gone");
}

#[test]
fn five_date_forms() {
    let file = "iso,time,slash,dot,name\n2026-11-22,2026-11-22 10:30,22/11/2026,1.2.2026,22 Nov 2026\n\
                2026-1-2,2026-11-22T10:30:05+02:00,05/06/2026,22.11.2026 08:15,\"Nov 2, 2026\"\n";
    assert_eq!(kinds(&look(file)), [ColumnKind::Date; 5]);
    assert_eq!(
        rows(file)[0],
        ["2026-11-22", "2026-11-22T10:30:00", "2026-11-22", "2026-02-01", "2026-11-22"]
    );
    let second =
        ["2026-01-02", "2026-11-22T10:30:05+02:00", "2026-06-05", "2026-11-22T08:15:00", "2026-11-02"];
    assert_eq!(rows(file)[1], second);
    let file = "d,x\n05/06/2026 1:30 PM,a\n11/22/2026 12:00 AM,b\n";
    assert_eq!(column(file, 0), ["2026-05-06T13:30:00", "2026-11-22T00:00:00"]);
}

#[test]
fn order_of_day_and_month() {
    assert_eq!(rows("a,b\n05/06/2026,13/06/2026\n07-08-2026,14/06/2026\n")[0], ["2026-06-05", "2026-06-13"]);
    let file = "d,x\n05/06/2026,a\n07/07/2026,b\n";
    assert_eq!(column(file, 0), ["·", "2026-07-07"]);
    warns(&look(file), "day or month first");
    let file = "d,x\n13/06/2026,a\n06/14/2026,b\n05/06/2026,c\n";
    assert_eq!(column(file, 0), ["2026-06-13", "2026-06-14", "·"]);
    let options = CsvOptions::new().date_order(DateOrder::MonthFirst);
    assert_eq!(rows_with(b"d,x\n05/06/2026,a\n", options)[0][0], "2026-05-06");
}

#[test]
fn impossible_and_short_dates_are_missing() {
    let file = "d,x\n2026-02-30,a\n2026-02-28,b\n";
    assert_eq!(column(file, 0), ["·", "2026-02-28"]);
    warns(&look(file), "no possible date");
    let file = "d,x\n22/11/26,a\n23/11/26,b\n";
    assert_eq!(column(file, 0), ["·", "·"]);
    warns(&look(file), "two-digit year");
}

#[test]
fn missing_markers() {
    let mut file = "n,d,f,region\n".to_owned();
    for marker in ["", "NA", "N/A", "n/a", "null", "NULL", "NaN", "None", "-", "--", "?", "#N/A", "\\N"] {
        writeln!(file, "{marker},{marker},{marker},{marker}").unwrap();
    }
    file.push_str("1,2026-01-01,yes,EU\n2,2026-01-02,no,AS\n");
    let seen = look(&file);
    assert_eq!(kinds(&seen), [ColumnKind::Number, ColumnKind::Date, ColumnKind::Flag, ColumnKind::Text]);
    assert_eq!(seen.columns.iter().map(|column| column.missing_count).collect::<Vec<_>>(), [13, 13, 13, 6]);
    warns(&seen, "`n`: 12 cells with `N/A`, `null`, `NA`, ");
    assert_eq!(column(&file, 3)[1], "NA");
    assert_eq!(column(&file, 3)[7], "None");
    assert_eq!(kinds(&look("a,b\nx,\ny,\n")), [ColumnKind::Text, ColumnKind::Empty]);
}

#[test]
fn kinds_need_nineteen_of_twenty() {
    let mut file = "n,x\n".to_owned();
    (0..39).for_each(|number| writeln!(file, "{number},a").unwrap());
    file.push_str("abc,a\n");
    let seen = look(&file);
    assert_eq!((seen.columns[0].kind, seen.columns[0].missing_count), (ColumnKind::Number, 1));
    warns(&seen, "1 cell is no number, read as missing; first at line 41: `abc`");
    assert_eq!(look("n,x\n1,a\n2,b\nabc,c\n").columns[0].kind, ColumnKind::Text);
    assert_eq!(
        kinds(&look("a,b,c\n0,y,TRUE\n1,n,False\n")),
        [ColumnKind::Number, ColumnKind::Flag, ColumnKind::Flag]
    );
}

#[test]
fn quotes() {
    let file =
        "id,text,n\n1,\"two\nlines, \"\"quoted\"\"\",5\n2,5\" pipe,6\n3,'single',7\n4,\"a\"b,8\n5,\"ok\",9\n";
    let seen = look(file);
    assert_eq!(column(file, 1), ["two\nlines, \"quoted\"", "5\" pipe", "'single'", "ok"]);
    rejects(&seen, 6, "after a closing quote");
    assert_eq!(rows("a, \"b\"\n1, \"x, y\" \n2,\"z\"\t\n"), [["1", "x, y"], ["2", "z"]]);
    let file = "id,text,n\n1,\"say \\\"hi\\\", ok\",5\n2,\"ends \\\"\",6\n3,\"x\",7\n";
    assert_eq!(column(file, 1), ["say \"hi\", ok", "ends \"", "x"]);
    warns(&look(file), "backslash");
}

#[test]
fn a_quote_never_closed_costs_one_row() {
    let mut file = "id,text,n\n1,ok,5\n2,\"open,6\n".to_owned();
    (3..200).for_each(|number| writeln!(file, "{number},x,{number}").unwrap());
    let seen = look(&file);
    assert_eq!((seen.row_count, seen.rejected.len()), (198, 1));
    rejects(&seen, 3, "a quote opened on line 3 is never closed");
    // A later quote must not close it either.
    let file = file + "200,9\" ,3\n201,\"fine\",4\n202,\"\",4\n";
    let seen = look(&file);
    assert_eq!((seen.row_count, seen.rejected.len()), (201, 1));
    // A row of two lines with a field too many is refused as a whole.
    let seen = look("id,text,n\n1,\"a\nb\",5,6\n2,x,7\n");
    assert_eq!((seen.row_count, seen.rejected.len()), (1, 1));
    rejects(&seen, 2, "4 fields where the header has 3");
    // Every line opens one: the work stays linear.
    let file = "a,b\n".to_owned() + &"x,\"\"\"y\n".repeat(200_000);
    assert_eq!(look(&file).row_count, 0);
}

#[test]
fn headers() {
    let seen = look("\u{FEFF}name,\u{200B}name,,n\u{200B},name_2\na,b,c,1,x\n");
    assert_eq!(names(&seen), ["name", "name_3", "column_3", "n", "name_2"]);
    warns(&seen, "stands more than once");
    warns(&seen, "has no name");
    let seen = look("a,b,c,\n1,2,3,\n4,5,6,\n");
    assert_eq!((names(&seen), seen.row_count), (vec!["a", "b", "c"], 2));
    assert_eq!(look("a,b,c\n1,2,3,\n4,5,6,,\n").row_count, 2);
    let seen = look("a,b\n1,2\na,b\n3,4\n");
    assert_eq!((seen.row_count, seen.rejected.len(), kinds(&seen)), (2, 0, vec![ColumnKind::Number; 2]));
    warns(&seen, "repeating the header");
    let seen = look("a,b,c\n");
    assert_eq!((seen.row_count, names(&seen)), (0, vec!["a", "b", "c"]));
    warns(&seen, "no rows");
}

#[test]
fn files_without_a_header() {
    for file in ["1,ann@x.co,2026-01-02\n2,bob@x.co,2026-01-03\n", "Ann,5,3.5\nBob,6,4.5\nJoe,7,1.5\n"] {
        let seen = look(file);
        assert!(!seen.has_header);
        assert_eq!(names(&seen), ["column_1", "column_2", "column_3"]);
        assert_eq!(seen.row_count, file.lines().count() as u64);
        warns(&seen, "no header");
    }
    assert!(look("country,2019,2020,2021\nDE,5,6,7\nFR,8,9,10\n").has_header);
    assert!(look("name,city\nAnn,Rome\nBob,Oslo\n").has_header);
    let forced = CsvOptions::new().header(false);
    assert_eq!(rows_with(b"name,city\nAnn,Rome\n", forced).len(), 2);
}

#[test]
fn lines_above_and_below_the_table() {
    let file = "Lead report\nGenerated: 2026-11-22\n\nid,name,score\n1,Ann,5\n2,Bob,6\nTotal,11\n(2 rows)\n";
    let seen = look(file);
    assert_eq!((names(&seen), seen.row_count), (vec!["id", "name", "score"], 2));
    warns(&seen, "lines 1 to 2");
    warns(&seen, "line 7: from here on a report's footer, skipped");
    assert!(seen.rejected.is_empty());
    assert_eq!(names(&look("Report,,\n,,\nid,name,score\n1,Ann,5\n")), ["id", "name", "score"]);
    for above in [
        "Acme, Inc. export\nBy: Ann\n",
        "Report:,Leads\nDate:,2026-11-22\n\n",
        "Report,,,\nOn,2026-11-22,,\n",
    ] {
        let seen = look(format!("{above}id,name,score,city\n1,Ann,5,Rome\n2,Bob,6,Oslo\n"));
        assert_eq!((names(&seen), seen.row_count), (vec!["id", "name", "score", "city"], 2), "{above}");
        warns(&seen, "lines 1 to 2");
    }
    assert_eq!(names(&look("Leads, 2026\nname,score\nAnn,5\nBob,6\n")), ["name", "score"]);
    assert_eq!(names(&look("Export\n\nid|name|n\n1|A|5\n2|B|6\n")), ["id", "name", "n"]);
    rejects(&look("id,name,score\n1,Ann,5\nTotal,,5\n2,Bob,6\n"), 3, "totals");
    warns(&look("id,name,score\n1,Ann,5\nTotal,,5\n"), "line 3: from here on");
    let seen = look("id,name\n1,Ann\n,\n");
    assert_eq!(seen.row_count, 2);
    warns(&seen, "without a value in any cell");
    // A header whose rows are ragged is not skipped.
    let seen = look("id,name,score\n1,Ann,5,x\n2,Bob,6,y\n");
    assert_eq!((names(&seen), seen.row_count, seen.rejected.len()), (vec!["id", "name", "score"], 0, 2));
    let seen = look("a,b,c,d,e,f,g,h\n1,2,3,4,5\n1,2,3,4,5,6,7,8\n1,2,3,4,5\n");
    rejects(&seen, 2, "5 fields where the header has 8");
    assert_eq!(seen.row_count, 1);
}

#[test]
fn line_ends() {
    for file in [
        "a,b\n1,x\n2,y\n",
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\r1,x\r2,y\r",
        "a,b\r\n1,x\n2,y\r\n",
        "a,b\r\r\n1,x\r\r\n2,y\r\r\n",
        "a,b\n1,x\n2,y",
        "\n\na,b\n\n1,x\n \n2,y\n\n\n",
        "a,b\r\n1,x\r\n2,y\r\n\x1A",
    ] {
        assert_eq!(rows(file), [["1", "x"], ["2", "y"]], "{file:?}");
    }
    rejects(&look("a,b\r1,x\r2,y,z\r3,w\r"), 3, "3 fields");
    rejects(&look("a,b\n\n1,\"x\ny\"\n\n2,y,z\n"), 6, "3 fields");
}

#[test]
fn blanks_and_nuls() {
    let file = "a , b\n \u{A0}x\u{A0} ,  5 \ny\0z,6\n";
    assert_eq!(rows(file), [["x", "5"], ["yz", "6"]]);
    warns(&look(file), "NUL");
    assert_eq!(names(&look(file)), ["a", "b"]);
}

#[test]
fn wide_and_long() {
    let header: Vec<String> = (0..10_000).map(|number| format!("c{number}")).collect();
    let cells = vec!["1"; 10_000].join(",");
    let file = format!("{}\n{cells}\n{cells}\n", header.join(","));
    let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::default()).unwrap();
    reader.select(&[9_999]);
    let mut row = Row::default();
    assert_eq!(reader.next_row(&mut row).unwrap(), ReadRow::Row);
    assert_eq!((row.value(9_999), row.value(0)), (Some(Cell::Number(1.0)), None));
    let long = "x".repeat(20 << 20);
    let file = format!("a,b\n1,{long}\n2,\"{long}\n{}\"\n", "y".repeat(1000));
    let seen = look(&file);
    assert_eq!((seen.row_count, seen.columns[1].distinct_count), (2, 2));
    let file = format!("a,b\n1,x\n2,{}\n3,y\n", "x".repeat(33 << 20));
    let seen = look(&file);
    assert_eq!(seen.row_count, 2);
    rejects(&seen, 3, "longer than 32 MiB");
}

#[test]
fn other_formats_are_refused() {
    refused("", "the file is empty");
    refused("\u{FEFF}", "the file is empty");
    refused(" \r\n\n \t\n", "the file is empty");
    refused("<!DOCTYPE html><html></html>", "web page");
    refused("\u{FEFF}\n <html lang=\"en\">", "web page");
    refused("<?xml version=\"1.0\"?><a/>", "XML");
    refused(utf16("<html><body>x</body></html>", true), "web page");
    refused("<leads><lead id=\"1\"/></leads>\n", "XML");
    refused("version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "LFS");
    refused("id,\"name\n1,a\n2,b\n", "column names");
    refused("\"id\"x,name\n1,a\n", "column names");
    refused("{\"a\": 1}\n{\"a\": 2}\n", "JSON");
    refused("[\n {\"a\": 1}]", "JSON");
    refused(b"\x1F\x8B\x08\0", "gzip");
    refused(b"PK\x03\x04\x14", ".xlsx");
    refused(b"\xD0\xCF\x11\xE0\xA1\xB1", ".xls");
    refused(b"%PDF-1.7\n", "PDF");
    refused(b"PAR1\x15\x04", "Parquet");
    refused(b"SQLite format 3\0", "SQLite");
    refused(b"\x89PNG\r\n\x1A\n", "image");
    let noise: Vec<u8> = (0..4000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused(noise, "binary");
    assert_eq!(names(&look("[id],[name]\n1,x\n")), ["[id]", "[name]"]);
}

#[test]
fn the_inspection_has_its_exact_form() {
    let file = "id,n,d,t\n1,1.5,2026-01-02,x\n2,NA,2026-01-01,y\n3,2,2026-01-03,x\n4,5\n";
    let seen = look(file);
    assert_eq!(seen.columns[1].max, Some(Bound::Number(2.0)));
    let expected = serde_json::json!({
        "encoding": "utf-8", "delimiter": ",", "has_header": true, "rows": 3,
        "columns": [
            {"name": "id", "kind": "id", "missing": 0, "distinct": 3, "min": null, "max": null, "examples": ["1", "2", "3"]},
            {"name": "n", "kind": "number", "missing": 1, "distinct": 2, "min": 1.5, "max": 2, "examples": ["1.5", "2"]},
            {"name": "d", "kind": "date", "missing": 0, "distinct": 3, "min": "2026-01-01", "max": "2026-01-03",
             "examples": ["2026-01-02", "2026-01-01", "2026-01-03"]},
            {"name": "t", "kind": "text", "missing": 0, "distinct": 2, "min": null, "max": null, "examples": ["x", "y"]},
        ],
        "rejected": [{"line": 5, "reason": "2 fields where the header has 4"}],
        "warnings": ["column `n`: 1 cell with `NA` read as missing; first at line 3"],
    });
    assert_eq!(serde_json::to_value(&seen).unwrap(), expected);
    let mut file = "a,b\n".to_owned();
    (0..10_001).for_each(|number| writeln!(file, "x{number},1").unwrap());
    let json = serde_json::to_value(look(file)).unwrap();
    assert_eq!(
        (&json["columns"][0]["distinct"], &json["columns"][0]["distinct_at_least"]),
        (&10_000.into(), &true.into())
    );
}

fn read_all(bytes: &[u8]) {
    let Ok(mut reader) = CsvReader::open(bytes, CsvOptions::default()) else { return };
    let (mut row, mut steps) = (Row::default(), 0);
    while reader.next_row(&mut row).unwrap() != ReadRow::End {
        steps += 1;
        assert!(steps <= bytes.len());
    }
    assert_eq!(reader.bytes_read(), bytes.len() as u64);
    let seen = inspect(bytes, CsvOptions::default()).unwrap();
    assert_eq!(seen.row_count as usize + seen.rejected.len(), steps);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn anything_like_a_table_is_read_or_refused(
        text in "([a-c1-3é]{0,3}|[\",;|\t\r\n\\\\ '.%/+\u{FEFF}\u{0}-]|\"\"|\r\n|sep=|2026-01-02|1/2/2026|1,234){0,60}"
    ) {
        read_all(text.as_bytes());
        read_all(&utf16(&text, true));
    }

    #[test]
    fn what_is_written_reads_back(
        rows in proptest::collection::vec(("[ -~é\n€]{0,12}", "[a-z,\"\n;]{0,8}", -1e9..1e9_f64), 1..30)
    ) {
        // A text that looks like a formula is changed on purpose.
        let safe = |text: String| if text.trim_start().starts_with(['=', '+', '-', '@']) { format!("x{text}") } else { text };
        let rows: Vec<_> = rows.into_iter().map(|(a, b, number)| (safe(a), safe(b), number)).collect();
        let mut writer = CsvWriter::new(Vec::new());
        for name in ["first", "second", "third"] {
            writer.text(name).unwrap();
        }
        writer.end_row().unwrap();
        for (a, b, number) in &rows {
            writer.text(a).unwrap();
            writer.text(b).unwrap();
            writer.number(Some(*number)).unwrap();
            writer.end_row().unwrap();
        }
        let file = writer.finish().unwrap();
        let options = CsvOptions::new().delimiter(b',').header(true).decimal('.');
        let options = options.text_column("first").text_column("second");
        let mut reader = CsvReader::open(&file[..], options).unwrap();
        let mut row = Row::default();
        for (a, b, number) in &rows {
            prop_assert_eq!(reader.next_row(&mut row).unwrap(), ReadRow::Row);
            prop_assert_eq!((row.raw(0), row.raw(1)), (Some(a.as_str()), Some(b.as_str())));
            prop_assert_eq!(row.value(2), Some(Cell::Number(*number)));
        }
        prop_assert_eq!(reader.next_row(&mut row).unwrap(), ReadRow::End);
    }
}

#[test]
fn short_rows_lack_their_last_cells_where_that_is_asked_for() {
    use leadscore_csv::{Cell, CsvOptions, CsvReader, ReadRow, Row};
    let file =
        "name,email,views\nAnn,a@acme.example,3\nBob\n\"Cid, jr\",c@acme.example\nDan,d@acme.example,1,9\n";
    let mut reader = CsvReader::open(file.as_bytes(), CsvOptions::new().pad_short_rows()).unwrap();
    let (mut row, mut seen) = (Row::default(), Vec::new());
    loop {
        match reader.next_row(&mut row).unwrap() {
            ReadRow::End => break,
            ReadRow::Rejected(rejected) => seen.push(rejected.reason),
            ReadRow::Row => seen.push(format!(
                "{:?} {:?} {:?}",
                row.text(0),
                row.text(1),
                row.value(2) == Some(Cell::Number(3.0))
            )),
        }
    }
    assert_eq!(
        seen,
        [
            "Some(\"Ann\") Some(\"a@acme.example\") true",
            "Some(\"Bob\") None false",
            "Some(\"Cid, jr\") Some(\"c@acme.example\") false",
            "4 fields where the header has 3",
        ]
    );
}
