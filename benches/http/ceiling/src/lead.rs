//! What is posted: a lead with the features of the built-in schema `b2b`.

use serde::Deserialize;

/// A lead to be scored.
#[derive(Deserialize)]
pub struct Lead {
    /// The caller's own id.
    pub lead_id: String,
    /// Its features.
    pub features: Features,
}

/// The 50 features. Those without a default must be there, as the schema says.
#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed and dropped, as the ceiling is meant to")]
pub struct Features {
    pub company_revenue: f64,
    pub company_employee_count: f64,
    pub company_age_years: f64,
    #[serde(default)]
    pub company_funding_total: f64,
    pub company_growth_rate: f64,
    pub industry_tech_score: f64,
    pub geographic_tier: f64,
    pub company_public_status: f64,
    pub parent_company_exists: f64,
    #[serde(default)]
    pub subsidiary_count: f64,
    pub website_visits_30d: f64,
    pub page_views_30d: f64,
    pub avg_session_duration_sec: f64,
    pub bounce_rate: f64,
    #[serde(default)]
    pub pricing_page_visits: f64,
    #[serde(default)]
    pub demo_page_visits: f64,
    #[serde(default)]
    pub documentation_views: f64,
    #[serde(default)]
    pub email_open_rate: f64,
    #[serde(default)]
    pub email_click_rate: f64,
    #[serde(default)]
    pub emails_received: f64,
    #[serde(default)]
    pub whitepaper_downloads: f64,
    #[serde(default)]
    pub webinar_attendance: f64,
    #[serde(default)]
    pub social_media_engagement: f64,
    #[serde(default)]
    pub customer_success_interactions: f64,
    #[serde(default)]
    pub support_ticket_count: f64,
    pub days_since_first_touch: f64,
    pub days_since_last_touch: f64,
    pub total_touchpoints: f64,
    pub multi_channel_engagement: f64,
    pub decision_maker_contacted: f64,
    #[serde(default)]
    pub champion_identified: f64,
    #[serde(default)]
    pub budget_confirmed: f64,
    #[serde(default)]
    pub timeline_confirmed: f64,
    #[serde(default)]
    pub competitor_evaluation: f64,
    #[serde(default)]
    pub technical_evaluation_started: f64,
    #[serde(default)]
    pub contract_reviewed: f64,
    #[serde(default)]
    pub security_questionnaire_completed: f64,
    #[serde(default)]
    pub roi_calculator_used: f64,
    #[serde(default)]
    pub custom_demo_requested: f64,
    #[serde(default)]
    pub integration_questions_asked: f64,
    pub lead_source_quality: f64,
    pub attribution_touchpoints: f64,
    pub paid_channel_source: f64,
    #[serde(default)]
    pub referral_source: f64,
    #[serde(default)]
    pub event_source: f64,
    pub product_tier_interest: f64,
    #[serde(default)]
    pub feature_requests_count: f64,
    pub use_case_alignment: f64,
    #[serde(default)]
    pub integration_requirements: f64,
    pub deployment_preference: f64,
}
