# Seinpost. The two commands to know: `make demo` and `make check`. `make help` lists the rest.
#
# Layers, each built as one archive: proto <- protocol <- federation <- node; config is a leaf that only
# node reads. `make check-layers` proves that no layer reaches further than it may.

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
SANITIZE ?=
comma := ,
empty :=
space := $(empty) $(empty)
define newline


endef

VARIANT := $(notdir $(CC))$(if $(SANITIZE),-$(subst $(comma),-,$(subst $(space),,$(SANITIZE))))
B := build/$(VARIANT)

# Where `make install` puts things; DESTDIR goes before each of them and is not remembered.
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR := $(PREFIX)/share
DOCDIR := $(DATADIR)/doc/seinpost
SYSTEMDDIR ?= $(PREFIX)/lib
DESTDIR ?=

# Commands are shown in short; V=1 shows them whole.
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-6s %s\n' $(1) $(2))

# What the project needs, declared once; `make deps` installs what is missing.
DEPS_BUILD := build-essential pkg-config gettext protobuf-c-compiler libprotobuf-c-dev libzmq3-dev \
    libczmq-dev libsodium-dev libsqlite3-dev libutf8proc-dev libjansson-dev libcsv-dev
DEPS_TEST := libcmocka-dev python3 mandoc tcpdump iproute2 nftables strace clang
DEPS_TIDY := clang-format clang-tidy cppcheck
DEPS := $(DEPS_BUILD) $(DEPS_TEST)

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Wswitch-enum -Wvla -Wundef -Wwrite-strings -Werror
HARDEN := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SAN := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)
OPT ?= $(if $(SANITIZE),-O1,-O2)
DEFS := -D_GNU_SOURCE
CFLAGS_ALL = -std=c11 -g $(OPT) $(WARN) $(HARDEN) $(SAN) $(DEFS) -I. -I$(B)/gen -MMD -MP $(CFLAGS)
LDFLAGS_ALL = $(SAN) -pie $(if $(SANITIZE),,-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now) $(LDFLAGS)

LIBS_PURE := -lprotobuf-c -lsodium -lutf8proc
LIBS_NODE := -lczmq -lzmq -lsqlite3 -ljansson -lcsv -lm

LAYERS := proto protocol federation config node
MAINS := node/seinpostd.c node/seinpost.c
src = $(filter-out $(MAINS),$(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))
archive = $(B)/lib$(1).a

PB := $(B)/gen/proto/seinpost.pb-c
PROGRAMS := $(B)/seinpostd $(B)/seinpost
MANS := $(B)/man/seinpost.1 $(B)/man/nl/seinpost.1 $(B)/man/seinpost.conf.5 $(B)/man/seinpostd.8
LOCALES := $(patsubst node/po/%.po,$(B)/locale/%/LC_MESSAGES/seinpost.mo,$(wildcard node/po/*.po))

# Archives that a layer's tests link with, in link order.
UP_proto := proto
UP_protocol := protocol proto
UP_config := config proto
UP_federation := federation protocol proto
UP_node := node config federation protocol proto
LIBS_proto := $(LIBS_PURE)
LIBS_protocol := $(LIBS_PURE)
LIBS_federation := $(LIBS_PURE)
LIBS_config :=
LIBS_node := $(LIBS_NODE) $(LIBS_PURE)

UNIT := $(foreach l,$(LAYERS),$(wildcard tests/unit/$(l)/test_*.c))
UNIT_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(UNIT))
SIM := $(wildcard tests/sim/test_*.c)
SIM_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(SIM))
SIM_MAINS := tests/sim/sim.c
SIM_LIB := $(call obj,$(filter-out $(SIM) $(SIM_MAINS),$(wildcard tests/sim/*.c)))
BENCH := $(wildcard tests/bench/bench_*.c)
BENCH_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(BENCH))
BENCH_LIB := $(call obj,$(filter-out $(BENCH) tests/bench/evaluate.c,$(wildcard tests/bench/*.c)))

.PHONY: all help install uninstall deps deps-tidy demo check check-run check-layers bench evaluate format lint clean \
    crash-soak scrub-soak net-soak demo-run bench-run evaluate-run sim-mutants tests sim soak
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS) $(LOCALES) $(MANS)

include tests/fuzz/fuzz.mk

help:
	@echo 'make               build seinpostd and seinpost into $(B)'
	@echo 'make demo          install what is missing, build, run a federation here and show the main job'
	@echo 'make check         install what is missing, build, run every test'
	@echo 'make deps          install the declared Debian packages that are missing'
	@echo 'make install       install below PREFIX ($(PREFIX)), into DESTDIR; make uninstall takes it away'
	@echo 'make check-layers  prove that no layer reaches further than it may'
	@echo 'make crash-soak    kill at every call, let every call fail, lose the power at every moment (an hour)'
	@echo 'make scrub-soak    flip bits in every page of a store, and many in those of real nodes'
	@echo 'make net-soak      a bad network and attackers, for longer (half an hour)'
	@echo 'make sim           run a seed of the simulator: SEED=n [NODES=n] [TRACE=1]'
	@echo 'make soak          run seeds for SECONDS ($(SECONDS)), up to 40 nodes; then make net-soak and crash-soak'
	@echo 'make bench         measure speed and memory beside their limits (JSON=1 for JSON)'
	@echo 'make fuzz          let the fuzz targets search for MINUTES (10); make fuzz-merge keeps what was found'
	@echo 'make sim-mutants   plant known bugs one by one and see whether they are found (SEEDS=n, ONLY=name)'
	@echo 'make coverage      branches that tests take of what decides what is let in'
	@echo 'make evaluate      find the people and names in DATA=dir again (NODES=1: through real nodes)'
	@echo 'make format lint   clang-format; clang-tidy and cppcheck'
	@echo 'SANITIZE=address,undefined and CC=clang work with each of them'

deps:
	@tests/deps install $(DEPS)

deps-tidy:
	@tests/deps install $(DEPS_TIDY)

demo: deps
	@$(MAKE) --no-print-directory all demo-run

demo-run:
	@SEINPOST_BIN=$(B) tests/e2e/demo

check: deps
	@$(MAKE) --no-print-directory all tests check-run

tests: $(UNIT_BIN) $(SIM_BIN) $(FUZZ_BIN)

check-run:
	@SEINPOST_BIN=$(B) tests/run $(UNIT_BIN) $(SIM_BIN) $(FUZZ_BIN) tests/check-layers tests/check-fuzz $(sort $(wildcard tests/e2e/test_*))

# What is installed, each as SOURCE=TARGET.
INSTALL_BIN := $(foreach p,$(PROGRAMS),$(p)=$(BINDIR)/$(notdir $(p)))
INSTALL_TEXT := $(foreach l,$(LOCALES),$(l)=$(DATADIR)/$(l:$(B)/%=%)) \
    $(foreach m,$(filter-out $(B)/man/nl/%,$(MANS)),$(m)=$(DATADIR)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m))) \
    $(B)/man/nl/seinpost.1=$(DATADIR)/man/nl/man1/seinpost.1 \
    config/seinpost.conf.example=$(DOCDIR)/examples/seinpost.conf \
    config/runbooks.md=$(DOCDIR)/runbooks.md \
    config/seinpost.bash=$(DATADIR)/bash-completion/completions/seinpost \
    config/seinpost.sysusers=$(SYSTEMDDIR)/sysusers.d/seinpost.conf
INSTALL_FILLED := config/seinpostd.service=$(SYSTEMDDIR)/systemd/system/seinpostd.service
target = $(DESTDIR)$(word 2,$(subst =, ,$(1)))
source = $(firstword $(subst =, ,$(1)))

install: all
	$(foreach f,$(INSTALL_BIN),$(Q)install -D -m 755 $(call source,$(f)) $(call target,$(f))$(newline))
	$(foreach f,$(INSTALL_TEXT),$(Q)install -D -m 644 $(call source,$(f)) $(call target,$(f))$(newline))
	$(foreach f,$(INSTALL_FILLED),$(Q)install -d $(dir $(call target,$(f))) && sed 's|@BINDIR@|$(BINDIR)|' $(call source,$(f)) >$(call target,$(f)) && chmod 644 $(call target,$(f))$(newline))
	@echo 'installed below $(DESTDIR)$(PREFIX); seinpostd(8) says how to set up a node'

uninstall:
	$(Q)rm -f $(foreach f,$(INSTALL_BIN) $(INSTALL_TEXT) $(INSTALL_FILLED),$(call target,$(f)))
	-$(Q)rmdir $(DESTDIR)$(DOCDIR)/examples $(DESTDIR)$(DOCDIR) 2>/dev/null || true

# Every crash point, every failing call and an image of every moment of a power loss: about an hour.
CRASH := $(addprefix tests/e2e/,test_full_disk test_crash test_power_loss)
crash-soak: deps
	@$(MAKE) --no-print-directory all
	@set -e; for t in $(CRASH); do echo "$$t"; FULL=1 SEINPOST_BIN=$(B) $$t; done

# Flipped bits: many rounds, and every page.
scrub-soak: deps
	@$(MAKE) --no-print-directory all $(B)/tests/unit/node/test_store_repair
	@FULL=1 $(B)/tests/unit/node/test_store_repair
	@FULL=1 SEINPOST_BIN=$(B) tests/e2e/test_scrub

# Real nodes on a bad network and under attack, for longer.
NET := $(addprefix tests/e2e/,test_partitions test_bad_links test_attackers)
net-soak: deps
	@$(MAKE) --no-print-directory all $(B)/tests/unit/node/test_attackers
	@set -e; for t in $(NET); do echo "$$t"; FULL=1 SEINPOST_BIN=$(B) $$t; done

# One seed of the simulator (SEED=, NODES=, TRACE=1), or seeds for as long as SECONDS says.
sim: $(B)/tests/sim/sim
	@$(foreach v,SEED SEEDS NODES NODES_MAX TRACE KEEP_GOING ONCE EDITION,$(if $($(v)),$(v)='$($(v))')) $<

SECONDS ?= 3600
soak: $(B)/tests/sim/sim $(B)/tests/sim/test_ceremony_seeds $(B)/tests/unit/protocol/test_stat_suppress
	@WEEKS=52 $(B)/tests/unit/protocol/test_stat_suppress
	@SEEDS=300 $(B)/tests/sim/test_ceremony_seeds
	@$(foreach v,SEED NODES NODES_MAX KEEP_GOING,$(if $($(v)),$(v)='$($(v))')) SECONDS=$(SECONDS) $<
	@$(MAKE) --no-print-directory net-soak
	@NAMES=98000 SEINPOST_BIN=$(B) tests/e2e/test_budgets
	@$(MAKE) --no-print-directory crash-soak

check-layers: all
	@SEINPOST_BIN=$(B) tests/check-layers

bench: deps
	@$(MAKE) --no-print-directory all bench-run

bench-run: $(BENCH_BIN)
	@SEINPOST_BIN=$(B) tests/bench/run

evaluate: deps
	@$(MAKE) --no-print-directory all evaluate-run

DATA ?= ../shared/data
evaluate-run: $(B)/tests/bench/evaluate
	@SEINPOST_BIN=$(B) tests/bench/evaluate $(DATA)

# Planted bugs: each changes one file, which alone is compiled again.
sim-mutants: $(if $(SCENARIOS),$(SIM_BIN)) $(B)/tests/sim/sim
	@B=$(B) CC_ALL='$(CC) $(filter-out -MMD -MP,$(CFLAGS_ALL))' LINK_ALL='$(CC) $(LDFLAGS_ALL)' \
	    LIBS='$(SIM_LIB) $(foreach l,$(UP_federation),$(call archive,$(l))) $(LIBS_federation) -lcmocka' \
	    tests/sim/mutate run

format: deps-tidy
	clang-format -i $(foreach l,$(LAYERS),$(wildcard $(l)/*.[ch])) $(wildcard tests/*/*.[ch] tests/unit/*/*.[ch])

lint: deps deps-tidy $(PB).h
	clang-format --dry-run -Werror $(foreach l,$(LAYERS),$(wildcard $(l)/*.[ch])) \
	    $(wildcard tests/*/*.[ch] tests/unit/*/*.[ch])
	cppcheck --quiet --library=tests/cppcheck.cfg --std=c11 --error-exitcode=1 --inline-suppr --suppressions-list=tests/cppcheck.supp \
	    --enable=warning,portability,performance -I. -I$(B)/gen $(LAYERS)
	clang-tidy --quiet $(foreach l,$(LAYERS),$(wildcard $(l)/*.c)) -- -std=c11 $(DEFS) -I. -I$(B)/gen

clean:
	rm -rf build

# Generated code: the wire messages. protoc-c's output is compiled without our warnings.
$(PB).c $(PB).h &: proto/seinpost.proto
	@mkdir -p $(B)/gen
	$(call say,PROTO,$<)
	$(Q)protoc-c --c_out=$(B)/gen $<

$(PB).o: $(PB).c
	$(call say,CC,$<)
	$(Q)$(CC) -std=c11 -g $(OPT) -fPIE $(SAN) -w -I$(B)/gen -c $< -o $@

$(B)/%.o: %.c Makefile | $(PB).h
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS_ALL) -c $< -o $@

define archive_rule
$(call archive,$(1)): $(call obj,$(call src,$(1))) $(if $(filter proto,$(1)),$(PB).o)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR,$$@)
	$$(Q)ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(l))))

$(B)/seinpost $(B)/seinpostd: $(B)/%: $(B)/node/%.o $(foreach l,$(UP_node),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS_node) -o $@

define unit_rule
$(B)/tests/unit/$(1)/%: $(B)/tests/unit/$(1)/%.o $(foreach l,$(UP_$(1)),$(call archive,$(l)))
	$$(call say,LINK,$$@)
	$$(Q)$(CC) $(LDFLAGS_ALL) $$^ $(LIBS_$(1)) -lcmocka -o $$@
endef
$(foreach l,$(LAYERS),$(eval $(call unit_rule,$(l))))

$(B)/tests/sim/%: $(B)/tests/sim/%.o $(SIM_LIB) $(foreach l,$(UP_federation),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS_federation) -lcmocka -o $@

$(B)/tests/bench/evaluate: $(B)/tests/bench/evaluate.o $(foreach l,$(UP_protocol),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS_protocol) -o $@

$(B)/tests/bench/%: $(B)/tests/bench/%.o $(BENCH_LIB) $(foreach l,$(UP_node),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS_node) -o $@

$(B)/locale/%/LC_MESSAGES/seinpost.mo: node/po/%.po
	@mkdir -p $(@D)
	$(call say,MSGFMT,$<)
	$(Q)msgfmt --check -o $@ $<

# Manual pages: prose from config/man/, commands from the program itself, settings from the example.
roff = LC_ALL=C.UTF-8 LANGUAGE=$(1) SEINPOST_LOCALEDIR=$(B)/locale $(B)/seinpost help --roff
$(B)/man/seinpost.1: config/man/seinpost.1.in $(B)/seinpost
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)$(call roff,en) >$@.part && sed -e '/^@COMMANDS@$$/{r $@.part' -e 'd}' $< >$@ && rm $@.part

$(B)/man/nl/seinpost.1: config/man/seinpost.nl.1.in $(B)/seinpost $(LOCALES)
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)$(call roff,nl) >$@.part && sed -e '/^@COMMANDS@$$/{r $@.part' -e 'd}' $< >$@ && rm $@.part

$(B)/man/seinpost.conf.5: config/man/seinpost.conf.5.in config/man/settings.awk config/seinpost.conf.example
	@mkdir -p $(@D)
	$(call say,MAN,$@)
	$(Q)awk -f config/man/settings.awk config/seinpost.conf.example >$@.part
	$(Q)sed -e '/^@SETTINGS@$$/{r $@.part' -e 'd}' $< >$@ && rm $@.part

$(B)/man/seinpostd.8: config/man/seinpostd.8
	@mkdir -p $(@D)
	$(Q)cp $< $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)
