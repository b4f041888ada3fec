//! What a call of a language model costs, by a dated list of prices.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Prompt, Usage};
use crate::{Error, ErrorKind};

/// A trillionth of a US dollar: every price per million tokens in cents, and its half, is a whole number of them per token.
const PICODOLLARS_PER_DOLLAR: u64 = 1_000_000_000_000;
const TOKENS_PER_PRICE: u64 = 1_000_000;

/// An amount of money in US dollars, exact to a trillionth.
///
/// ```
/// use leadscore::task::Cost;
/// let cost = Cost::from_picodollars(67_950_000);
/// assert_eq!((cost.to_string().as_str(), cost.usd()), ("$0.00006795", 0.00006795));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Cost(u64);

/// What a model costs, per token.
///
/// ```
/// use leadscore::task::{Price, PriceList, Usage};
/// let price = PriceList::builtin().price("gpt-4o-mini").unwrap();
/// let usage = Usage::new(1000, 200).cached_input_tokens(400);
/// assert_eq!(price.cost(&usage).unwrap().to_string(), "$0.00024");
/// assert!(PriceList::builtin().price("no-such-model").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    input: Cost,
    cached_input: Option<Cost>,
    cache_write: Option<Cost>,
    output: Cost,
    /// Above so many input tokens the vendor takes another price, which the list does not know.
    input_limit: Option<u64>,
}

/// The prices of models as of a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    as_of: String,
    source: String,
    #[allow(dead_code, reason = "says to readers of the file what its numbers are")]
    unit: String,
    models: Vec<ListedPrice>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedPrice {
    model: String,
    #[serde(deserialize_with = "per_million")]
    input: Cost,
    #[serde(default, deserialize_with = "optional_per_million")]
    cached_input: Option<Cost>,
    #[serde(default, deserialize_with = "optional_per_million")]
    cache_write: Option<Cost>,
    #[serde(deserialize_with = "per_million")]
    output: Cost,
    #[serde(default)]
    input_limit: Option<u64>,
    #[serde(default)]
    shutdown: Option<String>,
}

impl Cost {
    /// An amount in trillionths of a dollar.
    pub const fn from_picodollars(picodollars: u64) -> Cost {
        Cost(picodollars)
    }

    /// An amount in dollars, to the nearest trillionth.
    ///
    /// # Errors
    /// `invalid_task` for an amount that is negative, not a number, or above ten million dollars.
    pub fn from_usd(usd: f64) -> Result<Cost, Error> {
        if !(0.0..=1e7).contains(&usd) {
            let message = format!("{usd} dollars; wants 0 to ten million");
            return Err(Error::new(ErrorKind::InvalidTask, "", message));
        }
        Ok(Cost((usd * PICODOLLARS_PER_DOLLAR as f64).round() as u64))
    }

    /// The amount in trillionths of a dollar.
    pub fn picodollars(self) -> u64 {
        self.0
    }

    /// The amount in dollars.
    pub fn usd(self) -> f64 {
        self.0 as f64 / PICODOLLARS_PER_DOLLAR as f64
    }

    /// The sum, which stops at the largest amount there is.
    #[must_use]
    pub fn saturating_add(self, other: Cost) -> Cost {
        Cost(self.0.saturating_add(other.0))
    }

    fn of_tokens(self, tokens: u64) -> Option<Cost> {
        self.0.checked_mul(tokens).map(Cost)
    }
}

impl fmt::Display for Cost {
    /// Dollars with as many decimals as it takes, at most twelve.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / PICODOLLARS_PER_DOLLAR, self.0 % PICODOLLARS_PER_DOLLAR);
        let decimals = format!("{part:012}");
        let decimals = decimals.trim_end_matches('0');
        if decimals.is_empty() { write!(f, "${whole}") } else { write!(f, "${whole}.{decimals}") }
    }
}

impl Serialize for Cost {
    /// As a number of dollars.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.usd())
    }
}

impl<'de> Deserialize<'de> for Cost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cost, D::Error> {
        Cost::from_usd(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Price {
    /// The price of a model that runs on the caller's own machine.
    pub const FREE: Price =
        Price { input: Cost(0), cached_input: None, cache_write: None, output: Cost(0), input_limit: None };

    /// A price in dollars per million tokens of input and of output.
    ///
    /// # Errors
    /// `invalid_task` for a price that is negative, not a number, or above ten million dollars.
    pub fn per_million(input: f64, output: f64) -> Result<Price, Error> {
        let each = |usd: f64| Ok::<Cost, Error>(Cost(Cost::from_usd(usd)?.0 / TOKENS_PER_PRICE));
        Ok(Price { input: each(input)?, output: each(output)?, ..Price::FREE })
    }

    /// What a call costs: fresh input, input read from and written to the vendor's cache, and output with hidden reasoning.
    ///
    /// None where the price does not say: above the input that it holds for, or where the sum leaves the range.
    pub fn cost(&self, usage: &Usage) -> Option<Cost> {
        if self.input_limit.is_some_and(|limit| usage.input_tokens > limit) {
            return None;
        }
        let apart = usage.cached_input_tokens.saturating_add(usage.cache_write_tokens);
        let parts = [
            self.input.of_tokens(usage.input_tokens.saturating_sub(apart)),
            self.cached_input.unwrap_or(self.input).of_tokens(usage.cached_input_tokens),
            self.cache_write.unwrap_or(self.input).of_tokens(usage.cache_write_tokens),
            self.output.of_tokens(usage.output_tokens),
        ];
        parts.into_iter().try_fold(Cost(0), |sum, part| Some(Cost(sum.0.checked_add(part?.0)?)))
    }

    /// The most that one attempt with a prompt can cost; none where the price does not say.
    pub fn highest_cost(&self, prompt: &Prompt) -> Option<Cost> {
        let input = self.input.max(self.cache_write.unwrap_or_default());
        let usage = Usage::new(prompt.input_token_bound(), u64::from(prompt.max_output_tokens));
        Price { input, ..*self }.cost(&usage)
    }
}

impl PriceList {
    /// The list that ships with the library.
    pub fn builtin() -> &'static PriceList {
        static BUILTIN: std::sync::LazyLock<PriceList> = std::sync::LazyLock::new(|| {
            PriceList::from_json(include_str!("prices.json")).expect("the list that ships is read by a test")
        });
        &BUILTIN
    }

    /// Reads a list of the same form as `prices.json`.
    ///
    /// # Errors
    /// `invalid_json` with what is wrong and where.
    pub fn from_json(text: &str) -> Result<PriceList, Error> {
        serde_json::from_str(text).map_err(|error| crate::json::syntax_error(&error))
    }

    /// The day the prices are of.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// Where the prices come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The price of a model; none for one that is not listed, never 0.
    ///
    /// A model is listed by its name, with or without a vendor before it (`openai/gpt-4o-mini`) and a date behind it
    /// (`gpt-4o-mini-2024-07-18`, `claude-haiku-4-5-20251001`).
    pub fn price(&self, model: &str) -> Option<Price> {
        let listed = self.find(model)?;
        let ListedPrice { input, cached_input, cache_write, output, input_limit, .. } = *listed;
        Some(Price { input, cached_input, cache_write, output, input_limit })
    }

    /// The day on which the vendor ends a model, as far as that is announced.
    pub fn shutdown(&self, model: &str) -> Option<&str> {
        self.find(model)?.shutdown.as_deref()
    }

    fn find(&self, model: &str) -> Option<&ListedPrice> {
        let name = model.rsplit('/').next().unwrap_or(model);
        let is_date = |rest: &str| {
            let digits: Vec<&str> = rest.split('-').collect();
            let digit_count: usize = digits.iter().map(|part| part.len()).sum();
            digit_count == 8 && digits.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        self.models.iter().find(|listed| match name.strip_prefix(listed.model.as_str()) {
            Some("") => true,
            Some(rest) => rest.strip_prefix('-').is_some_and(is_date),
            None => false,
        })
    }
}

/// A price per million tokens, in dollars and written as a decimal, per token.
fn per_million<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cost, D::Error> {
    let text = String::deserialize(deserializer)?;
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let is_decimal = [whole, decimals].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if whole.is_empty() || !is_decimal || decimals.len() > 6 || whole.len() > 6 {
        return Err(serde::de::Error::custom(format!("`{text}` is no price such as \"0.15\"")));
    }
    // Six decimals of dollars per million tokens are whole trillionths of a dollar per token.
    let digits = format!("{whole}{decimals:0<6}");
    digits.parse().map(Cost).map_err(serde::de::Error::custom)
}

fn optional_per_million<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cost>, D::Error> {
    per_million(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(model: &str, usage: &Usage) -> String {
        PriceList::builtin()
            .price(model)
            .and_then(|price| price.cost(usage))
            .map_or("none".into(), |c| c.to_string())
    }

    #[test]
    fn costs_are_those_of_the_price_lists() {
        assert_eq!(cost("gpt-4o-mini", &Usage::new(73, 95)), "$0.00006795");
        assert_eq!(
            cost("openai/gpt-4o-mini-2024-07-18", &Usage::new(1000, 200).cached_input_tokens(400)),
            "$0.00024"
        );
        // 100 output tokens and 300 of hidden reasoning.
        assert_eq!(cost("gemini-2.5-flash", &Usage::new(500, 400)), "$0.00115");
        assert_eq!(cost("claude-haiku-4-5", &Usage::new(1100, 50).cached_input_tokens(1000)), "$0.00045");
        assert_eq!(cost("gpt-5.6-luna", &Usage::new(272_001, 1)), "none");
        assert_eq!(cost("gpt-4o-mini-audio", &Usage::new(1, 1)), "none");
        assert_eq!(cost("gpt-4o-mini", &Usage::new(u64::MAX, 1)), "none");
        assert_eq!(Price::FREE.cost(&Usage::new(5, 5)).map(Cost::usd), Some(0.0));
    }

    #[test]
    fn a_bad_list_is_refused() {
        let list = |price: &str| {
            format!(
                r#"{{"as_of":"","source":"","unit":"","models":[{{"model":"m","input":{price},"output":"1"}}]}}"#
            )
        };
        assert!(PriceList::from_json(&list("\"0.15\"")).is_ok());
        for price in ["0.15", "\"-1\"", "\"1e3\"", "\"\"", "\"0.1234567\""] {
            assert_eq!(PriceList::from_json(&list(price)).unwrap_err().code(), "invalid_json", "{price}");
        }
    }

    #[test]
    fn dollars_are_read_back() {
        for picodollars in [0, 1, 67_950_000, 1_000_000_000_000, 12_340_000_000_000] {
            let cost = Cost::from_picodollars(picodollars);
            let text = serde_json::to_string(&cost).unwrap();
            assert_eq!(serde_json::from_str::<Cost>(&text).unwrap(), cost);
        }
        assert_eq!(Cost::from_usd(12.34).unwrap().to_string(), "$12.34");
        assert!(Cost::from_usd(-1.0).is_err() && Cost::from_usd(f64::NAN).is_err());
    }
}
