//! What a single text or name looks like: a flag, a value, the name of an id.

use super::{date, number};

/// Whether a text looks like a value rather than a name: a number, a date, a flag, an e-mail address.
pub(crate) fn shape(text: &str) -> Option<Shape> {
    if number::parse(text).is_some() || number::is_code(text) {
        Some(Shape::Number)
    } else if flag(text.as_bytes()).is_some() {
        Some(Shape::Flag)
    } else if date::parse(text).is_some() {
        Some(Shape::Date)
    } else {
        let (user, host) = text.split_once('@')?;
        let email = !user.is_empty() && host.contains('.') && !text.contains(' ') && !host.contains('@');
        email.then_some(Shape::Email)
    }
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Number,
    Date,
    Flag,
    Email,
}

/// The meaning of a text that says yes or no.
pub(crate) fn flag(text: &[u8]) -> Option<bool> {
    const WORDS: [(&str, bool); 6] =
        [("true", true), ("false", false), ("yes", true), ("no", false), ("y", true), ("n", false)];
    // Fast path: nothing else starts like these.
    if text.len() > 5 || !matches!(text.first()?, b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F') {
        return None;
    }
    WORDS.iter().find(|(word, _)| word.as_bytes().eq_ignore_ascii_case(text)).map(|(_, value)| *value)
}

/// Whether a column of that name holds ids: `lead_id`, `Lead Number`, `ProspectID`, `phone 2`, `postal code`.
pub(crate) fn is_id_name(name: &str) -> bool {
    const LAST: [&str; 42] = [
        "id",
        "ids",
        "uuid",
        "guid",
        "phone",
        "telephone",
        "telefon",
        "tel",
        "mobile",
        "fax",
        "zip",
        "zipcode",
        "postcode",
        "plz",
        "iban",
        "isbn",
        "ean",
        "sku",
        "ssn",
        "leadid",
        "userid",
        "customerid",
        "contactid",
        "accountid",
        "postleitzahl",
        "cep",
        "pocztowy",
        "postal",
        "handy",
        "mobil",
        "telefone",
        "teléfono",
        "téléphone",
        "celular",
        "cpf",
        "cnpj",
        "ref",
        "reference",
        "barcode",
        "gtin",
        "imei",
        "uid",
    ];
    const NUMBER: [&str; 6] = ["number", "no", "nr", "num", "nummer", "#"];
    const CODED: [&str; 7] = ["postal", "post", "zip", "area", "dial", "country", "bank"];
    let mut words = words(name);
    while words.len() > 1 && words.last().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    let Some((last, before)) = words.split_last() else { return false };
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    if before.first().is_some_and(|word| matches!(word.as_str(), "has" | "is")) {
        return false;
    }
    let before = before.last().map(String::as_str);
    let joined = last.len() > 6 && (last.ends_with("number") || last.ends_with("nummer"));
    LAST.contains(&last)
        || joined
        || (before.is_some() && NUMBER.contains(&last))
        || (last == "code" && before.is_some_and(|word| CODED.contains(&word)))
}

/// Whether a column of that name may say whether there is something of the kind, rather than name it: `phone`.
pub(crate) fn is_yes_no_name(name: &str) -> bool {
    const THINGS: [&str; 8] = ["phone", "telephone", "telefon", "tel", "mobile", "fax", "mobil", "handy"];
    words(name).iter().any(|word| THINGS.contains(&word.as_str()))
}

/// Whether a column of that name should hold dates: `created_at`, `Close Date`, `Datum`.
pub(crate) fn is_date_name(name: &str) -> bool {
    const LAST: [&str; 8] = ["date", "at", "datum", "timestamp", "datetime", "fecha", "birthday", "日付"];
    let words = words(name);
    let Some(last) = words.last() else { return false };
    LAST.contains(&last.as_str()) && (last != "at" || words.len() > 1)
}

/// Whether a text is a word that usually stands above a column.
pub(crate) fn is_column_name(text: &str) -> bool {
    const WORDS: [&str; 60] = [
        "name",
        "first",
        "last",
        "firstname",
        "lastname",
        "email",
        "mail",
        "company",
        "account",
        "city",
        "country",
        "state",
        "region",
        "title",
        "role",
        "date",
        "status",
        "stage",
        "address",
        "street",
        "type",
        "kind",
        "note",
        "notes",
        "text",
        "comment",
        "comments",
        "description",
        "owner",
        "source",
        "category",
        "gender",
        "language",
        "url",
        "website",
        "industry",
        "department",
        "position",
        "code",
        "place",
        "item",
        "value",
        "vorname",
        "nachname",
        "firma",
        "stadt",
        "ort",
        "land",
        "nom",
        "prénom",
        "ville",
        "pays",
        "nombre",
        "empresa",
        "nome",
        "cidade",
        "imię",
        "nazwisko",
        "miasto",
        "contact",
    ];
    is_id_name(text) || text.contains('_') || words(text).iter().any(|word| WORDS.contains(&word.as_str()))
}

/// The text in `="00123"`, which is how a spreadsheet is kept from reading a text as a number.
pub(crate) fn spreadsheet_text(text: &str) -> Option<&str> {
    if !text.starts_with('=') {
        return None;
    }
    text.strip_prefix("=\"")?.strip_suffix('"').filter(|inner| !inner.contains('"'))
}

/// The words of a name in lower case; an upper-case letter after a lower-case one starts a new one.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for character in name.chars() {
        let boundary = !character.is_alphanumeric() && character != '#';
        if (boundary || (after_lower && character.is_uppercase()))
            && words.last().is_some_and(|word| !word.is_empty())
        {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !boundary) {
            word.extend(character.to_lowercase());
        }
        after_lower = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_ids() {
        for name in [
            "id",
            "ID",
            "lead_id",
            "Lead Number",
            "Prospect ID",
            "ProspectID",
            "phone",
            "Phone 2",
            "zip",
            "Postal Code",
            "account number",
        ] {
            assert!(is_id_name(name), "{name}");
        }
        for name in
            ["Number of visits", "paid", "grid", "number", "phone_calls", "has_phone", "visits", "", "score"]
        {
            assert!(!is_id_name(name), "{name}");
        }
    }
}
