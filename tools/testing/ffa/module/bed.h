/* SPDX-License-Identifier: GPL-2.0 */
/* Of the module that talks to the manager. */
#ifndef _FFA_BED_H
#define _FFA_BED_H

#include <linux/arm_ffa.h>
#include <linux/seq_file.h>

#include "control.h"

/**
 * struct bed - the partition for tests
 * @fdev: as FF-A has it
 * @lock: one command at a time; protects @last
 * @last: what came back of the last command from user space
 * @dir: in debugfs
 */
struct bed {
	struct ffa_device *fdev;
	struct mutex lock;
	struct ffa_send_direct_data2 last;
	struct dentry *dir;
};

int bed_command(struct bed *bed, struct ffa_send_direct_data2 *data);
int bed_selftest(struct seq_file *file, void *unused);

#endif /* _FFA_BED_H */
