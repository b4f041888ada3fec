//! Facts that a lead states in its message. Only clear statements about the lead's own company count: what is wished for, what
//! was once, and what is another's is passed over, and so is what is said in two different ways.

mod patterns;

use super::facts::{Fact, FactKind, FactSource};
use leadscore::amount::{dollars, people};
use patterns::{COUNTRIES, INDUSTRIES, Pattern};

/// The longest quote that is kept.
const MAX_QUOTE: usize = 200;

/// What a message states.
pub(crate) fn facts(message: &str) -> Vec<Fact> {
    let patterns = patterns::patterns();
    let mut found: Vec<Fact> = Vec::new();
    for sentence in patterns.sentences(message) {
        if patterns.is_no_statement(sentence) {
            continue;
        }
        for pattern in patterns.all() {
            let is_of_part_of_year =
                pattern.field == FactKind::EstimatedRevenue && patterns.is_of_part_of_year(sentence);
            if is_of_part_of_year || (pattern.wants_own && !patterns.is_about_us(sentence)) {
                continue;
            }
            found.extend(pattern.regex.captures_iter(sentence).filter_map(|own| fact(pattern, &own)));
        }
    }
    let place = found.iter().find(|fact| fact.field == FactKind::Location).cloned();
    found.extend(place.and_then(|place| country(&place)));
    FactKind::ALL.into_iter().flat_map(|kind| agreed(kind, &found)).collect()
}

fn fact(pattern: &Pattern, own: &regex::Captures<'_>) -> Option<Fact> {
    let quote = own.name("quote")?.as_str().trim();
    let said = own.name("value")?.as_str().trim();
    let rest = own.name("rest").map_or("", |rest| rest.as_str());
    let mut fact = Fact {
        field: pattern.field,
        value: said.to_owned(),
        number: None,
        at_least: false,
        source: FactSource::Message,
        quote: (quote.len() <= MAX_QUOTE).then(|| quote.to_owned()),
    };
    match pattern.field {
        FactKind::CompanySize => {
            let amount = people(said)?;
            // A team is a part of its company, which has as many people or more.
            let is_part = pattern.is_part || !rest.is_empty();
            fact.at_least = amount.at_least || is_part || own.name("over").is_some();
            fact.number = Some(amount.number);
            fact.value = format!("{}{}", amount.number, if fact.at_least { "+" } else { "" });
        }
        FactKind::EstimatedRevenue | FactKind::Funding => {
            let amount = dollars(said);
            fact.number = amount.map(|amount| amount.number);
            fact.at_least = amount.is_some_and(|amount| amount.at_least) || own.name("over").is_some();
        }
        FactKind::Industry => {
            let word = said.to_lowercase().replace('-', " ");
            let known = INDUSTRIES.iter().find(|(_, words)| words.contains(&word.as_str()));
            known?.0.clone_into(&mut fact.value);
        }
        // Two places are none.
        FactKind::Location if !rest.is_empty() => return None,
        _ => {}
    }
    Some(fact)
}

/// The country of a place that ends with its full name. Two letters could be a state of the USA.
fn country(place: &Fact) -> Option<Fact> {
    let last = place.value.rsplit(',').next()?.trim().to_lowercase();
    let known = COUNTRIES.iter().find(|name| name.to_lowercase() == last)?;
    Some(Fact { field: FactKind::Country, value: (*known).to_owned(), ..place.clone() })
}

/// The facts of a kind, if they agree: one value, or the highest of lower bounds.
fn agreed(kind: FactKind, found: &[Fact]) -> Vec<Fact> {
    let own =
        |at_least: bool| found.iter().filter(move |fact| fact.field == kind && fact.at_least == at_least);
    let key = |fact: &Fact| fact.number.map_or(fact.value.to_lowercase(), |number| number.to_string());
    let exact = own(false).next().filter(|first| own(false).all(|other| key(other) == key(first)));
    let bound = own(true).max_by(|a, b| a.number.unwrap_or(0.0).total_cmp(&b.number.unwrap_or(0.0)));
    exact.into_iter().chain(bound).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Vec<(FactKind, String)> {
        facts(message).into_iter().map(|fact| (fact.field, fact.value)).collect()
    }

    #[test]
    fn clear_statements() {
        use FactKind::{Budget, CompanySize, Country, EstimatedRevenue, Funding, Industry, Location, Title};
        let table: &[(&str, &[(FactKind, &str)])] = &[
            ("Looking for automation solutions for our 50-person sales team", &[(CompanySize, "50+")]),
            ("We have 1,200 employees.", &[(CompanySize, "1200")]),
            ("We are about 40 people and growing fast. We need a demo.", &[(CompanySize, "40")]),
            ("We're a 300-employee company.", &[(CompanySize, "300")]),
            ("We have over 5,000 employees", &[(CompanySize, "5000+")]),
            ("We have 12 people in marketing", &[(CompanySize, "12+")]),
            ("Our team of 25 needs a tool", &[(CompanySize, "25+")]),
            ("Our company has 80 people", &[(CompanySize, "80")]),
            ("Our annual revenue is $20M.", &[(EstimatedRevenue, "$20M")]),
            ("We make $1.5 million in annual revenue", &[(EstimatedRevenue, "$1.5 million")]),
            ("Our turnover is about €4m", &[(EstimatedRevenue, "€4m")]),
            ("Budget: $50k. Timeline: Q3", &[(Budget, "$50k")]),
            ("We have a budget of up to $500 per month for this", &[(Budget, "$500 per month")]),
            ("we recently raised $12M", &[(Funding, "$12M")]),
            ("We are based in Berlin, Germany.", &[(Location, "Berlin, Germany"), (Country, "Germany")]),
            ("Our office is located in San Francisco, CA", &[(Location, "San Francisco, CA")]),
            ("We are a fast-growing fintech startup", &[(Industry, "Finance")]),
            ("We're a healthcare company", &[(Industry, "Healthcare")]),
            ("I'm the CTO and want a demo", &[(Title, "CTO")]),
            ("I am the VP of Sales here", &[(Title, "VP of Sales")]),
        ];
        for (message, wanted) in table {
            let wanted: Vec<_> = wanted.iter().map(|(kind, value)| (*kind, (*value).to_owned())).collect();
            assert_eq!(read(message), wanted, "{message}");
        }
        let quoted = facts("Looking for automation solutions for our 50-person sales team");
        assert_eq!(quoted[0].quote.as_deref(), Some("50-person sales team"));
        assert_eq!((quoted[0].number, quoted[0].at_least), (Some(50.0), true));
        assert_eq!(facts("Our annual revenue is $20M.")[0].number, Some(2e7));
        // Dollars are not computed from another currency.
        assert_eq!(facts("Our turnover is about €4m")[0].number, None);
    }

    #[test]
    fn what_is_no_clear_statement() {
        for message in [
            "Your 50-person sales team was great",
            "Our clients have 5,000 employees",
            "We plan to be 200 people",
            "We used to have 300 employees",
            "We would like to hire 20 people",
            "We have 3 offices and 20 users",
            "We have 300 employees. We are 500 people.",
            "Does it work for a 50-person team?",
            "50 people attended",
            "We want to add $2M in revenue",
            "Our monthly revenue is $2M",
            "We lost $2M in revenue",
            "A competitor raised $12M",
            "We are based in Berlin and Paris",
            "Are you based in Berlin?",
            "We are nearly 1.200 people",
            "We are interested in your platform",
            "I am the person who asked",
            "",
        ] {
            assert_eq!(read(message), [], "{message}");
        }
    }
}
