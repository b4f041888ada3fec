//! Draws from a seed: `splitmix64` (Steele, Lea and Flood, 2014).

/// Numbers from 0 up to 1: a sequence for each draw of a seed.
pub(crate) fn sequence(seed: u64, draw: u64) -> impl FnMut() -> f64 {
    let mut state = hash(seed, [draw, 0]);
    move || {
        let value = mix(state);
        state = state.wrapping_add(STEP);
        unit(value)
    }
}

/// The number of an item of a draw of a seed, whatever was drawn before.
pub(crate) fn hash(seed: u64, [draw, item]: [u64; 2]) -> u64 {
    mix(mix(seed ^ mix(draw)).wrapping_add(mix(item)))
}

/// The 53 highest bits as a number from 0 up to 1.
pub(crate) fn unit(value: u64) -> f64 {
    (value >> 11) as f64 / (1_u64 << 53) as f64
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(value: u64) -> u64 {
    let mut value = value.wrapping_add(STEP);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_splitmix64() {
        // The first outputs of the reference implementation for the seed 1234567.
        let mut state = 1_234_567_u64;
        let mut next = || {
            let value = mix(state);
            state = state.wrapping_add(STEP);
            value
        };
        assert_eq!(
            [next(), next(), next()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
