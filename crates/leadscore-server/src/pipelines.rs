//! The included pipelines that routes score by.

mod known;

use leadscore::{AsOf, Error, Pipeline, Zone};

pub(crate) use known::{GROUPS, KnownPipelines, Part};

/// The included pipelines that routes score by.
pub(crate) struct Pipelines {
    pub(crate) heat: Pipeline,
    /// The columns that an upload of heat scores may have: as a schema, so that the reader knows what it looks for.
    pub(crate) heat_upload: Pipeline,
    pub(crate) qualify: Pipeline,
    /// Those that a configuration of the Lead ML API may name.
    pub(crate) lead_ml: KnownPipelines,
    pub(crate) utc: Zone,
}

impl Pipelines {
    pub(crate) fn builtin() -> Result<Pipelines, Error> {
        let utc = Zone::utc();
        Ok(Pipelines {
            heat: Pipeline::builtin("heat")?,
            heat_upload: Pipeline::from_json(include_str!("families/heatscore/upload_columns.json"))?,
            qualify: Pipeline::builtin("qualify")?,
            lead_ml: KnownPipelines::builtin(&AsOf::parse("2026-01-01", &utc)?)?,
            utc,
        })
    }
}
