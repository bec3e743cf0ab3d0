# Fuzz targets. In `make check` each goes over its corpus once (replay.c); `make fuzz MINUTES=n` builds
# them with libFuzzer and lets them search, all together for n minutes on each processor.

FUZZ := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(FUZZ))
FUZZ_HELP := $(B)/libfuzzhelp.a
FUZZ_HELP_OBJ := $(SIM_LIB) $(call obj,$(filter-out $(FUZZ) tests/fuzz/replay.c tests/fuzz/seeds.c,$(wildcard tests/fuzz/*.c)))
FUZZ_SANITIZE := fuzzer-no-link,address,undefined
FUZZ_B := build/clang-$(subst $(comma),-,$(FUZZ_SANITIZE))
IS_FUZZER := $(findstring fuzzer,$(SANITIZE))
FUZZ_MAIN := $(if $(IS_FUZZER),,$(call obj,tests/fuzz/replay.c))
MINUTES ?= 10

.PHONY: fuzz fuzz-bin fuzz-merge

fuzz: deps
	@$(MAKE) --no-print-directory CC=clang SANITIZE=$(FUZZ_SANITIZE) fuzz-bin
	@tests/fuzz/run $(MINUTES) $(FUZZ_B)/tests/fuzz $(TARGET)

# After it: what was found goes into the tree, as little of it as reaches all that was reached.
fuzz-merge: $(B)/tests/fuzz/seeds
	$(Q)$< tests/fuzz/corpus
	@$(MAKE) --no-print-directory CC=clang SANITIZE=$(FUZZ_SANITIZE) fuzz-bin
	@tests/fuzz/run merge $(FUZZ_B)/tests/fuzz $(TARGET)

fuzz-bin: $(FUZZ_BIN)

$(FUZZ_HELP): $(FUZZ_HELP_OBJ)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $^

$(FUZZ_BIN): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(FUZZ_MAIN) $(FUZZ_HELP) $(foreach l,$(UP_node),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $(if $(IS_FUZZER),-fsanitize=fuzzer) $^ $(LIBS_node) $(LIBS_PURE) -lcmocka -o $@

$(B)/tests/fuzz/seeds: $(call obj,tests/fuzz/seeds.c) $(FUZZ_HELP) $(foreach l,$(UP_node),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) $^ $(LIBS_node) $(LIBS_PURE) -lcmocka -o $@

# Branches that unit tests, simulations and corpora take of what decides: built apart, without optimisation.
COVERAGE_B := build/gcc-coverage
.PHONY: coverage coverage-run
coverage: deps
	@$(MAKE) --no-print-directory VARIANT=$(notdir $(COVERAGE_B)) CFLAGS='--coverage -fprofile-update=single' LDFLAGS=--coverage OPT=-O0 coverage-run

coverage-run: $(UNIT_BIN) $(SIM_BIN) $(FUZZ_BIN)
	@tests/coverage $(B) $^
