//! The features of the model in use, for the documentation.

use leadscore::Feature;
use leadscore::feature::FeatureType;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

use crate::b2b::model::B2bModel;

/// What a body may say of each feature: as [`body`](crate::b2b::body) reads it.
pub(crate) fn features_schema(model: &B2bModel) -> RefOr<Schema> {
    let mut object = ObjectBuilder::new().description(Some(
        "The features of the model in use. Others are ignored; those that are not required are 0 where they are absent.",
    ));
    for feature in model.pipeline().schema().columns() {
        object = object.property(&feature.name, schema(feature));
        if feature.required || feature.default.is_none() {
            object = object.required(&feature.name);
        }
    }
    object.into()
}

fn schema(feature: &Feature) -> ObjectBuilder {
    let (types, low, high) = match feature.kind {
        FeatureType::Flag => (vec![Type::Integer, Type::Boolean], 0.0, 1.0),
        FeatureType::Category => (vec![Type::Integer], 0.0, feature.levels.len().saturating_sub(1) as f64),
        _ => {
            let kind = if feature.whole { Type::Integer } else { Type::Number };
            let range =
                feature.range.map_or((f64::NEG_INFINITY, f64::INFINITY), |range| (range.low, range.high));
            (vec![kind], range.0, range.1)
        }
    };
    let types = match types.as_slice() {
        [one] => SchemaType::Type(one.clone()),
        _ => SchemaType::Array(types),
    };
    let schema = ObjectBuilder::new().schema_type(types).description(Some(feature.label.clone()));
    let schema = if low.is_finite() { schema.minimum(Some(low)) } else { schema };
    if high.is_finite() { schema.maximum(Some(high)) } else { schema }
}
