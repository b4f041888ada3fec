//! The few transcendental functions the core needs, the same bits on every machine.
//!
//! All rest on the pure-Rust `libm`, never on the platform's C library, and no fused multiply-add is used.

/// e to the power x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// ln(1 + x), exact for small x.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// The logistic function 1 / (1 + e^−x), without overflow on either side.
///
/// ```
/// assert_eq!(leadscore::math::sigmoid(0.0), 0.5);
/// ```
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// The log-odds ln(p / (1 − p)) of a probability strictly between 0 and 1.
pub fn log_odds(p: f64) -> f64 {
    ln(p / (1.0 - p))
}

/// Closed-form decay 0.5^(max(age, 0) / half-life); age and half-life in the same unit.
///
/// ```
/// assert_eq!(leadscore::math::half_life(7.0, 7.0), 0.5);
/// assert_eq!(leadscore::math::half_life(-3.0, 7.0), 1.0);
/// ```
pub fn half_life(age: f64, half_life: f64) -> f64 {
    libm::exp2(-(age.max(0.0) / half_life))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_bounded_and_inverts_log_odds() {
        assert_eq!(sigmoid(800.0), 1.0);
        assert_eq!(sigmoid(-800.0), 0.0);
        for p in [0.01, 0.25, 0.5, 0.72, 0.99] {
            assert!((sigmoid(log_odds(p)) - p).abs() < 1e-15);
        }
    }

    #[test]
    fn recency_at_the_documented_ages() {
        let percent = |days: f64| (100.0 * half_life(days, 7.0)).round();
        assert_eq!([0.0, 1.0, 3.0, 7.0, 14.0, 30.0].map(percent), [100.0, 91.0, 74.0, 50.0, 25.0, 5.0]);
    }
}
pub fn exp_f32(x: f32) -> f32 {
    exp(f64::from(x)) as f32
}
