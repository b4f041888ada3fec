//! The category names that models trained on data frames keep since 3.1.

use super::Version;
use super::document::{Doc, Place};
use crate::Error;
use crate::forest::model::{FeatureKind, ModelFeature};

/// Up to 3.3, names from pandas are cut by counts of characters instead of bytes.
const CUT_RIGHT: [i64; 2] = [3, 4];

/// Writes the names into the features that have them.
pub(super) fn fill(cats: &Place, version: &Version, features: &mut [ModelFeature]) -> Result<(), Error> {
    let Some(place) = cats.field("enc") else { return Ok(()) };
    let list = place.list()?;
    if !list.is_empty() && list.len() != features.len() {
        return Err(place.error(format!("has {} entries for {} features", list.len(), features.len())));
    }
    for (number, (doc, feature)) in list.iter().zip(features).enumerate() {
        let levels = levels(&Place::new(doc, format!("cats.enc[{number}]")), version)?;
        if !levels.is_empty() {
            feature.kind = FeatureKind::Category;
        }
        feature.levels = levels;
    }
    Ok(())
}

fn levels(place: &Place, version: &Version) -> Result<Vec<String>, Error> {
    if place.field("offsets").is_some() {
        return texts(place, version);
    }
    let Some(values) = place.field("values") else { return Ok(Vec::new()) };
    match values.doc {
        Doc::Reals(numbers) => Ok(numbers.iter().map(f32::to_string).collect()),
        _ => Ok(values.ints()?.iter().map(i64::to_string).collect()),
    }
}

/// Names one behind the other, as signed or unsigned bytes of UTF-8.
fn texts(place: &Place, version: &Version) -> Result<Vec<String>, Error> {
    let values = place.ints_of("values")?;
    let bytes = values.iter().map(|&value| match value {
        0..=255 => Ok(value as u8),
        -128..0 => Ok(value as i8 as u8),
        _ => Err(place.error(format!("{value} is no byte of a name"))),
    });
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>()?;
    if version.before(CUT_RIGHT) && !bytes.is_ascii() {
        // Such names run into each other and the last ones are lost: as if the file kept only codes.
        return Ok(Vec::new());
    }
    let names = place.ints_of("offsets")?.windows(2).enumerate().map(|(code, ends)| {
        let [from, to] = [0, 1].map(|end| ends.get(end).and_then(|end| usize::try_from(*end).ok()));
        let name = from.zip(to).and_then(|(from, to)| bytes.get(from..to));
        name.and_then(|name| String::from_utf8(name.to_vec()).ok())
            .ok_or_else(|| place.error(format!("the name of category {code} is not there, or not UTF-8")))
    });
    names.collect()
}
