//! Multiversioning: the same code compiled a second time for processors with wider vectors.
//!
//! Nothing is written twice. A kernel is one function in plain Rust, inlined into a function that may use AVX2. Rust
//! neither fuses nor reorders floating-point operations, so the bits are the same on every processor.

/// Work that gains from wide vectors. `run` and everything it calls must be `#[inline(always)]`, or it is compiled
/// for the baseline processor only.
pub(in crate::forest) trait Kernel {
    fn run(self);
}

#[cfg(test)]
thread_local! {
    /// Set by tests that compare the baseline's results.
    pub(in crate::forest) static SCALAR_ONLY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs a kernel with the widest vectors the processor has.
pub(in crate::forest) fn run_on_widest_vectors(kernel: impl Kernel) {
    #[cfg(test)]
    if SCALAR_ONLY.get() {
        return kernel.run();
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code)]
        // SAFETY: `avx2` requires nothing but the feature, which has just been detected.
        return unsafe { avx2(kernel) };
    }
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(kernel: impl Kernel) {
    kernel.run();
}
