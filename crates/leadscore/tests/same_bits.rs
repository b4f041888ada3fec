//! The same bits in debug and release, on every machine: a digest of many scores, committed.
//!
//! To renew it after a change that is meant to change scores: run
//! `cargo test -p leadscore --test same_bits -- --nocapture`, read the digest the failed assertion shows, and put it
//! into `DIGEST` together with a line in the change log that says which scores moved and why.

mod generated;

use generated::{AS_OF, at, lead};
use leadscore::{AsOf, Pipeline, Zone};

const DIGEST: u64 = 0x0da5_76d4_5a86_a7ee;

#[test]
fn scores_of_generated_leads_have_the_committed_bits() {
    let mut digest = Fnv::new();
    for name in Pipeline::builtin_names() {
        let pipeline = Pipeline::builtin(name).unwrap();
        let zone = Zone::named("America/New_York").unwrap();
        let as_of = AsOf::new(at(AS_OF)).in_zone(zone);
        for seed in 0..200 {
            let prediction = pipeline.score(&lead(seed), &as_of).unwrap();
            digest.number(prediction.score);
            digest.number(prediction.probability.unwrap_or(-1.0));
            digest.number(prediction.explanation.baseline.unwrap());
            prediction.explanation.contributions.iter().for_each(|c| digest.number(c.points));
        }
    }
    assert_eq!(digest.0, DIGEST, "the digest is now {:#018x}", digest.0);
}

#[test]
fn the_generator_gives_the_committed_leads() {
    let mut digest = Fnv::new();
    for seed in 0..200 {
        serde_json::to_string(&lead(seed)).unwrap().bytes().for_each(|byte| digest.byte(byte));
    }
    assert_eq!(digest.0, LEADS, "the digest is now {:#018x}", digest.0);
}

const LEADS: u64 = 0xee5a_0496_7cbe_d602;

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    fn number(&mut self, number: f64) {
        number.to_bits().to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }
}
