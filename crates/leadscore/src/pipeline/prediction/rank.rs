//! The tier of a scored lead by its rank in a list.

use std::sync::Arc;

use super::{Prediction, Score, Warning};
use crate::tier::RankTier;

impl Score {
    /// Sets tier and action by the rank in a list, with a warning where leads with the same score are in another tier.
    pub fn set_rank_tier(&mut self, ranked: &RankTier<'_>) {
        set(&mut self.tier, &mut self.action, &mut self.warnings, ranked);
    }
}

impl Prediction {
    /// Sets tier and action by the rank in a list, with a warning where leads with the same score are in another tier.
    ///
    /// A caller who scores a list piece by piece gives the tiers when all of it is scored: see
    /// [`TierScheme::by_rank`](crate::TierScheme::by_rank).
    pub fn set_rank_tier(&mut self, ranked: &RankTier<'_>) {
        set(&mut self.tier, &mut self.action, &mut self.warnings, ranked);
    }
}

fn set(
    tier: &mut Option<Arc<str>>,
    action: &mut Option<Arc<str>>,
    warnings: &mut Vec<Warning>,
    ranked: &RankTier<'_>,
) {
    *tier = Some(ranked.tier.shared_name().clone());
    *action = Some(ranked.tier.shared_action().clone());
    warnings.retain(|warning| !matches!(warning, Warning::NoRank | Warning::EqualScores));
    warnings.extend(ranked.tied.then_some(Warning::EqualScores));
}
