//! What a lead works as, as one writes it within a sentence: `a manager`, `an HR manager`, `VP Sales`.

use super::wording::WORDING;

/// A job title within a sentence, without an article: `Project Manager` is `project manager`, `hr manager` is `HR manager`.
///
/// Only words that are known to be no names lose their capital, so that `Salesforce` or `Java` keep it.
pub(super) fn in_running_text(title: &str) -> String {
    let title = title.trim().trim_end_matches('.');
    // `VP Sales` is a name of a position as a whole; `VP of Sales` and `Chief Nursing Officer` are not.
    let first = title.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
    let is_name =
        names_position(title) && WORDING.acronyms.contains(&first) && !title.to_lowercase().contains(" of ");
    let (mut out, mut word, mut is_first) = (String::new(), String::new(), true);
    for c in title.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_alphanumeric() || matches!(c, '\'' | '’') => word.push(c),
            other => {
                out.push_str(&shown(&word, is_name && !is_first));
                is_first &= word.is_empty();
                word.clear();
                out.extend(other);
            }
        }
    }
    out
}

/// The same with its article. Positions that a company has one of have none: `as CTO`, `as head of sales`.
pub(super) fn with_article(title: &str) -> String {
    let shown = in_running_text(title);
    if names_position(title) {
        return shown;
    }
    let article = if begins_with_vowel_sound(&shown) { "an" } else { "a" };
    format!("{article} {shown}")
}

/// Whether a title is that of one person in a company.
fn names_position(title: &str) -> bool {
    let lower = title.trim().to_lowercase();
    WORDING.positions.iter().any(|start| {
        lower
            .strip_prefix(start.as_str())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric) && !rest.starts_with('-'))
    })
}

fn shown(word: &str, keeps_case: bool) -> String {
    let lower = word.to_lowercase();
    if WORDING.acronyms.contains(&lower) {
        return lower.to_uppercase();
    }
    let is_upper = word.chars().all(|c| !c.is_lowercase());
    let is_plain = WORDING.job_words.contains(&lower)
        || ["tion", "ment", "ologist", "ician", "ology"]
            .iter()
            .any(|end| lower.ends_with(end) && lower.len() > 6);
    match () {
        () if !is_plain => word.to_owned(),
        // `VP SALES`
        () if keeps_case && is_upper => {
            let mut chars = lower.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
        }
        () if keeps_case => word.to_owned(),
        () => lower,
    }
}

fn begins_with_vowel_sound(text: &str) -> bool {
    let first = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_spelled = first.chars().all(char::is_uppercase) && first.chars().count() <= 5;
    if is_spelled {
        return first.starts_with(['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X']);
    }
    let lower = first.to_lowercase();
    let starts = |list: &[&str]| list.iter().any(|start| lower.starts_with(start));
    if starts(&["hour", "honest", "honor", "honour", "heir"]) {
        return true;
    }
    // `user`, `university`, `unit`, `European`, `one`: written with a vowel, spoken with a consonant.
    let is_consonant = starts(&["use", "usa", "uni", "ute", "util", "eu", "ew", "ubiq"])
        && !starts(&["unin", "unim"])
        || matches!(lower.as_str(), "one" | "once");
    lower.starts_with(['a', 'e', 'i', 'o', 'u', 'ä', 'ö', 'é', 'à']) && !is_consonant
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stand_in_a_sentence() {
        for (title, expected) in [
            ("Manager", "a manager"),
            ("Project Manager", "a project manager"),
            ("Data Analyst", "a data analyst"),
            ("hr manager", "an HR manager"),
            ("HR MANAGER", "an HR manager"),
            ("SALES MANAGER", "a sales manager"),
            ("Engineer", "an engineer"),
            ("UX Designer", "a UX designer"),
            ("User Researcher", "a user researcher"),
            ("Underwriter", "an underwriter"),
            ("SEO Specialist", "an SEO specialist"),
            ("IT-Administrator", "an IT-administrator"),
            ("Salesforce Administrator", "a Salesforce administrator"),
            ("Java Developer", "a Java developer"),
            ("European Sales Director", "a European sales director"),
            ("DevOps Engineer", "a DevOps engineer"),
            ("Honorary Consul", "an honorary Consul"),
            ("Research & Development Lead", "a research & development lead"),
            ("CTO", "CTO"),
            ("cto", "CTO"),
            ("VP Sales", "VP Sales"),
            ("VP SALES", "VP Sales"),
            ("VP of Sales", "VP of sales"),
            ("Vice President of Marketing", "vice president of marketing"),
            ("Head of HR", "head of HR"),
            ("Chief Nursing Officer", "chief nursing officer"),
            ("Geschäftsführer", "a Geschäftsführer"),
        ] {
            assert_eq!(with_article(title), expected, "{title}");
        }
    }
}
