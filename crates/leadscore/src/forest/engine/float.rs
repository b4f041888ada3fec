//! The two precisions of sums.

use crate::forest::precision::narrow_threshold;

/// A float that margins are summed in.
pub(super) trait Float:
    Copy + Default + PartialOrd + std::ops::AddAssign + std::fmt::Debug + PartialEq
{
    const NAN: Self;
    const NEG_INFINITY: Self;
    const INFINITY: Self;
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
    /// A threshold of the model in this precision, where comparisons come out the same.
    fn threshold(value: f64) -> Self;
}

impl Float for f32 {
    const NAN: f32 = f32::NAN;
    const NEG_INFINITY: f32 = f32::NEG_INFINITY;
    const INFINITY: f32 = f32::INFINITY;
    fn from_f64(value: f64) -> f32 {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn threshold(value: f64) -> f32 {
        narrow_threshold(value)
    }
}

impl Float for f64 {
    const NAN: f64 = f64::NAN;
    const NEG_INFINITY: f64 = f64::NEG_INFINITY;
    const INFINITY: f64 = f64::INFINITY;
    fn from_f64(value: f64) -> f64 {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn threshold(value: f64) -> f64 {
        value
    }
}
