//! The category names that models trained on data frames keep since 3.1.

use super::document::{Doc, DocCursor};
use super::header::Version;
use crate::Error;
use crate::forest::model::{FeatureKind, ModelFeature};

/// Before 3.4, offsets of names from pandas count characters instead of bytes.
const BYTE_OFFSETS_SINCE: [i64; 2] = [3, 4];

/// Writes the names into the features that have them.
pub(super) fn fill(cats: &DocCursor, version: &Version, features: &mut [ModelFeature]) -> Result<(), Error> {
    let Some(cursor) = cats.field("enc") else { return Ok(()) };
    let list = cursor.list()?;
    if !list.is_empty() && list.len() != features.len() {
        return Err(cursor.error(format!("has {} entries for {} features", list.len(), features.len())));
    }
    for (number, (doc, feature)) in list.iter().zip(features).enumerate() {
        let levels = levels(&DocCursor::new(doc, format!("cats.enc[{number}]")), version)?;
        if !levels.is_empty() {
            feature.kind = FeatureKind::Categorical;
        }
        feature.levels = levels;
    }
    Ok(())
}

fn levels(cursor: &DocCursor, version: &Version) -> Result<Vec<String>, Error> {
    if cursor.field("offsets").is_some() {
        return texts(cursor, version);
    }
    let Some(values) = cursor.field("values") else { return Ok(Vec::new()) };
    match values.doc {
        Doc::Reals(numbers) => Ok(numbers.iter().map(f32::to_string).collect()),
        _ => Ok(values.ints()?.iter().map(i64::to_string).collect()),
    }
}

/// Concatenated names as signed or unsigned bytes of UTF-8.
fn texts(cursor: &DocCursor, version: &Version) -> Result<Vec<String>, Error> {
    let values = cursor.optional_ints("values")?;
    let bytes = values.iter().map(|&value| match value {
        0..=255 => Ok(value as u8),
        -128..0 => Ok(value as i8 as u8),
        _ => Err(cursor.error(format!("{value} is no byte of a name"))),
    });
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>()?;
    if version.before(BYTE_OFFSETS_SINCE) && !bytes.is_ascii() {
        // Such offsets split names at the wrong bytes and lose the last ones, so only the codes are known.
        return Ok(Vec::new());
    }
    let names = cursor.optional_ints("offsets")?.windows(2).enumerate().map(|(code, ends)| {
        let [from, to] = [0, 1].map(|end| ends.get(end).and_then(|end| usize::try_from(*end).ok()));
        let name = from.zip(to).and_then(|(from, to)| bytes.get(from..to));
        name.and_then(|name| String::from_utf8(name.to_vec()).ok())
            .ok_or_else(|| cursor.error(format!("the name of category {code} is not there, or not UTF-8")))
    });
    names.collect()
}
