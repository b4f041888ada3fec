//! The same code once more for processors with wider vectors.
//!
//! Nothing is written twice: a kernel is one function in plain Rust, inlined into a function that may use AVX2. Rust
//! neither fuses nor reorders floating-point operations, so the bits are the same with and without.

/// Work that gains from wide vectors. `run` and what it calls must be `#[inline(always)]`, or it stays narrow.
pub(in crate::forest) trait Kernel {
    fn run(self);
}

#[cfg(test)]
thread_local! {
    /// Tests look at the narrow form too.
    pub(in crate::forest) static NARROW: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Runs a kernel with the widest vectors there are.
pub(in crate::forest) fn widest(kernel: impl Kernel) {
    #[cfg(test)]
    if NARROW.get() {
        return kernel.run();
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code)]
        // SAFETY: `avx2` asks for nothing but the feature, and it is there.
        return unsafe { avx2(kernel) };
    }
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2(kernel: impl Kernel) {
    kernel.run();
}
