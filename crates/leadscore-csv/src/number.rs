//! Numbers as people write them: thousands separators, decimal commas, currencies, percent, accounting negatives.

use std::fmt::Write;

/// What a text can mean as a number; two different readings make it ambiguous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number {
    /// With `.` as the decimal sign.
    pub(crate) point: Option<f64>,
    /// With `,` as the decimal sign.
    pub(crate) comma: Option<f64>,
    pub(crate) percent: bool,
    /// The currency written with it, as an index into [`CURRENCIES`].
    pub(crate) currency: Option<u8>,
}

impl Number {
    /// Whether it can be read both ways.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.point.is_some() && self.comma.is_some() && self.point != self.comma
    }
}

/// Currencies that may stand before or after a number.
pub(crate) const CURRENCIES: [&str; 24] = [
    "US$", "R$", "$", "€", "£", "¥", "₹", "₽", "zł", "kr", "Fr.", "Rs.", "Rs", "USD", "EUR", "GBP", "CHF",
    "JPY", "INR", "SEK", "NOK", "DKK", "CAD", "AUD",
];

/// One index for all ways to write the same currency.
pub(crate) fn currency_group(index: u8) -> u8 {
    match CURRENCIES.get(usize::from(index)) {
        Some(&"US$" | &"$") => 13,
        Some(&"€") => 14,
        Some(&"£") => 15,
        Some(&"¥") => 17,
        Some(&"₹" | &"Rs." | &"Rs") => 18,
        Some(&"Fr.") => 16,
        _ => index,
    }
}

/// Parses a trimmed text as a number; `None` for anything else, and for codes that only look like one.
pub(crate) fn parse(text: &str) -> Option<Number> {
    if let Some(plain) = parse_plain(text) {
        return plain;
    }
    if text.len() > 64 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (mut body, mut negative, mut signed) = (text, false, false);
    let (mut percent, mut currency) = (false, None);
    loop {
        let before = body;
        if let Some((rest, minus)) = strip_sign(body).filter(|_| !signed) {
            if !minus && is_phone(text) {
                return None;
            }
            (body, negative, signed) = (super::trim(rest), minus, true);
        } else if let Some(inner) =
            body.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|_| !signed)
        {
            (body, negative, signed) = (super::trim(inner), true, true);
        } else if let Some(rest) = body.strip_suffix('%').filter(|_| !percent) {
            (body, percent) = (super::trim(rest), true);
        } else if currency.is_none()
            && let Some((rest, found)) = strip_currency(body)
        {
            (body, currency) = (super::trim(rest), Some(found));
        }
        if body == before {
            break;
        }
    }
    let (mantissa, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], parse_exponent(&body[at + 1..])?),
        None => (body, 0),
    };
    let value = |decimal, group| {
        let value = parse_digits(mantissa, decimal, group, exponent, percent)?;
        Some(if negative { 0.0 - value } else { value })
    };
    let (point, comma) = (value('.', ','), value(',', '.'));
    (point.is_some() || comma.is_some()).then_some(Number { point, comma, percent, currency })
}

/// Whether a trimmed text is made of digits but is no quantity: leading zeros, more than 15 digits, a phone number.
pub(crate) fn is_code(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        return bytes.len() > 15 || (bytes.len() > 1 && bytes[0] == b'0');
    }
    is_phone(text)
}

/// Whether a code was turned into a rounded number by a spreadsheet: `1.23E+15`, `4,91512E+11`.
pub(crate) fn is_rounded_code(text: &str) -> bool {
    if !may_be_rounded_code(text.as_bytes()) {
        return false;
    }
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let mantissa = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let Some((whole, fraction)) = mantissa.split_once(['.', ',']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    whole.len() == 1 && digits(whole) && digits(fraction) && exponent.strip_prefix('+').is_some_and(digits)
}

/// Whether a text has a decimal sign where a rounded code has it: behind its one digit.
#[inline]
pub(crate) fn may_be_rounded_code(text: &[u8]) -> bool {
    matches!(text.get(1..3), Some([b'.' | b',', _] | [_, b'.' | b',']))
}

/// A plus and at least seven digits.
fn is_phone(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    digits >= 7 && rest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-' | b'(' | b')' | b'/'))
}

/// A number that means the same whatever the decimal sign of its column; decimals do so unless it is the comma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PlainNumber {
    pub(crate) value: f64,
    pub(crate) is_integer: bool,
}

/// Fast path of [`parse`] for `12` and `12.5`; `None` for everything else, also where [`parse`] reads it.
#[inline]
pub(crate) fn parse_unambiguous(text: &[u8]) -> Option<PlainNumber> {
    if text.len() > 15 {
        return None;
    }
    let (mut digits, mut integer) = (0_u64, text.len());
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            digits = digits * 10 + u64::from(digit);
        } else if *byte == b'.' && integer == text.len() {
            integer = at;
        } else {
            return None;
        }
    }
    let is_integer = integer == text.len();
    let fraction = text.len() - integer;
    // Leading zeros make a code; three digits after the point might be thousands.
    let is_code = integer > 1 && text[0] == b'0';
    if integer == 0 || is_code || fraction == 1 || (fraction == 4 && integer <= 3) {
        return None;
    }
    let value = if is_integer { digits as f64 } else { exact_decimal(digits, text.len(), integer)? };
    Some(PlainNumber { value, is_integer })
}

/// Fast path for `-12` and `12.5`; the outer `None` means that the text is written in another way.
#[allow(clippy::option_option)] // not plain, plain but a code, plain
fn parse_plain(text: &str) -> Option<Option<Number>> {
    let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
    if digits.is_empty() || digits.len() > 24 {
        return None;
    }
    let (mut dot, mut whole) = (None, 0_u64);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => whole = whole.wrapping_mul(10).wrapping_add(u64::from(byte - b'0')),
            b'.' if dot.is_none() => dot = Some(at),
            _ => return None,
        }
    }
    let integer = dot.unwrap_or(digits.len());
    if integer == 0 || integer > 15 || (integer > 1 && digits[0] == b'0') || dot == Some(digits.len() - 1) {
        return if dot.is_none() { Some(None) } else { None };
    }
    let negative = digits.len() < text.len();
    let sign = |value: f64| if negative { 0.0 - value } else { value };
    let both = |point, comma| Some(Some(Number { point, comma, percent: false, currency: None }));
    if dot.is_none() {
        let value = Some(sign(whole as f64));
        return both(value, value);
    }
    let point =
        exact_decimal(whole, digits.len(), integer).map(|value| if negative { -value } else { value });
    let point = point.or_else(|| text.parse().ok());
    let is_grouped = integer <= 3 && digits.len() - integer == 4 && digits[0] != b'0';
    both(point, is_grouped.then(|| sign(whole as f64)))
}

/// The value of at most 15 digits with a decimal point after `integer` of them: the quotient of two integers that a
/// float holds exactly is rounded once, so it is what `str::parse` gives.
fn exact_decimal(digits: u64, length: usize, integer: usize) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    // One byte is the point itself.
    let power = POWERS.get(length - integer - 1)?;
    (length <= 16).then(|| digits as f64 / power)
}

/// Strips a sign at either end; true means minus.
fn strip_sign(text: &str) -> Option<(&str, bool)> {
    const MINUS: [char; 2] = ['-', '\u{2212}'];
    let minus = text.strip_prefix(MINUS).or_else(|| text.strip_suffix(MINUS)).map(|rest| (rest, true));
    minus.or_else(|| text.strip_prefix('+').map(|rest| (rest, false)))
}

/// A text without the letter or word at its end that multiplies it, and by how much; a currency may stand behind.
pub(crate) fn without_multiplier(text: &str) -> Option<(&str, f64)> {
    const MULTIPLIERS: [(&str, f64); 12] = [
        ("thousand", 1e3),
        ("million", 1e6),
        ("billion", 1e9),
        ("mio", 1e6),
        ("mln", 1e6),
        ("mrd", 1e9),
        ("mn", 1e6),
        ("mm", 1e6),
        ("bn", 1e9),
        ("k", 1e3),
        ("m", 1e6),
        ("b", 1e9),
    ];
    let text = strip_currency(text).map_or(text, |(rest, _)| super::trim(rest));
    MULTIPLIERS.iter().find_map(|(word, factor)| {
        let at = text.len().checked_sub(word.len()).filter(|at| text.is_char_boundary(*at))?;
        let is_word = text[at..].eq_ignore_ascii_case(word);
        is_word.then(|| (super::trim(&text[..at]).trim_end_matches('.'), *factor))
    })
}

fn strip_currency(text: &str) -> Option<(&str, u8)> {
    CURRENCIES.iter().enumerate().find_map(|(index, sign)| {
        let rest = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign))?;
        Some((rest, index as u8))
    })
}

fn parse_exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Parses digits with one decimal sign and grouped thousands.
fn parse_digits(text: &str, decimal: char, group: char, exponent: i32, percent: bool) -> Option<f64> {
    let (integer, fraction) = match text.split_once(decimal) {
        Some((integer, fraction)) => (integer, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|fraction| !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let mut plain = ungroup(integer, group)?;
    if plain.is_empty() && fraction.is_none_or(str::is_empty) {
        return None;
    }
    // Codes: leading zeros, and whole numbers that a float cannot hold.
    let whole = fraction.is_none() && exponent == 0;
    if (plain.len() > 1 && plain.starts_with('0')) || (whole && plain.len() > 15) {
        return None;
    }
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        plain.push('.');
        plain.push_str(fraction);
    }
    // Writing to a text cannot fail.
    let _ = write!(plain, "e{}", exponent - if percent { 2 } else { 0 });
    plain.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The digits of a whole number; separators must be of one kind and stand where thousands (or lakhs) end.
fn ungroup(text: &str, group: char) -> Option<String> {
    let separator = text.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else { return Some(text.to_owned()) };
    let blank = matches!(separator, ' ' | '\u{A0}' | '\u{202F}' | '\u{2009}' | '\'' | '\u{2019}');
    if separator != group && !blank {
        return None;
    }
    let groups: Vec<&str> = text.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let thousands = (1..=3).contains(&first.len()) && middle.iter().all(|part| part.len() == 3);
    let lakhs =
        separator == ',' && (1..=2).contains(&first.len()) && middle.iter().all(|part| part.len() == 2);
    let digits = groups.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    (digits && last.len() == 3 && (thousands || lakhs) && !first.starts_with('0')).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str) -> (Option<f64>, Option<f64>) {
        parse(text).map_or((None, None), |number| (number.point, number.comma))
    }

    #[test]
    fn reads_what_is_certain_the_same_in_both_ways() {
        for (text, value) in [
            ("0", 0.0),
            ("-12", -12.0),
            ("1 234", 1234.0),
            ("1\u{202F}234\u{202F}567", 1_234_567.0),
            ("12'345", 12345.0),
            ("(1200)", -1200.0),
            ("$(6)", -6.0),
            ("5-", -5.0),
            ("\u{2212}7", -7.0),
            ("€ 40", 40.0),
            ("40 EUR", 40.0),
            ("-$3", -3.0),
            ("45%", 0.45),
            ("1e3", 1000.0),
            ("+5", 5.0),
        ] {
            assert_eq!(both(text), (Some(value), Some(value)), "{text}");
        }
    }

    #[test]
    fn plain_decimals_have_the_bits_of_the_standard_library() {
        for text in
            ["0.1", "-0.0", "0.30", "123456789012.345", "99999.9999999999", "1.7976931348623157", "-5.55"]
        {
            let point = parse(text).and_then(|number| number.point).unwrap();
            assert_eq!(point.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn the_fast_path_gives_what_the_parser_gives() {
        for text in [
            "", "0", "7", "007", "00.5", "0.5", "1.234", "1234.567", "12.", ".5", "1.5", "1.2.3", "9.99999",
            "1e3",
        ] {
            let Some(plain) = parse_unambiguous(text.as_bytes()) else { continue };
            let number = parse(text).unwrap();
            assert_eq!(number.point.map(f64::to_bits), Some(plain.value.to_bits()), "{text}");
            assert_eq!(number.comma, plain.is_integer.then_some(plain.value), "{text}");
        }
        for (text, value) in
            [("0", 0.0), ("42", 42.0), ("0.25", 0.25), ("1234.567", 1234.567), ("31.5", 31.5)]
        {
            assert_eq!(parse_unambiguous(text.as_bytes()).map(|plain| plain.value), Some(value));
        }
        for text in ["1.234", "007", "1,5", "-1", "12.", "", "."] {
            assert_eq!(parse_unambiguous(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn knows_the_decimal_sign_only_where_it_shows() {
        assert_eq!(both("1,234"), (Some(1234.0), Some(1.234)));
        assert_eq!(both("1.234"), (Some(1.234), Some(1234.0)));
        assert_eq!(both("-1.234"), (Some(-1.234), Some(-1234.0)));
        assert_eq!(both("1.5"), (Some(1.5), None));
        assert_eq!(both("0.123"), (Some(0.123), None));
        assert_eq!(both("1234.567"), (Some(1234.567), None));
        assert_eq!(both("1,5"), (None, Some(1.5)));
        assert_eq!(both("1.234,56"), (None, Some(1234.56)));
        assert_eq!(both("1,234.56"), (Some(1234.56), None));
        assert_eq!(both("1,234,567"), (Some(1_234_567.0), None));
        assert_eq!(both("12,34,567"), (Some(1_234_567.0), None));
        assert_eq!(both("(1,200.50)"), (Some(-1200.5), None));
        assert_eq!(both("33.3%"), (Some(0.333), None));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in [
            "",
            "-",
            ".",
            ",",
            "abc",
            "0x1F",
            "inf",
            "nan",
            "1e999",
            "007",
            "1,23",
            "12345678901234567890",
            "1.2.3",
            "1-2",
            "--5",
            "5 apples",
            "+4930123456",
            "1 23",
            "1,2345,678",
            "e5",
            "5e",
            "1:30",
            "0,123,456",
            "%",
            "$",
        ] {
            let found = parse(text).filter(|number| number.point.is_some());
            assert_eq!(found, None, "{text}");
        }
        assert!(is_code("007") && is_code("+49 30 123456") && is_code("1234567890123456"));
        assert!(!is_code("0") && !is_code("12") && !is_code("+5"));
    }
}
