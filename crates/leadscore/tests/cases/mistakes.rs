//! Mistakes in pipeline files, each with the error it must give.
//!
//! Most are of structure: a field that is unknown, missing, of the wrong kind, or out of place beside another one.
//! `docs/pipeline.schema.json` refuses these too. Some are of meaning, which a schema cannot tell (a name that nothing has,
//! numbers out of order, parts that do not fit together); they are marked with [`Mistake::of_meaning`], and the schema
//! takes them.

#![allow(dead_code)] // each test file uses its part

/// A pipeline file that must be refused.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) text: String,
    pub(crate) code: &'static str,
    pub(crate) path: String,
    pub(crate) is_structural: bool,
}

impl Mistake {
    fn of_meaning(&mut self) {
        self.is_structural = false;
    }
}

/// The file that the mistakes are made in.
pub(crate) const GOOD: &str = r#"{"format":1,"id":"p","schema":{"features":[
{"name":"n","type":"number","source":{"from":"attribute"}},
{"name":"kind","type":"category","levels":["a","b"],"source":{"from":"attribute"}},
{"name":"yes","type":"flag","source":{"from":"attribute"}},
{"name":"counted","type":"number","source":{"from":"count"}},
{"name":"matched","type":"flag","source":{"from":"match","attribute":"a","rules":[{"level":1,"is":"x"}],"else":0}},
{"name":"hidden","type":"number","helper":true,"source":{"from":"attribute"}},
{"name":"later","type":"number","source":{"from":"attribute"}}]},
"scorer":{"kind":"scorecard","unit":"points","base":1,"groups":[{"code":"g","rules":[{"code":"r","points":1}]}]},
"scale":{"kind":"points"},"tiers":"hot-warm-cold"}"#;

/// The good file with one thing replaced.
pub(crate) fn file(find: &str, put: &str) -> String {
    assert!(GOOD.contains(find), "{find}?");
    GOOD.replacen(find, put, 1)
}

const GROUPS: [fn(&mut List); 10] = [
    at_the_top,
    newer_formats,
    in_features,
    ages_with_filters,
    attributes_of_other_types,
    numbers_that_would_overflow,
    in_rules,
    helpers_in_rules,
    in_tiers_scales_and_advice,
    in_extends,
];

/// All mistakes.
pub(crate) fn all() -> Vec<Mistake> {
    let mut list = List::default();
    for group in GROUPS {
        group(&mut list);
    }
    list.0
}

fn at_the_top(list: &mut List) {
    list.text("{", "invalid_json", "");
    list.text("", "invalid_json", "");
    list.text(r#"{"format":1,"format":1}"#, "invalid_json", "");
    list.text("[]", "invalid_pipeline", "");
    list.text("{}", "invalid_pipeline", "");
    list.replace(r#""format":1"#, r#""format":2"#, "unsupported_format", "format");
    list.replace(r#""format":1"#, r#""format":0"#, "invalid_pipeline", "format");
    list.replace(r#""format":1"#, r#""format":1.5"#, "invalid_pipeline", "format");
    list.replace(r#""format":1"#, r#""format":1,"colour":"red""#, "invalid_pipeline", "");
    list.replace(r#""id":"p""#, r#""id":" ""#, "invalid_pipeline", "id");
    list.replace(r#""id":"p""#, r#""id":7"#, "invalid_pipeline", "id");
    list.replace(r#""id":"p","#, "", "invalid_pipeline", "");
    list.replace(r#""kind":"points""#, r#""kind":"logistic""#, "invalid_pipeline", "scale").of_meaning();
    list.replace(r#""kind":"points""#, r#""kind":"magic""#, "invalid_pipeline", "scale.kind");
    list.replace(r#""tiers":"hot-warm-cold""#, r#""tiers":"lukewarm""#, "invalid_pipeline", "tiers")
        .of_meaning();
    list.replace(r#""tiers":"hot-warm-cold""#, r#""tiers":"conversion""#, "invalid_pipeline", "tiers")
        .of_meaning();
    list.replace(r#""kind":"scorecard""#, r#""kind":"oracle""#, "invalid_pipeline", "scorer.kind");
    list.replace(r#""unit":"points""#, r#""unit":"log_odds""#, "invalid_pipeline", "scale").of_meaning();
    list.replace(
        r#""unit":"points""#,
        r#""unit":"log_odds","range":[0,1]"#,
        "invalid_pipeline",
        "scorer.range",
    );
    list.replace(
        r#""unit":"points""#,
        r#""unit":"log_odds","round":"down""#,
        "invalid_pipeline",
        "scorer.round",
    );
}

fn newer_formats(list: &mut List) {
    let newer = r#"{"format":2,"id":"p","extends":"a-pipeline-of-the-future","colour":"red"}"#;
    list.text(newer, "unsupported_format", "format");
}

fn in_features(list: &mut List) {
    let n = r#"{"name":"n","type":"number""#;
    list.replace(n, r#"{"name":"n","type":"word""#, INVALID, "schema.features[0].type");
    list.replace(n, r#"{"name":"","type":"number""#, INVALID, "schema.features[0].name");
    list.replace(n, r#"{"name":"$n","type":"number""#, INVALID, "schema.features[0].name");
    list.replace(n, r#"{"name":"n","kind":"number""#, INVALID, "schema.features[0]");
    list.replace(n, r#"{"name":"n","type":"number","levels":["a"]"#, INVALID, "schema.features[0]");
    list.replace(n, r#"{"name":"n","type":"number","range":[2,1]"#, INVALID, "schema.features[0].range")
        .of_meaning();
    list.replace(n, r#"{"name":"n","type":"number","range":[2]"#, INVALID, "schema.features[0].range");
    list.replace(n, r#"{"name":"n","type":"number","range":["a",1]"#, INVALID, "schema.features[0].range[0]");
    list.replace(n, r#"{"name":"n","type":"number","helper":1"#, INVALID, "schema.features[0].helper");
    list.replace(r#""levels":["a","b"]"#, r#""levels":["a","A "]"#, INVALID, "schema.features[1]")
        .of_meaning();
    list.replace(r#""levels":["a","b"]"#, r#""levels":["a",1]"#, INVALID, "schema.features[1].levels[1]");
    list.replace(
        r#""levels":["a","b"]"#,
        r#""levels":["a","b"],"unseen":"c""#,
        INVALID,
        "schema.features[1].unseen",
    )
    .of_meaning();
    list.replace(
        r#""levels":["a","b"]"#,
        r#""levels":["a","b"],"default":"c""#,
        INVALID,
        "schema.features[1].default",
    )
    .of_meaning();
    list.replace(r#"{"name":"yes""#, r#"{"name":"n""#, INVALID, "schema.features[2]").of_meaning();
    list.source(r#"{"from":"nowhere"}"#, ".from");
    list.source("{}", "");
    list.source(r#"{"from":"count","of":"x"}"#, "");
    list.source(r#"{"from":"count","half_life_days":0}"#, ".half_life_days");
    list.source(r#"{"from":"count","within_days":-1}"#, ".within_days");
    list.source(r#"{"from":"count","types":"call"}"#, ".types");
    list.source(r#"{"from":"count","latest":-1}"#, ".latest");
    list.source(r#"{"from":"count","where":{"property":"p"}}"#, ".where");
    list.source(r#"{"from":"count","where":{"property":"p","is":[1]}}"#, ".where.is");
    list.source(r#"{"from":"aggregate","property":"p"}"#, "");
    list.source(r#"{"from":"aggregate","property":"p","take":"most"}"#, ".take");
    list.source(r#"{"from":"aggregate","property":"p","take":"mean","half_life_days":1}"#, "");
    list.source(r#"{"from":"distinct","what":"property"}"#, "");
    list.source(r#"{"from":"burst","hours":0}"#, ".hours");
    list.source(r#"{"from":"share"}"#, "");
    list.source(r#"{"from":"share","hours":[9,24]}"#, ".hours");
    list.source(r#"{"from":"share","weekdays":[0]}"#, ".weekdays[0]");
    list.source(r#"{"from":"response_time","after":{}}"#, "");
    list.source(r#"{"from":"age","of":"created_at","unit":"years"}"#, ".unit");
    list.source(r#"{"from":"match","attribute":"a","rules":[]}"#, "");
    list.source(r#"{"from":"formula","value":"later"}"#, ".value").of_meaning();
    list.source(r#"{"from":"formula","value":"unknown"}"#, ".value").of_meaning();
    list.source(r#"{"from":"formula","value":"$score"}"#, ".value").of_meaning();
    list.source(r#"{"from":"formula","when":"yes"}"#, "");
    list.source(r#"{"from":"formula","value":1,"when":"yes"}"#, "");
    list.matching(r#"{"level":2,"is":"x"}"#, ".level").of_meaning();
    list.matching(r#"{"level":1}"#, "");
    list.matching(r#"{"level":1,"is":"x","words":["y"]}"#, "");
    list.matching(r#"{"level":1,"list":"free_mail@1999-01"}"#, ".list").of_meaning();
    list.matching(r#"{"level":1,"longer":-3}"#, ".longer");
}

fn ages_with_filters(list: &mut List) {
    for source in [
        r#"{"from":"age","of":"created_at","within_days":3}"#,
        r#"{"from":"age","of":"created_at","which":"last"}"#,
        r#"{"from":"age","of":{"types":["call"]},"within_days":3}"#,
    ] {
        list.source(source, "");
    }
}

fn attributes_of_other_types(list: &mut List) {
    for (read, kind) in [("present", "category"), ("word_count", "category")] {
        let source = format!(r#"{{"from":"attribute","as":"{read}"}}"#);
        let own = format!(r#""type":"{kind}","levels":["a","b"],"source":{source}"#);
        let text = file(r#""type":"category","levels":["a","b"],"source":{"from":"attribute"}"#, &own);
        list.text(&text, "invalid_pipeline", "schema.features[1].source");
    }
    let text = file(
        r#""type":"flag","source":{"from":"attribute"}"#,
        r#""type":"flag","source":{"from":"attribute","as":"word_count"}"#,
    );
    list.text(&text, "invalid_pipeline", "schema.features[2].source");
}

fn numbers_that_would_overflow(list: &mut List) {
    list.replace(r#""base":1"#, r#""base":1e300"#, "invalid_pipeline", "scorer.base");
    let weight = file(r#""code":"g""#, r#""code":"g","weight":-1e308"#);
    list.text(&weight, "invalid_pipeline", "scorer.groups[0].weight");
    for scale in
        [r#"{"kind":"linear","from":0,"to":1e-320}"#, r#"{"kind":"linear","from":-1e308,"to":1e308}"#]
    {
        list.replace(r#"{"kind":"points"}"#, scale, "invalid_pipeline", "scale").of_meaning();
    }
}

fn in_rules(list: &mut List) {
    list.rule(r#"{"points":1}"#, "");
    list.rule(r#"{"code":"r"}"#, "");
    list.rule(r#"{"code":"r","points":1,"disqualify":true}"#, "");
    list.rule(r#"{"code":"r","disqualify":true}"#, "");
    list.rule(r#"{"code":"r","points":1,"colour":"red"}"#, "");
    list.rule(r#"{"code":"r","points":1,"range":[1,0]}"#, ".range").of_meaning();
    list.rule(r#"{"code":"r","points":"nobody"}"#, ".points").of_meaning();
    list.rule(r#"{"code":"r","points":"kind"}"#, ".points").of_meaning();
    list.rule(r#"{"code":"r","points":"$score"}"#, ".points").of_meaning();
    list.rule(r#"{"code":"r","points":true}"#, ".points");
    list.rule(r#"{"code":"r","points":{}}"#, ".points");
    list.rule(r#"{"code":"r","points":{"sum":[]}}"#, ".points.sum");
    list.rule(r#"{"code":"r","points":{"sum":[1],"product":[1]}}"#, ".points");
    list.rule(r#"{"code":"r","points":{"power":[1,2]}}"#, ".points");
    list.rule(r#"{"code":"r","points":{"ratio":[1]}}"#, ".points");
    list.rule(r#"{"code":"r","points":{"half_life":["n",0]}}"#, ".points.half_life[1]");
    list.rule(r#"{"code":"r","points":{"sum":[1,{"min":[2,"nobody"]}]}}"#, ".points.sum[1].min[1]")
        .of_meaning();
    list.rule(r#"{"code":"r","points":{"of":"n","map":{},"else":0}}"#, ".points.of").of_meaning();
    list.rule(r#"{"code":"r","points":{"of":"kind","map":{"c":1},"else":0}}"#, ".points.map.c").of_meaning();
    list.rule(r#"{"code":"r","points":{"of":"kind","map":{"a":1}}}"#, ".points");
    list.rule(r#"{"code":"r","points":{"cases":[["yes",1]]}}"#, ".points");
    list.rule(r#"{"code":"r","points":{"cases":[["yes"]],"else":0}}"#, ".points.cases[0]");
    list.rule(r#"{"code":"r","when":"n","points":1}"#, ".when").of_meaning();
    list.rule(r#"{"code":"r","when":{"of":"n"},"points":1}"#, ".when");
    list.rule(r#"{"code":"r","when":{"of":"n","over":1,"is":2},"points":1}"#, ".when");
    list.rule(r#"{"code":"r","when":{"of":"kind","over":1},"points":1}"#, ".when.over").of_meaning();
    list.rule(r#"{"code":"r","when":{"of":"kind","is":"c"},"points":1}"#, ".when.is").of_meaning();
    list.rule(r#"{"code":"r","when":{"of":"kind","in":["a","c"]},"points":1}"#, ".when.in[1]").of_meaning();
    list.rule(r#"{"code":"r","when":{"of":"n","is":"a"},"points":1}"#, ".when.is").of_meaning();
    list.rule(r#"{"code":"r","when":{"all":[]},"points":1}"#, ".when.all");
    list.rule(r#"{"code":"r","when":{"any":["yes",{"not":"no"}]},"points":1}"#, ".when.any[1].not")
        .of_meaning();
    list.rule(r#"{"code":"r","when":{"missing":"nobody"},"points":1}"#, ".when.missing").of_meaning();
    list.rule(r#"{"code":"r","points":1,"text":"{n"}"#, ".text");
    list.rule(r#"{"code":"r","points":1,"text":"n}"}"#, ".text");
    list.rule(r#"{"code":"r","points":1,"text":"{nobody}"}"#, ".text").of_meaning();
    list.rule(r#"{"code":"r","points":1,"text":"{n:roman}"}"#, ".text").of_meaning();
    list.rule(r#"{"code":"r","points":1,"text":{"of":"kind","map":{"a":"{"},"else":""}}"#, ".text.map.a");
    let twice = file(r#"{"code":"r","points":1}"#, r#"{"code":"r","points":1},{"code":"r","points":1}"#);
    list.text(&twice, "invalid_pipeline", "scorer.groups[0].rules[1]").of_meaning();
    let big = file(r#"{"code":"r","points":1}"#, r#"{"code":"r","points":1e999}"#);
    list.text(&big, "invalid_json", "");
}

fn helpers_in_rules(list: &mut List) {
    let text = file(r#"{"code":"r","points":1}"#, r#"{"code":"r","points":"hidden"}"#);
    list.text(&text, "invalid_pipeline", "scorer.groups[0].rules[0].points").of_meaning();
}

fn in_tiers_scales_and_advice(list: &mut List) {
    list.tiers("", "tiers.bounds");
    list.tiers(r#"{"tier":"A","from":1}"#, "tiers.bounds[0]").of_meaning();
    list.tiers(r#"{"tier":"A"},{"tier":"B"}"#, "tiers.bounds[0]").of_meaning();
    list.tiers(r#"{"tier":"A","from":1,"above":1},{"tier":"B"}"#, "tiers.bounds[0]");
    list.tiers(r#"{"tier":"A","from":1},{"tier":"A"}"#, "tiers.bounds[1]").of_meaning();
    list.tiers(r#"{"tier":"A","from":1},{"tier":"B","from":1},{"tier":"C"}"#, "tiers.bounds[1]").of_meaning();
    list.tiers(r#"{"tier":"A","from":1},{"tier":"B","above":1},{"tier":"C"}"#, "tiers.bounds[1]")
        .of_meaning();
    list.tiers(r#"{"tier":"A","top":1},{"tier":"B"}"#, "tiers.bounds[0]");
    list.ranks("", "tiers.bounds");
    list.ranks(r#"{"tier":"A","top":1}"#, "tiers.bounds[0]").of_meaning();
    list.ranks(r#"{"tier":"A"},{"tier":"B"}"#, "tiers.bounds[0]").of_meaning();
    list.ranks(r#"{"tier":"A","from":1},{"tier":"B"}"#, "tiers.bounds[0]");
    list.ranks(r#"{"tier":"A","top":0},{"tier":"B"}"#, "tiers.bounds[0].top");
    list.ranks(r#"{"tier":"A","top":1.5},{"tier":"B"}"#, "tiers.bounds[0].top");
    list.ranks(r#"{"tier":"A","top":"10 leads"},{"tier":"B"}"#, "tiers.bounds[0].top");
    list.ranks(r#"{"tier":"A","top":"101 %"},{"tier":"B"}"#, "tiers.bounds[0].top").of_meaning();
    list.ranks(r#"{"tier":"A","top":2},{"tier":"A"}"#, "tiers.bounds[1]").of_meaning();
    list.ranks(r#"{"tier":"A","top":2},{"tier":"B","top":2},{"tier":"C"}"#, "tiers.bounds[1]").of_meaning();
    list.ranks(
        r#"{"tier":"A","top":"20 %"},{"tier":"B","top":5},{"tier":"C","top":"10 %"},{"tier":"D"}"#,
        "tiers.bounds[2]",
    )
    .of_meaning();
    list.scale(r#"{"kind":"linear","from":1,"to":1}"#, "scale").of_meaning();
    list.scale(r#"{"kind":"quantiles","knots":[[0,0]]}"#, "scale.knots");
    list.scale(r#"{"kind":"quantiles","knots":[[0,0],[1,0]]}"#, "scale.knots[1]").of_meaning();
    list.scale(r#"{"kind":"quantiles","knots":[[0,0],[1,101]]}"#, "scale.knots[1]");
    list.scale(r#"{"kind":"logistic","calibration":{"kind":"platt","a":0,"b":0}}"#, "scale.calibration.a");
    list.scale(
        r#"{"kind":"logistic","calibration":{"kind":"knots","knots":[[0,0],[0.5,0.9]]}}"#,
        "scale.calibration.knots",
    )
    .of_meaning();
    list.scale(r#"{"kind":"logistic","calibration":{"kind":"magic"}}"#, "scale.calibration.kind");
    list.after(r#""estimates":[{"name":"score","value":1}]"#, "estimates[0]").of_meaning();
    list.after(r#""estimates":[{"name":"e","value":"$probability"}]"#, "estimates[0].value").of_meaning();
    list.after(r#""estimates":[{"name":"e","value":"$f"},{"name":"f","value":1}]"#, "estimates[0].value")
        .of_meaning();
    list.after(r#""risks":{"factors":[]}"#, "risks");
    list.after(
        r#""risks":{"limit":1,"factors":[{"code":"c","when":"yes","impact":"huge","trend":"stable","text":"t"}]}"#,
        "risks.factors[0].impact",
    );
    list.after(
        r#""recommendations":{"limit":1,"actions":[{"code":"c","when":"yes"}]}"#,
        "recommendations.actions[0]",
    );
}

fn in_extends(list: &mut List) {
    list.text(r#"{"format":1,"extends":"conversion"}"#, "invalid_pipeline", "");
    list.text(r#"{"format":1,"id":"mine","extends":"nobody"}"#, "invalid_pipeline", "extends").of_meaning();
    list.text(r#"{"format":1,"id":"mine","extends":7}"#, "invalid_pipeline", "extends");
}

const INVALID: &str = "invalid_pipeline";

#[derive(Default)]
struct List(Vec<Mistake>);

impl List {
    fn text(&mut self, text: &str, code: &'static str, path: &str) -> &mut Mistake {
        self.0.push(Mistake { text: text.to_owned(), code, path: path.to_owned(), is_structural: true });
        self.0.last_mut().unwrap()
    }

    /// One thing of the good file replaced.
    fn replace(&mut self, find: &str, put: &str, code: &'static str, path: &str) -> &mut Mistake {
        self.text(&file(find, put), code, path)
    }

    /// Another source of a number.
    fn source(&mut self, source: &str, path: &str) -> &mut Mistake {
        self.replace(r#"{"from":"count"}"#, source, INVALID, &format!("schema.features[3].source{path}"))
    }

    /// Another rule of a match.
    fn matching(&mut self, rule: &str, path: &str) -> &mut Mistake {
        let path = format!("schema.features[4].source.rules[0]{path}");
        self.replace(r#"{"level":1,"is":"x"}"#, rule, INVALID, &path)
    }

    /// Another rule of the scorecard.
    fn rule(&mut self, rule: &str, path: &str) -> &mut Mistake {
        let path = format!("scorer.groups[0].rules[0]{path}");
        self.replace(r#"{"code":"r","points":1}"#, rule, INVALID, &path)
    }

    fn tiers(&mut self, bounds: &str, path: &str) -> &mut Mistake {
        let tiers = format!(r#""tiers":{{"on":"score","bounds":[{bounds}]}}"#);
        self.replace(r#""tiers":"hot-warm-cold""#, &tiers, INVALID, path)
    }

    fn ranks(&mut self, bounds: &str, path: &str) -> &mut Mistake {
        let tiers = format!(r#""tiers":{{"on":"rank","bounds":[{bounds}]}}"#);
        self.replace(r#""tiers":"hot-warm-cold""#, &tiers, INVALID, path)
    }

    fn scale(&mut self, scale: &str, path: &str) -> &mut Mistake {
        let mut text = file(r#""scale":{"kind":"points"}"#, &format!(r#""scale":{scale}"#));
        if scale.contains("logistic") {
            text = text.replace(r#""unit":"points""#, r#""unit":"log_odds""#);
        }
        self.text(&text, INVALID, path)
    }

    /// A field of advice more.
    fn after(&mut self, field: &str, path: &str) -> &mut Mistake {
        self.replace(r#""scale":"#, &format!(r#"{field},"scale":"#), INVALID, path)
    }
}
