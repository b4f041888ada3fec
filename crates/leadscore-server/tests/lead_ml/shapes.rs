//! Answers have the keys and types that the document shows.

use serde_json::{Value, json};

use crate::samples::{ADDED, assert_shape, conversion_sample, with_advice};
use crate::setup::{Leads, get, leads, post};
use crate::support::Running;

#[tokio::test]
async fn predictions_have_the_document_s_shape() {
    let Leads { folder, john, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict"), json!({})).await;
    assert_eq!(status, 200, "{own}");
    assert_shape("", &own, &json!({"prediction": conversion_sample()}), ADDED);
    let prediction = &own["prediction"];
    assert_eq!(
        (&prediction["basis"], &prediction["predictionType"]),
        (&json!("rules"), &json!("CONVERSION"))
    );
    assert_eq!(prediction["probability"], prediction["pipelineProbability"]);
    let probability = prediction["probability"].as_f64().unwrap();
    let level = match probability {
        0.7.. => "HOT",
        0.4.. => "WARM",
        0.15.. => "COLD",
        _ => "DEAD",
    };
    assert_eq!(prediction["predictedScoreLevel"], level, "{probability}");

    let (status, kept) = get(&server, "acme", &format!("/leads/{john}/ml/prediction?type=CONVERSION")).await;
    assert_eq!(status, 200, "{kept}");
    assert_eq!(kept, json!({"id": prediction["predictionId"], "isExpired": false, "prediction": prediction}));

    let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict-time"), json!({})).await;
    assert_eq!(status, 200, "{own}");
    let sample =
        with_advice(json!({"predictionType": "TIME_TO_CLOSE", "probability": 0.65, "confidence": 0.78,
        "predictedDays": 21, "confidenceInterval": {"low": 14, "high": 30}, "predictionId": 124}));
    assert_shape("", &own, &json!({"prediction": sample}), ADDED);
    let days = |name: &str| own["prediction"].pointer(name).unwrap().as_i64().unwrap();
    assert!(days("/confidenceInterval/low") <= days("/predictedDays"));
    assert!(days("/predictedDays") <= days("/confidenceInterval/high"));

    let (status, own) = post(&server, "acme", &format!("/leads/{john}/ml/predict-score"), json!({})).await;
    assert_eq!(status, 200, "{own}");
    let sample = with_advice(json!({"predictionType": "SCORE", "probability": 0.75, "confidence": 0.82,
        "predictedScore": 78, "scoreBreakdown": {"demographic": 22, "behavioral": 28, "temporal": 15, "engagement": 13},
        "predictionId": 125}));
    assert_shape("", &own, &json!({"prediction": sample}), ADDED);
    let parts = own["prediction"]["scoreBreakdown"].as_object().unwrap();
    let sum: i64 = parts.values().map(|part| part.as_i64().unwrap()).sum();
    assert_eq!(Some(sum), own["prediction"]["predictedScore"].as_i64(), "{own}");
    // Company and title, two clicks, a form and a meeting: 20, and 40 at most.
    assert_eq!((&parts["demographic"], &parts["behavioral"]), (&json!(20), &json!(40)));
}

#[tokio::test]
async fn features_and_their_importance_have_the_document_s_shape() {
    let Leads { folder, john, silent, .. } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let sample = json!({"features": {
        "demographic": {"hasCompany": true, "hasTitle": true, "hasPhone": true, "emailDomainType": "corporate",
            "titleSeniority": "vp", "companySizeEstimate": "medium", "emailDomain": "acme.com"},
        "behavioral": {"emailOpenCount": 12, "emailClickCount": 5, "pageViewCount": 8, "formSubmitCount": 2,
            "meetingCount": 1, "callCount": 1, "activityVelocity": 1.8, "channelDiversity": 5,
            "highValueActionCount": 4, "totalActivities": 30},
        "temporal": {"daysSinceCreated": 14, "daysSinceLastActivity": 1, "recencyScore": 0.92, "activityBurst": false,
            "dayPattern": "weekday", "timePattern": "business_hours", "leadAgeWeeks": 2},
        "engagement": {"totalEngagementScore": 75, "emailOpenRate": 0.67, "emailClickRate": 0.28,
            "sequenceEngagement": 0.6, "avgResponseTime": 7200.5, "isInActiveSequence": true, "currentSequenceStep": 3}
    }});
    for lead in [john, silent] {
        let (status, own) = get(&server, "acme", &format!("/leads/{lead}/ml/features")).await;
        assert_eq!(status, 200, "{own}");
        assert_shape("", &own, &sample, &[]);
    }
    let (_, own) = get(&server, "acme", &format!("/leads/{john}/ml/features")).await;
    let own = &own["features"];
    // Counted by hand from the activities that were put in.
    for (place, wanted) in [
        ("/demographic/hasPhone", json!(false)),
        ("/demographic/companySizeEstimate", json!("medium")),
        ("/demographic/titleSeniority", json!("vp")),
        ("/demographic/emailDomain", json!("acme.com")),
        ("/behavioral/emailOpenCount", json!(2)),
        ("/behavioral/emailClickCount", json!(2)),
        ("/behavioral/pageViewCount", json!(2)),
        ("/behavioral/highValueActionCount", json!(3)),
        ("/behavioral/totalActivities", json!(11)),
        ("/behavioral/channelDiversity", json!(5)),
        ("/temporal/daysSinceCreated", json!(1)),
        ("/temporal/activityBurst", json!(true)),
        ("/engagement/emailOpenRate", json!(1.0)),
        ("/engagement/sequenceEngagement", json!(0.6)),
        ("/engagement/currentSequenceStep", json!(2)),
    ] {
        assert_eq!(own.pointer(place), Some(&wanted), "{place}");
    }

    let (status, own) = get(&server, "acme", "/1/ml/feature-importance").await;
    assert_eq!(status, 200, "{own}");
    assert_shape(
        "",
        &own,
        &json!({"importance": [{"name": "Email Clicks", "importance": 0.15, "category": "x"}]}),
        &[],
    );
    let all = own["importance"].as_array().unwrap();
    let shares: Vec<f64> = all.iter().map(|own| own["importance"].as_f64().unwrap()).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares.is_sorted_by(|a, b| a >= b));
    for name in ["Email Clicks", "Form Submissions", "Title Seniority"] {
        assert!(all.iter().any(|own| own["name"] == name), "{name} is missing: {own}");
    }
    let categories = ["demographic", "behavioral", "temporal", "engagement"];
    assert!(all.iter().all(|own| categories.contains(&own["category"].as_str().unwrap())));
}

#[tokio::test]
async fn rankings_have_the_document_s_shape_and_order() {
    let Leads { folder, john, mary, silent } = leads().await;
    let server = Running::start_in(folder, &[]).await;
    let lead = json!({"leadId": 1, "email": "john@acme.com", "name": "John Smith", "company": "ACME Corp",
        "title": "VP Engineering", "score": 85, "scoreLevel": "HOT", "priorityRank": 1, "priorityTier": "top",
        "priorityScore": 92, "conversionProbability": 0.78, "reasoning": "High engagement, decision-maker title"});
    let (status, own) = get(&server, "acme", "/1/ml/ranked-leads").await;
    assert_eq!(status, 200, "{own}");
    let insights = json!({"topLeadCount": 5, "avgConversionProbability": 0.65, "commonPatterns": []});
    assert_shape("", &own["rankings"], &json!([lead]), &[]);
    assert_eq!(own.as_object().unwrap().keys().collect::<Vec<_>>(), ["insights", "rankings"]);
    assert!(insights.as_object().unwrap().keys().eq(own["insights"].as_object().unwrap().keys()), "{own}");
    let ids = |leads: &Value| -> Vec<i64> {
        leads.as_array().unwrap().iter().map(|own| own["leadId"].as_i64().unwrap()).collect()
    };
    let rankings = own["rankings"].as_array().unwrap();
    assert_eq!(ids(&own["rankings"]).first(), Some(&john));
    assert_eq!(rankings.len(), 3);
    let mut before = i64::MAX;
    let (mut sum, mut top) = (0.0, 0);
    for (at, lead) in rankings.iter().enumerate() {
        let score = lead["priorityScore"].as_i64().unwrap();
        let tier = match score {
            75.. => "top",
            50.. => "high",
            25.. => "medium",
            _ => "low",
        };
        assert_eq!((&lead["priorityTier"], &lead["priorityRank"]), (&json!(tier), &json!(at + 1)), "{lead}");
        assert!(score <= before, "{own}");
        before = score;
        sum += lead["conversionProbability"].as_f64().unwrap();
        top += usize::from(tier == "top");
    }
    let average = own["insights"]["avgConversionProbability"].as_f64().unwrap();
    assert!((average - sum / 3.0).abs() <= 0.005 + 1e-9, "{own}");
    assert_eq!(own["insights"]["topLeadCount"], top);
    // Two of three write from an address of a company; nothing else is shared by more than half.
    assert_eq!(own["insights"]["commonPatterns"], json!(["Corporate email domains"]));

    // What was ranked is kept as a prediction, once for as long as it says the same.
    let (status, kept) = get(&server, "acme", &format!("/leads/{john}/ml/prediction?type=PRIORITY")).await;
    assert_eq!((status, &kept["prediction"]["priorityRank"]), (200, &json!(1)), "{kept}");
    get(&server, "acme", "/1/ml/ranked-leads").await;
    let (_, again) = get(&server, "acme", &format!("/leads/{john}/ml/prediction?type=priority")).await;
    assert_eq!(again["id"], kept["id"]);

    let (status, own) = get(&server, "acme", "/1/ml/top-leads?n=2").await;
    assert_eq!(status, 200, "{own}");
    assert_shape("", &own, &json!({"leads": [lead]}), &[]);
    assert_eq!(ids(&own["leads"]), ids(&Value::from(rankings[..2].to_vec())));

    let mut seen = Vec::new();
    for tier in ["top", "high", "medium", "low"] {
        let (status, own) = get(&server, "acme", &format!("/1/ml/leads-by-tier?tier={tier}")).await;
        assert_eq!(status, 200, "{own}");
        assert!(own["leads"].as_array().unwrap().iter().all(|lead| lead["priorityTier"] == tier), "{own}");
        seen.extend(ids(&own["leads"]));
    }
    seen.sort_unstable();
    assert_eq!(seen, [john, mary, silent]);

    // Filters hold for each lead that is returned, and leave out the others.
    let probability = rankings[1]["conversionProbability"].as_f64().unwrap();
    let kept = |min: f64| {
        rankings.iter().filter(|own| own["conversionProbability"].as_f64().unwrap() >= min).count()
    };
    let (_, own) =
        get(&server, "acme", &format!("/1/ml/ranked-leads?minProbability={probability}&useLLM=false")).await;
    assert_eq!(own["rankings"].as_array().unwrap().len(), kept(probability), "{own}");
    let (_, own) = get(&server, "acme", "/1/ml/ranked-leads?minScore=50").await;
    assert_eq!(ids(&own["rankings"]), [john]);
    let (status, own) = get(&server, "nobody", "/1/ml/ranked-leads").await;
    assert_eq!(status, 200);
    let nothing = json!({"topLeadCount": 0, "avgConversionProbability": 0.0, "commonPatterns": []});
    assert_eq!(own, json!({"rankings": [], "insights": nothing}));
}
