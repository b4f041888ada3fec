//! Learning from won and lost leads: boosted trees from labelled features (feature `learn`).
//!
//! Newton boosting on binned values, as Chen and Guestrin describe it (XGBoost, 2016), with the leaf-wise growth and the
//! sorted categories of Ke and others (LightGBM, 2017). [`Boosting`] holds the settings, [`Examples`] the labelled rows;
//! [`Boosting::fit`] makes a [`Forest`](crate::Forest). The same rows, settings and seed give the same bits on every
//! machine and for any number of threads.

mod bins;
mod examples;
mod fit;
#[cfg(feature = "trainer-gbdt")]
mod gbdt;
mod grow;
mod histogram;
mod loss;
mod options;
mod part;
mod sample;
mod split;
mod survival;
#[cfg(test)]
mod tests;
mod threads;
mod tree;
mod trees;

pub use examples::{Column, ColumnKind, Examples};
pub use fit::{Learned, Round};
#[cfg(feature = "trainer-gbdt")]
pub use gbdt::Gbdt;
pub use options::{Boosting, Direction, Noise, Objective};
