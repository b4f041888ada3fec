//! The features of a lead by the groups and names of the API.

use leadscore::{FeatureValue, FeatureValues};
use serde::Serialize;
use utoipa::ToSchema;

/// The features of a lead in four groups; null where the record does not say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeatureGroups {
    demographic: DemographicFeatures,
    behavioral: BehavioralFeatures,
    temporal: TemporalFeatures,
    engagement: EngagementFeatures,
}

/// Who the lead is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DemographicFeatures {
    has_company: Option<bool>,
    has_title: Option<bool>,
    has_phone: Option<bool>,
    /// `corporate`, `free`, `edu`, `government`, `disposable` or `unknown`.
    email_domain_type: Option<String>,
    /// `c_level`, `vp`, `director`, `manager`, `individual` or `unknown`.
    title_seniority: Option<String>,
    /// `enterprise`, `medium`, `smb`, `startup` or `unknown`.
    company_size_estimate: Option<String>,
    email_domain: Option<String>,
}

/// What the lead did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BehavioralFeatures {
    email_open_count: Option<i64>,
    email_click_count: Option<i64>,
    page_view_count: Option<i64>,
    form_submit_count: Option<i64>,
    meeting_count: Option<i64>,
    call_count: Option<i64>,
    /// Activities a day.
    activity_velocity: Option<f64>,
    channel_diversity: Option<i64>,
    high_value_action_count: Option<i64>,
    total_activities: Option<i64>,
}

/// When the lead did it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TemporalFeatures {
    days_since_created: Option<i64>,
    days_since_last_activity: Option<i64>,
    /// From 0 to 1; halves every seven days without an activity.
    recency_score: Option<f64>,
    activity_burst: Option<bool>,
    /// `weekday`, `weekend` or `mixed`.
    day_pattern: Option<String>,
    /// `business_hours`, `after_hours` or `mixed`.
    time_pattern: Option<String>,
    lead_age_weeks: Option<i64>,
}

/// How the lead takes e-mails.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EngagementFeatures {
    total_engagement_score: Option<i64>,
    email_open_rate: Option<f64>,
    email_click_rate: Option<f64>,
    sequence_engagement: Option<f64>,
    /// In seconds.
    avg_response_time: Option<f64>,
    is_in_active_sequence: Option<bool>,
    current_sequence_step: Option<i64>,
}

impl FeatureGroups {
    /// The features of the schema `lead-ml`, by its names.
    pub(crate) fn new(values: &FeatureValues) -> FeatureGroups {
        let own = Named(values);
        let size = own
            .text("company_size")
            .map(|size| if size == "mid_market" { "medium".to_owned() } else { size });
        FeatureGroups {
            demographic: DemographicFeatures {
                has_company: own.flag("has_company"),
                has_title: own.flag("has_title"),
                has_phone: own.flag("has_phone"),
                email_domain_type: own.text("email_domain_type"),
                title_seniority: own.text("title_seniority"),
                company_size_estimate: size,
                email_domain: own.text("email_domain"),
            },
            behavioral: BehavioralFeatures {
                email_open_count: own.count("email_open_count"),
                email_click_count: own.count("email_click_count"),
                page_view_count: own.count("page_view_count"),
                form_submit_count: own.count("form_submit_count"),
                meeting_count: own.count("meeting_count"),
                call_count: own.count("call_count"),
                activity_velocity: own.number("activity_velocity"),
                channel_diversity: own.count("channel_diversity"),
                high_value_action_count: own.count("high_value_action_count"),
                total_activities: own.count("total_activities"),
            },
            temporal: TemporalFeatures {
                days_since_created: own.count("days_since_created"),
                days_since_last_activity: own.count("days_since_last_activity"),
                recency_score: own.number("recency_score"),
                activity_burst: own.flag("activity_burst"),
                day_pattern: own.text("day_pattern"),
                time_pattern: own.text("time_pattern"),
                lead_age_weeks: own.count("lead_age_weeks"),
            },
            engagement: EngagementFeatures {
                total_engagement_score: own.count("total_engagement_score"),
                email_open_rate: own.number("email_open_rate"),
                email_click_rate: own.number("email_click_rate"),
                sequence_engagement: own.number("sequence_engagement"),
                avg_response_time: own.number("avg_response_time"),
                is_in_active_sequence: own.flag("is_in_active_sequence"),
                current_sequence_step: own.count("current_sequence_step"),
            },
        }
    }
}

struct Named<'a>(&'a FeatureValues);

impl Named<'_> {
    fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name) {
            Some(FeatureValue::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.0.get(name) {
            Some(FeatureValue::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn count(&self, name: &str) -> Option<i64> {
        self.number(name).map(|number| number.round() as i64)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(FeatureValue::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }
}
