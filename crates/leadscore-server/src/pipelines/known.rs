//! The included pipelines that can have a part in a configuration.

use leadscore::{Lead, Pipeline, Prediction};

/// What a pipeline does in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    LeadScore,
    Conversion,
    Priority,
}

/// The included pipelines, each with the parts it can play.
pub(crate) struct KnownPipelines(Vec<(Pipeline, Vec<Part>)>);

/// The groups of the API's breakdown of a score.
pub(crate) const GROUPS: [&str; 4] = ["demographic", "behavioral", "temporal", "engagement"];

impl KnownPipelines {
    /// Reads the included pipelines, and scores an empty lead by each to see what it gives.
    pub(crate) fn builtin(as_of: &leadscore::AsOf) -> Result<KnownPipelines, leadscore::Error> {
        let mut known = Vec::new();
        for name in Pipeline::builtin_names() {
            let pipeline = Pipeline::builtin(name)?;
            let prediction = pipeline.score(&Lead::new("none"), as_of)?;
            let parts: Vec<Part> =
                Part::ALL.into_iter().filter(|part| fits(*part, &pipeline, &prediction)).collect();
            if !parts.is_empty() {
                known.push((pipeline, parts));
            }
        }
        Ok(KnownPipelines(known))
    }

    /// The pipeline of a name, if it can play the part.
    pub(crate) fn find(&self, name: &str, part: Part) -> Option<&Pipeline> {
        let mut own = self.0.iter().filter(|(_, parts)| parts.contains(&part));
        own.find(|(pipeline, _)| pipeline.id() == name).map(|(pipeline, _)| pipeline)
    }

    /// The names of the pipelines that can play a part.
    pub(crate) fn names(&self, part: Part) -> Vec<&str> {
        let own = self.0.iter().filter(|(_, parts)| parts.contains(&part));
        own.map(|(pipeline, _)| pipeline.id()).collect()
    }
}

/// Whether a pipeline gives what the API says of that part.
fn fits(part: Part, pipeline: &Pipeline, prediction: &Prediction) -> bool {
    let tiers: Vec<&str> = pipeline.tiers().tiers().iter().map(leadscore::Tier::name).collect();
    let has_tiers = |wanted: [&str; 4]| wanted.iter().all(|name| tiers.contains(name)) && tiers.len() == 4;
    let has_levels = || has_tiers(["HOT", "WARM", "COLD", "DEAD"]);
    match part {
        Part::Conversion => {
            let estimates = ["confidence", "days_to_close"];
            prediction.probability.is_some()
                && has_levels()
                && estimates.iter().all(|name| prediction.estimate(name).is_some())
        }
        Part::LeadScore => {
            let groups: Vec<&str> = prediction.breakdown.iter().map(|own| own.group.as_str()).collect();
            has_levels() && groups == GROUPS
        }
        Part::Priority => has_tiers(["top", "high", "medium", "low"]),
    }
}

impl Part {
    pub(crate) const ALL: [Part; 3] = [Part::LeadScore, Part::Conversion, Part::Priority];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Part::LeadScore => "lead_score",
            Part::Conversion => "conversion",
            Part::Priority => "priority",
        }
    }
}

#[cfg(test)]
mod tests {
    use leadscore::{AsOf, Zone};

    use super::*;

    #[test]
    fn the_parts_of_the_included_pipelines() {
        let known = KnownPipelines::builtin(&AsOf::parse("2026-11-22", &Zone::utc()).unwrap()).unwrap();
        let names = |part| {
            let mut names = known.names(part);
            names.sort_unstable();
            names
        };
        assert_eq!(names(Part::Conversion), ["conversion", "conversion-compat"]);
        assert_eq!(names(Part::LeadScore), ["lead-score"]);
        assert_eq!(names(Part::Priority), ["priority"]);
        assert!(known.find("heat", Part::Conversion).is_none());
    }
}
