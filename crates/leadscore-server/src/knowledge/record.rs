//! Facts by their names: of metadata, of a row of the file of companies, of an answer of the address that is asked.

use super::facts::{Fact, FactKind, FactSource};
use leadscore::amount::{Amount, dollars, people, shown_dollars};

/// The names of each kind of fact, in lower case; the first that is there is shown.
const NAMES: [(FactKind, &[&str]); 9] = [
    (
        FactKind::CompanySize,
        &["company_size", "employees", "employee_count", "headcount", "number_of_employees"],
    ),
    (FactKind::Industry, &["industry"]),
    (FactKind::EstimatedRevenue, &["estimated_revenue", "revenue_usd", "annual_revenue", "revenue"]),
    (FactKind::LinkedinUrl, &["linkedin_url", "linkedin"]),
    (FactKind::Location, &["location", "city"]),
    (FactKind::Country, &["country"]),
    (FactKind::Funding, &["funding_usd", "funding"]),
    (FactKind::Title, &["title", "job_title", "role"]),
    (FactKind::Budget, &["budget", "budget_usd"]),
];

/// A longer value is no fact.
const MAX_VALUE: usize = 200;

/// All names that facts may have.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().flat_map(|(_, names)| names.iter().copied())
}

/// The facts of a record, whose values are looked up by name.
pub(crate) fn facts(value: impl Fn(&str) -> Option<String>, source: FactSource) -> Vec<Fact> {
    let mut found = Vec::new();
    for (field, names) in NAMES {
        if !source.is_stated() && !field.is_of_company() {
            continue;
        }
        let said: Vec<String> = names.iter().filter_map(|name| usable(&value(name)?)).collect();
        let Some(shown) = said.first() else { continue };
        let fact = Fact { field, value: shown.clone(), number: None, at_least: false, source, quote: None };
        found.extend(if field.is_number() { measured(fact, &said) } else { checked(fact) });
    }
    found
}

/// A number with the text that shows it; an exact number counts more than a range.
fn measured(mut fact: Fact, said: &[String]) -> Option<Fact> {
    let is_money = fact.field != FactKind::CompanySize;
    let read = |text: &String| if is_money { dollars(text) } else { people(text) };
    let amounts: Vec<Amount> = said.iter().filter_map(read).collect();
    let amount = amounts.iter().find(|amount| !amount.at_least).or(amounts.first());
    fact.number = amount.map(|amount| amount.number);
    fact.at_least = amount.is_some_and(|amount| amount.at_least);
    match fact.value.parse::<f64>() {
        Ok(number) if !number.is_finite() || number < 0.0 => return None,
        Ok(number) if is_money => fact.value = shown_dollars(number),
        _ => {}
    }
    Some(fact)
}

fn checked(fact: Fact) -> Option<Fact> {
    let is_linkedin = |text: &str| {
        let host = url::Url::parse(text).ok().filter(|url| url.scheme() == "https");
        host.and_then(|url| {
            url.host_str().map(|host| host == "linkedin.com" || host.ends_with(".linkedin.com"))
        })
    };
    (fact.field != FactKind::LinkedinUrl || is_linkedin(&fact.value) == Some(true)).then_some(fact)
}

fn usable(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let is_usable =
        !trimmed.is_empty() && trimmed.len() <= MAX_VALUE && !trimmed.chars().any(char::is_control);
    is_usable.then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)], source: FactSource) -> Vec<(FactKind, String, Option<f64>)> {
        let value = |name: &str| {
            let found = fields.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        facts(value, source).into_iter().map(|fact| (fact.field, fact.value, fact.number)).collect()
    }

    #[test]
    fn what_names_and_values_mean() {
        let row = [("company_size", "50-200"), ("employees", "120"), ("revenue_usd", "12500000")];
        let row =
            [&row[..], &[("title", "CEO"), ("linkedin_url", "https://linkedin.com.example/x")]].concat();
        let company = [
            (FactKind::CompanySize, "50-200".to_owned(), Some(120.0)),
            (FactKind::EstimatedRevenue, "$12.5M".to_owned(), Some(1.25e7)),
        ];
        // A file of companies says nothing of persons, and a link is one of LinkedIn or none.
        assert_eq!(read(&row, FactSource::CompaniesFile), company);
        assert_eq!(read(&row, FactSource::Metadata)[2].0, FactKind::Title);
        assert_eq!(
            read(&[("revenue", "€20M"), ("industry", " "), ("country", "x\u{7}")], FactSource::CompaniesUrl),
            [(FactKind::EstimatedRevenue, "€20M".to_owned(), None)]
        );
        assert!(read(&[("employees", "-3"), ("revenue_usd", "NaN")], FactSource::CompaniesFile).is_empty());
    }
}
