# SPDX-License-Identifier: GPL-2.0
#
# The developer's menu.  What the modules consist of is said in Kbuild, which
# the kernel's own build reads in place of this file.

KDIR ?= /lib/modules/$(shell uname -r)/build

help:
	@echo 'For a kernel whose headers are installed:'
	@echo '  make modules          build the modules (KDIR=$(KDIR))'
	@echo '  make modules_install  install them, as root'
	@echo '  make tools            build the command virtio-msg and its library'
	@echo ''
	@echo 'In virtual machines, with nothing installed but packages of Debian:'
	@echo '  make demo             see it work'
	@echo '  make demo-amp         the same between two machines that share memory'
	@echo '  make demo-ffa         the same over Arm FF-A, with devices in a partition'
	@echo '  make demo-xen         the same between two domains of Xen'
	@echo '  make check            run everything that a change must pass'
	@echo '  make check STEPS="style unit debug"'
	@echo '                        run some of it; make steps lists them all'
	@echo '  make style            run the checks that compile nothing'
	@echo '  make docs             build the documentation, and compare it with the code'
	@echo '  make unit             run the KUnit suites (FILTER=suite.test)'
	@echo '  make deps             install the packages that all this needs'
	@echo '  make bench            measure, beside what it is compared with'
	@echo '  make soak MINUTES=n   let devices come and go on the debug kernel for so long'
	@echo '  make fuzz MINUTES=n   look for input that any of the fuzzers fails with'
	@echo '  make coverage         lines and branches of the modules that tests run'
	@echo '  make clean            remove what was built, but not the cached kernels'
	@echo ''
	@echo 'One test on one kernel:'
	@echo '  tools/testing/qemu/run stock-6.12|stock-7|debug TEST...'

modules modules_install:
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@

tools:
	$(MAKE) -C tools/virtio-msg

demo: deps
	tools/testing/qemu/demo

demo-amp: deps
	tools/testing/qemu/demo -2

demo-ffa: deps
	tools/testing/qemu/demo -f

demo-xen: deps
	tools/testing/qemu/demo -x

check:
	@tools/testing/check $(STEPS)

steps:
	@sed -n '/^STEPS=(/,/^MORE_STEPS/p' tools/testing/check

style:
	@tools/testing/check deps style

docs: deps
	Documentation/check

bench: deps
	tools/testing/bench/run

soak: deps
	tools/testing/soak/run $(if $(MINUTES),-m $(MINUTES)) $(KERNEL)

fuzz: deps
	tools/testing/fuzz/run -s 0 -t $$(($(or $(MINUTES),10) * 60 / 5))

coverage: deps
	tools/testing/coverage/run

unit: deps
	tools/testing/kunit/run $(FILTER)

deps:
	@tools/testing/deps

clean:
	rm -rf build
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o \
		-name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o \
		-name modules.order -o -name Module.symvers \) -type f -exec rm {} +
	if [ -e tools/virtio-msg/Makefile ]; then $(MAKE) -C tools/virtio-msg clean; fi

.PHONY: help modules modules_install tools demo demo-amp demo-ffa demo-xen check steps style docs bench soak fuzz coverage unit deps clean
