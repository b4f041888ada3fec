//! What is written and where: the same options in every command.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use leadscore::Error;
use leadscore_files::{FileFormat, OutputFile, settle_format};

use crate::failure::Failure;
use crate::terminal::Look;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people, in a terminal or a text file (.txt)
    Table,
    /// One line of comma-separated values per lead
    Csv,
    /// One JSON object per lead and line
    Jsonl,
    /// JSON
    Json,
    /// A page for people
    Html,
    /// A picture
    Svg,
}

impl Format {
    /// Its name on the command line.
    fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Csv => FileFormat::Csv.name(),
            Format::Jsonl => FileFormat::Jsonl.name(),
            Format::Json => FileFormat::Json.name(),
            Format::Html => FileFormat::Html.name(),
            Format::Svg => "svg",
        }
    }

    /// The same as the files crate calls it; `None` for what it does not write.
    pub(crate) fn of_file(self) -> Option<FileFormat> {
        match self {
            Format::Csv => Some(FileFormat::Csv),
            Format::Jsonl => Some(FileFormat::Jsonl),
            Format::Json => Some(FileFormat::Json),
            Format::Html => Some(FileFormat::Html),
            Format::Table | Format::Svg => None,
        }
    }
}

/// The formats of a command, the one of its standard output first.
pub(crate) trait Formats {
    const ALL: &'static [Format];
}

/// Names a list of formats as a type.
macro_rules! formats {
    ($($name:ident: $($format:ident),+;)+) => {$(
        #[derive(Debug, Clone)]
        pub(crate) struct $name;

        impl Formats for $name {
            const ALL: &'static [Format] = &[$(Format::$format),+];
        }
    )+};
}

formats! {
    Ranking: Table, Csv, Jsonl, Json, Html;
    Rows: Csv, Jsonl, Json;
    Sum: Table, Json, Svg;
    Words: Table, Json;
}

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct OutputArgs<F: Formats> {
    /// What to write [default: what the ending of --output says, else the first of these]
    #[arg(short, long, value_name = "FORMAT", value_parser = parser(F::ALL))]
    format: Option<Format>,
    /// Where to write it; the ending says the format, and .gz packs it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[arg(skip)]
    formats: PhantomData<F>,
}

impl<F: Formats> OutputArgs<F> {
    /// The format to write, where a flag of its own may ask for one too.
    pub(crate) fn settle(&self, flag: Option<Format>) -> Result<Format, Failure> {
        let asked = flag.or(self.format).map(Format::name);
        settle(asked, ("--output", self.path()), F::ALL, None)
    }

    /// The file to write, if it is not standard output.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// Opens the file, or standard output.
    pub(crate) fn open(&self) -> Result<OutputFile<'static>, Error> {
        crate::output::open_output(self.path())
    }

    /// How what is written looks.
    pub(crate) fn look(&self) -> Look {
        Look::of_stdout(self.path().is_some())
    }
}

/// Refuses a name whose ending says something else than the one format that an option writes.
pub(crate) fn check_ending(option: &str, path: Option<&Path>, format: Format) -> Result<(), Failure> {
    settle(None, (option, path), &[format], Some(format)).map(|_| ())
}

/// Refuses to pack a file that is read as it is: a pipeline or a mapping.
pub(crate) fn check_not_packed(option: &str, path: Option<&Path>, what: &str) -> Result<(), Failure> {
    let ending = path.and_then(Path::extension);
    if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("gz")) {
        return Err(Failure::message(format!("{option}: {what} is not packed; leave out the ending .gz")));
    }
    Ok(())
}

fn settle(
    asked: Option<&str>,
    output: (&str, Option<&Path>),
    formats: &[Format],
    unsaid: Option<Format>,
) -> Result<Format, Failure> {
    let named: Vec<(&'static str, Format)> = formats.iter().map(|format| (format.name(), *format)).collect();
    Ok(settle_format(asked, output, &named, formats[0], unsaid)?)
}

fn parser(formats: &'static [Format]) -> impl TypedValueParser<Value = Format> {
    let names = formats.iter().filter_map(ValueEnum::to_possible_value);
    PossibleValuesParser::new(names).map(|name| {
        let format = Format::from_str(&name, false);
        // Only names of formats come this far.
        format.unwrap_or(Format::Table)
    })
}
