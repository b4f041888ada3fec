//! Reading a table of leads: typed cells, beside the plain `csv` crate in the same run.
//!
//! `LEADS=leads.csv cargo bench -p leadscore-csv` reads that file; without it, 20,000 made-up rows.

use std::fmt::Write;
use std::hint::black_box;
use std::io::sink;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore_csv::{CellBuffer, CellNotes, CsvOptions, CsvReader, CsvWriter, ReadRow, Row, RowBlock};

const BLOCK_ROWS: usize = 512;

/// The rows of `fixtures/generate/leads.py` in form, though not in content.
fn made_up() -> Vec<u8> {
    let mut file = String::from(
        "lead_id,name,email,company,title,phone,country,source,created_at,email_sent_count,email_open_count,\
         email_click_count,page_view_count,form_submit_count,meeting_count,call_count,webinar_count,\
         last_activity_at,enrolled_in_sequence,sequence_step,sequence_length,lead_score\n",
    );
    for row in 0..20_000_u32 {
        let (day, count, flag) = (row % 28 + 1, row % 17, row.is_multiple_of(3));
        let _ = writeln!(
            file,
            "L-{row:06},Anke Köhler,anke.kohler@oriole-{row}.example,\"Oriole, Inc.\",Business Analyst,\
             +49 30 23125 {count:03},,linkedin,2026-08-{day:02}T18:14:00Z,{count},1,0,{count},1,0,0,0,\
             2026-10-{day:02}T13:00:00Z,{flag},,,{count}.{day}"
        );
    }
    file.into_bytes()
}

fn plain(file: &[u8]) -> u64 {
    let mut reader = csv::Reader::from_reader(file);
    let (mut record, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut record).expect("a record") {
        rows += 1;
        black_box(&record);
    }
    rows
}

fn open(file: &[u8]) -> CsvReader<&[u8]> {
    CsvReader::open(file, CsvOptions::default()).expect("a table")
}

fn typed(file: &[u8], columns: Option<&[usize]>) -> u64 {
    let mut reader = open(file);
    if let Some(columns) = columns {
        reader.select(columns);
    }
    let (mut row, mut rows) = (Row::default(), 0);
    loop {
        match reader.next_row(&mut row).expect("a row") {
            ReadRow::Row => rows += 1,
            ReadRow::Rejected(rejected) => panic!("{rejected:?}"),
            ReadRow::End => return rows,
        }
        black_box(&row);
    }
}

fn blocks(file: &[u8]) -> u64 {
    let mut reader = open(file);
    let (parser, mut block, mut rows) = (reader.parser(), RowBlock::default(), 0);
    let (mut cells, mut notes) = (CellBuffer::default(), CellNotes::default());
    while reader.next_block(&mut block, BLOCK_ROWS).expect("rows") {
        for row in 0..block.row_count() {
            black_box(parser.parse(&block, row, &mut cells, &mut notes));
            rows += 1;
        }
    }
    rows
}

fn cut_only(file: &[u8]) -> u64 {
    let mut reader = open(file);
    let (mut block, mut rows) = (RowBlock::default(), 0);
    while reader.next_block(&mut block, BLOCK_ROWS).expect("rows") {
        rows += black_box(&block).row_count() as u64;
    }
    rows
}

fn write(rows: u64) {
    let mut writer = CsvWriter::new(sink());
    for row in 0..rows {
        writer.text("L-000001").expect("a cell");
        writer.number(Some(row as f64)).expect("a cell");
        writer.number(Some((row % 1000) as f64 / 10.0)).expect("a cell");
        writer.number(Some((row % 100_000) as f64 / 99_991.0)).expect("a cell");
        writer.text("warm").expect("a cell");
        writer.text("Call this week, then mail (+5.5); opened 3 mails (+2)").expect("a cell");
        writer.end_row().expect("a row");
    }
}

fn rows(c: &mut Criterion) {
    let file = std::env::var_os("LEADS")
        .map_or_else(made_up, |path| std::fs::read(path).expect("the file that LEADS names"));
    let rows = plain(&file);
    assert_eq!((typed(&file, None), blocks(&file), cut_only(&file)), (rows, rows, rows));

    let mut group = c.benchmark_group("csv");
    group.throughput(Throughput::Elements(rows)).sample_size(10);
    group.bench_function("csv crate, byte records", |b| b.iter(|| plain(&file)));
    group.bench_function("typed, all columns", |b| b.iter(|| typed(&file, None)));
    group.bench_function("typed, six columns", |b| b.iter(|| typed(&file, Some(&[0, 4, 8, 9, 17, 18]))));
    group.bench_function("blocks, all columns", |b| b.iter(|| blocks(&file)));
    group.bench_function("blocks, cut only", |b| b.iter(|| cut_only(&file)));
    group.bench_function("write", |b| b.iter(|| write(rows)));
    group.finish();
}

criterion_group!(benches, rows);
criterion_main!(benches);
