//! The libraries' two float precisions, and thresholds that compare alike in both.

/// The precision in which a library compares, adds and applies links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    F32,
    F64,
}

/// The f32 threshold that [`widen_threshold`] was given.
pub(crate) fn narrow_threshold(threshold: f64) -> f32 {
    threshold as f32
}

/// The f64 threshold t such that, for every f64 value x, `x < t` equals the f32 comparison `(x as f32) < threshold`.
///
/// It is the midpoint between the threshold and the f32 below it, where rounding to f32 changes its result (±2^128
/// standing for ±inf), one f64 higher where the midpoint itself rounds down.
pub(crate) fn widen_threshold(threshold: f32) -> f64 {
    let end = f64::from_bits(0x47f0_0000_0000_0000); // 2^128
    let wide = |value: f32| match value {
        f32::INFINITY => end,
        f32::NEG_INFINITY => -end,
        value => f64::from(value),
    };
    if threshold == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    // The f32 below either zero is the smallest negative subnormal.
    let below = if threshold == 0.0 { -f32::from_bits(1) } else { threshold.next_down() };
    let middle = f64::midpoint(wide(below), wide(threshold));
    if (middle as f32) < threshold { middle.next_up() } else { middle }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widened_thresholds_compare_as_f32_does() {
        let thresholds = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.1,
            -0.1,
            f32::MAX,
            f32::MIN,
            f32::MIN_POSITIVE,
            f32::from_bits(1),
            -f32::from_bits(1),
            f32::INFINITY,
            f32::NEG_INFINITY,
            3.5e-39,
            16_777_216.0,
            589.5,
            1e-45,
        ];
        for threshold in thresholds {
            let wide = widen_threshold(threshold);
            let mut values = vec![wide, wide.next_up(), wide.next_down(), f64::from(threshold)];
            for near in [threshold.next_up(), threshold.next_down()] {
                let near = f64::from(near);
                let between = f64::midpoint(near, f64::from(threshold));
                values.extend([near, between, between.next_up(), between.next_down()]);
            }
            values.extend([f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -0.0, 1e-300, -1e-300]);
            for value in values.into_iter().filter(|value| !value.is_nan()) {
                assert_eq!(
                    value < wide,
                    (value as f32) < threshold,
                    "{value:e} at {threshold:e}, widened {wide:e}"
                );
            }
        }
    }
}
