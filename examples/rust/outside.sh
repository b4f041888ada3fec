#!/bin/sh
# Builds and runs two examples as a user would: in a package of its own outside the workspace, with the public API alone.
set -eu
repository=$(cd "$(dirname "$0")/../.." && (pwd -W 2>/dev/null || pwd))
package=$(mktemp -d)
trap 'rm -rf "$package"' EXIT
mkdir -p "$package/src/bin"
cp "$repository/examples/rust/score_body.rs" "$repository/examples/rust/labelled_matrix.rs" "$package/src/bin"
# With the versions of the workspace, which are downloaded already.
cp "$repository/Cargo.lock" "$package"
cat > "$package/Cargo.toml" <<END
[package]
name = "outside"
version = "0.0.0"
edition = "2024"

[dependencies]
leadscore = { path = "$repository/crates/leadscore" }
serde_json = "1"

[profile.dev]
debug = "line-tables-only"
END
for example in score_body labelled_matrix; do
  cargo run -q --manifest-path "$package/Cargo.toml" --bin "$example"
done
