//! What learns the trees of a fold.

use super::TreeSize;
use crate::Error;
#[cfg(feature = "trainer-gbdt")]
use crate::ErrorKind;
#[cfg(feature = "trainer-gbdt")]
use crate::learn::Gbdt;
use crate::learn::{Boosting, Examples, Learned, Round};
use crate::parallel::Workers;

/// What learns the trees.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Learner {
    /// Our own boosted trees, [`Boosting`].
    #[default]
    Own,
    /// Those of the crate gbdt (feature `trainer-gbdt`).
    #[cfg(feature = "trainer-gbdt")]
    Gbdt(Gbdt),
}

impl Learner {
    /// Learns from rows; `boosting` has the settings of our own trees, and the most rounds of any. The forest has all rounds
    /// and, with validation rows, knows the best one.
    pub(super) fn learn(
        &self,
        boosting: &Boosting,
        training: &Examples,
        validation: Option<&Examples>,
        workers: &Workers<'_>,
        progress: &mut dyn FnMut(&Round),
    ) -> Result<Learned, Error> {
        match self {
            Learner::Own => boosting.learn(training, validation, workers, progress),
            #[cfg(feature = "trainer-gbdt")]
            Learner::Gbdt(gbdt) => {
                if !boosting.monotone.is_empty() {
                    let message = "the crate gbdt knows nothing of columns whose effect goes one way";
                    return Err(Error::new(ErrorKind::InvalidContext, "monotone", message));
                }
                let gbdt = Gbdt { rounds: gbdt.rounds.min(boosting.rounds), ..gbdt.clone() };
                gbdt.learn(training, validation, workers, progress)
            }
        }
    }

    /// The sizes of trees to choose from. Those of the crate gbdt have one of their own.
    pub(super) fn tree_sizes(&self) -> &'static [TreeSize] {
        match self {
            Learner::Own => &TreeSize::ALL,
            #[cfg(feature = "trainer-gbdt")]
            Learner::Gbdt(_) => &[TreeSize::Medium],
        }
    }

    /// What the model card says.
    pub(super) fn name(&self) -> String {
        match self {
            Learner::Own => format!("leadscore {} trees", env!("CARGO_PKG_VERSION")),
            #[cfg(feature = "trainer-gbdt")]
            Learner::Gbdt(_) => "gbdt 0.1.3 trees".to_owned(),
        }
    }
}
