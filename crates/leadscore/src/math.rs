//! The few transcendental functions the core needs, the same bits on every machine.
//!
//! All rest on the pure-Rust `libm`, never on the platform's C library, and no fused multiply-add is used.

pub(crate) mod quadrature;
#[cfg(feature = "learn")]
pub(crate) mod random;

/// The hash FNV-1a of 64 bits (Fowler, Noll and Vo), which depends on the bytes alone.
pub(crate) fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// e to the power x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// e to the power x, rounded as if it had been computed exactly (but for one case in about 10^12): the C libraries that
/// LightGBM takes it from are that close too, and a sigmoid of it is then within one unit in the last place of theirs.
///
/// x = k·ln 2 + r; e^(r/256) by its series in pairs of f64 (Dekker 1971), squared eight times.
pub(crate) fn exp_rounded(x: f64) -> f64 {
    if !(-708.0..=709.0).contains(&x) {
        return exp(x);
    }
    // ln 2 in two parts; the first has 21 trailing zero bits, so that its product with k is exact.
    let (ln_2, rest) = (f64::from_bits(0x3fe6_2e42_fee0_0000), f64::from_bits(0x3dea_39ef_3579_3c76));
    let k = (x * std::f64::consts::LOG2_E).round();
    let r = two_sum(x - k * ln_2, -(k * rest));
    let r = (r.0 / 256.0, r.1 / 256.0);
    // 1 + r·(1 + r/2·(1 + r/3·(…)))
    let mut sum = (1.0, 0.0);
    for n in (1..=11).rev() {
        let n = f64::from(n);
        let term = times(times(r, sum), inverse(n));
        let whole = two_sum(1.0, term.0);
        sum = two_sum(whole.0, whole.1 + term.1);
    }
    for _ in 0..8 {
        sum = times(sum, sum);
    }
    let power = f64::from_bits(((k as i64 + 1_023) as u64) << 52);
    (sum.0 + sum.1) * power
}

/// 1/n as a pair.
fn inverse(n: f64) -> (f64, f64) {
    let high = 1.0 / n;
    let product = two_product(high, n);
    (high, ((1.0 - product.0) - product.1) / n)
}

/// The sum of two numbers and its rounding error (Knuth's two-sum).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The product of two numbers and its rounding error (Dekker's product).
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let split = |x: f64| {
        let big = 134_217_729.0 * x;
        let high = big - (big - x);
        (high, x - high)
    };
    let product = a * b;
    let ((a1, a2), (b1, b2)) = (split(a), split(b));
    (product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2)
}

/// The product of two pairs.
fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let product = two_product(a.0, b.0);
    two_sum(product.0, product.1 + (a.0 * b.1 + a.1 * b.0))
}

/// ln(1 + x), exact for small x.
pub(crate) fn ln_1p(x: f64) -> f64 {
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

/// The logarithm of an f32, with the bits of glibc's and musl's `logf`, as XGBoost gets them.
///
/// The method and the tables are those of the ARM Optimized Routines (MIT): f64 inside, rounded once.
pub(crate) fn ln_f32(x: f32) -> f32 {
    let (x, scaled) = if x < f32::MIN_POSITIVE { (x * 8_388_608.0, 23) } else { (x, 0) };
    if x == 0.0 {
        return f32::NEG_INFINITY;
    }
    if x.is_nan() || x < 0.0 {
        return f32::NAN;
    }
    if x == f32::INFINITY || x == 1.0 {
        return if x == 1.0 { 0.0 } else { x };
    }
    let [a0, a1, a2] =
        [0xbfd0_0ea3_48b8_8334, 0x3fd5_575b_0be0_0b6a, 0xbfdf_fffe_f20a_4123].map(f64::from_bits);
    let ln_2 = f64::from_bits(0x3fe6_2e42_fefa_39ef);
    let steps = x.to_bits().wrapping_sub(0x3f33_0000);
    let (inverse, ln) = LN_F32[(steps >> 19) as usize % 16];
    let exponent = f64::from((steps as i32 >> 23) - scaled);
    let z = f64::from(f32::from_bits(x.to_bits().wrapping_sub(steps & 0xff80_0000)));
    let r = z * f64::from_bits(inverse) - 1.0;
    let y0 = f64::from_bits(ln) + exponent * ln_2;
    let r2 = r * r;
    ((a0 * r2 + (a1 * r + a2)) * r2 + (y0 + r)) as f32
}

/// e to the power of an f32, with the bits of glibc's and musl's `expf`; from the same source as [`ln_f32`].
pub(crate) fn exp_f32(x: f32) -> f32 {
    if x > f32::from_bits(0x42b1_7217) {
        return f32::INFINITY;
    }
    if x < f32::from_bits(0xc2cf_f1b4) {
        return 0.0;
    }
    if x.is_nan() {
        return x;
    }
    let [c0, c1, c2] =
        [0x3fac_6af8_4b91_2394, 0x3fce_bfce_50fa_c4f3, 0x3fe6_2e42_ff0c_52d6].map(f64::from_bits);
    let [c0, c1, c2] = [c0 / 32_768.0, c1 / 1024.0, c2 / 32.0];
    let shift = f64::from_bits(0x4338_0000_0000_0000);
    let z = f64::from(x) * (32.0 * f64::from_bits(0x3ff7_1547_652b_82fe));
    let rounded = z + shift;
    let steps = rounded.to_bits();
    let r = z - (rounded - shift);
    let scale = f64::from_bits(EXP_F32[(steps % 32) as usize].wrapping_add(steps << 47));
    (scale * ((c0 * r + c1) * (r * r) + (c2 * r + 1.0))) as f32
}

/// For each sixteenth of an octave the bits of 1/c and ln c.
const LN_F32: [(u64, u64); 16] = [
    (0x3ff6_61ec_79f8_f3be, 0xbfd5_7bf7_808c_aade),
    (0x3ff5_71ed_4aaf_883d, 0xbfd2_bef0_a7c0_6ddb),
    (0x3ff4_9539_f0f0_10b0, 0xbfd0_1eae_7f51_3a67),
    (0x3ff3_c995_b0b8_0385, 0xbfcb_31d8_a682_24e9),
    (0x3ff3_0d19_0c88_64a5, 0xbfc6_574f_0ac0_7758),
    (0x3ff2_5e22_7b0b_8ea0, 0xbfc1_aa2b_c79c_8100),
    (0x3ff1_bb4a_4a1a_343f, 0xbfba_4e76_ce8c_0e5e),
    (0x3ff1_2358_f08a_e5ba, 0xbfb1_973c_5a61_1ccc),
    (0x3ff0_953f_4199_00a7, 0xbfa2_52f4_38e1_0c1e),
    (0x3ff0_0000_0000_0000, 0x0000_0000_0000_0000),
    (0x3fee_608c_fd9a_47ac, 0x3faa_a5aa_5df2_5984),
    (0x3fec_a4b3_1f02_6aa0, 0x3fbc_5e53_aa36_2eb4),
    (0x3feb_2036_576a_fce6, 0x3fc5_26e5_7720_db08),
    (0x3fe9_c2d1_63a1_aa2d, 0x3fcb_c286_0d22_4770),
    (0x3fe8_86e6_0378_41ed, 0x3fd1_058b_c8a0_7ee1),
    (0x3fe7_67dc_f553_4862, 0x3fd4_0430_57b6_ee09),
];

/// The bits of 2^(i/32), less i·2^47.
const EXP_F32: [u64; 32] = [
    0x3ff0_0000_0000_0000,
    0x3fef_d9b0_d315_8574,
    0x3fef_b558_6cf9_890f,
    0x3fef_9301_d012_5b51,
    0x3fef_72b8_3c7d_517b,
    0x3fef_5487_3168_b9aa,
    0x3fef_387a_6e75_6238,
    0x3fef_1e9d_f51f_dee1,
    0x3fef_06fe_0a31_b715,
    0x3fee_f1a7_373a_a9cb,
    0x3fee_dea6_4c12_3422,
    0x3fee_ce08_6061_892d,
    0x3fee_bfda_d536_2a27,
    0x3fee_b42b_569d_4f82,
    0x3fee_ab07_dd48_5429,
    0x3fee_a47e_b03a_5585,
    0x3fee_a09e_667f_3bcd,
    0x3fee_9f75_e8ec_5f74,
    0x3fee_a114_73eb_0187,
    0x3fee_a589_994c_ce13,
    0x3fee_ace5_422a_a0db,
    0x3fee_b737_b0cd_c5e5,
    0x3fee_c491_82a3_f090,
    0x3fee_d503_b23e_255d,
    0x3fee_e89f_995a_d3ad,
    0x3fee_ff76_f2fb_5e47,
    0x3fef_199b_dd85_529c,
    0x3fef_3720_dcef_9069,
    0x3fef_5818_dcfb_a487,
    0x3fef_7c97_337b_9b5f,
    0x3fef_a4af_a2a4_90da,
    0x3fef_d076_5b6e_4540,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounded_exponential_is_within_half_a_unit() {
        // From a computation with 40 digits.
        for (x, bits) in [
            (1.0, 0x4005_bf0a_8b14_5769),
            (-1.0, 0x3fd7_8b56_362c_ef38),
            (0.5, 0x3ffa_6129_8e1e_069c),
            (10.0, 0x40d5_829d_cf95_0560),
            (-20.5, 0x3e15_7a3a_feed_00ab),
            (0.0, 0x3ff0_0000_0000_0000),
        ] {
            assert_eq!(exp_rounded(x).to_bits(), bits, "{x}");
        }
    }

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

    // (argument, result) as glibc 2.36 gives them.
    const LN: [(u32, u32); 22] = [
        (0x0000_0001, 0xc2ce_8ed0),
        (0x007f_ffff, 0xc2ae_ac50),
        (0x0080_0000, 0xc2ae_ac50),
        (0x7f7f_ffff, 0x42b1_7218),
        (0x3f00_0000, 0xbf31_7218),
        (0x3f80_0000, 0x0000_0000),
        (0x4000_0000, 0x3f31_7218),
        (0x4120_0000, 0x4013_5d8e),
        (0x3dcc_cccd, 0xc013_5d8e),
        (0x3f66_6666, 0xbdd7_c745),
        (0x3f8c_cccd, 0x3dc3_31ff),
        (0x3fac_842c, 0x3e98_cff0),
        (0x3a83_126f, 0xc0dd_0c55),
        (0x4640_e6b6, 0x4116_bcab),
        (0x1ef5_9ffe, 0xc234_623e),
        (0x4c5b_a849, 0x418e_f322),
        (0x4629_4da5, 0x4114_a632),
        (0x1131_b1b4, 0xc280_44f1),
        (0x2fda_b0d2, 0xc1ad_2921),
        (0x75bd_adfa, 0x4296_81a4),
        (0x4dcd_407e, 0x419f_0aea),
        (0x3d2d_c94f, 0xc04a_3c73),
    ];
    const EXP: [(u32, u32); 22] = [
        (0x0000_0000, 0x3f80_0000),
        (0x3f80_0000, 0x402d_f854),
        (0xbf80_0000, 0x3ebc_5ab2),
        (0x3f00_0000, 0x3fd3_094c),
        (0xbdcc_cccd, 0x3f67_a36d),
        (0x4124_cccd, 0x46e8_4940),
        (0xc1a5_999a, 0x308c_ac89),
        (0x42b1_6666, 0x7f7a_37fc),
        (0xc2ae_999a, 0x0084_c38b),
        (0xc2c8_0000, 0x0000_001b),
        (0xc2cf_cccd, 0x0000_0001),
        (0x3089_705f, 0x3f80_0000),
        (0x4049_0fdb, 0x41b9_2025),
        (0xbf31_7215, 0x3f00_0001),
        (0x41ab_0695, 0x4ee5_7ba3),
        (0xc29c_abf6, 0x06fd_64ff),
        (0xc2af_4fec, 0x005c_fd19),
        (0x426c_472a, 0x6a15_02a9),
        (0xc22f_5706, 0x1fd8_b08b),
        (0xc241_2807, 0x1ca1_4be1),
        (0x42ae_7316, 0x7e64_edb5),
        (0xc0c9_610a, 0x3af2_5b0f),
    ];

    #[test]
    fn f32_functions_have_the_bits_of_the_c_library() {
        for (x, y) in LN {
            assert_eq!(ln_f32(f32::from_bits(x)).to_bits(), y, "ln {x:#x}");
        }
        for (x, y) in EXP {
            assert_eq!(exp_f32(f32::from_bits(x)).to_bits(), y, "exp {x:#x}");
        }
        assert_eq!([0.0, -0.0].map(ln_f32), [f32::NEG_INFINITY; 2]);
        assert!([-1.0, -1e-45, f32::NEG_INFINITY, f32::NAN].map(ln_f32).iter().all(|y| y.is_nan()));
        assert_eq!(ln_f32(f32::INFINITY), f32::INFINITY);
        assert_eq!([88.73, f32::INFINITY].map(exp_f32), [f32::INFINITY; 2]);
        assert_eq!([-104.0, f32::NEG_INFINITY].map(exp_f32), [0.0; 2]);
        assert!(exp_f32(f32::NAN).is_nan());
    }
}
