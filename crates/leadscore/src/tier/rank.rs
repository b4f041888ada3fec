//! Tiers by rank in a list.

use super::{Tier, TierAxis, TierBound, TierScheme, check_names, invalid};
use crate::Error;
use crate::capacity::{by_score, tie_at};

/// The tier of a lead by its rank in a list.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RankTier<'a> {
    /// The tier.
    pub tier: &'a Tier,
    /// Its position among the tiers, the best first.
    pub position: usize,
    /// Whether leads with the same score are in another tier too: those earlier in the list rank higher.
    pub tied: bool,
}

impl TierScheme {
    /// The tiers of the leads of a list by their scores, where tiers are on the rank; none otherwise. Of equal scores the
    /// earlier lead ranks higher. A lead whose score is NaN takes no place and is in the last tier: one that was ruled out.
    ///
    /// Where the tops of two tiers come to the same number of leads, or the later to fewer, nobody is in the later one.
    ///
    /// ```
    /// use leadscore::TierScheme;
    /// let scheme = TierScheme::from_json(
    ///     r#"{"on": "rank", "bounds": [{"tier": "TODAY", "top": 1}, {"tier": "WEEK", "top": "50 %"}, {"tier": "LATER"}]}"#,
    /// )?;
    /// let tiers = scheme.by_rank(&[20.0, 90.0, 20.0, 10.0]).unwrap();
    /// let names: Vec<&str> = tiers.iter().map(|own| own.tier.name()).collect();
    /// assert_eq!(names, ["WEEK", "TODAY", "LATER", "LATER"]);
    /// assert!(tiers[0].tied && tiers[2].tied);
    /// # Ok::<(), leadscore::Error>(())
    /// ```
    pub fn by_rank(&self, scores: &[f64]) -> Option<Vec<RankTier<'_>>> {
        if self.axis != TierAxis::Rank {
            return None;
        }
        let ranked = by_score(scores);
        let ordered: Vec<f64> = ranked.iter().map(|lead| scores[*lead]).collect();
        let of = |position: usize| RankTier { tier: &self.tiers[position], position, tied: false };
        let mut tiers = vec![of(self.tiers.len() - 1); scores.len()];
        let mut from = 0;
        for (position, tier) in self.tiers.iter().enumerate() {
            let Some(TierBound::Top(top)) = tier.bound else { continue };
            let to = top.of(ranked.len()).max(from);
            for lead in &ranked[from..to] {
                tiers[*lead].tier = tier;
                tiers[*lead].position = position;
            }
            for at in tie_at(&ordered, to).into_iter().flatten() {
                tiers[ranked[at]].tied = true;
            }
            from = to;
        }
        Some(tiers)
    }
}

pub(super) fn check(tiers: &[Tier]) -> Result<(), Error> {
    check_names(tiers)?;
    for (at, tier) in tiers.iter().enumerate() {
        let refuse = |message: &str| Err(invalid(&format!("bounds[{at}]"), message));
        let is_last = at + 1 == tiers.len();
        let own = match tier.bound {
            None if is_last => continue,
            None => return refuse("only the last tier goes without `top`"),
            Some(_) if is_last => return refuse("the last tier has no `top`: all other leads are in it"),
            Some(TierBound::Top(top)) => top,
            Some(_) => return refuse("tiers on the rank have a `top`, and neither `from` nor `above`"),
        };
        // A number and a share can be compared only when the list is there.
        let rises = |before: &Tier| match before.bound {
            Some(TierBound::Top(before)) => before.is_fewer(own).unwrap_or(true),
            _ => true,
        };
        if !tiers[..at].iter().all(rises) {
            return refuse("tops rise from tier to tier: each counts the leads of the tiers before it too");
        }
    }
    Ok(())
}
