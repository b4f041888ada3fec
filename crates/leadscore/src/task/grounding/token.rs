//! A text as the statements that are checked.

use super::number::{Quantity, quantity};
use super::{Day, LISTS};
use crate::expression::normalise;

/// A statement, or a word that is part of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// An e-mail or web address, in lower case.
    Address(String),
    /// The digits of a telephone number.
    Phone(String),
    /// The days that a date may be, by the order of its parts.
    Days(Vec<Day>),
    Quantity {
        text: String,
        quantity: Quantity,
    },
    Word {
        text: String,
        original: String,
        is_capitalised: bool,
        starts_sentence: bool,
    },
}

/// Punctuation around words.
const AROUND: [char; 26] = [
    '(', ')', '[', ']', '{', '}', '<', '>', '"', '“', '”', '„', '‘', ',', ';', ':', '!', '?', '.', '…', '*',
    '_', '–', '—', '#', '|',
];

/// The statements of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let text = without_phones(text, &mut found);
    let mut starts_sentence = true;
    for line in text.lines() {
        starts_sentence |= !line.trim().is_empty();
        for word in line.split_whitespace() {
            let ends_sentence =
                word.trim_end_matches(['"', '”', '’', '\'', ')', '*']).ends_with(['.', '!', '?', ':', '…']);
            add_word(word, starts_sentence, &mut found);
            // A bullet or an opening quote does not end the start.
            starts_sentence = ends_sentence || starts_sentence && !word.contains(char::is_alphanumeric);
        }
        starts_sentence = true;
    }
    with_month_days(&with_percent(with_number_words(found)))
}

fn add_word(word: &str, starts_sentence: bool, found: &mut Vec<Token>) {
    let word = word.trim_matches(AROUND).trim_matches(['\'', '’', '-']);
    if word.is_empty() {
        return;
    }
    if let Some(address) = address(word) {
        found.push(Token::Address(address));
        return;
    }
    if let Some(days) = numeric_days(word) {
        found.push(Token::Days(days));
        return;
    }
    if let Some(quantity) = quantity(word) {
        found.push(Token::Quantity { text: word.to_lowercase(), quantity });
        return;
    }
    // `10/12`, `3-minute`, `2–3`, `sales/marketing`; a compound of words alone stays together.
    let parts: Vec<&str> = word.split(['/', '–', '—', '&', '=']).collect();
    let dashed = word.split('-').any(|part| quantity(part).is_some());
    if parts.len() > 1 {
        for (at, part) in parts.into_iter().enumerate() {
            add_word(part, starts_sentence && at == 0, found);
        }
    } else if dashed && word.contains('-') {
        for (at, part) in word.split('-').enumerate() {
            add_word(part, starts_sentence && at == 0, found);
        }
    } else {
        let possessive = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
        found.push(Token::Word {
            text: normalise(possessive).replace('’', "'"),
            original: word.to_owned(),
            is_capitalised: word.starts_with(char::is_uppercase),
            starts_sentence,
        });
    }
}

/// An e-mail or web address without its scheme and the slash behind it.
pub(super) fn address(word: &str) -> Option<String> {
    let lower = word.to_lowercase();
    if let Some((_, rest)) = lower.split_once("://") {
        return Some(rest.trim_end_matches('/').to_owned());
    }
    if lower.contains('@') {
        return Some(lower.trim_start_matches("mailto:").to_owned());
    }
    let host = lower.split('/').next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let known = labels.last().is_some_and(|last| LISTS.top_level_domains.contains(*last));
    let has_letters = labels.first().is_some_and(|first| first.contains(char::is_alphabetic));
    (labels.len() > 1 && known && has_letters && labels.iter().all(|label| is_label(label)))
        .then(|| lower.trim_end_matches('/').to_owned())
}

/// The days that `2026-11-20`, `20.11.2026` or `11/20/26` may be; none where it is no date.
pub(super) fn numeric_days(word: &str) -> Option<Vec<Day>> {
    let date = word.split('T').next().unwrap_or(word);
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '.' | '/') {
        return None;
    }
    let parts: Vec<u16> = date.split(separator).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c] = parts[..] else { return None };
    let day = |month: u16, day: u16, year: u16| {
        let year = if year < 100 { 2000 + year } else { year };
        let fits = (1..=12).contains(&month) && (1..=31).contains(&day);
        fits.then_some(Day { month: month as u8, number: day as u8, year: Some(year) })
    };
    if a > 31 {
        return day(b, c, a).map(|day| vec![day]);
    }
    // Day first and month first; the same day twice is one.
    let mut days: Vec<Day> = [day(b, a, c), day(a, b, c)].into_iter().flatten().collect();
    days.dedup();
    (!days.is_empty()).then_some(days)
}

/// Takes numbers in words as numbers: `two`, `forty-two`, `four hundred`.
fn with_number_words(tokens: Vec<Token>) -> Vec<Token> {
    let value = |token: &Token| match token {
        Token::Word { text, .. } => {
            let mut parts = text.split('-').map(|part| LISTS.number_words.get(part).copied());
            parts.try_fold(0.0, |sum, part| Some(sum + part?))
        }
        _ => None,
    };
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut number: Option<(f64, String)> = None;
    for token in tokens {
        let Some(next) = value(&token) else {
            out.extend(number.take().map(in_words));
            out.push(token);
            continue;
        };
        let Token::Word { text, .. } = token else { unreachable!("only words have a value") };
        number = Some(match number.take() {
            // `four hundred`, `forty thousand`
            Some((before, words)) if next >= 100.0 && before < next => {
                (before * next, format!("{words} {text}"))
            }
            Some((before, words)) if next < 100.0 && before >= 100.0 => {
                (before + next, format!("{words} {text}"))
            }
            Some(other) => {
                out.push(in_words(other));
                (next, text)
            }
            None => (next, text),
        });
    }
    out.extend(number.map(in_words));
    out
}

fn in_words((value, text): (f64, String)) -> Token {
    Token::Quantity { text, quantity: Quantity::exact(value) }
}

/// Takes `72 %` and `72 percent` together.
fn with_percent(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let is_percent = matches!(&token, Token::Word { text, .. } if matches!(text.as_str(), "%" | "percent" | "prozent"));
        match out.last_mut() {
            Some(Token::Quantity { quantity, .. }) if is_percent => quantity.set_percent(),
            _ => out.push(token),
        }
    }
    out
}

/// Takes `20 November 2026` and `Nov 20` together.
fn with_month_days(tokens: &[Token]) -> Vec<Token> {
    let month = |token: &Token| match token {
        Token::Word { text, original, .. } if original.starts_with(char::is_uppercase) && text.len() >= 3 => {
            let text = text.trim_end_matches('.');
            LISTS.months.iter().position(|month| month.starts_with(text)).map(|at| at as u8 + 1)
        }
        _ => None,
    };
    let whole = |token: Option<&Token>, low: f64, high: f64| match token? {
        Token::Quantity { quantity, .. } => {
            quantity.readings().find(|n| (low..=high).contains(n) && n.fract() == 0.0)
        }
        _ => None,
    };
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let Some(month) = month(token) else {
            out.push(token.clone());
            continue;
        };
        let before = whole(out.last(), 1.0, 31.0);
        let after = whole(tokens.get(at), 1.0, 31.0);
        let Some(day) = before.or(after) else {
            out.push(token.clone());
            continue;
        };
        if before.is_some() {
            out.pop();
        } else {
            at += 1;
        }
        let year = whole(tokens.get(at), 1900.0, 2200.0);
        at += usize::from(year.is_some());
        out.push(Token::Days(vec![Day { month, number: day as u8, year: year.map(|year| year as u16) }]));
    }
    out
}

/// Takes out telephone numbers: seven digits or more with blanks, brackets or dashes between them, or a plus before.
fn without_phones(text: &str, found: &mut Vec<Token>) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let follows_word = rest
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '$' | '€' | '@' | '/' | '='));
        if follows_word || !(c.is_ascii_digit() || c == '+' || c == '(') {
            rest.push(c);
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some((at, next)) = chars.peek().copied() {
            if !(next.is_ascii_digit() || matches!(next, ' ' | '-' | '(' | ')' | '/' | '\u{A0}')) {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        let run = text[start..end].trim_end_matches([' ', '-', '(', '/', '\u{A0}']);
        let digits: String = run.chars().filter(char::is_ascii_digit).collect();
        let is_separated = run.starts_with('+') || run.contains([' ', '-', ')', '/', '\u{A0}']);
        if (7..=15).contains(&digits.len())
            && is_separated
            && numeric_days(run).is_none()
            && !is_iso_time(run, &text[end..])
        {
            found.push(Token::Phone(digits));
            rest.push(' ');
            rest.push_str(&text[start + run.len()..end]);
        } else {
            rest.push_str(&text[start..end]);
        }
    }
    rest
}

/// Whether digits are the start of `2026-11-20T10:00:00Z`.
fn is_iso_time(run: &str, rest: &str) -> bool {
    let date = run.get(..10).is_some_and(|date| numeric_days(date).is_some());
    date && rest.starts_with(['T', ':', 't'])
}
