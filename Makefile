# The doors of the repository: `make run` and `make test` are all a newcomer needs. CI calls `make test`.

# Where `make run` listens.
LISTEN ?= 127.0.0.1:7070
BUILT := $(or $(CARGO_TARGET_DIR),target)

.PHONY: build run test soak bench fmt

# Builds the server in release.
build:
	@scripts/prepare.sh build
	cargo build --release --locked -p hearken

# Serves demo people on a throw-away data folder, and prints who can sign in and how to try a message.
run: build
	@exec $(BUILT)/release/hearken serve --demo --listen $(LISTEN)

# Everything that is checked, after installing what it needs.
test:
	@scripts/prepare.sh test
	@scripts/test.sh

# The same checks, long.
soak:
	@scripts/prepare.sh test
	@HEARKEN_SOAK=1 scripts/test.sh

# Load on the release build, side by side with a raw echo.
bench: build
	@bench/run.sh

fmt:
	cargo fmt --all
