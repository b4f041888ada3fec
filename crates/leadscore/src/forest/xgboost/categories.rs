//! The category names that models trained on data frames keep since 3.1.

use super::document::{Doc, DocCursor};
use super::header::Version;
use crate::Error;
use crate::feature::{Level, Levels, Spelling};
use crate::forest::model::{FeatureKind, ModelFeature};

/// Before 3.4, offsets of names from pandas count characters instead of bytes.
const BYTE_OFFSETS_SINCE: [i64; 2] = [3, 4];

/// Writes the names into the features that have them.
pub(super) fn fill(cats: &DocCursor, version: &Version, features: &mut [ModelFeature]) -> Result<(), Error> {
    let Some(cursor) = cats.field("enc") else { return Ok(()) };
    let entries = cursor.list()?;
    if !entries.is_empty() && entries.len() != features.len() {
        return Err(cursor.error(format!("has {} entries for {} features", entries.len(), features.len())));
    }
    for (number, (doc, feature)) in entries.iter().zip(features).enumerate() {
        let (levels, lost) = levels(&DocCursor::new(doc, format!("cats.enc[{number}]")), version)?;
        if !levels.is_empty() {
            feature.kind = FeatureKind::Categorical;
            feature.may_be_flag = false;
        }
        feature.levels = levels;
        feature.lost = lost;
    }
    Ok(())
}

/// The levels, and the codes of those whose names are lost.
fn levels(cursor: &DocCursor, version: &Version) -> Result<(Levels, Vec<usize>), Error> {
    if cursor.field("offsets").is_some() {
        return texts(cursor, version);
    }
    let Some(values) = cursor.field("values") else { return Ok((Levels::default(), Vec::new())) };
    let levels = match values.doc {
        Doc::Reals(numbers) => numbers
            .iter()
            // By its shortest text, as it would be in a table.
            .map(|number| Level::Number(number.to_string().parse().unwrap_or(f64::from(*number))))
            .collect(),
        _ => values.ints()?.iter().map(|number| Level::Integer(*number)).collect(),
    };
    Ok((Levels::new(levels), Vec::new()))
}

/// Concatenated names as signed or unsigned bytes of UTF-8.
fn texts(cursor: &DocCursor, version: &Version) -> Result<(Levels, Vec<usize>), Error> {
    let values = cursor.optional_ints("values")?;
    let bytes = values.iter().map(|&value| match value {
        0..=255 => Ok(value as u8),
        -128..0 => Ok(value as i8 as u8),
        _ => Err(cursor.error(format!("{value} is no byte of a name"))),
    });
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>()?;
    let ends = cursor.optional_ints("offsets")?;
    let names = ends.windows(2).enumerate().map(|(code, ends)| {
        let [from, to] = [0, 1].map(|end| ends.get(end).and_then(|end| usize::try_from(*end).ok()));
        let name = from.zip(to).and_then(|(from, to)| bytes.get(from..to));
        name.and_then(|name| String::from_utf8(name.to_vec()).ok())
            .ok_or_else(|| cursor.error(format!("the name of category {code} is not there, or not UTF-8")))
    });
    let by_bytes: Result<Vec<String>, Error> = names.collect();
    if version.before(BYTE_OFFSETS_SINCE) && !bytes.is_ascii() {
        let lengths: Option<Vec<usize>> =
            ends.windows(2).map(|ends| usize::try_from(ends[1].checked_sub(ends[0])?).ok()).collect();
        let lengths = lengths
            .ok_or_else(|| cursor.required("offsets").map_or_else(|e| e, |c| c.error("do not rise")))?;
        return by_characters(&bytes, &lengths, by_bytes.ok().as_deref())
            .ok_or_else(|| cursor.error("the names are not UTF-8"));
    }
    Ok((Levels::texts(by_bytes?), Vec::new()))
}

/// Names whose lengths are in characters, of a text that is cut off at as many bytes: the last names have lost their ends.
///
/// Polars gives the library lengths in bytes, pandas in characters, and the file does not say which it is. So where the
/// text can be cut by bytes too, the names that gives are taken as well; both stand for the same code.
fn by_characters(
    bytes: &[u8],
    lengths: &[usize],
    by_bytes: Option<&[String]>,
) -> Option<(Levels, Vec<usize>)> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // Only the last character may be incomplete.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let mut rest = text.chars();
    let (mut names, mut lost, mut spellings) = (Vec::with_capacity(lengths.len()), Vec::new(), Vec::new());
    for (code, &characters) in lengths.iter().enumerate() {
        let name: String = rest.by_ref().take(characters).collect();
        let known = name.chars().count();
        if known == characters {
            names.push(name);
        } else if known * 2 >= characters {
            // The length and most of the letters tell it from the others.
            names.push(format!("{name}…"));
            spellings.push(Spelling { code, text: name, characters: Some(characters) });
        } else {
            names.push(format!("category {code}…"));
            lost.push(code);
        }
    }
    for (code, name) in by_bytes.unwrap_or_default().iter().enumerate() {
        if names[code] != *name && !name.is_empty() {
            spellings.push(Spelling { code, text: name.clone(), characters: None });
        }
    }
    Some((Levels::texts(names).with_spellings(spellings), lost))
}
