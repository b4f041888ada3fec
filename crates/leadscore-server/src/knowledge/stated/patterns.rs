//! How clear statements look, as data.

use std::sync::LazyLock;

use regex::Regex;

use crate::knowledge::facts::FactKind;

/// How a statement looks: `value` is what counts, `quote` what is shown.
pub(super) struct Pattern {
    pub(super) field: FactKind,
    pub(super) regex: Regex,
    /// Whether the sentence has to be about the lead's own company.
    pub(super) wants_own: bool,
    /// Whether it speaks of a part of the company.
    pub(super) is_part: bool,
}

/// All that statements are read with.
pub(super) struct Patterns {
    all: Vec<Pattern>,
    end_of_sentence: Regex,
    own: Regex,
    no_statement: Regex,
    part_of_year: Regex,
}

/// Industries as they are shown, and the words for them.
pub(super) const INDUSTRIES: [(&str, &[&str]); 14] = [
    ("Finance", &["fintech", "finance", "financial services", "banking", "insurance"]),
    ("Healthcare", &["healthcare", "health care", "healthtech", "medtech", "biotech", "pharma"]),
    ("SaaS", &["saas"]),
    ("E-commerce", &["e commerce", "ecommerce", "online retail"]),
    ("Technology", &["software", "tech", "technology", "it"]),
    ("Manufacturing", &["manufacturing"]),
    ("Logistics", &["logistics", "shipping"]),
    ("Education", &["education", "edtech"]),
    ("Real estate", &["real estate", "proptech"]),
    ("Construction", &["construction"]),
    ("Marketing", &["marketing", "advertising"]),
    ("Consulting", &["consulting"]),
    ("Hospitality", &["hospitality", "travel"]),
    ("Media", &["media", "publishing"]),
];

/// Countries that a place may end with.
pub(super) const COUNTRIES: [&str; 32] = [
    "United States",
    "USA",
    "United Kingdom",
    "England",
    "Scotland",
    "Wales",
    "Canada",
    "Germany",
    "France",
    "Australia",
    "Austria",
    "Belgium",
    "Brazil",
    "Denmark",
    "Finland",
    "India",
    "Ireland",
    "Italy",
    "Japan",
    "Mexico",
    "Netherlands",
    "New Zealand",
    "Norway",
    "Poland",
    "Portugal",
    "Singapore",
    "South Africa",
    "Spain",
    "Sweden",
    "Switzerland",
    "Turkey",
    "Ukraine",
];

const COUNT: &str = r"(?<value>(?:\d{1,3}(?:,\d{3})+|\d{1,7})\+?)";
const SOME: &str = r"(?:about |around |roughly |approximately |(?<over>over |more than |at least ))?";
const PEOPLE: &str = r"(?:employees|people|persons|staff|FTEs)";
const PERSON: &str = r"[ -](?:person|people|employee|man|member)[ -](?:[\w-]+ ){0,2}";
const COMPANY: &str = r"(?:company|business|firm|organi[sz]ation|startup|start-up|agency|shop)";
const TEAM: &str = r"(?:team|department|group|unit)";
/// Its group `value` is left open, for a period that belongs to it.
const MONEY: &str = r"(?<value>(?:US\$|\$|€|£|USD ?|EUR ?|GBP ?)\d+(?:[.,]\d+)*(?: ?(?:k|m|mn|million|b|bn|billion|thousand))?\b(?: ?(?:-|–|to) ?(?:US\$|\$|€|£|USD ?|EUR ?|GBP ?)?\d+(?:[.,]\d+)*(?: ?(?:k|m|mn|million|b|bn|billion|thousand))?\b)?\+?";
const PERIOD: &str = r"(?: ?(?:/|per|a) ?(?:month|year|quarter|seat|user))?";
/// Where a sentence has one of these, it says what is wished for, what was, or what is another's.
const NO_STATEMENT: &str = r"(?i)\b(?:hir(?:e|es|ing)|recruit\w*|plan(?:s|ned|ning)? to|(?:want|like|hope|aim|expect)(?:s|ed|ing)? to (?:be|have|grow|reach|hire|add|raise|make)|goals?|targets?|would|could|used to|formerly|previously|once|competitors?|clients?|customers?|they|their|your|if|until|not|never|last year|grow(?:ing)? to|reach|los[et]|losing|add|save|increase)\b|n['’]t\b|\?\s*$";

/// The patterns, made once.
pub(super) fn patterns() -> &'static Patterns {
    static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::new);
    &PATTERNS
}

impl Patterns {
    fn new() -> Patterns {
        let compiled = |text: &str| Regex::new(text).expect("the patterns are ours");
        let pattern =
            |field, text: String| Pattern { field, regex: compiled(&text), wants_own: true, is_part: false };
        let size = |text: String| pattern(FactKind::CompanySize, format!("(?i){text}"));
        let part = |text: String| Pattern { is_part: true, ..size(text) };
        let we = r"\bwe(?:['’]re| are| have| employ| now have| currently have| currently employ)";
        let own_a = r"\b(?:our|we(?:['’]re| are) an?|as an?|I (?:run|lead|manage) an?) ";
        let industries: Vec<String> = INDUSTRIES
            .iter()
            .flat_map(|(_, words)| words.iter().map(|word| word.replace(' ', "[ -]")))
            .collect();
        let revenue = |text: String| pattern(FactKind::EstimatedRevenue, format!("(?i){text}"));
        let all = vec![
            size(format!(
                r"{we} {SOME}(?<quote>{COUNT} {PEOPLE})\b(?<rest> (?:in|on|at|for)\b)?"
            )),
            size(format!(r"{own_a}(?<quote>{COUNT}{PERSON}{COMPANY})\b")),
            part(format!(r"{own_a}(?<quote>{COUNT}{PERSON}{TEAM})\b")),
            part(format!(r"\bour (?<quote>(?:[\w-]+ ){{0,2}}{TEAM} of {SOME}{COUNT})\b")),
            part(format!(
                r"\bour (?<quote>(?:[\w-]+ ){{0,2}}{TEAM} (?:has|is) {SOME}{COUNT} (?:{PEOPLE}|members))\b"
            )),
            size(format!(r"\b(?<quote>{COMPANY} (?:of|with|has|is|employs) {SOME}{COUNT} {PEOPLE})\b")),
            revenue(format!(
                r"(?<quote>\b(?:revenues?|turnover|ARR)(?: (?:of|is|at|was)|:)? {SOME}{MONEY}))"
            )),
            revenue(format!(
                r"(?<quote>{MONEY}) (?:in |of )?(?:annual |yearly |annual recurring )?(?:revenue|turnover|ARR))\b"
            )),
            Pattern {
                wants_own: false,
                ..pattern(
                    FactKind::Budget,
                    format!(r"(?i)(?<quote>\bbudget(?: (?:of|is|for this is)|:)? (?:up to |about |around |roughly )?{MONEY}{PERIOD}))")
                )
            },
            pattern(FactKind::Budget, format!(r"(?i)(?<quote>{MONEY}{PERIOD}) (?:annual |yearly |monthly )?budget)\b")),
            pattern(
                FactKind::Funding,
                format!(r"(?i)\bwe(?:['’]ve| have)?(?: just| recently)? (?<quote>raised {SOME}{MONEY}))"),
            ),
            pattern(
                FactKind::Location,
                r"(?i:\b(?:we(?:['’]re| are)|our (?:company|headquarters|HQ|office|team) (?:is|are)|I(?:['’]m| am)) (?<quote>(?:based|located|headquartered) in) )(?<value>\p{Lu}[\p{L}'’-]+(?:(?:, | )\p{Lu}[\p{L}'’-]+){0,3})(?<rest> (?:and|or|&)\b)?".to_owned(),
            ),
            pattern(
                FactKind::Industry,
                format!(
                    r"(?i)\bwe(?:['’]re| are) (?<quote>an? (?:[\w-]+ ){{0,2}}?(?<value>{})[ -](?:company|startup|start-up|business|firm|provider|vendor|agency))\b",
                    industries.join("|")
                ),
            ),
            pattern(
                FactKind::Title,
                r"(?i:\bI(?:['’]m| am) (?:the |an? )?)(?<quote>(?<value>CEO|CTO|CFO|COO|CIO|CMO|(?i:co-founder|founder|owner|president)|(?:Chief \p{Lu}\w+ Officer)|(?:(?i:vice president|VP|SVP|head|director|manager) of \p{Lu}\w+(?: \p{Lu}\w+)?)))\b".to_owned(),
            ),
        ];
        Patterns {
            all,
            end_of_sentence: compiled(r"[.!;]+(?:\s+|$)|\n+|(?<keep>\?)\s"),
            own: compiled(r"(?i)\b(?:we|our|I|my)\b"),
            no_statement: compiled(NO_STATEMENT),
            part_of_year: compiled(r"(?i)\b(?:month\w*|quarter\w*|MRR|week\w*|daily)\b"),
        }
    }

    pub(super) fn all(&self) -> &[Pattern] {
        &self.all
    }

    /// The sentences of a message; a question keeps its mark.
    pub(super) fn sentences<'a>(&self, message: &'a str) -> Vec<&'a str> {
        let (mut start, mut found) = (0, Vec::new());
        for end in self.end_of_sentence.captures_iter(message) {
            let (Some(whole), keep) = (end.get(0), end.name("keep")) else { continue };
            found.push(message[start..keep.map_or(whole.start(), |keep| keep.end())].trim());
            start = whole.end();
        }
        found.push(message[start..].trim());
        found
    }

    pub(super) fn is_about_us(&self, sentence: &str) -> bool {
        self.own.is_match(sentence)
    }

    /// Whether a sum of money may be of less than a year.
    pub(super) fn is_of_part_of_year(&self, sentence: &str) -> bool {
        self.part_of_year.is_match(sentence)
    }

    pub(super) fn is_no_statement(&self, sentence: &str) -> bool {
        self.no_statement.is_match(sentence)
    }
}
