# setup: a fresh machine to ready.  demo: real signs to words over MQTT.  test: every check.  check: the fast ones.
# demo and test need nothing run before them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Packages of others come in exact versions, each file checked against its SHA-256; the project is built with those alone.
INSTALL = $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements/
INSTALL_PROJECT = $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup lock demo test check wheel docs reference format clean test-python test-arm test-device test-fleet test-walk test-first-hour test-docker test-homeassistant image test-image test-soak test-teaching-kills test-leaks test-visitors test-hostile fuzz

setup: $(VENV)/ready
	$(BIN)/ishara-landmarkers

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Ishara needs Python 3.11 or later; name one with make PYTHON=..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || .ci/debian-packages .ci/venv-packages.txt
	$(PYTHON) -m venv $(VENV)

$(VENV)/ready: $(VENV)/bin/python pyproject.toml requirements/dev.txt requirements/torch-cpu.txt requirements/torch.txt
	$(INSTALL)dev.txt
	@$(INSTALL)torch-cpu.txt || \
		{ echo "pip finds no torch for the CPU alone: taking the one with CUDA, 3 GB" >&2; $(INSTALL)torch.txt; }
	$(INSTALL_PROJECT)
	touch $@ $(VENV)/ready-for-demo

$(VENV)/ready-for-demo: $(VENV)/bin/python pyproject.toml requirements/demo.txt requirements/build.txt
	$(INSTALL)demo.txt --requirement requirements/build.txt
	$(INSTALL_PROJECT)
	touch $@

# Renews requirements/ from pyproject.toml: versions that still fit stay. UPGRADE=--upgrade takes the newest of everything,
# UPGRADE='--upgrade-package numpy' of one package.
UPGRADE ?=
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--only-binary :all: --emit-build-options --custom-compile-command 'make lock' $(UPGRADE)
WITHOUT_TORCH = --constraint requirements/torch.txt --no-emit-package torch --excludes requirements/cuda.in
OF_DEV = --constraint requirements/dev.txt --output-file requirements/
lock: setup
	echo torch | $(LOCK) - --output-file requirements/torch.txt
	$(LOCK) pyproject.toml --extra dev --group build $(WITHOUT_TORCH) --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --extra mlflow $(WITHOUT_TORCH) $(OF_DEV)mlflow.txt
	$(LOCK) pyproject.toml --extra web --extra opencv $(OF_DEV)web.txt
	$(LOCK) pyproject.toml --extra web --extra mediapipe $(OF_DEV)mediapipe.txt
	$(LOCK) pyproject.toml --extra web --extra opencv --extra piper $(OF_DEV)piper.txt
	$(LOCK) pyproject.toml --extra demo $(OF_DEV)demo.txt
	$(LOCK) --group build $(OF_DEV)build.txt

# SOURCE=/dev/video0 or SOURCE=clip.mp4 reads a camera or clip instead of the shipped takes.
demo: $(VENV)/ready-for-demo
	@.ci/debian-packages --try deploy/debian-packages.txt
	$(BIN)/ishara-landmarkers
	$(BIN)/python -m edge.demo $(if $(SOURCE),--source '$(SOURCE)')

# WORKERS=4 runs four tests at once.
WORKERS ?= 2
# The types of a fresh clone take a minute of one core, so they are checked while the tests run and often wait.
test: packages setup
	$(style_checks)
	$(BIN)/mkdocs build --quiet
	@echo "$(BIN)/mypy & $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile"; \
	$(BIN)/mypy > $(VENV)/mypy.txt 2>&1 & types=$$!; \
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile; tests=$$?; \
	wait $$types; types=$$?; cat $(VENV)/mypy.txt; \
	test $$types = 0 && exit $$tests

define style_checks
$(BIN)/ruff format --check .
$(BIN)/ruff check .
$(BIN)/lint-imports
endef

# The tests with another Python, 3.11 to 3.14, in a venv of its own: make test-python PYTHON=python3.13. TESTS=tests/edge
# runs these alone.
TESTS ?=
test-python: packages
	$(MAKE) setup VENV=$(VENV)-$(notdir $(PYTHON))
	$(VENV)-$(notdir $(PYTHON))/bin/pytest $(TESTS)

# The fast checks. PACKAGE=trainer/reports runs the tests of that folder instead of those of landmarkers.
PACKAGE ?= landmarkers
check: setup
	$(style_checks)
	$(BIN)/mypy
	$(BIN)/pytest tests/test_terms.py $(addprefix tests/,$(PACKAGE))

# The wheel of the program in dist, and the lock with which devices install it.
wheel: $(VENV)/ready-for-demo
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	cp requirements/web.txt dist/

# The documentation in build/site; the references to configuration and commands are made from the code by `reference`.
docs: setup
	$(BIN)/mkdocs build

reference: setup
	$(BIN)/python docs/generate_reference.py

# The device's part on an emulated Raspberry Pi 4 and 5, compared with this machine. Needs root; the first run takes about
# ten minutes. Its Debian (2 GB) is kept in ~/.cache/ishara/arm, or where ARM_CACHE says; remove that folder at will.
# SHARED names the folder with the real clips; without one the landmarks are left out.
SHARED ?= ../shared
test-arm: setup
	tests/arm/test-arm $(BIN)/python $(SHARED)

# The daemon as a service on a Debian with systemd: watchdog, reload, kills while words flow, sandbox. Needs root; the
# first run takes about five minutes, the others KILLS times three seconds and five minutes. Its Debian (2 GB) is kept
# in ~/.cache/ishara/device, or where DEVICE_CACHE says; remove that folder at will. SUITE=trixie takes Debian 13 with
# Python 3.13, today's Raspberry Pi OS, and a folder beside that one.
KILLS ?= 100
SUITE ?= bookworm
test-device: setup
	SUITE=$(SUITE) tests/device/test-device $(BIN)/python $(KILLS)

# `ishara-deploy` and two devices with systemd and sshd: provision, push, bad bundles, a cut network, a full disk. Needs
# root; the first run takes about ten minutes, the others five. SUITE=trixie takes Debian 13. Its Debian (1.1 GB) is kept in
# ~/.cache/ishara/fleet, or where FLEET_CACHE says; remove that folder at will.
test-fleet: setup
	SUITE=$(SUITE) tests/fleet/test-fleet $(BIN)/python

# What a person teaches one device is collected, reviewed, made a signed bundle and said by another device; then that person
# is forgotten everywhere. As root, with the Debian of test-fleet. 24 minutes on two cores at a load of 20, most of it for two
# fine-tunings with their exports.
test-walk: setup
	SUITE=$(SUITE) ONLY=walk tests/fleet/test-fleet $(BIN)/python

# Newcomers set a fresh Debian 13 up, from `ishara-deploy provision HOST` to the first word on the page and over MQTT, with
# the page alone, each in ten minutes at most: in Chromium, in Firefox, and with a mistyped camera, one too far away and in the
# dark, and a wrong password. Needs the clips in SHARED. As root; twelve minutes, and some more the first time. ONLY=firefox
# runs the newcomer of this name.
test-first-hour: setup
	SUITE=trixie PROGRAM=tests.first_hour SHARED=$(SHARED) tests/fleet/test-fleet $(BIN)/python

# The steps of the container's image in a plain Debian, and the daemon beside a broker as compose.yaml starts them, without
# a container engine. Needs root; five minutes.
test-docker: setup
	tests/docker/build-steps $(BIN)/python

# A card image for a Raspberry Pi 4 or 5 in build/image: Debian 13 with Ishara, waiting to be set up. Needs root; three
# quarters of an hour on two busy cores. Its Debian (2 GB) is kept in ~/.cache/ishara/image, or where IMAGE_CACHE says;
# remove that folder at will. XZ= leaves out the compressed file, XZ=9 makes it smaller.
XZ ?= 1
image: setup
	XZ=$(XZ) deploy/image/make-image $(BIN)/python build/image

# That image's root file system as a container with systemd, its programs emulated: set-up page, code, settings of the
# card, ssh, services. Needs root and a loop device; two to eight minutes. BOARD=1 boots all of the image on an emulated board
# instead, with its own kernel, which needs no root where tests/image/debian-packages-board.txt is installed, but a machine
# that has nothing else to do; eight minutes.
test-image: setup
ifdef BOARD
	@.ci/debian-packages tests/image/debian-packages-board.txt
	$(BIN)/python -m tests.image $$(ls -t build/image/ishara-*-arm64.img | head -1) --keep build/image
else
	tests/image/test-image $(BIN)/python $$(ls -t build/image/ishara-*-arm64.img | head -1)
endif

# What a real Home Assistant shows of a device, and 1,000 words while its broker is restarted RESTARTS times in each of two
# ways. Needs root; ten minutes, and two more the first time. Its Debian (1.7 GB) is kept in ~/.cache/ishara/homeassistant,
# or where HOMEASSISTANT_CACHE says; remove that folder at will. ONLY=button runs the checks with this in their names.
RESTARTS ?= 20
test-homeassistant: setup
	tests/homeassistant/test-homeassistant $(BIN)/python $(RESTARTS)

# Teaching is killed at 100 random moments, and before each change of a file; a minute.
test-teaching-kills: setup
	$(BIN)/python -m tests.edge.learning.kills
	$(BIN)/python -m tests.edge.learning.kills --kills 100 --seed $(SEED)

# 4,000 words and 2,000 utterances over MQTT while the daemon and a forgetful broker are killed; about three minutes.
BROKER_KILLS ?= 20
SEED ?= 1
test-soak: packages setup
	$(BIN)/python -m tests.edge.soak --kills $(KILLS) --broker-kills $(BROKER_KILLS) --seed $(SEED)

# Attacks on a running device, which take minutes and want a machine that has nothing else to do.
test-hostile: packages setup
	$(BIN)/pytest tests/hostile

# Rounds of INPUTS hostile inputs of every parser of bytes from outside for MINUTES, others at each run; the gate tries
# some of them. A round of 100,000 takes three hours.
INPUTS ?= 1000
fuzz: setup
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) --inputs $(INPUTS)

# What a device does again and again must cost no thread, no file and no memory: 500 openings of a camera, 1,000
# connections to the broker, 200 reloads (five minutes). LEAKS=camera, broker or reload runs that one alone.
LEAKS ?=
test-leaks: setup
	$(BIN)/python -m tests.edge.leaks $(LEAKS)

# 20 visitors for MINUTES at the live page of a daemon that reads a video: its frame rate, memory, fairness. Needs the real
# clips in SHARED, and a machine that has nothing else to do.
MINUTES ?= 5
test-visitors: setup
	$(BIN)/python -m tests.edge.sinks.web.soak $(SHARED) --minutes $(MINUTES)

.PHONY: packages
packages:
	@.ci/debian-packages deploy/debian-packages.txt deploy/debian-packages-screen.txt deploy/debian-packages-speech.txt deploy/debian-packages-mediapipe.txt tests/debian-packages.txt

format:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The research project's targets by their names; docs/research-project.md says what becomes of its variables.
data ?= karsl-502
kps ?= karsl-kps
name ?= $(notdir $(or $(checkpoint_path),$(data)))
onnx_model_path ?= models/$(name)
processes ?= 2
chosen_signs = $(if $(selected_signs_from),--signs $(selected_signs_from)-$(selected_signs_to))
train_options = --takes takes/$(name) --run runs/$(name) $(if $(epochs),--epochs $(epochs)) $(if $(device),--device $(device))

.PHONY: run docker_run prepare_npz_kps preprocess_mmap_data train parallel_train export_onnx onnx_benchmark
run: setup
	$(BIN)/ishara-edge run
docker_run:
	docker compose --file deploy/docker/compose.yaml up --build
prepare_npz_kps: setup
	$(BIN)/ishara-trainer extract $(data) --to takes/$(name) $(if $(labels),--labels $(labels)) $(chosen_signs) $(if $(splits),--split $(splits))
preprocess_mmap_data: setup
	$(BIN)/ishara-trainer import-npz $(kps) --to takes/$(name) $(if $(labels),--labels $(labels)) $(chosen_signs)
train: setup
	$(BIN)/ishara-trainer train $(train_options)
parallel_train: setup
	$(BIN)/torchrun --nproc-per-node $(processes) -m -- trainer train $(train_options)
export_onnx: setup
	$(BIN)/ishara-trainer export $(or $(checkpoint_path),runs/$(name)) --to $(onnx_model_path) --name $(name)
onnx_benchmark: setup
	$(BIN)/ishara-trainer benchmark $(onnx_model_path) --takes takes/$(name)

clean:
	rm -rf build $(VENV) $(VENV)-python* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache landmarkers/tasks
