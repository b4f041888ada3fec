//! What a name that is not known was meant to be.

/// `, did you mean …?` after a name that is not known, where one of the known names is nearly the same; else nothing.
///
/// ```
/// assert_eq!(leadscore::did_you_mean("convertion", ["conversion", "capture"]), ", did you mean `conversion`?");
/// assert_eq!(leadscore::did_you_mean("xyz", ["conversion"]), "");
/// ```
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    // Long lists of long names are not worth the time; nobody mistypes a name of hundreds of letters.
    if name.is_empty() || name.len() > 100 {
        return String::new();
    }
    let near = |known: &'a str| {
        let letters: Vec<char> = known.to_lowercase().chars().take(101).collect();
        let most = (name.len().max(letters.len()) / 3).max(1).min(name.len().saturating_sub(1));
        (letters.len().abs_diff(name.len()) <= most)
            .then(|| distance(&name, &letters))
            .filter(|distance| *distance <= most)
            .map(|distance| (distance, known))
    };
    let nearest = known.into_iter().filter_map(near).min_by_key(|(distance, _)| *distance);
    nearest.map_or_else(String::new, |(_, known)| format!(", did you mean `{known}`?"))
}

/// How many letters have to be put in, left out, replaced or swapped with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_slip_is_recognised() {
        let known = ["has_company", "has_phone", "title_seniority", "a", "b"];
        for (name, meant) in [
            ("has_compny", "has_company"),
            ("has_phnoe", "has_phone"),
            ("Has_Phone", "has_phone"),
            ("title_senority", "title_seniority"),
        ] {
            assert_eq!(did_you_mean(name, known), format!(", did you mean `{meant}`?"));
        }
        for name in ["", "c", "revenue", "hash"] {
            assert_eq!(did_you_mean(name, known), "", "{name}");
        }
    }
}
