//! CSV in, CSV out: the whole command as a process, and the reading of the file alone.

use std::fs::File;
use std::hint::black_box;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, Stdio};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::{Attribute, Error};
use leadscore_csv::{Cell, CsvOptions, CsvReader, CsvWriter, ReadRow, Row};

mod leads;

const ROWS: u64 = 20_000;
const COLUMNS: [&str; 17] = [
    "name",
    "email",
    "company",
    "title",
    "phone",
    "created_at",
    "email_sent_count",
    "email_open_count",
    "email_click_count",
    "page_view_count",
    "form_submit_count",
    "meeting_count",
    "call_count",
    "last_activity_at",
    "enrolled_in_sequence",
    "sequence_step",
    "sequence_length",
];

fn write(path: &Path) -> Result<(), Error> {
    let mut csv = CsvWriter::new(BufWriter::new(File::create(path)?));
    csv.text("lead_id")?;
    for name in COLUMNS {
        csv.text(name)?;
    }
    csv.end_row()?;
    for lead in leads::leads(ROWS, 0) {
        csv.text(lead.id.as_deref().unwrap_or_default())?;
        for name in COLUMNS {
            match lead.attributes.get(name) {
                Some(Attribute::Text(text)) => csv.text(text)?,
                Some(Attribute::Number(number)) => csv.number(Some(*number))?,
                Some(Attribute::Flag(flag)) => csv.text(if *flag { "true" } else { "false" })?,
                Some(other) => csv.text(&other.as_ref().to_text())?,
                None => csv.text("")?,
            }
        }
        csv.end_row()?;
    }
    csv.finish()?;
    Ok(())
}

/// Reads every cell; the number of rows.
fn read(path: &Path) -> Result<u64, Error> {
    let mut reader = CsvReader::open(File::open(path)?, CsvOptions::default())?;
    let columns = reader.columns().len();
    let mut row = Row::default();
    let mut rows = 0;
    loop {
        match reader.next_row(&mut row)? {
            ReadRow::Row => rows += 1,
            ReadRow::Rejected(_) => {}
            ReadRow::End => return Ok(rows),
        }
        for column in 0..columns {
            black_box(row.value(column).unwrap_or(Cell::Missing));
        }
    }
}

fn score(input: &Path, output: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_leadscore"))
        .args(["score", "--format", "csv", "--as-of", leads::AS_OF, "--output"])
        .args([output, input])
        .stderr(Stdio::null())
        .status();
    assert!(status.is_ok_and(|status| status.success()), "leadscore did not score the file");
}

fn table(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("leads.csv"), folder.path().join("scores.csv"));
    write(&input).expect("a file");
    assert_eq!(read(&input).expect("rows"), ROWS);

    let mut group = c.benchmark_group("table");
    group.throughput(Throughput::Elements(ROWS)).sample_size(20);
    group.bench_function("read", |b| b.iter(|| read(&input).expect("rows")));
    group.bench_function("score, as a process", |b| b.iter(|| score(&input, &output)));
    group.finish();
}

criterion_group!(benches, table);
criterion_main!(benches);
