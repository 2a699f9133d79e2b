#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
names.py [--update]: do the documents name what is there?

 - ``dir/file`` and ``file.c:function()`` exist
 - counters.rst has every counter of counters.h and no other
 - the ABI file has every attribute of a bus
 - fat-queue.rst has every type of policy.c, and the offsets in its table are
   those that virtio_msg_layout_init() computes
 - the tests that conformance.rst names for a row name the row; others that do
   are only told of; a row without a test says why it needs none

--update writes the last column of conformance.rst and the table of offsets.
"""
import os
import re
import subprocess
import sys
import tempfile

DOC = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(DOC)
CORE = os.path.join(TOP, 'drivers', 'virtio-msg')
SOURCES = ['drivers', 'include', 'tools', 'Documentation']
NONE = 'none: '
ROW = re.compile(r'\b(DEV|DRV|DBUS|RBUS|BUS|SH)[-_](\d+)(?!\d)', re.I)
FUNCTION = re.compile(r'^(?:static )?(?:\w+[ *]+)+(\w+)\([^;]*$')
TEST = re.compile(r'^TEST(?:_F)?(?:_\w+)?\((\w+)(?:, (\w+))?')

problems = []


def problem(where, what):
    problems.append('%s: %s' % (where, what))


def text_of(*path):
    with open(os.path.join(TOP, *path), encoding='utf-8') as file:
        return file.read()


def files_of(*suffixes):
    for source in SOURCES:
        for root, dirs, names in os.walk(os.path.join(TOP, source)):
            dirs[:] = [d for d in dirs if d not in ('obj', 'check', 'build')]
            for name in names:
                if name.endswith(suffixes):
                    yield os.path.relpath(os.path.join(root, name), TOP)


CODE = sorted(files_of('.c', '.h', '.sh', '.py'))


def documents():
    yield 'README.md', text_of('README.md')
    for path in sorted(files_of('.rst')):
        yield path, text_of(path)


def defines(text, function):
    return re.search(r'^[^\s#*/][^;\n]*\b%s\(' % function, text, re.M) or \
        re.search(r'^(?:\tTEST|TEST)\w*\((?:\w+, )?%s\b' % function, text, re.M) or \
        re.search(r'^%s\(\)$' % function, text, re.M) or \
        re.search(r'^#define %s\(' % function, text, re.M)


def exists(name):
    """A file of the tree, or one that a build makes and git ignores."""
    return os.path.exists(os.path.join(TOP, name)) or not subprocess.call(
        ['git', '-C', TOP, 'check-ignore', '-q', name])


def check_names():
    everything = {path: text_of(path) for path in CODE}
    for where, text in documents():
        for name in re.findall(r'``([\w./-]+/[\w./-]+?)``', text):
            if name.split('/')[0] in SOURCES + ['LICENSES'] and \
                    not exists(name):
                problem(where, 'there is no file %s' % name)
        for name, function in re.findall(
                r'\b([\w-]+\.(?:c|h|sh)):(\w+)(?:\(\))?', text):
            paths = [p for p in CODE if os.path.basename(p) == name]
            if not paths:
                problem(where, 'there is no file %s' % name)
            elif not any(defines(everything[p], function) for p in paths):
                problem(where, '%s has no %s()' % (name, function))
        for function in re.findall(r'\b(v(?:irtio_)?msg_\w+)\(\)', text):
            if not any(defines(t, function) for t in everything.values()):
                problem(where, 'nothing defines %s()' % function)


def check_counters():
    code = re.findall(r'^\tx\((\w+)\)', text_of('drivers', 'virtio-msg',
                                               'counters.h'), re.M)
    doc = re.findall(r'^   \* - ``(\w+)``$', text_of('Documentation',
                                                   'counters.rst'), re.M)
    abi = text_of('Documentation', 'ABI', 'testing', 'sysfs-class-virtio-msg')
    for name in sorted(set(code) ^ set(doc)):
        problem('counters.rst', '%s is %s' % (name, 'missing' if name in code
                                              else 'not a counter'))
    for name in re.findall(r'DEVICE_ATTR_\w+\((\w+)\)',
                           text_of('drivers', 'virtio-msg', 'sysfs.c')):
        if '/sys/class/virtio-msg/<bus>/%s\n' % name not in abi:
            problem('sysfs-class-virtio-msg', '%s is missing' % name)


def check_policies():
    doc = text_of('Documentation', 'fat-queue.rst')
    for name in re.findall(r'\.device_id = VIRTIO_ID_(\w+)',
                           text_of('drivers', 'virtio-msg', 'policy.c')):
        if '``%s``' % name not in doc:
            problem('fat-queue.rst', 'VIRTIO_ID_%s is missing' % name)


# The offsets of fat queues

HARNESS = r'''
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
typedef uint32_t u32;
#define ALIGN(x, a) (((x) + (a) - 1) / (a) * (a))
#define PAGE_ALIGN(x) ALIGN(x, page)
#define PAGE_SIZE page
#define SZ_4K 4096
#define SZ_16K 16384
#define SZ_64K 65536
#define EINVAL 22
#define is_power_of_2(n) (!((n) & ((n) - 1)))
#define check_limits()
static u32 page;
struct virtio_msg_fvq_header { char bytes[64]; };
%s
int main(int argc, char **argv)
{
	u32 n = atoi(argv[1]), out = atoi(argv[2]), in = atoi(argv[3]);
	struct virtio_msg_layout layout, big;

	page = 65536;
	if (virtio_msg_layout_init(&big, n, out, in))
		return 1;
	page = 4096;
	virtio_msg_layout_init(&layout, n, out, in);
	printf("%%u,%%u,%%u,%%#x,%%#x,%%#x,%%#x,%%#x,%%u,%%u\n", n, out, in,
	       layout.desc, layout.avail, layout.out, layout.used, layout.in,
	       layout.total / 1024, big.total / 1024);
	return 0;
}
'''


def build_harness(directory):
    header = text_of('drivers', 'virtio-msg', 'relay.h')
    code = text_of('drivers', 'virtio-msg', 'relay.c')
    limits = re.findall(r'^#define VIRTIO_MSG_LIMIT_\w+(?:\t| \\\n)[^\n]+$',
                        text_of('drivers', 'virtio-msg', 'limits.h'), re.M)
    parts = limits + [
        re.search(r'^struct virtio_msg_layout \{.*?^\};', header,
                  re.M | re.S).group(),
        re.search(r'^int virtio_msg_layout_init\(.*?^\}', code,
                  re.M | re.S).group(),
    ]
    source = os.path.join(directory, 'layout.c')
    with open(source, 'w', encoding='utf-8') as file:
        file.write(HARNESS % '\n'.join(parts))
    program = os.path.join(directory, 'layout')
    subprocess.run(['gcc', '-o', program, source], check=True)
    return program


def check_layouts(update):
    path = os.path.join(DOC, 'fat-queue.rst')
    old = text_of('Documentation', 'fat-queue.rst')
    with tempfile.TemporaryDirectory() as directory:
        program = build_harness(directory)

        def row(match):
            result = subprocess.run([program] + match.group(2).split(','),
                                    check=True, capture_output=True, text=True)
            return match.group(1) + result.stdout.strip()

        new = re.sub(r'^(   "[^"\n]+",)(\d+,\d+,\d+)[^\n]*', row, old, flags=re.M)
    if new != old and update:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(new)
    elif new != old:
        problem('fat-queue.rst', 'offsets differ from the code; --update')


# Conformance

def is_test(path):
    return path.endswith('_test.c') or '/tests/test-' in path or \
        (path.startswith('tools/testing/selftests/') and
         path.endswith(('.c', '.sh')))


def function_at(lines, i):
    """The function that line @i is in, or whose comment it is in, or None."""
    j = i
    while j < len(lines) and re.match(r'(/\*| \*)', lines[j]):
        j += 1
    if j > i and j < len(lines):
        match = TEST.match(lines[j]) or FUNCTION.match(lines[j])
        return match.group(match.lastindex) if match else None
    for j in range(i, -1, -1):
        if lines[j].startswith('}') and j < i:
            return None
        match = TEST.match(lines[j]) or FUNCTION.match(lines[j])
        if match:
            return match.group(match.lastindex)
    return None


def tests_by_row():
    rows = {}
    for path in filter(is_test, CODE):
        text = text_of(path)
        lines = text.split('\n')
        cases = set(re.findall(r'^\tKUNIT_CASE\w*\((\w+)', text, re.M))
        cases.update(re.findall(r'^TEST\w*\((?:\w+, )?(\w+)', text, re.M))
        for i, line in enumerate(lines):
            for match in ROW.finditer(line):
                name = os.path.basename(path)
                test = function_at(lines, i)
                row = '%s-%s' % (match.group(1).upper(), match.group(2))
                if test not in cases and not str(test).startswith('test_'):
                    test = None
                label = '%s:%s' % (name, test) if test else name
                rows.setdefault(row, set()).add(label)
    return rows


def check_conformance(update):
    path = os.path.join(DOC, 'conformance.rst')
    old = text_of('Documentation', 'conformance.rst')
    tests = tests_by_row()
    seen = set()
    news = []

    def row(match):
        name = match.group(2)
        seen.add(name)
        # A file alone says less than a test of the same file.
        labels = tests.get(name, set())
        labels = {l for l in labels if ':' in l or
                  not any(o.startswith(l + ':') for o in labels)}
        named = set(re.findall('``([^`]*)``', match.group(3)))
        news.extend(labels - named)
        if named - labels and not update:
            problem('conformance.rst', '%s: no longer named by %s; --update' %
                    (name, ' '.join(sorted(named - labels))))
        found = ' '.join('``%s``' % label for label in sorted(labels))
        if not found and match.group(3).startswith(NONE):
            return match.group(0)
        if not found:
            problem('conformance.rst', '%s: no test, and no "%s" with a reason' %
                    (name, NONE))
        return '%s"%s"' % (match.group(1), found)

    new = re.sub(r'^(   (\w+-\d+),"[^"\n]*","[^"\n]*",)"([^"\n]*)"$', row, old,
                 flags=re.M)
    if new != old and update:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(new)
    elif news:
        print('note: %d tests name rows of conformance.rst, which --update adds'
              % len(set(news)))
    for name in sorted(set(tests) - seen):
        problem('conformance.rst', 'there is a test of %s but no row' % name)


def main():
    update = sys.argv[1:] == ['--update']
    check_layouts(update)
    check_conformance(update)
    check_counters()
    check_policies()
    check_names()
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
