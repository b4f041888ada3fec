//! Files that are no pipeline: a mapping is checked too, and of others it is said which command reads them.

use std::io::Write;

use leadscore::Error;
use leadscore_files::wording::counted;
use leadscore_files::{InputFile, InputFormat, Mapping};
use serde_json::{Value, json};

use crate::args::{Format, OutputArgs, output};
use crate::failure::Failure;
use crate::output::assist::json as write_json;

/// Where the result is written, and how.
type Output<'a> = (&'a OutputArgs<output::Words>, Format);

/// How much of a model's file is looked at: its library's own fields come first.
const SAMPLE_BYTES: usize = 4096;

/// Checks a mapping, and refuses what another command reads; `None` for what may be meant as a pipeline.
pub(super) fn check(name: &str, bytes: &[u8], output: Output<'_>) -> Option<Result<bool, Failure>> {
    if Mapping::looks_like(bytes) {
        return Some(mapping(name, bytes, output));
    }
    let kind = match kind(bytes)? {
        Kind::Packed if InputFile::open(name).is_ok_and(|file| file.format == InputFormat::Csv) => {
            Kind::Table
        }
        kind => kind,
    };
    let message = match kind {
        Kind::Model(library) => format!(
            "is a model of {library} and no pipeline yet: `leadscore import {name} -o pipeline.json` makes one of it, and \
             `leadscore predict {name} ROWS.csv` gives its bare margins"
        ),
        Kind::Table => format!(
            "is a table and no pipeline: `leadscore inspect {name}` tells what is in it, and `leadscore score {name}` scores \
             its leads"
        ),
        Kind::Records => {
            format!("holds records and no pipeline: `leadscore score {name}` scores them as leads")
        }
        Kind::Packed => "is packed with gzip; a pipeline is read as plain JSON: unpack it first".to_owned(),
    };
    Some(Err(Failure::message(format!("{name}: {message}"))))
}

fn mapping(name: &str, bytes: &[u8], (output, format): Output<'_>) -> Result<bool, Failure> {
    let problems = Mapping::check(bytes);
    let count = counted(problems.len() as u64, "problem", "problems");
    if format == Format::Json {
        let of_problem = |problem: &Error| {
            json!({
                "severity": "error", "code": problem.code(), "path": problem.path().to_string(), "line": null, "column": null,
                "message": problem.message()
            })
        };
        let problems: Vec<Value> = problems.iter().map(of_problem).collect();
        let mut out = output.open()?;
        let id = Value::Null;
        write_json(
            &mut out,
            &json!({"file": name, "id": id, "content_hash": id, "problems": problems, "is_complete": true}),
        )?;
        out.finish()?;
    }
    if !problems.is_empty() {
        let listed = problems.iter().filter(|_| format != Format::Json);
        let problems: Vec<String> = listed.map(|problem| format!("\n  {problem}")).collect();
        return Err(Failure::message(format!("{name}: a mapping with {count}{}", problems.concat())));
    }
    if format != Format::Json {
        let mut out = output.open()?;
        writeln!(
            out,
            "{name}: good; it is a mapping, not a pipeline: `leadscore score FILE --map {name}` reads a file by it, and \
             `leadscore inspect FILE -p NAME --map {name}` shows which column is then read as what"
        )?;
        out.finish()?;
    }
    Ok(true)
}

enum Kind {
    Model(&'static str),
    Table,
    Records,
    Packed,
}

/// What a file is by its first bytes.
fn kind(bytes: &[u8]) -> Option<Kind> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.trim_ascii_start();
    let sample = &start[..start.len().min(SAMPLE_BYTES)];
    let holds = |word: &str| sample.windows(word.len()).any(|own| own == word.as_bytes());
    if sample.starts_with(b"\x1f\x8b") {
        return Some(Kind::Packed);
    }
    if sample.starts_with(b"tree\n") || sample.starts_with(b"tree\r\n") {
        return Some(Kind::Model("LightGBM"));
    }
    // UBJSON writes the lengths of names between them.
    let is_object = sample.starts_with(b"{");
    if is_object
        && holds("learner")
        && (holds("gradient_booster") || holds("learner_model_param") || holds("attributes"))
    {
        return Some(Kind::Model("XGBoost"));
    }
    if is_object {
        // One record to a line: a pipeline on one line has nothing behind it.
        let mut lines = sample.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let is_record = |line: Option<&[u8]>| {
            line.is_some_and(|line| {
                serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
            })
        };
        return (is_record(lines.next()) && is_record(lines.next())).then_some(Kind::Records);
    }
    if sample.starts_with(b"[") {
        return Some(Kind::Records);
    }
    let first = sample.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_text = !first.contains(&0) && !first.contains(&b'{');
    let cells = [b',', b';', b'\t'].iter().any(|sign| first.contains(sign));
    (is_text && cells).then_some(Kind::Table)
}
