# The front door. `make test` is the whole proof.
.PHONY: test test-rust test-python test-node test-jvm check lint bench bench-peers msrv fixtures wheel npm jar

SKIPS := $(CURDIR)/target/skipped-tests.log

# All languages that are installed; where nothing may be missing, a missing one fails.
test: test-rust test-python test-node test-jvm

define with
	@if command -v $(1) >/dev/null; then $(MAKE) -C $(2) $(3); \
	elif [ "$$LEADSCORE_REQUIRE_SHARED" = 1 ]; then echo "$(1) is not installed" >&2; exit 1; \
	else echo "$(1) is not installed: $(2) is not tested"; fi
endef

test-python:
	$(call with,python3,python,test)

test-node:
	$(call with,npm,node,test)

test-jvm:
	$(call with,mvn,bindings/uniffi,test)

# What would be published.
wheel:
	$(MAKE) -C python wheel
npm:
	$(MAKE) -C node npm
jar:
	$(MAKE) -C bindings/uniffi jar

# Debug and release both: scores must have the same bits in either.
test-rust:
	@mkdir -p target && rm -f $(SKIPS)
	INSTA_UPDATE=no LEADSCORE_SKIP_LOG=$(SKIPS) cargo test -p leadscore -p leadscore-csv -p leadscore-files -p leadscore-cli --all-features
	cargo test --release -p leadscore --test same_bits
	cargo build -p leadscore --no-default-features
	cargo package -p leadscore --allow-dirty
	for story in score_one why many own_model; do cargo run -q -p leadscore --example $$story || exit 1; done
	@touch $(SKIPS); sort $(SKIPS); echo "$$(cut -d' ' -f1 $(SKIPS) | sort -u | wc -l) tests skipped for want of ../shared"

# Formatting, lints and documentation: warnings are errors.
check:
	cargo fmt --all --check
	cargo clippy -p leadscore -p leadscore-csv -p leadscore-files -p leadscore-cli --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc -p leadscore -p leadscore-csv -p leadscore-files -p leadscore-cli --no-deps --all-features
	@long=$$(git ls-files '*.rs' '*.py' | xargs wc -l | awk '$$1 > 600 && $$2 != "total"'); \
	  if [ -n "$$long" ]; then echo "files over 600 lines:"; echo "$$long"; exit 1; fi

lint: check
	cargo deny check licenses bans sources

# The oldest toolchain the core promises to build with; skipped with a word where it is not installed.
msrv:
	@if rustup toolchain list 2>/dev/null | grep -q '^1\.88'; then \
	  cargo +1.88 check -p leadscore -p leadscore-csv -p leadscore-files --all-features; \
	else echo "Rust 1.88 is not installed: only clippy's msrv lint checks the floor"; fi

# Also bench-peers, where PEERS names a folder; see benches/RESULTS.md.
bench:
	cargo bench
	@if [ -n "$(PEERS)" ]; then $(MAKE) bench-peers; else echo "PEERS=folder compares with XGBoost, LightGBM and tl2cgen too"; fi

# Models and libraries are made by benches/peers/prepare.py.
PEERS_CORE ?= 1
bench-peers:
	cd benches/peers && cargo build --release --target-dir $(CURDIR)/target
	OMP_NUM_THREADS=1 taskset -c $(PEERS_CORE) target/release/peers $(PEERS) $(LIBXGBOOST) $(LIB_LIGHTGBM)

# The synthetic leads in examples/ and the tier bounds of heat-rules.
fixtures:
	python3 fixtures/generate/leads.py --leads 60 --seed 7 --csv examples/leads.csv --activities examples/activities.csv
	python3 fixtures/generate/heat.py
