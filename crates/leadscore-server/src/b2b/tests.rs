//! The request of the API's documentation.

pub(super) const REQUEST: &str = r#"{ "lead_id": "LEAD-12345", "features": { "company_revenue": 5000000.0, "company_employee_count": 50,
"company_age_years": 5.5, "company_funding_total": 2000000.0, "company_growth_rate": 0.35,
"industry_tech_score": 0.8, "geographic_tier": 1, "company_public_status": 0, "parent_company_exists": 1,
"subsidiary_count": 2, "website_visits_30d": 45, "page_views_30d": 120, "avg_session_duration_sec": 180.5,
"bounce_rate": 0.35, "pricing_page_visits": 5, "demo_page_visits": 3, "documentation_views": 10,
"email_open_rate": 0.65, "email_click_rate": 0.25, "emails_received": 8, "whitepaper_downloads": 2,
"webinar_attendance": 1, "social_media_engagement": 15, "customer_success_interactions": 2,
"support_ticket_count": 0, "days_since_first_touch": 30.0, "days_since_last_touch": 2.0,
"total_touchpoints": 25, "multi_channel_engagement": 1, "decision_maker_contacted": 1,
"champion_identified": 1, "budget_confirmed": 0, "timeline_confirmed": 1, "competitor_evaluation": 1,
"technical_evaluation_started": 1, "contract_reviewed": 0, "security_questionnaire_completed": 0,
"roi_calculator_used": 1, "custom_demo_requested": 1, "integration_questions_asked": 3,
"lead_source_quality": 0.75, "attribution_touchpoints": 5, "paid_channel_source": 1, "referral_source": 0,
"event_source": 0, "product_tier_interest": 2, "feature_requests_count": 2, "use_case_alignment": 0.85,
"integration_requirements": 3, "deployment_preference": 0 } }"#;
