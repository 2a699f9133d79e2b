// SPDX-License-Identifier: BSD-3-Clause
/* Small files of the kernel: one value each. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

bool file_path(char *path, size_t size, const char *dir, const char *name)
{
	int n = snprintf(path, size, "%s/%s", dir, name);

	return n > 0 && (size_t)n < size;
}

bool file_start(const char *dir, const char *name, char *text, size_t size)
{
	char path[512];
	ssize_t n, done = 0;
	int fd;

	text[0] = '\0';
	if (!file_path(path, sizeof(path), dir, name))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while ((n = read(fd, text + done, size - 1 - (size_t)done)) > 0)
		done += n;
	close(fd);
	if (n < 0)
		done = 0;
	text[done] = '\0';
	return n >= 0;
}

bool file_read(const char *dir, const char *name, char *text, size_t size)
{
	bool good = file_start(dir, name, text, size);
	size_t len = strlen(text);

	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	return good;
}

int file_write(const char *dir, const char *name, const char *text)
{
	char path[512];
	int err = 0;
	int fd;

	if (!file_path(path, sizeof(path), dir, name))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int file_list(const char *dir, char ***names)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, visible, versionsort);
	int i;

	*names = NULL;
	if (n < 0)
		return -1;
	*names = calloc((size_t)n + 1, sizeof(**names));
	for (i = 0; i < n; i++) {
		if (*names)
			(*names)[i] = strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return *names ? n : -1;
}

void file_list_free(char **names, int n)
{
	while (n > 0)
		free(names[--n]);
	free(names);
}
