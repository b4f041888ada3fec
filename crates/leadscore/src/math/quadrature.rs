//! Gauss–Legendre quadrature on 0 to 1.

use libm::cos;

/// The points and weights of the rule with `count` points; exact for polynomials of degree 2·count − 1.
///
/// Newton's method on the Legendre polynomial from the usual cosine start (Press et al., Numerical Recipes, 4.6).
pub(crate) fn gauss_legendre(count: usize) -> (Vec<f64>, Vec<f64>) {
    let mut points = vec![0.0; count];
    let mut weights = vec![0.0; count];
    let n = count as f64;
    for i in 0..count {
        let mut x = cos(std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5));
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut p0, mut p1) = (1.0, x);
            for k in 2..=count {
                let k = k as f64;
                (p0, p1) = (p1, ((2.0 * k - 1.0) * x * p1 - (k - 1.0) * p0) / k);
            }
            if count == 1 {
                (p0, p1) = (1.0, x);
            }
            slope = n * (x * p1 - p0) / (x * x - 1.0);
            let step = p1 / slope;
            x -= step;
            if step.abs() <= 1e-16 {
                break;
            }
        }
        // From −1…1 to 0…1, rising.
        points[count - 1 - i] = f64::midpoint(x, 1.0);
        weights[count - 1 - i] = 1.0 / ((1.0 - x * x) * slope * slope);
    }
    (points, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_up_to_the_degree_are_exact() {
        for count in 1..=40 {
            let (points, weights) = gauss_legendre(count);
            assert!(points.windows(2).all(|pair| pair[0] < pair[1]));
            let mut powers = vec![1.0; count];
            for degree in 0..2 * count {
                let sum: f64 = powers.iter().zip(&weights).map(|(power, weight)| power * weight).sum();
                let wanted = 1.0 / (degree as f64 + 1.0);
                assert!((sum - wanted).abs() < 1e-14, "{count} points, degree {degree}: {sum}");
                powers.iter_mut().zip(&points).for_each(|(power, point)| *power *= point);
            }
        }
    }
}
