# The front door; `make help` lists what there is. `make check` and `make test` are the whole proof.
.PHONY: help check check-rust check-python check-node check-jvm test test-rust test-python test-node test-jvm \
  test-third-party test-long mutants fmt generate deny lint msrv bench bench-peers bench-accuracy fixtures wheel npm jar

PYTHON ?= python3
export PYTHON
SKIPS := $(CURDIR)/target/skipped-tests.log
# Crates with a lock file of their own; they share the workspace's target folder.
APART := fuzz benches/peers
APART_CHECK := --target-dir target --no-default-features

help: ## what there is to make
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "%-18s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# All languages that are installed; where nothing may be missing, a missing one fails.
define with
	@if command -v $(1) >/dev/null; then $(MAKE) -C $(2) $(3); \
	elif [ "$$CI" = true ]; then echo "$(1) is not installed" >&2; exit 1; \
	else echo "$(1) is not installed: make $(3) passes over $(2)"; fi
endef

check: check-rust check-python check-node check-jvm ## formatting, lints, types, documentation; warnings are errors

# The bindings too: PyO3 is told not to look for an interpreter, so that no Python on the machine has a say.
check-rust:
	cargo fmt --all --check
	PYO3_NO_PYTHON=1 cargo clippy --workspace --all-targets --all-features -- -D warnings
	for crate in $(APART); do cargo check --locked --manifest-path $$crate/Cargo.toml $(APART_CHECK) || \
	  { echo "if the lock file of $$crate is old: make generate" >&2; exit 1; }; done
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features
	@long=$$(git ls-files '*.rs' '*.py' '*.kt' | grep -v /generated/ | xargs wc -l | awk '$$1 > 600 && $$2 != "total"'); \
	  if [ -n "$$long" ]; then echo "files over 600 lines:"; echo "$$long"; exit 1; fi

check-python:
	$(call with,$(PYTHON),python,check)
check-node:
	$(call with,npm,node,check)
check-jvm:
	$(call with,mvn,bindings/uniffi,check)

test: test-rust test-python test-node test-jvm ## all tests, in every language that is installed

# Debug and release both: scores must have the same bits in either.
test-rust:
	@mkdir -p target && rm -f $(SKIPS)
	INSTA_UPDATE=no LEADSCORE_SKIP_LOG=$(SKIPS) cargo test --all-features
	cargo test --release -p leadscore --test same_bits
	cargo build -p leadscore --no-default-features
	cargo package -p leadscore --allow-dirty
	for story in score_one why many own_model score_body labelled_matrix; do cargo run -q -p leadscore --example $$story || exit 1; done
	CARGO_TARGET_DIR=$(CURDIR)/target sh examples/rust/outside.sh
	@touch $(SKIPS); sort $(SKIPS); echo "$$(cut -d' ' -f1 $(SKIPS) | sort -u | wc -l) tests skipped for want of ../shared or promtool"

test-python:
	$(call with,$(PYTHON),python,test)
test-node:
	$(call with,npm,node,test)
test-jvm:
	$(call with,mvn,bindings/uniffi,test)

test-third-party: ## against the suites and tools of other projects
	$(call with,$(PYTHON),python,test-third-party)
	$(call with,npm,node,test-third-party)
	$(call with,npm,crates/leadscore-connect/third-party,test)
	$(call with,npm,crates/leadscore-server/third-party,test)
	$(call with,mvn,bindings/uniffi,test-third-party)

# The fuzz loops of `make test`, ten times as long.
test-long: ## what takes long: fuzzing with many more inputs, also of the server's routes, many kills, the static binary, two soaks, mutants
	LEADSCORE_FUZZ=1000000 $(MAKE) -C python test-fuzz
	LEADSCORE_FUZZ=1000000 $(MAKE) -C node test-fuzz
	LEADSCORE_EXAMPLES=200 $(MAKE) -C crates/leadscore-server/third-party fuzz
	LEADSCORE_KILLS=20 cargo test -p leadscore-server --test kill
	$(MAKE) -C crates/leadscore-server/third-party static
	cargo build --release -p leadscore-cli
	benches/http/run.sh --leadscore $(or $(CARGO_TARGET_DIR),target)/release/leadscore --soak 10
	$(PYTHON) benches/http/mixed.py $(or $(CARGO_TARGET_DIR),target)/release/leadscore --minutes 10
	$(MAKE) mutants

mutants: ## small bugs put in by a tool, of which the tests must see nine of ten; wants cargo-mutants
	$(PYTHON) .ci/mutants.py

fmt: ## format everything
	cargo fmt --all
	$(call with,$(PYTHON),python,fmt)
	$(call with,mvn,bindings/uniffi,fmt)

generate: ## write generated files anew: native types, Kotlin and Swift, lock files
	for crate in $(APART); do cargo metadata --format-version 1 --manifest-path $$crate/Cargo.toml > /dev/null || exit 1; done
	$(call with,npm,node,types)
	$(MAKE) -C bindings/uniffi generate

# The version that the workflow has too.
CARGO_DENY := 0.20.2
deny: ## licences, sources and double versions of what the crates depend on
	@found=$$(cargo deny --version 2>/dev/null); if [ "$$found" != "cargo-deny $(CARGO_DENY)" ]; then \
	  echo "wants cargo-deny $(CARGO_DENY): cargo install --locked cargo-deny@$(CARGO_DENY)" >&2; exit 1; fi
	cargo deny --locked check licenses bans sources

lint: check deny ## check and deny

# Skipped with a word where the toolchain is not installed. The server has a floor of its own; the command without the
# server keeps to that of the others.
MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
SERVER_MSRV := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' crates/leadscore-server/Cargo.toml)
LIBRARIES := -p leadscore -p leadscore-csv -p leadscore-files -p leadscore-connect

COMMA := ,

define with_rust
	@found=$$(rustup toolchain list 2>/dev/null | sed -n 's/^\($(1)[-.0-9a-z_]*\).*/\1/p' | head -n 1); \
	if rustc --version | grep -q " $(1)\."; then echo "Rust $(1) is the one that clippy ran with"; \
	elif [ -n "$$found" ]; then cargo +$$found check $(2) --target-dir target/msrv; \
	else echo "Rust $(1) is not installed: only clippy's msrv lint checks the floor"; fi
endef

msrv: ## the oldest Rust that the crates promise to build with
	$(call with_rust,$(MSRV),$(LIBRARIES) --all-features)
	$(call with_rust,$(MSRV),-p leadscore-cli --no-default-features --features connect$(COMMA)tokenizer)
	$(call with_rust,$(SERVER_MSRV),-p leadscore-server -p leadscore-cli --all-features)

wheel: ## what would be published for Python
	$(MAKE) -C python wheel
npm: ## what would be published for Node
	$(MAKE) -C node npm
jar: ## what would be published for the JVM
	$(MAKE) -C bindings/uniffi jar

bench: ## benchmarks; PEERS=folder compares with other libraries, see benches/RESULTS.md
	cargo bench
	@if [ -n "$(PEERS)" ]; then $(MAKE) bench-peers; else echo "PEERS=folder compares with XGBoost, LightGBM and tl2cgen too"; fi

# Models and libraries are made by benches/peers/prepare.py.
PEERS_CORE ?= 1
bench-peers:
	cd benches/peers && cargo build --locked --release --target-dir $(CURDIR)/target
	OMP_NUM_THREADS=1 taskset -c $(PEERS_CORE) target/release/peers $(PEERS) $(LIBXGBOOST) $(LIB_LIGHTGBM)

# Data sets that may not lie in the repository; see benches/training/accuracy.py.
DATA ?= ../shared/data
bench-accuracy: ## leadscore train beside tuned XGBoost, LightGBM and CatBoost on the data sets in DATA
	cargo build --release -p leadscore-cli --no-default-features
	$(PYTHON) -m venv target/accuracy-venv && target/accuracy-venv/bin/pip install --quiet -r benches/training/requirements.txt
	target/accuracy-venv/bin/python benches/training/accuracy.py --data $(DATA)

fixtures: ## the synthetic leads in examples/, the tier bounds of heat-rules, the intent model, the forests of b2b and heat
	$(PYTHON) fixtures/generate/leads.py --leads 60 --seed 7 --csv examples/leads.csv --activities examples/activities.csv
	$(PYTHON) fixtures/generate/heat.py
	$(PYTHON) fixtures/generate/intent_sentences.py > fixtures/intent/sentences.jsonl
	cargo run -q --release -p leadscore --example intent_model -- train fixtures/intent/sentences.jsonl > target/intent-model.json
	mv target/intent-model.json crates/leadscore/src/intent/data/model-en.json
	$(PYTHON) -m venv target/fixtures && target/fixtures/bin/pip install --quiet -r fixtures/generate/requirements.txt
	for model in b2b heat; do target/fixtures/bin/python fixtures/generate/$${model}_model.py --out target/fixtures/models || exit 1; done
	cargo build -q --release -p leadscore-cli --no-default-features
	$(PYTHON) fixtures/generate/builtin_models.py --models target/fixtures/models \
	  --leadscore $(or $(CARGO_TARGET_DIR),target)/release/leadscore
