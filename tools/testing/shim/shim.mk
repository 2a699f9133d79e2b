# SPDX-License-Identifier: GPL-2.0
#
# Parts of drivers/virtio-msg as a program.  A makefile that wants that sets OUT
# and TOP, includes this, and links what it needs of $(OUT)/shim/*.o; SHIM_FLAGS
# are for its own files.  DRIVERS may be a copy in which something was changed.

SHIM := $(TOP)/tools/testing/shim
SHIM_OUT := $(OUT)/shim
DRIVERS ?= $(TOP)/drivers/virtio-msg
SHIM_HEADERS := asm/barrier.h asm/page.h trace/define_trace.h \
	$(addprefix linux/,atomic.h bitmap.h bits.h build_bug.h cacheflush.h cdev.h \
	compiler.h completion.h device.h err.h eventfd.h file.h fs.h hardirq.h \
	highmem.h idr.h io.h irqflags.h jiffies.h kconfig.h ktime.h list.h log2.h \
	math.h minmax.h mm.h mm_types.h module.h mutex.h poll.h random.h rcupdate.h rwsem.h \
	sched.h sizes.h slab.h sort.h spinlock.h string.h tracepoint.h uaccess.h \
	unaligned.h virtio_byteorder.h wait.h workqueue.h xarray.h)
SHIM_UAPI := fuse virtio_ring virtio_console virtio_gpio virtio_i2c
SHIM_MADE := $(addprefix $(SHIM_OUT)/,$(SHIM_HEADERS) \
	$(SHIM_UAPI:%=uapi/linux/%.h))

# As the kernel is built, as far as it matters to how code is made.
SHIM_FLAGS := -std=gnu11 -fno-strict-aliasing -fno-strict-overflow \
	-fno-delete-null-pointer-checks -Wno-unused-parameter \
	-include $(SHIM)/kernel.h -I$(SHIM_OUT) -I$(TOP)/include \
	-I$(TOP)/include/uapi \
	-iquote $(DRIVERS)

$(SHIM_OUT)/uapi/linux/%.h:
	@mkdir -p $(@D)
	@echo '#include <linux/$*.h>' >$@

$(filter-out $(SHIM_OUT)/uapi/%,$(SHIM_MADE)):
	@mkdir -p $(@D)
	@touch $@

$(SHIM_OUT)/%.o: $(DRIVERS)/%.c $(wildcard $(SHIM)/*.h $(DRIVERS)/*.h) \
		| $(SHIM_MADE)
	$(CC) $(CFLAGS) $(SHIM_FLAGS) -c -o $@ $<

# Of which relay and policy need but kernel.o.
SHIM_OBJS := $(SHIM_OUT)/kernel.o $(SHIM_OUT)/process.o $(SHIM_OUT)/shim-file.o

$(SHIM_OUT)/kernel.o $(SHIM_OUT)/process.o: $(SHIM_OUT)/%.o: $(SHIM)/%.c \
		$(wildcard $(SHIM)/*.h) | $(SHIM_MADE)
	$(CC) $(CFLAGS) $(SHIM_FLAGS) -c -o $@ $<

$(SHIM_OUT)/shim-file.o: $(SHIM)/file.c $(wildcard $(SHIM)/*.h) | $(SHIM_MADE)
	$(CC) $(CFLAGS) $(SHIM_FLAGS) -c -o $@ $<
