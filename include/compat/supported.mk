# SPDX-License-Identifier: GPL-2.0
# The oldest kernel that the modules are built for, said before anything is.
ifneq ($(shell test $(VERSION) -lt 6 -o $(VERSION) -eq 6 -a $(PATCHLEVEL) -lt 12 && echo old),)
$(error virtio-msg needs Linux 6.12 or newer, this is $(VERSION).$(PATCHLEVEL))
endif
