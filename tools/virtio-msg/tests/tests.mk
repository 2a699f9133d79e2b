# SPDX-License-Identifier: BSD-3-Clause
#
# Tests are built anew with the sanitizers, below $(CHECK).

SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
CHECK_OBJS := $(addprefix $(CHECK)/obj/,$(LIB_OBJS) tests/tap.o tests/fake.o tests/device.o)
CHECK_SERVE := $(patsubst %,$(CHECK)/obj/serve/%.o,$(SERVE)) \
	$(CHECK)/obj/cmd/report.o \
	$(patsubst %,$(CHECK)/obj/vhost-user/%.o,$(VHOST_USER))
CHECK_CFLAGS = $(filter-out -O%,$(CFLAGS)) $(SANITIZE)

define compile_check
@mkdir -p $(dir $@)
$(Q)$(CC) $(CPPFLAGS) $(CHECK_CFLAGS) -I$(SRC)/cmd -I$(SRC)/serve \
	-I$(SRC)/tests \
	$(if $(filter $(UNUSED_OK),$(notdir $@)),-Wno-unused-parameter) \
	-MMD -MP -c -o $@ $<
endef

$(CHECK)/obj/lib/protocol.o: $(TOP)/drivers/virtio-msg/protocol.c
	$(compile_check)

$(CHECK)/obj/%.o: $(SRC)/%.c
	$(compile_check)

# An archive, since test-net brings a net.o of its own.
$(CHECK)/serve.a: $(CHECK_SERVE)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(CHECK)/test-%: $(CHECK)/obj/tests/test-%.o $(CHECK_OBJS) $(CHECK)/serve.a
	$(Q)$(CC) $(CHECK_CFLAGS) $(LDFLAGS) -o $@ $^

# The small device is built as one is: with bounds of its own, and one side only.
SMALL := small answer link eeprom rng
SMALL_FLAGS := -DVIRTIO_MSG_SMALL_DEVICE -DVMSG_QUEUE_MAX=8 \
	-DVMSG_WINDOWS_MAX=1
SMALL_OBJS := $(patsubst %,$(CHECK)/small/%.o,$(CORE) $(SMALL) fifo protocol)

define compile_small
@mkdir -p $(dir $@)
$(Q)$(CC) $(CPPFLAGS) $(SMALL_FLAGS) $(CHECK_CFLAGS) -I$(SRC)/small \
	$(if $(filter $(UNUSED_OK),$(notdir $@)),-Wno-unused-parameter) \
	-MMD -MP -c -o $@ $<
endef

$(CHECK)/small/%.o: $(SRC)/lib/%.c
	$(compile_small)

$(CHECK)/small/%.o: $(SRC)/small/%.c
	$(compile_small)

$(CHECK)/small/%.o: $(SRC)/tests/%.c
	$(compile_small)

$(CHECK)/small/%.o: $(TOP)/drivers/virtio-msg/%.c
	$(compile_small)

$(CHECK)/small/%.o: $(TOP)/drivers/virtio-msg/amp/%.c
	$(compile_small)

$(CHECK)/small-device: $(SMALL_OBJS) $(CHECK)/small/small-device.o
	$(Q)$(CC) $(CHECK_CFLAGS) $(LDFLAGS) -o $@ $^

$(CHECK)/test-link: $(CHECK)/small/test-link.o $(SMALL_OBJS) \
		$(CHECK)/obj/tests/tap.o
	$(Q)$(CC) $(CHECK_CFLAGS) $(LDFLAGS) -o $@ $^

$(CHECK)/obj/lib/fifo.o: $(TOP)/drivers/virtio-msg/amp/fifo.c
	$(compile_check)

# That of FF-A needs no process of its own.
$(CHECK)/obj/small/%.o $(CHECK)/obj/tests/test-small-ffa.o: CPPFLAGS += -I$(SRC)/small

$(CHECK)/test-small-ffa: $(patsubst %,$(CHECK)/obj/small/%.o,answer eeprom ffa ramdisk rng)

$(CHECK)/test-small: $(CHECK)/obj/lib/fifo.o | $(CHECK)/small-device

# The core must build for a system that has nothing.
$(CHECK)/freestanding/%.o: $(SRC)/lib/%.c
	@mkdir -p $(dir $@)
	$(Q)$(CC) $(CPPFLAGS) -U_GNU_SOURCE -std=gnu11 -O2 $(WARNINGS) \
		-ffreestanding -fno-stack-protector -U_FORTIFY_SOURCE \
		$(if $(filter $(UNUSED_OK),$(notdir $@)),-Wno-unused-parameter) \
		-c -o $@ $<

FREESTANDING := $(patsubst %,$(CHECK)/freestanding/%.o,$(CORE))

check: $(addprefix $(CHECK)/,$(TESTS)) $(FREESTANDING) $(COMMAND_BIN) \
		$(OUT)/examples/entropy
	@VIRTIO_MSG=$(COMMAND_BIN) sh $(SRC)/tests/run.sh \
		$(addprefix $(CHECK)/,$(TESTS)) -- \
		$(SRC)/tests/test-freestanding.sh $(FREESTANDING) -- \
		$(SRC)/tests/test-small-size.sh $(CHECK)/small-size -- \
		$(SRC)/tests/test-cli.sh

.SECONDARY:

-include $(wildcard $(CHECK)/obj/*/*.d $(CHECK)/small/*.d)
