//! The loss of times that may be known within bounds only: accelerated failure time.
//!
//! The logarithm of a time is the margin plus `scale` times noise (Wei, *The accelerated failure time model*, Statistics in
//! Medicine 11, 1992; in boosted trees Barnwal, Cho and Hocking, 2022). A row whose time is known counts by the density,
//! one that is known to lie between two bounds by the probability between them. The limits are those of XGBoost.

use super::options::Noise;
use crate::math;

/// Densities and probabilities below this count as this much.
const LEAST: f64 = 1e-12;
const MOST_GRADIENT: f64 = 15.0;
const LEAST_HESSIAN: f64 = 1e-16;
const MOST_HESSIAN: f64 = 15.0;

/// From when to when a time lies; both bounds are alike where it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    /// From 0 up.
    pub(super) lower: f64,
    /// Infinite where only the lower one is known.
    pub(super) upper: f64,
}

impl Bounds {
    fn is_exact(self) -> bool {
        self.lower == self.upper
    }

    /// The negative logarithm of the likelihood.
    pub(super) fn loss(self, noise: Noise, scale: f64, margin: f64) -> f64 {
        let z = |time: f64| (math::ln(time) - margin) / scale;
        let likelihood = if self.is_exact() {
            noise.density(z(self.lower)) / (scale * self.lower)
        } else {
            noise.between(z(self.lower), z(self.upper))
        };
        -math::ln(likelihood.max(LEAST))
    }

    /// The first and the second derivative of the loss by the margin.
    pub(super) fn gradients(self, noise: Noise, scale: f64, margin: f64) -> (f64, f64) {
        let z = |time: f64| (math::ln(time) - margin) / scale;
        let (first, second) = if self.is_exact() {
            noise.log_slope(z(self.lower))
        } else if self.upper == f64::INFINITY {
            noise.beyond(z(self.lower))
        } else {
            noise.within(z(self.lower), z(self.upper))
        };
        let (gradient, hessian) = (first / scale, second / (scale * scale));
        (gradient.clamp(-MOST_GRADIENT, MOST_GRADIENT), hessian.clamp(LEAST_HESSIAN, MOST_HESSIAN))
    }
}

impl Noise {
    fn density(self, z: f64) -> f64 {
        match self {
            Noise::Normal => math::exp(-z * z / 2.0) / (2.0 * std::f64::consts::PI).sqrt(),
            Noise::Logistic => {
                let p = math::sigmoid(z);
                p * (1.0 - p)
            }
            Noise::Extreme => math::exp(z - math::exp(z)),
        }
    }

    /// The probability of more than z.
    fn above(self, z: f64) -> f64 {
        match self {
            Noise::Normal => libm::erfc(z / std::f64::consts::SQRT_2) / 2.0,
            Noise::Logistic => math::sigmoid(-z),
            Noise::Extreme => math::exp(-math::exp(z)),
        }
    }

    /// The probability of at most z.
    fn below(self, z: f64) -> f64 {
        match self {
            Noise::Normal => libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0,
            Noise::Logistic => math::sigmoid(z),
            Noise::Extreme => -libm::expm1(-math::exp(z)),
        }
    }

    /// The probability between two z, of the tail in which less is lost by subtracting.
    fn between(self, low: f64, high: f64) -> f64 {
        if low > 0.0 { self.above(low) - self.above(high) } else { self.below(high) - self.below(low) }
    }

    /// f and f′ at z.
    fn density_and_slope(self, z: f64) -> (f64, f64) {
        if z.is_infinite() {
            return (0.0, 0.0);
        }
        let density = self.density(z);
        (density, density * self.log_slope(z).0)
    }

    /// (ln f)′ and −(ln f)″ at z, which are the derivatives of the loss by −z for a known time.
    fn log_slope(self, z: f64) -> (f64, f64) {
        match self {
            Noise::Normal => (-z, 1.0),
            Noise::Logistic => {
                let p = math::sigmoid(z);
                (1.0 - 2.0 * p, 2.0 * p * (1.0 - p))
            }
            Noise::Extreme => {
                let w = math::exp(z);
                (1.0 - w, w)
            }
        }
    }

    /// The derivatives for a time beyond z, by the hazard h = f / (1 − F).
    fn beyond(self, z: f64) -> (f64, f64) {
        match self {
            Noise::Normal => {
                // Far out both parts of the quotient vanish; there h is z + 1/z − 2/z³ …
                let hazard = if z < 30.0 { self.density(z) / self.above(z) } else { z + 1.0 / z };
                (-hazard, hazard * (hazard - z))
            }
            Noise::Logistic => {
                let p = math::sigmoid(z);
                (-p, p * (1.0 - p))
            }
            Noise::Extreme => {
                let w = math::exp(z);
                (-w, w)
            }
        }
    }

    /// The derivatives for a time between two z.
    fn within(self, low: f64, high: f64) -> (f64, f64) {
        let p = self.between(low, high);
        if p < LEAST {
            // So far out nearly all of the probability lies at the nearer bound.
            return self.log_slope(if low > 0.0 { low } else { high });
        }
        let ((low, low_slope), (high, high_slope)) =
            (self.density_and_slope(low), self.density_and_slope(high));
        let first = (high - low) / p;
        (first, first * first - (high_slope - low_slope) / p)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Noise; 3] = [Noise::Normal, Noise::Logistic, Noise::Extreme];
    const BOUNDS: [(f64, f64); 5] =
        [(20.0, 20.0), (20.0, f64::INFINITY), (0.0, 20.0), (10.0, 40.0), (30.0, 31.0)];

    #[test]
    fn losses_are_those_of_xgboost() {
        // `aft-nloglik` of XGBoost 3.2.0 for each of the bounds, at a margin of 3.4 with a scale of 1.3, and of 1.5 with 0.7.
        let told = [
            (Noise::Normal, 3.4, 1.3, [4.225_388, 0.474_670, 0.973_100, 0.945_106, 4.599_058]),
            (Noise::Logistic, 3.4, 1.3, [4.668_470, 0.549_699, 0.860_675, 1.367_794, 5.066_355]),
            (Noise::Extreme, 3.4, 1.3, [4.301_804, 0.732_732, 0.655_070, 1.011_354, 4.680_120]),
            (Noise::Normal, 1.5, 0.7, [5.840_868, 4.116_054, 0.016_443, 2.080_236, 7.731_511]),
            (Noise::Logistic, 1.5, 0.7, [4.998_966, 2.248_335, 0.111_574, 1.613_891, 5.925_533]),
            (Noise::Extreme, 1.5, 0.7, [8.974_245, 8.471_948, 0.000_209, 3.147_316, 15.781_855]),
        ];
        for (noise, margin, scale, losses) in told {
            for ((lower, upper), told) in BOUNDS.into_iter().zip(losses) {
                let found = Bounds { lower, upper }.loss(noise, scale, margin);
                assert!((found - told).abs() < 2e-6, "{noise:?} {lower} {upper}: {found}, told {told}");
            }
        }
    }

    #[test]
    fn gradients_are_the_slopes_of_the_loss() {
        for noise in ALL {
            for (lower, upper) in BOUNDS {
                for scale in [0.7, 1.3] {
                    for margin in [2.4, 2.7, 3.4, 4.1] {
                        let bounds = Bounds { lower, upper };
                        let (gradient, hessian) = bounds.gradients(noise, scale, margin);
                        let step = 1e-5;
                        let slope = (bounds.loss(noise, scale, margin + step)
                            - bounds.loss(noise, scale, margin - step))
                            / (2.0 * step);
                        assert!(
                            (gradient - slope).abs() < 1e-5,
                            "{noise:?} {bounds:?} {margin} {gradient} {slope}"
                        );
                        let bend = (bounds.gradients(noise, scale, margin + step).0
                            - bounds.gradients(noise, scale, margin - step).0)
                            / (2.0 * step);
                        assert!(
                            (hessian - bend).abs() < 1e-5,
                            "{noise:?} {bounds:?} {margin} {hessian} {bend}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn far_out_gradients_still_lead_back() {
        for noise in ALL {
            for (lower, upper) in BOUNDS {
                for margin in [-200.0, -40.0, 40.0, 200.0] {
                    let bounds = Bounds { lower, upper };
                    let (gradient, hessian) = bounds.gradients(noise, 1.0, margin);
                    assert!(
                        gradient.is_finite() && (1e-16..=15.0).contains(&hessian),
                        "{noise:?} {bounds:?} {margin}"
                    );
                    // A time that may be any later one has no quarrel with a margin far above, nor any earlier with one below.
                    let content = if margin > 0.0 { upper == f64::INFINITY } else { lower == 0.0 };
                    let leads_back = if content { gradient.abs() < 1e-9 } else { gradient * margin > 0.0 };
                    assert!(leads_back, "{noise:?} {bounds:?} {margin} {gradient}");
                }
            }
        }
    }
}
