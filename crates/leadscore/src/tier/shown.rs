//! Scores as people read them.

use super::{Tier, TierScheme};

impl TierScheme {
    /// A score as people read it: to one decimal, half away from zero, but never past a bound that the score itself is not
    /// past. Where a tier is narrower than a tenth of a point there are more decimals.
    ///
    /// ```
    /// let scheme = leadscore::TierScheme::builtin("lead-score")?;
    /// assert_eq!([79.94, 79.96, 80.0].map(|score| scheme.shown_score(score)), ["79.9", "79.9", "80.0"]);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn shown_score(&self, score: f64) -> String {
        const MAX_DECIMALS: usize = 12;
        let tier_of = |score: f64| self.tier(score, Some(score / 100.0)).map(Tier::name);
        let mut unit = 1.0;
        for decimals in 1..=MAX_DECIMALS {
            unit *= 10.0;
            let scaled = score * unit;
            for candidate in [scaled.round(), scaled.floor(), scaled.ceil()] {
                // Adding 0 makes a negative zero positive.
                let shown = candidate / unit + 0.0;
                if tier_of(shown) == tier_of(score) {
                    return format!("{shown:.decimals$}");
                }
            }
        }
        score.to_string()
    }
}
