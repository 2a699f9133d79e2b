# SPDX-License-Identifier: GPL-2.0
#
# Parts of drivers/virtio-msg as a program.  A makefile that wants that sets OUT
# and TOP, includes this, and links what it needs of $(OUT)/shim/*.o; SHIM_FLAGS
# are for its own files.

SHIM := $(TOP)/tools/testing/shim
SHIM_OUT := $(OUT)/shim
SHIM_HEADERS := asm/barrier.h asm/page.h $(addprefix linux/,atomic.h bits.h cacheflush.h compiler.h \
	device.h hardirq.h highmem.h io.h irqflags.h jiffies.h list.h log2.h \
	math.h minmax.h mm.h sched.h sizes.h slab.h spinlock.h string.h \
	unaligned.h virtio_byteorder.h workqueue.h)
SHIM_UAPI := fuse virtio_ring virtio_console virtio_gpio virtio_i2c
SHIM_MADE := $(addprefix $(SHIM_OUT)/,$(SHIM_HEADERS) \
	$(SHIM_UAPI:%=uapi/linux/%.h))

# As the kernel is built, as far as it matters to how code is made.
SHIM_FLAGS := -std=gnu11 -fno-strict-aliasing -fno-strict-overflow \
	-fno-delete-null-pointer-checks -Wno-unused-parameter \
	-include $(SHIM)/kernel.h -I$(SHIM_OUT) -I$(TOP)/include \
	-iquote $(TOP)/drivers/virtio-msg

$(SHIM_OUT)/uapi/linux/%.h:
	@mkdir -p $(@D)
	@echo '#include <linux/$*.h>' >$@

$(filter-out $(SHIM_OUT)/uapi/%,$(SHIM_MADE)):
	@mkdir -p $(@D)
	@touch $@

$(SHIM_OUT)/%.o: $(TOP)/drivers/virtio-msg/%.c $(SHIM)/kernel.h \
		$(wildcard $(TOP)/drivers/virtio-msg/*.h) | $(SHIM_MADE)
	$(CC) $(CFLAGS) $(SHIM_FLAGS) -c -o $@ $<

$(SHIM_OUT)/kernel.o: $(SHIM)/kernel.c $(SHIM)/kernel.h | $(SHIM_MADE)
	$(CC) $(CFLAGS) $(SHIM_FLAGS) -c -o $@ $<
