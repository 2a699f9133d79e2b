/* SPDX-License-Identifier: BSD-3-Clause */
/* Small files of the kernel: one value each. */
#ifndef _CMD_FILE_H
#define _CMD_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Read DIR/NAME without its last newline; false (and "") if there is none. */
bool file_read(const char *dir, const char *name, char *text, size_t size);

/* The same for a file of any length: only its beginning. */
bool file_start(const char *dir, const char *name, char *text, size_t size);

/* Write DIR/NAME; 0 or a negative error. */
int file_write(const char *dir, const char *name, const char *text);

/* DIR/NAME in @path; false if it is too long. */
bool file_path(char *path, size_t size, const char *dir, const char *name);

/* Names in DIR, sorted; -1 if there is no DIR. Free with file_list_free(). */
int file_list(const char *dir, char ***names);
void file_list_free(char **names, int n);

#endif /* _CMD_FILE_H */
