//! Dirty CSV files, part two: what has to be assumed is said, and what is damaged is told from what is not.

use leadscore_csv::{ColumnKind, CsvOptions, Inspection, inspect};

fn look(file: impl AsRef<[u8]>) -> Inspection {
    inspect(file.as_ref(), CsvOptions::default()).unwrap()
}

fn kinds(seen: &Inspection) -> Vec<ColumnKind> {
    seen.columns.iter().map(|column| column.kind).collect()
}

fn examples(seen: &Inspection, column: usize) -> Vec<&str> {
    seen.columns[column].examples.iter().map(String::as_str).collect()
}

#[track_caller]
fn warns(seen: &Inspection, text: &str) {
    assert!(seen.warnings.iter().any(|warning| warning.contains(text)), "{text}: {:#?}", seen.warnings);
}

#[track_caller]
fn silent(file: &str) {
    let seen = look(file);
    assert!(seen.warnings.is_empty(), "{file}: {:#?}", seen.warnings);
}

#[track_caller]
fn refused(file: impl AsRef<[u8]>, text: &str) {
    let error = inspect(file.as_ref(), CsvOptions::default()).unwrap_err();
    assert!(error.message().contains(text), "{text}: {error}");
}

fn bounds(seen: &Inspection, column: usize) -> serde_json::Value {
    let json = serde_json::to_value(seen).unwrap();
    serde_json::json!([json["columns"][column]["min"], json["columns"][column]["max"]])
}

#[test]
fn what_would_settle_a_cell_of_two_meanings_is_said() {
    let setting = |file: &str| {
        let seen = look(file);
        let warning = seen.warnings.iter().find(|warning| warning.contains("ambiguous")).unwrap();
        warning.split_once("read as missing; ").unwrap().1.to_owned()
    };
    let said = setting("name,n\nAnn,1.234\nBob,2.5\nKim,\"3,5\"\n");
    assert!(said.contains(r#""decimal": ".""#) && said.contains(r#"(or ",") reads them"#), "{said}");
    let said = setting("name,d\nAnn,03/04/2026\nBob,05/06/2026\n");
    assert!(said.contains(r#""date_order": "day_first""#) && said.contains("reads them"), "{said}");
}

#[test]
fn an_order_or_sign_taken_from_other_cells_is_said() {
    let seen = look("id,d\n1,13/02/2026\n2,05/06/2026\n");
    warns(&seen, "`d`: dates read with the day first, as other cells of the column show");
    let seen = look("id;n\n1;1.234.567,89\n2;1.000\n");
    warns(&seen, "`n`: `,` read as the decimal sign, as other cells of the column show");
    assert_eq!(bounds(&seen, 1), serde_json::json!([1000, 1_234_567.89]));
    warns(&look("id,n\n1,1.234\n2,2.345\n"), "`.` read as the decimal sign, since commas separate the cells");
    // Nothing was open in these.
    silent("id,d,n\n1,13/02/2026,1.5\n2,14/06/2026,2.25\n");
    silent("id;d;n\n1;13.02.2026;1,5\n2;05.06.2026;2,25\n");
}

#[test]
fn dots_with_the_month_first() {
    let seen = look("id,d\n1,11.22.2026\n2,01.02.2026\n3,05.05.2026\n");
    assert_eq!(bounds(&seen, 1), serde_json::json!(["2026-05-05", "2026-11-22"]));
    warns(&seen, "1 cell is ambiguous (day or month first?)");
}

#[test]
fn dates_that_are_not_read_are_said() {
    for cell in ["45123", "1764000000000", "22. März 2026", "2026年11月22日", "2026-W05"] {
        let seen = look(format!("id,created_at\n1,{cell}\n2,{cell}\n"));
        assert_ne!(seen.columns[1].kind, ColumnKind::Date);
        warns(&seen, &format!("`created_at`: named like a date, but `{cell}` on line 2"));
    }
    silent("id,created_at,rate\n1,2026-01-02,5\n2,2026-01-03,6\n");
}

#[test]
fn columns_that_are_nearly_of_a_kind_say_why_they_are_not() {
    let seen = look("id,n,d\n1,5,2026-01-02\n2,6,2026-01-03\n3,many,soon\n");
    assert_eq!(kinds(&seen), [ColumnKind::Id, ColumnKind::Text, ColumnKind::Text]);
    warns(&seen, "`n`: kept as text: 2 of 3 cells looked at are numbers, but `many` on line 4 is not");
    warns(&seen, "`d`: kept as text: 2 of 3 cells looked at are dates, but `soon` on line 4 is not");
}

#[test]
fn errors_of_a_spreadsheet_are_missing() {
    let seen = look("id,n,d\n1,#REF!,########\n2,5,2026-01-02\n3,#DIV/0!,2026-01-03\n4,#VALUE!,#NAME?\n");
    assert_eq!(kinds(&seen), [ColumnKind::Id, ColumnKind::Number, ColumnKind::Date]);
    assert_eq!((seen.columns[1].missing_count, seen.columns[2].missing_count), (3, 2));
    warns(&seen, "`d`: 2 cells with `########` or `#NAME?` read as missing");
}

#[test]
fn yes_and_no_may_be_one_and_zero() {
    let seen = look("id,optin\n1,yes\n2,1\n3,no\n4,0\n5,TRUE\n");
    assert_eq!((seen.columns[1].kind, seen.columns[1].missing_count), (ColumnKind::Flag, 0));
}

#[test]
fn ids_of_one_digit_and_ids_in_other_languages() {
    assert_eq!(
        kinds(&look("id,phone,has_phone\n1,1,1\n")),
        [ColumnKind::Id, ColumnKind::Number, ColumnKind::Number]
    );
    assert_eq!(kinds(&look("id,email\n1,a@b.co\n1,b@b.co\n"))[0], ColumnKind::Id);
    let file = "Postleitzahl;Kod pocztowy;CEP;tel2;ref\n80331;30001;20040020;5551234567;1E5\n\
                10115;00950;01310100;5551234568;2E7\n";
    assert_eq!(kinds(&look(file)), [ColumnKind::Id; 5]);
}

#[test]
fn ids_that_a_spreadsheet_rounded_are_said() {
    let seen = look("lead_id,name\n1.23E+15,a\n\"4,91512E+11\",b\n1E5,c\n");
    assert_eq!(examples(&seen, 0), ["1.23E+15", "4,91512E+11", "1E5"]);
    warns(&seen, "`lead_id`: 2 cells are rounded by a spreadsheet");
}

#[test]
fn text_kept_by_a_formula() {
    for file in [
        "id,name\n=\"00123\",Ann\n=\"00124\",Bob\n",
        "id,name\n\"=\"\"00123\"\"\",Ann\n\"=\"\"00124\"\"\",Bob\n",
    ] {
        let seen = look(file);
        assert_eq!(examples(&seen, 0), ["00123", "00124"]);
        warns(&seen, "2 cells written as a formula to keep a text");
    }
    let seen = look("code,name\n=\"5\",=1+1\n=\"6\",=\"a\"&\"b\"\n");
    assert_eq!((seen.columns[0].kind, examples(&seen, 1)), (ColumnKind::Id, vec!["=1+1", "=\"a\"&\"b\""]));
}

#[test]
fn nuls_anywhere_are_said() {
    let seen = look([b"id,name\n1,Ann\n2,Bob\n".as_slice(), &[0; 5000]].concat());
    assert_eq!((seen.row_count, seen.rejected.len()), (2, 0));
    warns(&seen, "1 line with NUL characters, which were left out: line 4");
    let seen = look("i\0d,na\0me\n1,Ann\n2,Bob\n");
    assert_eq!(seen.columns[1].name, "name");
    warns(&seen, "line 1: NUL characters in the column names");
}

#[test]
fn files_put_together() {
    let part = "\u{FEFF}\"id\",\"name\"\n\"1\",\"Ann\"\n";
    let seen = look(part.repeat(3));
    assert_eq!((seen.row_count, seen.rejected.len()), (3, 0));
    warns(&seen, "2 lines repeating the header, skipped: lines 3, 5");
    let seen = look("id,name,n\n1,Ann,5\nID,Name,N\n2,Bob,6\n");
    assert_eq!((seen.row_count, seen.columns[2].kind), (2, ColumnKind::Number));
    // In a table of one column the same letters in another case may be a value.
    assert_eq!(look("name\nBob\nName\n").row_count, 2);
}

#[test]
fn a_declared_delimiter_that_does_not_fit() {
    let seen = look("sep=,\nid;n;m\n1;1,5;x\n2;2,5;y\n");
    assert_eq!((seen.delimiter, seen.row_count, seen.columns.len()), (';', 2, 3));
    warns(&seen, "does not cut the rows");
    assert_eq!(look("sep=;\nTitle, long;;\nid;n;m\n1;1,5;x\n2;2,5;y\n").delimiter, ';');
}

#[test]
fn titles_with_values_over_a_wider_table() {
    let seen = look("Account;Acme\nOwner;Ann\nid;name;amount\n1;Joe;5\n2;Kim;7\n");
    assert_eq!((seen.columns[2].name.as_str(), seen.row_count), ("amount", 2));
    // A header one short over rows of text stays the header.
    let seen = look("first,x\nAnn,Lee,y\nBob,Kim,n\nJoe,Doe,y\n");
    assert_eq!((seen.columns[0].name.as_str(), seen.rejected.len()), ("first", 3));
}

#[test]
fn a_header_may_lack_names_and_no_lead_takes_its_place() {
    // More than half of the names are there: the first line is the header, though a line below it could be one.
    for (head, rows) in [
        ("first,last,firm,,", "Ann,Lee,Acme,Rome,x\nBob,Kim,Bolt,Oslo,5\nJoe,Doe,Bo,Bonn,7\n"),
        ("first,last,", "Ann,Lee,x\nBob,Kim,5\nJoe,Doe,7\n"),
    ] {
        let seen = look(format!("{head}\n{rows}"));
        assert_eq!((seen.columns[0].name.as_str(), seen.row_count), ("first", 3), "{head}");
        let last = seen.columns.len();
        warns(&seen, &format!("column {last} has no name; it is called `column_{last}`"));
    }
    // Half of them or less is a title.
    for title in ["Leads,north,,", "Leads,,,"] {
        let seen = look(format!("{title}\nid,name,n,day\n1,Ann,5,2026-01-02\n2,Bob,6,2026-01-03\n"));
        assert_eq!((seen.columns[1].name.as_str(), seen.row_count), ("name", 2), "{title}");
        warns(&seen, "line 1 above the header skipped");
    }
}

#[test]
fn a_header_that_nothing_shows_is_said() {
    warns(&look("Ann,Rome,CEO\nBob,Oslo,CTO\nKim,Bonn,CFO\n"), "nothing in the rows below shows it");
    silent("name,city\nAnn,Rome\nBob,Oslo\n");
    silent("x,y\nAnn,1\nBob,2\n");
    warns(&look("id   name   n\n1    Ann    5\n2    Bob    6\n"), "read as one column");
}

#[test]
fn remarks_and_sums_below_the_table() {
    let seen = look("id,name,n\n1,Ann,5\n2,Bob,6\nRemarks of Ann,,\n");
    assert_eq!(seen.row_count, 3);
    warns(
        &seen,
        "1 line with a value in the first cell only, kept as rows though they may be remarks: line 4",
    );
    for word in ["Gesamtsumme", "Total général", "Suma:", "合計"] {
        let seen = look(format!("id;name;n\n1;Ann;5\n2;Bob;6\n{word};;11\n3;Cy;7\n"));
        assert_eq!((seen.row_count, seen.rejected[0].line), (3, 4), "{word}");
    }
    let seen = look("| id | name | n |\n|----|:----:|---|\n| 1 | Ann | 5 |\n| 2 | Bob | 6 |\n");
    assert_eq!((seen.row_count, seen.rejected[0].line, seen.columns[3].kind), (2, 2, ColumnKind::Number));
}

#[test]
fn cells_of_several_lines_may_look_like_rows() {
    for inner in
        ["Hi,\nCall 5,6,7\nx,y,z\nBye", "Regards,\nAnn Smith, CEO, ann@x.co\nTel 5", "\n1,2,3\n4,5,6\n"]
    {
        let seen = look(format!("id,name,note\n1,Ann,\"{inner}\"\n2,Bob,ok\n"));
        assert_eq!((seen.row_count, seen.rejected.len()), (2, 0), "{inner}");
        assert_eq!(examples(&seen, 2), [inner.trim(), "ok"]);
    }
    // A stray quote that another one closes within a later row still costs its own row only.
    let seen = look("id,size,n\n1,\"15,5\n2,17,6\n3,19\",7\n4,x,8\n");
    assert_eq!((seen.row_count, seen.rejected.len(), seen.rejected[0].line), (3, 1, 2));
}

#[test]
fn encodings_within_one_cell_and_letters_already_lost() {
    let seen = look(b"id,name\n1,M\xFCller Jos\xC3\xA9\n2,Zo\xC3\xAB\n");
    assert_eq!((seen.encoding.as_str(), examples(&seen, 1)), ("mixed", vec!["Müller José", "Zoë"]));
    warns(&look("id,name\n1,MÃ¼ller\n2,Bob\n"), "spoilt before this file was written");
    warns(&look("id,name\n1,M\u{FFFD}ller\n2,Bob\n"), "lost before this file was written");
    silent("id,name\n1,São Paulo\n2,Åsa\n");
    let seen = look(b"id,name\n1,Zo\xC3\xAB\n2,Zo\xC3");
    warns(&seen, "ends within a letter");
}

#[test]
fn letters_of_old_machines() {
    let seen = look(b"id,name\r1,Jos\x8E\r2,M\x9Fller\r3,Fran\x8Dois\r");
    assert_eq!(
        (seen.encoding.as_str(), examples(&seen, 1)),
        ("macintosh", vec!["José", "Müller", "François"])
    );
    warns(&seen, "read as macintosh");
    assert_eq!(look(b"id,name\r1,Jos\xE9\r2,it\x92s\r").encoding, "windows-1252");
    warns(&look(b"id,name\r\n1,M\x81ller\r\n2,K\x94ln\r\n"), "letters are likely wrong");
}

#[test]
fn more_formats_are_refused() {
    refused("\u{FEFF}\n%PDF-1.4\n1 0 obj\n", "PDF");
    refused("MIME-Version: 1.0\nContent-Type: multipart/related\n", "MHTML");
    refused("BEGIN:VCARD\nVERSION:3.0\n", "vCard");
    refused("ID;PWXL;N;E\nP;PGeneral\n", "SYLK");
    refused("<center><h1>502 Bad Gateway</h1></center>\n<p>nginx, inc</p>\n", "web page");
    refused("Leads export\n<html><body>\n", "web page");
    assert_eq!(look("id,note\n1,\"\n<html>\n\"\n2,x\n").row_count, 2);
}

#[test]
fn the_range_of_dates_goes_by_the_moment() {
    let seen = look(
        "id,at_time\n1,2026-11-22T10:00:00-05:00\n2,2026-11-22T11:00:00+00:00\n3,2026-11-22T12:00:00Z\n",
    );
    assert_eq!(
        bounds(&seen, 1),
        serde_json::json!(["2026-11-22T11:00:00+00:00", "2026-11-22T10:00:00-05:00"])
    );
}
