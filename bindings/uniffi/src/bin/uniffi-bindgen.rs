//! Writes the Kotlin and Swift files.

fn main() {
    uniffi::uniffi_bindgen_main();
}
