//! Phone numbers in running text, to E.164 (ITU-T) where the country is certain.

use std::sync::LazyLock;

use super::super::text::Word;
use crate::json::{self, Cursor, Document};
use crate::{Error, ErrorKind};

const COUNTRIES: &str = include_str!("../data/countries.json");

/// How many digits a number has: the shortest that is no short code, and the longest of E.164.
const MIN_DIGITS: usize = 7;
const MAX_DIGITS: usize = 15;

/// How many words before a number may say what it is.
const CUE_REACH: usize = 5;

/// How numbers are written within a country.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Country {
    pub(in super::super) code: String,
    calling: String,
    /// Dialled before a national number and not part of it: `0` in most countries, empty in some.
    trunk: String,
    /// The fewest and the most digits of a national number with its area code, without the trunk prefix.
    digits: (usize, usize),
    /// Whether `00` is dialled before a calling code.
    double_zero: bool,
}

struct Plan {
    calling_codes: Vec<String>,
    countries: Vec<Country>,
}

static PLAN: LazyLock<Plan> = LazyLock::new(|| read(COUNTRIES).expect("the included countries can be read"));

/// The country of a two-letter code (ISO 3166).
pub(in super::super) fn country(code: &str) -> Result<Country, Error> {
    let known = PLAN.countries.iter().find(|country| country.code.eq_ignore_ascii_case(code));
    known.cloned().ok_or_else(|| {
        let shown: String = code.chars().take(20).collect();
        let known: Vec<&str> = PLAN.countries.iter().map(|country| country.code.as_str()).collect();
        let message = format!("unknown country `{shown}`; there are {}", known.join(", "));
        Error::new(ErrorKind::UnknownName, "", message)
    })
}

/// What tells a phone number from other numbers.
pub(super) struct Cues<'a> {
    /// Words that stand before a phone number.
    pub(super) phone: &'a [Vec<String>],
    /// Words that stand before numbers of another kind.
    pub(super) other: &'a [Vec<String>],
    /// Whether the lead was asked for it.
    pub(super) asked: bool,
}

/// A phone number and its position in a text, as byte offsets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// `+` and digits in E.164, or the digits as written.
    pub(super) number: String,
}

/// A phone number in E.164, where it is written with `+` and a calling code that is assigned, and nothing else stands beside
/// it. One without `+` is that of a country nobody has named.
pub(in super::super) fn e164_of_international(written: &str) -> Option<String> {
    let written = written.trim();
    let is_number = written.starts_with('+')
        && written[1..].chars().all(|c| c.is_ascii_digit() || " ().-/\u{a0}".contains(c));
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    if is_number { e164(written, &digits, None) } else { None }
}

/// The first phone number of a text. A number without `+` counts only where the lead was asked for one or a word before
/// it says so; dates, decimals and numbers of orders do not count.
pub(super) fn find(
    text: &str,
    words: &[Word<'_>],
    cues: &Cues<'_>,
    country: Option<&Country>,
) -> Option<Found> {
    runs(text).into_iter().find_map(|(start, end)| {
        let written = &text[start..end];
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        let is_international = written.starts_with('+');
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&digits.len())
            || is_date_or_amount(written)
            || is_attached(text, start, end)
        {
            return None;
        }
        if !is_international {
            let before: Vec<&Word<'_>> =
                words.iter().filter(|word| word.start < start).rev().take(CUE_REACH).collect();
            let said = |list: &[Vec<String>]| {
                before.iter().position(|word| list.iter().any(|cue| *cue == [word.normal.as_str()]))
            };
            let (phone, other) = (said(cues.phone), said(cues.other));
            // The nearer word decides.
            let is_phone = match (phone, other) {
                (Some(phone), Some(other)) => phone < other,
                (phone, other) => other.is_none() && (phone.is_some() || cues.asked),
            };
            if !is_phone {
                return None;
            }
        }
        Some(Found { start, end, number: e164(written, &digits, country).unwrap_or(digits) })
    })
}

/// Stretches of digits with the marks that people put between them, beginning with `+`, `(` or a digit.
fn runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    for (at, c) in text.char_indices() {
        open = match open {
            None if c.is_ascii_digit() => Some((at, at + 1)),
            None if c == '+' || c == '(' => Some((at, at)),
            None => None,
            Some((start, _)) if c.is_ascii_digit() => Some((start, at + 1)),
            // A second plus begins another number.
            Some((start, end)) if c == '+' => {
                runs.push((start, end));
                Some((at, at))
            }
            Some((start, end)) if " ().-/\u{a0}".contains(c) && at < end + 3 => Some((start, end)),
            Some((start, end)) => {
                runs.push((start, end));
                None
            }
        };
    }
    runs.extend(open);
    runs.retain(|(start, end)| start < end);
    runs
}

/// Whether letters or an `@` touch the number: `AB1234567`, `1234567@example.com`, `#1234567`.
fn is_attached(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    let touches = |c: char| c.is_alphanumeric() || matches!(c, '@' | '_' | '#' | '$' | '€' | '£' | '₹' | '%');
    before.is_some_and(touches) || after.is_some_and(|c| touches(c) && !matches!(c, 'x' | 'X'))
}

/// Whether digits are grouped like a date or an amount: `2026-11-20`, `20.11.2026`, `20/11/2026 10`, `1.234.567`.
fn is_date_or_amount(written: &str) -> bool {
    let groups = written.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
    let lengths: Vec<usize> = groups.map(str::len).collect();
    let marks: Vec<char> = written.chars().filter(|c| !c.is_ascii_digit()).take(2).collect();
    let [first, second] = marks[..] else { return false };
    let dated = matches!(
        lengths[..],
        [4, 1..=2, 1..=2] | [4, 1..=2, 1..=2, _] | [1..=2, 1..=2, 4 | 2] | [1..=2, 1..=2, 4, _]
    );
    let grouped = lengths.len() >= 3 && lengths[0] <= 3 && lengths[1..].iter().all(|length| *length == 3);
    first == second && (matches!(first, '-' | '.' | '/') && dated || first == '.' && grouped)
}

/// The number in E.164, where that is certain.
fn e164(written: &str, digits: &str, country: Option<&Country>) -> Option<String> {
    let international = if written.starts_with('+') {
        Some(without_optional_trunk(written))
    } else {
        let dialled = country.filter(|country| country.double_zero).and_then(|_| digits.strip_prefix("00"));
        dialled.map(str::to_owned)
    };
    if let Some(digits) = international {
        let assigned = PLAN.calling_codes.iter().any(|code| digits.starts_with(code.as_str()));
        let fits = (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len());
        let north_american = !digits.starts_with('1') || is_north_american(&digits[1..]);
        return (assigned && fits && north_american).then(|| format!("+{digits}"));
    }
    let country = country?;
    let national = country.national(digits)?;
    let is_valid = country.calling != "1" || is_north_american(national);
    is_valid.then(|| format!("+{}{national}", country.calling))
}

/// The digits after a `+`, without the `(0)` that is dialled only within the country: `+44 (0)20 …`.
fn without_optional_trunk(written: &str) -> String {
    written.replacen("(0)", "", 1).chars().filter(char::is_ascii_digit).collect()
}

/// Ten digits, neither area nor exchange beginning with 0 or 1.
fn is_north_american(national: &str) -> bool {
    let at = |index: usize| national.as_bytes().get(index).is_some_and(|byte| *byte >= b'2');
    national.len() == 10 && at(0) && at(3)
}

impl Country {
    /// The national number of digits as dialled within the country. Where numbers differ in length, one without the trunk
    /// prefix may lack its area code, and is not taken.
    fn national<'d>(&self, digits: &'d str) -> Option<&'d str> {
        let (low, high) = self.digits;
        let fits = |digits: &&str| (low..=high).contains(&digits.len());
        let certain = low == high || self.trunk.is_empty();
        if self.trunk.is_empty() {
            return Some(digits).filter(fits);
        }
        let stripped = digits.strip_prefix(self.trunk.as_str());
        stripped
            .filter(fits)
            .or_else(|| Some(digits).filter(|own| certain && fits(own) && !own.starts_with('0')))
    }
}

fn read(text: &str) -> Result<Plan, Error> {
    let node = json::parse(text)?;
    let root = Cursor::root(&node, "", Document::Model);
    let fields = root.object(&["format", "date", "calling_codes", "countries"])?;
    let calling_codes = fields.required("calling_codes")?;
    let calling_codes =
        calling_codes.items()?.iter().map(|c| Ok(c.count()?.to_string())).collect::<Result<_, Error>>()?;
    let countries = fields.required("countries")?;
    let countries = countries.items()?.iter().map(read_country).collect::<Result<_, Error>>()?;
    Ok(Plan { calling_codes, countries })
}

fn read_country(cursor: &Cursor<'_>) -> Result<Country, Error> {
    let fields = cursor.object(&["code", "calling", "trunk", "digits", "double_zero"])?;
    let digits = fields.required("digits")?.range()?;
    Ok(Country {
        code: fields.required("code")?.text()?.to_owned(),
        calling: fields.required("calling")?.count()?.to_string(),
        trunk: fields.text("trunk")?.unwrap_or_default(),
        digits: (digits.low as usize, digits.high as usize),
        double_zero: fields.flag("double_zero")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::text;
    use super::*;

    fn number(message: &str, code: &str, asked: bool) -> Option<String> {
        let lists: Vec<Vec<Vec<String>>> =
            ["phone", "order"].iter().map(|word| vec![text::phrase(word)]).collect();
        let cues = Cues { phone: &lists[0], other: &lists[1], asked };
        let country = (!code.is_empty()).then(|| country(code).unwrap());
        Some(find(message, &text::words(message), &cues, country.as_ref())?.number)
    }

    #[test]
    fn numbers_of_a_known_country() {
        for (message, code, e164) in [
            ("+49 (0)30 901820", "", "+4930901820"),
            ("my phone: +44 20 7946 0958.", "", "+442079460958"),
            ("+1 (415) 555-0132", "DE", "+14155550132"),
            ("030/901820", "DE", "+4930901820"),
            ("0049 30 901820", "DE", "+4930901820"),
            ("(415) 555-0132", "US", "+14155550132"),
            ("1-415-555-0132", "US", "+14155550132"),
            ("98765 43210", "IN", "+919876543210"),
            ("098765 43210", "in", "+919876543210"),
            ("06 55 123 4567", "HU", "+36551234567"),
            ("8 (912) 345-67-89", "RU", "+79123456789"),
            ("812 345-67-89", "RU", "+78123456789"),
            ("06 1234 5678", "IT", "+390612345678"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("06.12.34.56.78", "FR", "+33612345678"),
        ] {
            assert_eq!(number(message, code, true).as_deref(), Some(e164), "{message} {code}");
        }
    }

    #[test]
    fn an_international_number_is_one_however_it_is_written() {
        for written in ["+49 (0)30 901820", " +4930901820 ", "+49-30/90.18.20", "+49\u{a0}30 901820"] {
            assert_eq!(e164_of_international(written).as_deref(), Some("+4930901820"), "{written}");
        }
        for written in [
            "030 901820",
            "0049 30 901820",
            "+49 30 901820 ext 5",
            "++4930901820",
            "+999 1234567",
            "+1",
            "",
            "é",
        ] {
            assert_eq!(e164_of_international(written), None, "{written}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for (message, code, digits) in [
            ("030/901820", "", "030901820"),
            ("0049 30 901820", "", "004930901820"),
            ("0049 30 901820", "US", "004930901820"),
            ("9018201", "DE", "9018201"),
            ("919876543210", "IN", "919876543210"),
            ("115-555-0132", "US", "1155550132"),
            ("+999 1234567", "", "9991234567"),
            ("+1 123 456 7890", "", "11234567890"),
        ] {
            assert_eq!(number(message, code, true).as_deref(), Some(digits), "{message} {code}");
        }
    }

    #[test]
    fn a_number_needs_a_sign_that_it_is_one() {
        assert_eq!(number("9876543210", "IN", false), None);
        assert_eq!(number("phone 9876543210", "IN", false).as_deref(), Some("+919876543210"));
        assert_eq!(number("my order is 9876543210", "IN", true), None);
        assert_eq!(number("phone about my order 9876543210", "IN", true), None);
        assert_eq!(number("my order? my phone is 9876543210", "IN", false).as_deref(), Some("+919876543210"));
        for message in [
            "123456",
            "2026-11-20",
            "20.11.2026",
            "20/11/2026 10:30",
            "1.234.567",
            "A1234567890",
            "1234567890@example.com",
            "#1234567890",
            "€12345678",
            "1234567890123456",
            "+12",
            "+",
            "((((",
            "1 2 3",
            "１２３４５６７",
        ] {
            assert_eq!(number(message, "DE", true), None, "{message}");
        }
    }

    #[test]
    fn countries_are_known_by_their_code() {
        assert_eq!(country("XX").unwrap_err().code(), "unknown_name");
        for country in &PLAN.countries {
            assert!(PLAN.calling_codes.contains(&country.calling), "{}", country.code);
            assert!(
                country.digits.0 >= 5 && country.calling.len() + country.digits.1 <= MAX_DIGITS,
                "{}",
                country.code
            );
        }
    }
}
