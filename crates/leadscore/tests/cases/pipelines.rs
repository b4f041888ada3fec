//! Pipelines, conditions and values that are taken, for the tests that read them and for those of the file format.

pub(crate) const OLDER_SCORE: &str = r#"{"format":1,"id":"older-score",
"schema":{"extends":"lead-ml","features":[
 {"name":"lately","type":"flag","source":{"from":"formula","when":{"of":"days_since_last_activity","at_most":7}}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"range":[null,100],"groups":[
 {"code":"who","rules":[{"code":"company","when":"has_company","points":10},{"code":"title","when":"has_title","points":10},{"code":"phone","when":"has_phone","points":5}]},
 {"code":"did","rules":[
  {"code":"opens","points":{"product":[5,"email_open_count"]}},{"code":"clicks","points":{"product":[10,"email_click_count"]}},
  {"code":"views","points":{"product":[3,"page_view_count"]}},{"code":"forms","points":{"product":[15,"form_submit_count"]}}]},
 {"code":"when","rules":[{"code":"recent","when":"lately","points":20},{"code":"many","when":{"of":"total_activities","over":10},"points":15}]}]},
"scale":{"kind":"points"},"tiers":"lead-score"}"#;

/// Views over 20, high interest, three days, a demo: +2 each, and so on down to −1.
pub(crate) const PLUS_MINUS: &str = r#"{"format":1,"id":"plus-minus","schema":{"features":[
 {"name":"views","type":"number","source":{"from":"attribute","name":"page_views"}},
 {"name":"days","type":"number","source":{"from":"attribute","name":"recency_days"}},
 {"name":"interest","type":"category","levels":["high","medium","low","none"],"source":{"from":"attribute"}},
 {"name":"demo","type":"flag","source":{"from":"match","attribute":"last_touch","rules":[{"level":1,"words":["demo"]}],"else":0,"blank":0}},
 {"name":"good_source","type":"flag","source":{"from":"match","attribute":"source","rules":[{"level":1,"is":["webinar","referral"]}],"else":0,"blank":0}}]},
"scorer":{"kind":"scorecard","unit":"points","base":0,"groups":[{"code":"all","rules":[
 {"code":"views","points":{"cases":[[{"of":"views","over":20},2],[{"of":"views","at_least":10},1],[{"of":"views","under":5},-1]],"else":0}},
 {"code":"interest","points":{"of":"interest","map":{"high":2,"medium":1,"low":-1},"else":0}},
 {"code":"days","points":{"cases":[[{"of":"days","at_most":3},2],[{"of":"days","at_most":7},1],[{"of":"days","over":30},-1]],"else":0}},
 {"code":"demo","when":"demo","points":2},{"code":"source","when":"good_source","points":1}]}]},
"scale":{"kind":"linear","from":-3,"to":9},
"tiers":{"on":"score","bounds":[{"tier":"hot","from":75,"action":"Call"},{"tier":"warm","from":50},{"tier":"cold"}]}}"#;

pub(crate) const SCHEMA: &str = r#"{"features":[
 {"name":"n","type":"number","source":{"from":"attribute"}},{"name":"big","type":"number","source":{"from":"attribute"}},
 {"name":"share","type":"number","source":{"from":"attribute"}},{"name":"gone","type":"number","source":{"from":"attribute"}},
 {"name":"yes","type":"flag","source":{"from":"attribute"}},{"name":"flag_gone","type":"flag","source":{"from":"attribute"}},
 {"name":"kind","type":"category","levels":["a","b"],"source":{"from":"attribute"}},
 {"name":"kind_gone","type":"category","levels":["a","b"],"source":{"from":"attribute"}}]}"#;

/// Conditions, and whether they hold where `n` is 5; `gone`, `flag_gone` and `kind_gone` are missing.
pub(crate) const CONDITIONS: [(&str, bool); 25] = [
    (r#""yes""#, true),
    (r#""flag_gone""#, false),
    (r#"{"not":"flag_gone"}"#, false),
    (r#"{"not":"yes"}"#, false),
    (r#"{"of":"n","at_least":5,"at_most":5}"#, true),
    (r#"{"of":"n","over":5}"#, false),
    (r#"{"of":"n","under":5}"#, false),
    (r#"{"of":"n","over":4,"under":6}"#, true),
    (r#"{"of":"n","is":5}"#, true),
    (r#"{"of":"n","in":[1,5]}"#, true),
    (r#"{"of":"yes","is":true}"#, true),
    (r#"{"of":{"sum":["n",1]},"is":6}"#, true),
    (r#"{"of":"gone","under":1}"#, false),
    (r#"{"not":{"of":"gone","under":1}}"#, false),
    (r#"{"missing":"gone"}"#, true),
    (r#"{"missing":"n"}"#, false),
    (r#"{"of":"kind","is":"A"}"#, true),
    (r#"{"of":"kind_gone","is":"a"}"#, false),
    (r#"{"not":{"of":"kind_gone","is":"a"}}"#, false),
    (r#"{"all":["yes","flag_gone"]}"#, false),
    (r#"{"not":{"all":["yes","flag_gone"]}}"#, false),
    (r#"{"not":{"all":[{"not":"yes"},"flag_gone"]}}"#, true),
    (r#"{"any":["flag_gone","yes"]}"#, true),
    (r#"{"any":["flag_gone",{"not":"yes"}]}"#, false),
    (r#"{"not":{"any":["flag_gone","yes"]}}"#, false),
];

/// Values where `n` is 5; NaN is a value that is missing.
pub(crate) const VALUES: [(&str, f64); 27] = [
    (r#"{"sum":["n",1]}"#, 6.0),
    (r#"{"sum":["n","gone"]}"#, f64::NAN),
    (r#"{"product":[0,"gone"]}"#, f64::NAN),
    (r#"{"min":[1,"gone"]}"#, f64::NAN),
    (r#"{"max":["gone",1]}"#, f64::NAN),
    (r#"{"min":["n",7]}"#, 5.0),
    (r#"{"max":["n",7]}"#, 7.0),
    (r#"{"ratio":["n",2]}"#, 2.5),
    (r#"{"ratio":["n",0]}"#, f64::NAN),
    (r#"{"ratio":[0,0]}"#, f64::NAN),
    (r#"{"first":["gone","n"]}"#, 5.0),
    (r#"{"first":[{"ratio":[1,0]},3]}"#, 3.0),
    (r#"{"first":["gone"]}"#, f64::NAN),
    (r#"{"round":2.5}"#, 3.0),
    (r#"{"round":-2.5}"#, -3.0),
    (r#"{"round":0.5}"#, 1.0),
    (r#"{"round":"gone"}"#, f64::NAN),
    (r#"{"floor":-0.5}"#, -1.0),
    (r#"{"half_life":["n",5]}"#, 0.5),
    (r#"{"half_life":[-5,5]}"#, 1.0),
    (r#"{"half_life":["gone",5]}"#, f64::NAN),
    (r#"{"of":"kind","map":{"a":2},"else":3}"#, 2.0),
    (r#"{"of":"kind","map":{"b":2},"else":3}"#, 3.0),
    (r#"{"of":"kind_gone","map":{"a":2},"else":3}"#, f64::NAN),
    (r#"{"cases":[["flag_gone",1],["yes",2]],"else":3}"#, 2.0),
    (r#"{"cases":[["flag_gone",1]],"else":3}"#, 3.0),
    (r#"{"cases":[["flag_gone","gone"]],"else":4}"#, 4.0),
];

/// A scorecard's pipeline over [`SCHEMA`], with more fields of the scorecard, its groups, and a scale.
pub(crate) fn pipeline(extra: &str, groups: &str, scale: &str) -> String {
    format!(
        r#"{{"format":1,"id":"p","schema":{SCHEMA},"scorer":{{"kind":"scorecard","unit":"points"{extra},"groups":[{groups}]}},"scale":{scale},"tiers":"hot-warm-cold"}}"#
    )
}

/// A pipeline of one group, whose scale leaves room below zero.
pub(crate) fn small(rules: &str) -> String {
    pipeline(
        r#","base":0"#,
        &format!(r#"{{"code":"g","rules":[{rules}]}}"#),
        r#"{"kind":"linear","from":-50,"to":50}"#,
    )
}

/// A rule that scores one point where a condition holds.
pub(crate) fn rule_when(condition: &str) -> String {
    format!(r#"{{"code":"r","when":{condition},"points":1}}"#)
}

/// A rule that scores a value.
pub(crate) fn rule_points(value: &str) -> String {
    format!(r#"{{"code":"r","points":{value}}}"#)
}
