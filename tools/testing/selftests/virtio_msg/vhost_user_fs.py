#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""vhost_user_fs.py DIRECTORY: what the system calls of files do there."""

import errno
import fcntl
import mmap
import os
import stat
import sys


def fails(number, call, *args, **keywords):
    """The call fails with this error."""
    try:
        call(*args, **keywords)
    except OSError as error:
        assert error.errno == number, f"{call.__name__}: {error}"
        return
    raise AssertionError(f"{call.__name__}{args}: no error")


def write(name, data=b"data"):
    with open(name, "wb") as file:
        file.write(data)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def test_create():
    fd = os.open("a", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o640)
    fails(errno.EEXIST, os.open, "a", os.O_CREAT | os.O_EXCL | os.O_RDWR)
    assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o640
    assert os.pwrite(fd, b"hello", 100) == 5
    assert os.fstat(fd).st_size == 105
    assert os.pread(fd, 200, 0) == bytes(100) + b"hello"
    os.ftruncate(fd, 3)
    assert os.pread(fd, 200, 0) == bytes(3)
    os.close(fd)
    os.unlink("a")
    fails(errno.ENOENT, os.stat, "a")


def test_unlinked():
    fd = os.open("a", os.O_CREAT | os.O_RDWR)
    os.unlink("a")
    os.write(fd, b"still here")
    assert os.pread(fd, 100, 0) == b"still here"
    os.close(fd)


def test_rename():
    write("a", b"first")
    write("b", b"second")
    os.rename("a", "b")
    assert read("b") == b"first" and not os.path.exists("a")
    os.mkdir("d")
    os.rename("b", "d/c")
    assert read("d/c") == b"first"
    fails(errno.ENOTEMPTY, os.rmdir, "d")
    fails(errno.EINVAL, os.rename, "d", "d/e")
    os.mkdir("e")
    fails(errno.ENOTEMPTY, os.rename, "e", "d")
    os.rename("d", "e")
    assert os.listdir("e") == ["c"]
    os.unlink("e/c")
    os.rmdir("e")


def test_links():
    write("a")
    os.link("a", "b")
    assert os.stat("a").st_nlink == 2 and os.path.samefile("a", "b")
    os.symlink("a", "c")
    assert os.readlink("c") == "a" and read("c") == b"data"
    os.unlink("a")
    assert os.stat("b").st_nlink == 1
    fails(errno.ENOENT, os.stat, "c")
    fails(errno.ELOOP, os.open, "c", os.O_RDONLY | os.O_NOFOLLOW)
    os.unlink("b")
    os.unlink("c")


def test_directory():
    os.mkdir("d", 0o755)
    names = [f"{i:03}-" + "n" * 200 for i in range(60)]
    for name in names:
        write("d/" + name, b"")
    assert sorted(os.listdir("d")) == names
    fails(errno.ENAMETOOLONG, os.mkdir, "n" * 256)
    fails(errno.EISDIR, os.unlink, "d")
    fails(errno.ENOTDIR, os.rmdir, "d/" + names[0])
    for name in names:
        os.unlink("d/" + name)
    os.rmdir("d")


def test_attributes():
    write("a")
    os.chmod("a", 0o4711)
    os.chown("a", 12, 34)
    os.utime("a", ns=(10**18 + 1, 10**18 + 2))
    now = os.stat("a")
    assert (now.st_uid, now.st_gid) == (12, 34)
    assert stat.S_IMODE(now.st_mode) & 0o777 == 0o711
    assert now.st_mtime_ns == 10**18 + 2
    os.unlink("a")
    os.mkfifo("p")
    assert stat.S_ISFIFO(os.stat("p").st_mode)
    os.unlink("p")


def test_xattr():
    write("a")
    name = "user.test"
    os.setxattr("a", name, b"one", os.XATTR_CREATE)
    fails(errno.EEXIST, os.setxattr, "a", name, b"two", os.XATTR_CREATE)
    os.setxattr("a", name, b"x" * 1000, os.XATTR_REPLACE)
    assert os.getxattr("a", name) == b"x" * 1000
    assert name in os.listxattr("a")
    os.removexattr("a", name)
    fails(errno.ENODATA, os.getxattr, "a", name)
    os.unlink("a")


def locked_elsewhere(lock):
    """Can another process not have the lock?"""
    pid = os.fork()
    if not pid:
        with open("a", "r+b") as file:
            try:
                lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os._exit(error.errno in (errno.EAGAIN, errno.EACCES))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1


def test_locks():
    write("a")
    for lock in fcntl.lockf, fcntl.flock:
        with open("a", "r+b") as file:
            lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            assert locked_elsewhere(lock)
        assert not locked_elsewhere(lock)
    os.unlink("a")


def test_mmap():
    size = 1 << 20
    with open("a", "w+b") as file:
        file.truncate(size)
        with mmap.mmap(file.fileno(), size) as map_:
            map_[size - 4:] = b"last"
            map_.flush()
        file.seek(size - 4)
        assert file.read() == b"last"
    os.unlink("a")


def main():
    os.chdir(sys.argv[1])
    os.umask(0)
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            print(name, flush=True)
            test()


main()
