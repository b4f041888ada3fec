//! A lead as requests send it.

use leadscore::Lead;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::store::{Attributes, Contact};

/// A lead. Only name and e-mail address are required; what is absent is missing, and never guessed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct HeatLead {
    #[schema(min_length = 1, max_length = 200, pattern = r"\S")]
    pub(crate) name: String,
    #[schema(format = "email", max_length = 254)]
    pub(crate) email: String,
    #[serde(flatten)]
    pub(crate) known: HeatAttributes,
}

/// What may be known of a lead.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub(crate) struct HeatAttributes {
    #[schema(max_length = 200)]
    pub(crate) role: Option<String>,
    #[schema(max_length = 200)]
    pub(crate) campaign: Option<String>,
    #[schema(max_length = 200)]
    pub(crate) source: Option<String>,
    #[schema(max_length = 200)]
    pub(crate) region: Option<String>,
    /// Days since the last contact.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1e9)]
    pub(crate) recency_days: Option<f64>,
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1e9)]
    pub(crate) page_views: Option<f64>,
    /// On the website, in seconds.
    #[schema(minimum = 0, maximum = 1e12)]
    pub(crate) time_spent: Option<f64>,
    #[schema(max_length = 200)]
    pub(crate) last_touch: Option<String>,
    pub(crate) prior_course_interest: Option<Interest>,
    #[schema(max_length = 100)]
    pub(crate) phone: Option<String>,
    #[schema(max_length = 2000)]
    pub(crate) search_keywords: Option<String>,
    #[schema(max_length = 2000)]
    pub(crate) course_actions: Option<String>,
}

/// How much the lead cared for courses so far.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interest {
    High,
    Medium,
    Low,
    None,
}

impl HeatLead {
    /// Who the lead is.
    pub(crate) fn contact(&self) -> Contact {
        Contact {
            email: Some(self.email.trim().to_lowercase()),
            phone: text(self.known.phone.as_deref()).map(str::to_owned),
            external_id: None,
        }
    }

    /// What is kept of it. The role is the job title of the other APIs.
    pub(crate) fn attributes(&self) -> Attributes {
        let mut all = self.known.attributes();
        all.insert("name".to_owned(), self.name.trim().into());
        all
    }

    /// The lead as the heat model reads it.
    pub(crate) fn to_lead(&self, id: &str) -> Lead {
        let mut lead = Lead::new(id).with("email", self.email.trim());
        for (name, value) in self.attributes() {
            lead = match value {
                Value::String(text) => lead.with(name, text),
                Value::Number(number) => lead.with(name, number.as_f64()),
                _ => lead,
            };
        }
        lead
    }
}

impl HeatAttributes {
    pub(crate) fn attributes(&self) -> Attributes {
        let mut all = Attributes::new();
        let texts = [
            ("title", &self.role),
            ("campaign", &self.campaign),
            ("source", &self.source),
            ("region", &self.region),
            ("last_touch", &self.last_touch),
            ("phone", &self.phone),
            ("search_keywords", &self.search_keywords),
            ("course_actions", &self.course_actions),
        ];
        for (name, value) in texts {
            if let Some(value) = text(value.as_deref()) {
                all.insert(name.to_owned(), value.into());
            }
        }
        let numbers = [
            ("recency_days", self.recency_days),
            ("page_views", self.page_views),
            ("time_spent", self.time_spent),
        ];
        for (name, value) in numbers {
            if let Some(value) = value {
                all.insert(name.to_owned(), value.into());
            }
        }
        if let Some(interest) = self.prior_course_interest {
            all.insert("prior_course_interest".to_owned(), interest.as_str().into());
        }
        all
    }
}

impl Interest {
    fn as_str(self) -> &'static str {
        match self {
            Interest::High => "high",
            Interest::Medium => "medium",
            Interest::Low => "low",
            Interest::None => "none",
        }
    }
}

/// A text that says something.
fn text(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}
