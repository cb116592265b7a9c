# Everything that is done to this repository is a target here; `make help` lists
# them. It needs Go 1.26, a C compiler (Kratos' SQLite driver) and Node 20 or
# later; `make test` also Debian's browser and engines, which it installs when it
# may.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

GO ?= go
ADDR ?= 127.0.0.1:8080
DATA ?= ./.data
# ARGS are passed on to Playwright by test-e2e: make test-e2e ARGS='-g offline'.
ARGS ?=
FUZZTIME ?= 10s

# VERSION is what mingjing version says; without a repository it can be set by hand.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
KRATOS_VERSION := v1.3.1
LINT_VERSION := v2.15.0
# An S3-compatible store, for tests alone.
VERSITYGW_VERSION := v1.8.0

ROOT := $(CURDIR)
KRATOS := bin/kratos-$(KRATOS_VERSION)
VERSITYGW := bin/versitygw-$(VERSITYGW_VERSION)
LINT := .cache/golangci-lint-$(LINT_VERSION)/golangci-lint
NODE_MODULES := e2e/node_modules/.package-lock.json
# The browser's programs: the resident's, that of staff and agencies, and the check of
# the access log, which is loaded where it is needed. Each as it is, which nobody is
# sent, and packed, which the server embeds.
PROGRAMS := app desk check
WASM := $(PROGRAMS:%=bin/%.wasm)
# The same without what only a panic's trace needs; bin/wasm keeps each program as
# it was linked, by its build id, for `go run ./web/slim names`: the newest ones.
SLIM := $(PROGRAMS:%=bin/slim/%.wasm)
KEPT_WASM ?= 30
PACKED := $(foreach p,$(PROGRAMS),web/build/$(p).wasm.br web/build/$(p).wasm.gz)
# Where the main package of each is.
MAIN_app := ./app
MAIN_desk := ./app/desk
MAIN_check := ./app/check

# The decoder of HEIC is WebAssembly that is linked in, never a library of the machine.
export GOFLAGS := -tags=nodynamic

# Tests that need Kratos find it here. The path never changes, so that go test's
# cache keeps working.
export KRATOS_BIN := $(ROOT)/bin/kratos
export VERSITYGW_BIN := $(ROOT)/bin/versitygw
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1
export npm_config_update_notifier := false

BUILD_WASM := GOOS=js GOARCH=wasm $(GO) build -modfile .cache/goapp/go.mod -overlay .cache/goapp/overlay.json -trimpath -buildvcs=false -ldflags '-s -w' -gcflags=all=-l
# What the browser's programs are made of. Tests are not part of it.
WASM_SOURCES := go.mod go.sum web/trim.go $(filter-out %_test.go,$(wildcard *.go) \
	$(shell find app i18n logproof -type f 2>/dev/null))

# The race detector makes SQLite, which is Go here, ten times slower. The packages
# whose every test has several goroutines run with it, and only with it; of the large
# ones, the tests of what happens at once.
RACE := ./server/agency ./server/identity ./server/ledger ./server/live ./server/notify
RACE_PART := ./server/api ./server/store ./server/casework/...
AT_ONCE := Once|Two|Twice|Many|Meanwhile|Interrupted|AtATime|AtOnce|Busy|Collide|Waits|Killed|Stopping|Closing|ElseLooks|OneAfter|OthersWork
# More run at a time than there are cores, since they mostly wait.
AT_A_TIME := 3

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- build ---------------------------------------------------------------------

.PHONY: run
run: build ## run it with the demo city [ADDR=127.0.0.1:8080] [DATA=./.data]
	@ADDR='$(ADDR)' DATA='$(DATA)' DEMO='$(or $(DEMO),1)' exec bin/mingjing

.PHONY: build
build: kratos bin/mingjing ## build bin/mingjing, bin/kratos and the browser's programs

# go build decides by itself whether anything has changed.
.PHONY: bin/mingjing
bin/mingjing: $(PACKED)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $@ ./server

# A release has no demo city. Who builds the same commit with the same Go gets the same
# bytes, in whatever folder: make release builds the program twice, from two folders and
# with two caches, and compares.
RELEASE_FLAGS := -trimpath -buildvcs=false -tags nodynamic,release
SBOM_VERSION := v1.10.0
BUILDER ?= urn:mingjing:built-by-hand

.PHONY: release
release: $(PACKED) ## bin/release: the program without the demo city, built twice and compared, its SBOM and its provenance [BUILDER=URI]
	@rm -rf bin/release .cache/release && mkdir -p bin/release .cache/release/src
	@git ls-files -z | xargs -0 cp --parents -t .cache/release/src && cp --parents $(PACKED) .cache/release/src
	CGO_ENABLED=0 GOFLAGS= $(GO) build $(RELEASE_FLAGS) -ldflags '-s -w -buildid= -X main.version=$(VERSION)' -o bin/release/mingjing ./server
	@cd .cache/release/src && CGO_ENABLED=0 GOFLAGS= GOCACHE='$(ROOT)/.cache/release/cache' \
		nice $(GO) build $(RELEASE_FLAGS) -ldflags '-s -w -buildid= -X main.version=$(VERSION)' -o ../again ./server
	@cmp bin/release/mingjing .cache/release/again || { echo 'make: two builds differ' >&2; exit 1; }
	@! grep -aq 'mingjing/server/demo\.' bin/release/mingjing || { echo 'make: the demo city is in it' >&2; exit 1; }
	@grep -aq 'mingjing/server/api\.' bin/release/mingjing || { echo 'make: the names of functions are not in it' >&2; exit 1; }
	@! DEMO=1 DATA=.cache/release/data bin/release/mingjing >.cache/release/said 2>&1 && grep -q 'this is a release' .cache/release/said
	@cd / && GOFLAGS= GOBIN='$(ROOT)/.cache/release' $(GO) install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(SBOM_VERSION)
	@.cache/release/cyclonedx-gomod bin -json -noserial -notimestamp -version '$(VERSION)' -output bin/release/mingjing.cdx.json bin/release/mingjing
	@$(GO) run ./server/release -builder '$(BUILDER)' -version '$(VERSION)' -revision "$$(git rev-parse HEAD)" \
		bin/release/mingjing bin/release/mingjing.cdx.json > bin/release/mingjing.intoto.json
	@cd bin/release && sha256sum mingjing mingjing.cdx.json mingjing.intoto.json | tee SHA256SUMS
	@rm -rf .cache/release

.PHONY: kratos
kratos: $(KRATOS) ## build bin/kratos (Ory Kratos, from its own module, once)
	@ln -sfn '$(notdir $(KRATOS))' bin/kratos

$(KRATOS):
	@command -v gcc >/dev/null || { echo 'make: a C compiler is needed: apt-get install gcc libc6-dev' >&2; exit 1; }
	@mkdir -p $(@D)
	@echo 'building Ory Kratos $(KRATOS_VERSION) (about 3 minutes, once)'
	@cd / && export GOFLAGS=-mod=mod GOWORK=off && \
	dir="$$($(GO) mod download -json github.com/ory/kratos@$(KRATOS_VERSION) | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$$/\1/p')" && \
	cd "$$dir" && GOFLAGS= CGO_ENABLED=1 $(GO) build -tags sqlite -ldflags '-s -w' -o '$(ROOT)/$@.new' .
	@mv '$@.new' '$@'

.PHONY: versitygw
versitygw: $(VERSITYGW) ## build bin/versitygw (an S3-compatible store for tests, from its own module, once)
	@ln -sfn '$(notdir $(VERSITYGW))' bin/versitygw

$(VERSITYGW):
	@mkdir -p $(@D)
	@echo 'building versitygw $(VERSITYGW_VERSION) (about a minute, once)'
	@cd / && export GOFLAGS=-mod=mod GOWORK=off && \
	dir="$$($(GO) mod download -json github.com/versity/versitygw@$(VERSITYGW_VERSION) | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$$/\1/p')" && \
	cd "$$dir" && GOFLAGS= CGO_ENABLED=0 $(GO) build -ldflags '-s -w' -o '$(ROOT)/$@.new' ./cmd/versitygw
	@mv '$@.new' '$@'

.PHONY: openapi
openapi: ## write server/api/openapi.json anew, from the pages and their endpoints
	@UPDATE=1 $(GO) test ./server/api -count 1 -run TestTheDescriptionIsCurrent

.PHONY: wasm
wasm: $(PACKED) ## build the browser's programs, compressed

# go-app without what only its server needs, and what is left out of the standard library.
.cache/goapp/go.mod: web/trim.go go.mod go.sum $(wildcard $(shell $(GO) env GOROOT)/VERSION)
	@$(GO) run web/trim.go $(@D)

$(WASM): bin/%.wasm: .cache/goapp/go.mod $(WASM_SOURCES)
	@mkdir -p $(@D)
	$(BUILD_WASM) -o $@ $(MAIN_$*)

$(SLIM): bin/slim/%.wasm: bin/%.wasm $(wildcard web/slim/*.go)
	@mkdir -p $(@D) bin/wasm
	@cp $< "bin/wasm/$$($(GO) tool buildid $< | tr / .).wasm"
	@ls -t bin/wasm | tail -n +$$(($(KEPT_WASM) + 1)) | sed 's|^|bin/wasm/|' | xargs -r rm -f
	@$(GO) run ./web/slim $< $@

web/build/%.wasm.br web/build/%.wasm.gz: bin/slim/%.wasm web/compress.go
	@mkdir -p web/build
	@$(GO) run web/compress.go $< web/build

# --- test ----------------------------------------------------------------------

# The Go tests mostly wait for clocks, and the browsers for agencies: side by side
# they take as long as one of them.
.PHONY: test
test: ## everything: lint, unit, race, fuzz seeds, floors, the browser
	@$(MAKE) engines
	@$(MAKE) build versitygw
	@$(MAKE) lint warm
	@$(MAKE) -j3 test-unit test-e2e

# What reads PDFs is compiled once for all servers of the tests, so that none of them keeps
# a person waiting while all others compile it too.
.PHONY: warm
warm: bin/mingjing
	@echo '%PDF-1.4' | bin/mingjing check-file "$${XDG_CACHE_HOME:-$$HOME/.cache}/mingjing" | grep -q refused

# What is changed most is tested in under a minute, for while one works. It says
# nothing of what is well.
FAST := . ./logproof ./i18n ./app/... ./server/casework/... ./server/live

.PHONY: test-fast
test-fast: ## the tests of the rules, the pages, the cases and the live events, in under a minute
	@$(GO) test $$($(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' $(FAST)) | { grep -v '^ok ' || true; }

.PHONY: test-unit
test-unit: test-server test-packages ## the Go tests, on this machine and, where it runs there, in WebAssembly

# These start the program many times, and mostly wait for that: those with a city of their
# own run side by side, after those that share one.
.PHONY: test-server
test-server: kratos versitygw $(PACKED)
	$(GO) test -timeout 20m -parallel 4 ./server

.PHONY: test-packages
test-packages: kratos versitygw $(PACKED)
	$(GO) test -timeout 20m -p $(AT_A_TIME) $$($(GO) list ./... | grep -vxF "$$($(GO) list ./server $(RACE))")
	$(GO) test -timeout 20m -p $(AT_A_TIME) -race $(RACE)
	$(GO) test -timeout 20m -race -run '$(AT_ONCE)' $(RACE_PART)
	@$(GO) build -o bin/slim/slim ./web/slim
	GOOS=js GOARCH=wasm $(GO) test -exec '$(ROOT)/web/slim/exec.sh $(ROOT)/bin/slim/slim' $(WASM_TESTED)

# Scoring in the browser must be scoring on the server, so its tests run there too.
# Pages are strings only on the server, so theirs do not.
WASM_TESTED := . ./logproof ./i18n ./app/client

.PHONY: test-e2e
test-e2e: build $(NODE_MODULES) ## the built server in Chromium [ARGS=...]
	cd e2e && npx --no-install playwright test --project=e2e $(ARGS)

# It compiles everything once more, which takes minutes: it is a test of its own.
.PHONY: image-test
image-test: kratos ## build both images of the Dockerfile with buildah, and start them
	IMAGE_TEST=1 $(GO) test ./server -count 1 -timeout 30m -run '^TestTheImagesAreBuiltAndStart$$' -v

.PHONY: lint
lint: $(LINT) $(PACKED) ## gofmt, vet and golangci-lint
	$(LINT) run ./...
	GOOS=js GOARCH=wasm $(LINT) run ./app/...

$(LINT):
	@echo 'building golangci-lint $(LINT_VERSION) (about a minute, once)'
	@mkdir -p $(@D)
	@cd / && GOFLAGS= GOBIN='$(ROOT)/$(@D)' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME=10s
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | grep -v '/node_modules/' | sort | \
	while IFS=: read -r file func; do \
		$(GO) test "$$(dirname "$$file")" -run '^$$' -fuzz "^$${func#func }\$$" -fuzztime $(FUZZTIME); \
	done

VULNCHECK_VERSION := v1.1.4

.PHONY: vulnerabilities
vulnerabilities: $(PACKED) ## known weaknesses of the modules that our code reaches; asks vuln.go.dev
	@$(GO) run golang.org/x/vuln/cmd/govulncheck@$(VULNCHECK_VERSION) ./...

.PHONY: counterfactuals
counterfactuals: ## compare what would have changed the band of 10,000 residents with trying every set of changes
	@$(GO) test . -run 'Counterfactuals' -count 1 -rapid.checks 2000

.PHONY: bench
bench: build ## what it costs, as lines "name value unit"
	@for p in $(PROGRAMS); do for f in bin/$$p.wasm:raw web/build/$$p.wasm.br:brotli web/build/$$p.wasm.gz:gzip; do \
		printf 'wasm_%s_%s %s bytes\n' "$$p" "$${f#*:}" "$$(stat -c %s "$${f%%:*}")"; \
	done; done
	@printf 'server_binary %s bytes\n' "$$(stat -c %s bin/mingjing)"
	@IDLE_SOCKETS=5000 $(GO) test -run '^$$' -bench . ./... | awk ' \
		/^Benchmark/ { name = $$1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$$/, "", name); \
			for (i = 3; i < NF; i += 2) print name, $$i, $$(i+1); fflush(); next } \
		/^(FAIL|---|panic)/ { print > "/dev/stderr" }'
	@GOOS=js GOARCH=wasm $(GO) test -exec "$$($(GO) env GOROOT)/lib/wasm/go_js_wasm_exec" -run '^$$' -bench 'CheckEntries|Counterfactuals' . ./logproof | awk ' \
		/^Benchmark/ { name = $$1; sub(/^Benchmark/, "wasm_", name); print name, $$3, $$4 }'
	@$(MAKE) bench-browser

TRIALS ?= 200
ENGINE ?= sqlite
REPLICAS ?= 1
SEED ?= 1

# A short run of it is in the tests. As root it also has trials of a disk that is full.
.PHONY: torture
torture: kratos $(PACKED) ## the program under load, killed, stopped and cut off [TRIALS=200] [ENGINE=sqlite|postgres] [REPLICAS=1|3] [SEED=1]
	@mkdir -p .cache; rm -f .cache/torture
	@TORTURE='$(TRIALS) $(ENGINE) $(REPLICAS) $(SEED)' TORTURE_SAYS='$(ROOT)/.cache/torture' \
		$(GO) test ./server -count 1 -timeout 24h -run '^TestTorture$$' -v || { cat .cache/torture 2>/dev/null; exit 1; }
	@cat .cache/torture

SECONDS ?= 120

# A short run of it is in the tests.
.PHONY: siege
siege: kratos $(PACKED) ## hostile clients of all kinds at once; fails where an honest resident waits [SECONDS=120]
	@mkdir -p .cache; rm -f .cache/siege
	@SIEGE='$(SECONDS)' SIEGE_SAYS='$(ROOT)/.cache/siege' $(GO) test ./server -count 1 -timeout 2h -run '^TestSiege$$' > .cache/siege.log 2>&1 || \
		{ cat .cache/siege.log; exit 1; }
	@cat .cache/siege

.PHONY: metamorphic
metamorphic: ## a million pairs of residents that differ in what must not matter: each has the same score [PAIRS=1000000]
	METAMORPHIC='$(or $(PAIRS),1000000)' $(GO) test . -count 1 -timeout 2h -run TestWhatMustNotMatterChangesNoByteOfAScore

# Each process has seeds of its own. A history that breaks a promise is printed with the
# command that makes it again.
.PHONY: simulate
simulate: ## a million behaviours of a simulated city, by seeds [N=1000000] [SEED=one that failed] [STEPS=some of its steps]
ifdef SEED
	SIMULATE_SEED='$(SEED)' SIMULATE_STEPS='$(STEPS)' SIMULATE_LOG=1 $(GO) test ./server/sim -count 1 -v -run TestNoHistoryBreaksAPromise
else
	@mkdir -p bin
	@$(GO) test -c -o bin/simulate ./server/sim
	@cd server/sim && processes="$$(nproc)" && each=$$(( $(or $(N),1000000) / processes )) && pids=() && \
	for i in $$(seq 0 $$((processes - 1))); do \
		SIMULATE=$$each SIMULATE_FROM=$$((i * 10000000)) ../../bin/simulate -test.timeout 24h -test.v -test.run TestNoHistoryBreaksAPromise \
			> >(grep -v -e '^=== RUN' -e '^ *--- PASS' >&2) 2>&1 & pids+=($$!); \
	done && for pid in "$${pids[@]}"; do wait "$$pid"; done
endif

.PHONY: bench-browser
bench-browser: build $(NODE_MODULES) bin/hello/hello.wasm.br ## the part of it that a browser measures [RUNS=5]
	@cd e2e && node bench.mjs

.PHONY: lighthouse
lighthouse: build $(NODE_MODULES) ## Lighthouse on the pages that everybody comes through; fails below 90 [RUNS=5]
	@cd e2e && node lighthouse.mjs

# go-app's own hello world, as it is.
bin/hello/hello.wasm.br: $(wildcard e2e/hello/*.go web/compress.go) go.mod
	@mkdir -p $(@D)
	@$(GO) build -o $(@D)/hello ./e2e/hello
	@GOOS=js GOARCH=wasm $(GO) build -trimpath -ldflags '-s -w' -o $(@D)/hello.wasm ./e2e/hello
	@$(GO) run web/compress.go $(@D)/hello.wasm $(@D) >&2

.PHONY: screenshots
screenshots: build $(NODE_MODULES) ## take the README's pictures
	cd e2e && npx --no-install playwright test --project=screenshots

$(NODE_MODULES): e2e/package.json e2e/package-lock.json
	cd e2e && npm ci --no-audit --no-fund
	@touch $@

# --- engines -------------------------------------------------------------------

# The Debian package for each thing that the tests start.
.PHONY: engines
engines: ## what the tests start: install it (as root) or say how
	@missing=(); \
	command -v gcc >/dev/null || missing+=(gcc libc6-dev); \
	[[ -x "$${CHROMIUM:-/usr/bin/chromium}" ]] || missing+=(chromium); \
	command -v redis-server >/dev/null || missing+=(redis-server); \
	compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql); \
	compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null || missing+=(fonts-noto-cjk); \
	useful=(); \
	[[ -n "$${CHROMIUM:-}" || -x /usr/bin/chromium-headless-shell ]] || useful+=(chromium-headless-shell); \
	command -v promtool >/dev/null || useful+=(prometheus); \
	command -v buildah >/dev/null || useful+=(buildah); \
	command -v clamd >/dev/null || useful+=(clamav-daemon); \
	if (( $${#missing[@]} + $${#useful[@]} == 0 )); then exit 0; fi; \
	if (( $${#missing[@]} == 0 )) && { (( EUID != 0 )) || ! command -v apt-get >/dev/null; }; then \
		echo "make: the tests are slower or fewer without $${useful[*]}"; exit 0; \
	fi; \
	if (( EUID != 0 )) || ! command -v apt-get >/dev/null; then \
		echo "make: the tests need what is not here. On Debian:" >&2; \
		echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $${missing[*]} $${useful[*]}" >&2; \
		exit 1; \
	fi; \
	echo "installing $${missing[*]} $${useful[*]}"; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get -qq update; \
	if (( $${#missing[@]} > 0 )); then apt-get -qq install -y --no-install-recommends "$${missing[@]}" >/dev/null || exit 1; fi; \
	for p in "$${useful[@]}"; do \
		apt-get -qq install -y --no-install-recommends "$$p" >/dev/null || echo "make: the tests are slower or fewer without $$p"; \
	done

# --- the rest ------------------------------------------------------------------

.PHONY: secrets
secrets: .env ## make .env, the secrets of compose.yaml, unless it is there

.env:
	@umask 077; secret() { head -c 48 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c "$$1"; }; \
	{ echo "PUBLIC_ORIGIN=http://localhost:8080"; \
	  echo "POSTGRES_PASSWORD=$$(secret 32)"; \
	  echo "REDIS_PASSWORD=$$(secret 32)"; \
	  echo "KRATOS_DEFAULT_SECRET=$$(secret 32)"; \
	  echo "KRATOS_COOKIE_SECRET=$$(secret 32)"; \
	  echo "KRATOS_CIPHER_SECRET=$$(secret 32)"; } > $@
	@echo 'wrote .env; keep it to yourself'

.PHONY: clean
clean: ## remove what was built; the data under DATA stays
	rm -rf bin .cache e2e/out e2e/node_modules $(PACKED)
