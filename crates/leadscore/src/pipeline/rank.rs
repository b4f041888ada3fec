//! Tiers by rank, which are given when all leads of a list are scored.

use super::outcome::ScoreResult;
use super::{Pipeline, ScoreColumns};
use crate::tier::{RankTier, TierAxis};
use crate::{Error, ErrorKind};

impl Pipeline {
    /// Whether tiers are by rank in a list, so that a lead that is scored alone has none.
    pub fn has_ranks(&self) -> bool {
        self.tiers().axis() == TierAxis::Rank
    }

    /// Gives the results of a whole list their tiers, where those are by rank. Refused leads take no place.
    pub(super) fn rank_results<R: ScoreResult>(&self, results: &mut [Result<R, Error>]) {
        if !self.has_ranks() {
            return;
        }
        let scores: Vec<f64> = results.iter().flatten().map(R::ranked_score).collect();
        let tiers = self.tiers().by_rank(&scores).unwrap_or_default();
        for (result, tier) in results.iter_mut().flatten().zip(&tiers) {
            result.set_tier(tier);
        }
    }

    /// Gives the columns of a whole list their tiers, where those are by rank.
    pub(crate) fn ranked(&self, mut columns: ScoreColumns) -> ScoreColumns {
        let scores = std::mem::take(&mut columns.ranked_scores);
        if let Some(tiers) = self.tiers().by_rank(&scores) {
            // A lead that was refused has no score, and no tier.
            let of =
                |(tier, score): (&RankTier<'_>, &f64)| if score.is_nan() { -1 } else { tier.position as i32 };
            columns.tier = tiers.iter().zip(&columns.score).map(of).collect();
        }
        columns
    }

    /// Refuses a stretch of a longer list, of which no rank is known, where tiers are by rank.
    pub(super) fn check_whole_list(&self, first_index: usize) -> Result<(), Error> {
        if self.has_ranks() && first_index > 0 {
            let message = "tiers by rank want the whole list at once, not a stretch of it";
            return Err(Error::new(ErrorKind::InvalidContext, "first_index", message));
        }
        Ok(())
    }
}
