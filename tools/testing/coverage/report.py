#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
report.py [--lines] [--update] TOP BUILT KERNEL PROGRAMS MISSED: what of
drivers/virtio-msg ran.

KERNEL is what gcov says of each object of BUILT, in JSON; PROGRAMS, of llvm-cov, adds
to the lines that ran, but has no say in what is a line: the kernel is built otherwise.
Code that is there for tests is not counted.

A branch is a way out of a conditional jump that gcc makes of a line of ours when it
compiles the kernel's object, with what macros of the kernel put there, be it taken or
not. Two kinds of lines have none: those that warn of mistakes of our own (WARN_ON and
the like), whose way no test takes, and those that change or test a bit, of which gcc
counts ways that are for arguments that are constants.

MISSED says why functions have lines that nothing runs: a line that is the reason, then
lines that begin with a tab and have a source and functions of it. A function "*" stands
for all of a source that is not counted with the others, but by itself.
"""
import argparse
import collections
import json
import os
import re
import sys

TEST_CODE = re.compile(r'(^|/)(fake_\w+|\w+_test|\w+_rig|rig|trace|loopback_lab)\.[ch]$')
NO_BRANCH = re.compile(r'\b(VM_)?WARN(_ON)?(_ONCE)?\(|\b\w*(set|clear|test|assign|change)_bit\(')
ALL = '*'
UNKNOWN = '? (nobody has said why)'

Function = collections.namedtuple('Function', 'first last name')


class Source:
    """One file: how often each line ran, and each way out of its branches."""

    def __init__(self):
        self.lines = {}
        self.branches = {}
        self.functions = set()

    def add_line(self, number, hits):
        self.lines[number] = self.lines.get(number, 0) + hits

    def add_branches(self, number, hits):
        """Objects that share a header have the same jumps, or more of them."""
        known = self.branches.setdefault(number, [])
        known.extend([0] * (len(hits) - len(known)))
        for i, count in enumerate(hits):
            known[i] += count

    def missed(self):
        return sorted(n for n, hits in self.lines.items() if not hits)

    def function_at(self, number):
        """The smallest function that has this line, or what else it is."""
        around = [f for f in self.functions if f.first <= number <= f.last]
        return min(around, key=lambda f: f.last - f.first).name if around else 'outside'

    def missed_functions(self):
        found = {}
        for number in self.missed():
            found.setdefault(self.function_at(number), []).append(number)
        return found


class Share:
    """So many of so many."""

    def __init__(self):
        self.done = self.all = 0

    def add(self, counts):
        for count in counts:
            self.all += 1
            self.done += count > 0

    def __add__(self, other):
        both = Share()
        both.done, both.all = self.done + other.done, self.all + other.all
        return both

    def __str__(self):
        part = 100 * self.done / self.all if self.all else 100
        return f'{self.done:6} of {self.all:6} {part:5.1f} %'


def no_branch_lines(path):
    """Lines whose branches are not counted, as is said above."""
    with open(path, encoding='utf-8') as file:
        return {n for n, text in enumerate(file, 1) if NO_BRANCH.search(text)}


class Coverage:
    def __init__(self, top, built):
        self.top = os.path.join(top, 'drivers', 'virtio-msg')
        self.built = os.path.join(built, 'drivers', 'virtio-msg')
        self.sources = {}
        self.never = {}

    def name_of(self, path, below):
        """Of a source that is counted, its name; None of any other."""
        if not path.startswith(below + os.sep):
            return None
        name = os.path.relpath(path, below)
        if TEST_CODE.search(name) or not os.path.exists(os.path.join(self.top, name)):
            return None
        return name

    def read_kernel(self, file):
        for text in file:
            if not text.strip():
                continue
            report = json.loads(text)
            for part in report['files']:
                path = os.path.normpath(
                    os.path.join(report['current_working_directory'], part['file']))
                name = self.name_of(path, self.built)
                if name:
                    self.add_kernel(name, part)

    def add_kernel(self, name, part):
        source = self.sources.setdefault(name, Source())
        if name not in self.never:
            self.never[name] = no_branch_lines(os.path.join(self.top, name))
        for function in part['functions']:
            source.functions.add(Function(function['start_line'], function['end_line'],
                                          function['name']))
        lines = collections.defaultdict(list)
        for line in part['lines']:
            source.add_line(line['line_number'], line['count'])
            lines[line['line_number']] += [b['count'] for b in line['branches']]
        for number, branches in lines.items():
            if branches and number not in self.never[name]:
                source.add_branches(number, branches)

    def read_programs(self, file):
        source = None
        for text in file:
            key, _, value = text.rstrip('\n').partition(':')
            if key == 'SF':
                source = self.sources.get(self.name_of(value, self.top))
            elif key == 'DA' and source:
                number, hits = map(int, value.split(',')[:2])
                if number in source.lines:
                    source.add_line(number, hits)


def read_missed(path):
    """Of each source, its functions with the reason."""
    reasons = collections.defaultdict(dict)
    reason = None
    with open(path, encoding='utf-8') as file:
        for text in file:
            text = text.rstrip('\n')
            if text.startswith('#') or not text:
                continue
            if not text.startswith('\t'):
                reason = text
                continue
            name, *functions = text.split()
            for function in functions:
                reasons[name][function] = reason
    return reasons


def ranges(numbers):
    """1 2 3 7 as "1-3 7"."""
    parts = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ' '.join(f'{a}-{b}' if a != b else f'{a}' for a, b in parts)


def print_table(sources, names, title, with_lines):
    lines, branches = Share(), Share()
    print(f'{title:26} {"lines":>23} {"branches":>23}')
    for name in names:
        line, branch = Share(), Share()
        line.add(sources[name].lines.values())
        for counts in sources[name].branches.values():
            branch.add(counts)
        lines, branches = lines + line, branches + branch
        print(f'{name:26} {line} {branch}')
        if with_lines:
            for function, missed in sources[name].missed_functions().items():
                print(f'\t{function}: {ranges(missed)}')
    print(f'{"all of these":26} {lines} {branches}')


def compare(coverage, names, reasons):
    """What is missed without a reason, and which reasons are for nothing."""
    unknown = []
    for name in names:
        missed = coverage.sources[name].missed_functions()
        for function, numbers in missed.items():
            reason = reasons[name].get(function, UNKNOWN)
            if reason == UNKNOWN:
                unknown.append((name, function, numbers))
        for function in reasons[name].keys() - missed.keys():
            print(f'note: missed says that {name} has lines in {function} '
                  'which nothing runs; something does')
    for name in reasons.keys() - coverage.sources.keys():
        print(f'note: missed has {name}, which is not there')
    return unknown


def update(path, unknown):
    with open(path, 'a', encoding='utf-8') as file:
        file.write(f'\n{UNKNOWN}\n')
        for name in sorted({name for name, _, _ in unknown}):
            functions = sorted(f for n, f, _ in unknown if n == name)
            file.write(f'\t{name} {" ".join(functions)}\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--lines', action='store_true')
    parser.add_argument('--update', action='store_true')
    for name in ('top', 'built', 'kernel', 'programs', 'missed'):
        parser.add_argument(name)
    args = parser.parse_args()

    coverage = Coverage(args.top, args.built)
    with open(args.kernel, encoding='utf-8') as file:
        coverage.read_kernel(file)
    with open(args.programs, encoding='utf-8') as file:
        coverage.read_programs(file)
    reasons = read_missed(args.missed)
    apart = sorted(n for n in coverage.sources if ALL in reasons[n])
    names = sorted(coverage.sources.keys() - set(apart))

    print_table(coverage.sources, names, 'source', args.lines)
    print()
    print_table(coverage.sources, apart, 'apart', False)
    print()
    unknown = compare(coverage, names, reasons)
    if args.update and unknown:
        update(args.missed, unknown)
    for name, function, numbers in unknown:
        print(f'{name}: {function}: missed, and nobody says why: {ranges(numbers)}',
              file=sys.stderr)
    return bool(unknown)


if __name__ == '__main__':
    sys.exit(main())
