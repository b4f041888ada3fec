//! What is known of a lead's company, each fact with where it is from.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What may be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrichmentField)]
pub(crate) enum FactKind {
    CompanySize,
    Industry,
    EstimatedRevenue,
    LinkedinUrl,
    Location,
    Country,
    Funding,
    Title,
    Budget,
}

/// Where a fact is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EnrichmentSource)]
pub(crate) enum FactSource {
    /// The metadata of the request, or of an earlier one.
    Metadata,
    /// What the lead wrote, now or earlier.
    Message,
    /// What the store has of the lead.
    Lead,
    /// The file of companies.
    CompaniesFile,
    /// The address that is asked for companies.
    CompaniesUrl,
}

/// Something that is known of a lead or its company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = EnrichmentFact)]
pub(crate) struct Fact {
    pub(crate) field: FactKind,
    /// As it is shown.
    pub(crate) value: String,
    /// As it is scored: employees, or US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<f64>,
    /// Whether the number may be higher.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) at_least: bool,
    pub(crate) source: FactSource,
    /// The lead's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quote: Option<String>,
}

impl FactKind {
    pub(crate) const ALL: [FactKind; 9] = [
        FactKind::CompanySize,
        FactKind::Industry,
        FactKind::EstimatedRevenue,
        FactKind::LinkedinUrl,
        FactKind::Location,
        FactKind::Country,
        FactKind::Funding,
        FactKind::Title,
        FactKind::Budget,
    ];

    /// The attribute by which pipelines and other routes know it.
    pub(crate) fn attribute(self) -> &'static str {
        match self {
            FactKind::CompanySize => "employees",
            FactKind::Industry => "industry",
            FactKind::EstimatedRevenue => "revenue_usd",
            FactKind::LinkedinUrl => "linkedin_url",
            FactKind::Location => "location",
            FactKind::Country => "country",
            FactKind::Funding => "funding_usd",
            FactKind::Title => "title",
            FactKind::Budget => "budget",
        }
    }

    /// Whether its attribute is a number.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, FactKind::CompanySize | FactKind::EstimatedRevenue | FactKind::Funding)
    }

    /// Whether it is of the company, and not of a person in it.
    pub(crate) fn is_of_company(self) -> bool {
        !matches!(self, FactKind::Title | FactKind::Budget)
    }
}

impl FactSource {
    /// Whether the lead, or whoever sent it, said so: that is not said again in every request.
    pub(crate) fn is_stated(self) -> bool {
        matches!(self, FactSource::Metadata | FactSource::Message)
    }
}

impl Fact {
    /// What the store has of a lead.
    pub(crate) fn of_lead(field: FactKind, value: String) -> Fact {
        Fact { field, value, number: None, at_least: false, source: FactSource::Lead, quote: None }
    }
}

/// One fact of each kind: the first that is exact. What is only a lower bound gives way to an exact number, unless that one
/// comes later and is below it.
pub(crate) fn settle(candidates: &[Fact]) -> Vec<Fact> {
    let one = |kind: FactKind| {
        let own = || candidates.iter().enumerate().filter(move |(_, fact)| fact.field == kind);
        let exact = own().find(|(_, fact)| !fact.at_least);
        let bound = own().find(|(_, fact)| fact.at_least);
        match (exact, bound) {
            (Some((at, exact)), Some((other, bound))) => {
                let is_beyond = exact.number.is_none_or(|number| Some(number) >= bound.number);
                Some(if at < other || is_beyond { exact } else { bound })
            }
            (exact, bound) => exact.or(bound).map(|(_, fact)| fact),
        }
    };
    FactKind::ALL.into_iter().filter_map(one).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(number: f64, at_least: bool, source: FactSource) -> Fact {
        let value = number.to_string();
        Fact { field: FactKind::CompanySize, value, number: Some(number), at_least, source, quote: None }
    }

    #[test]
    fn an_exact_number_wins_unless_the_lead_says_more() {
        let team = size(50.0, true, FactSource::Message);
        let file = |number| size(number, false, FactSource::CompaniesFile);
        assert_eq!(settle(&[team.clone(), file(180.0)]), [file(180.0)]);
        assert_eq!(settle(&[team.clone(), file(20.0)]), std::slice::from_ref(&team));
        // The exact word of the lead comes before its bound.
        let own = size(40.0, false, FactSource::Metadata);
        assert_eq!(settle(&[own.clone(), team.clone(), file(180.0)]), [own]);
        assert_eq!(settle(std::slice::from_ref(&team)), std::slice::from_ref(&team));
    }
}
