#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""report.py DIRECTORY [--document FILE]: what a run of the benchmark found.

Reads the lines that guests and counters left in DIRECTORY/*.txt, each file named
after its clock: "instructions" or "wall"; "relay" has counts of callgrind, "across"
what was measured between two guests, "xen" between two domains of Xen.  Prints tables and writes DIRECTORY/results.json and DIRECTORY/plot.svg.  With --document,
the generated part of that file and the plot beside it are replaced.
"""
import argparse
import json
import pathlib
import statistics
import sys

import plot

BEGIN = '.. Everything from here on is written by tools/testing/bench/run -d.'
END = '.. Here ends what tools/testing/bench/run -d writes.'

WHO = {
    'serve': 'virtio-msg serve',
    'vhost-user': 'virtio-msg, vhost-user',
    'vduse': 'VDUSE',
    'ublk': 'ublk',
    'null': 'null_blk',
    'veth': 'veth',
}

# Each group is a table: its title, unit, whether more is better, what the
# contenders are compared with, and its rows.
GROUPS = [
    ('Disks', 'requests/s', True, ('vduse', 'ublk'), {
        'read-1': '4 KiB random read, depth 1',
        'write-1': '4 KiB random write, depth 1',
        'read-32': '4 KiB random read, depth 32',
        'write-32': '4 KiB random write, depth 32',
        'seqread': '128 KiB sequential read',
        'seqwrite': '128 KiB sequential write',
    }),
    ('Set-up', 'us', False, ('vduse',), {
        'probe': 'from the start of the command to a usable disk',
        'config': 'one GET_CONFIG and its answer',
        'ping': 'PING of a bus',
    }),
    ('Network', '', True, ('veth',), {
        'net-rate': 'TCP to the card, MB/s',
        'net-back': 'TCP from the card, MB/s',
        'net-trips': 'round trips of ping per second',
    }),
    ('Many devices', '', False, (), {
        f'{what}-{n}': f'{n} devices: {text}'
        for what, text in (('many-time', 'us for each until its driver is bound'),
                           ('many-memory', 'KiB for each'))
        for n in (1, 10, 100, 1000)
    }),
]

# Between two guests: a disk of the other one and one of QEMU, on the same clock on
# the wall. Numbers of two emulators say nothing; their ratios in each round do.
ACROSS = {
    'across-read-1': '4 KiB random read, depth 1, requests/s',
    'across-read-32': '4 KiB random read, depth 32, requests/s',
    'across-trip': 'time of a message and its answer : of a read of virtio-pci, depth 1',
}

# Between two domains of Xen: who serves the file, and what of it is measured by the
# clock on the wall, but for calls, which are counted.
XEN_WHO = {
    'vmsg': 'virtio-msg serve',
    'persistent': 'blkback, persistent grants',
    'map': 'blkback, other grants',
}
XEN = {
    f'xen-{what}{operation}-{depth}': f'4 KiB random {operation}, depth {depth}, {text}'
    for what, text in (('', 'requests/s'),
                       ('grants-', 'grants mapped, unmapped or copied for each'),
                       ('calls-', 'calls of Xen for that'))
    for operation in ('read', 'write')
    for depth in (1, 8)
}
XEN['xen-trip'] = 'time of a message and its answer, of a read at depth 1, us'

# What, who, compared with whom, and the ratio that is wanted.
TARGETS = [
    (what, 'vhost-user', 'vduse', 'at least', 1.2)
    for what in ('read-1', 'write-1', 'read-32', 'write-32')
] + [
    (what, 'serve', 'ublk', 'at least', 0.8) for what in ('read-1', 'write-1')
] + [
    ('probe', 'vhost-user', 'vduse', 'at most', 1.0),
    ('probe', 'serve', 'vduse', 'at most', 1.0),
]

# Instructions of the relay for one request, without the copies.
RELAY_TARGETS = {'read-4k': 600, 'write-4k': 600}


class Results:
    """Samples by clock, what and who, in the order of their rounds."""

    def __init__(self):
        self.info = {}
        self.missing = {}
        self.samples = {}
        self.relay = {}

    def read(self, path):
        """Take the lines of a file; others than ours are an error."""
        for number, line in enumerate(path.read_text().splitlines(), 1):
            word, _, rest = line.partition(' ')
            fields = rest.split()
            if word == 'info':
                name, _, text = rest.partition(' ')
                self.info[name] = text
            elif word == 'missing':
                name, _, text = rest.partition(' ')
                self.missing[name] = text
            elif word == 'sample' and len(fields) == 4:
                clock = self.samples.setdefault(path.stem, {})
                who = clock.setdefault(fields[0], {}).setdefault(fields[1], [])
                who.append(float(fields[3]))
            elif word == 'relay' and len(fields) == 2:
                self.relay[fields[0]] = float(fields[1])
            elif word not in ('note', 'status'):
                sys.exit(f'{path}:{number}: cannot read: {line}')

    def of(self, clock, what, who):
        return self.samples.get(clock, {}).get(what, {}).get(who, [])

    def contenders(self, clock, rows):
        """Those that have a sample in one of the rows."""
        return [who for who in WHO
                if any(self.of(clock, what, who) for what in rows)]

    def ratios(self, clock, what, who, other):
        """That of each round."""
        return [a / b for a, b in zip(self.of(clock, what, who),
                                      self.of(clock, what, other)) if b]

    def ratio(self, clock, what, who, other):
        """Median of the ratios of each round, or None."""
        ratios = self.ratios(clock, what, who, other)
        return statistics.median(ratios) if ratios else None


def spread(samples):
    """Between the extremes, in percent of the median."""
    middle = statistics.median(samples)
    return 100 * (max(samples) - min(samples)) / middle if middle else 0


def number(value):
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:.3g}'


def cell(samples):
    if not samples:
        return '-'
    return f'{number(statistics.median(samples))} ±{spread(samples) / 2:.1f} %'


def table(results, clock, group):
    """Header and rows of a group, or None if nothing of it was measured."""
    title, unit, _, references, rows = group
    whos = results.contenders(clock, rows)
    if not whos:
        return None
    # By the clock on the wall they would be noise.
    if clock != 'instructions':
        references = ()
    ratios = [(who, other) for other in references for who in whos
              if other in whos and who != other and who != 'null' and
              not (other == 'ublk' and who == 'vduse') and
              not (other == 'vduse' and who == 'ublk')]
    head = [title + (f', {unit}' if unit else '')]
    head += [WHO[who] for who in whos]
    head += [f'{who} : {other}' for who, other in ratios]
    body = []
    for what, text in rows.items():
        if not any(results.of(clock, what, who) for who in whos):
            continue
        line = [text] + [cell(results.of(clock, what, who)) for who in whos]
        for who, other in ratios:
            ratio = results.ratio(clock, what, who, other)
            line.append(f'{ratio:.2f}' if ratio else '-')
        body.append(line)
    return head, body


def across(results):
    """Header and rows of what was measured between two guests, or None."""
    body = []
    for what, text in ACROSS.items():
        ratios = results.ratios('across', what, 'amp', 'pci')
        if ratios:
            body.append([text, f'{statistics.median(ratios):.2f}',
                         f'{min(ratios):.2f} to {max(ratios):.2f}'])
    head = ['Across guests', 'ivshmem : virtio-pci', 'in single rounds']
    return (head, body) if body else None


def xen(results):
    """Header and rows of what was measured between domains, or None."""
    body = []
    for what, text in XEN.items():
        samples = [results.of('xen', what, who) for who in XEN_WHO]
        if any(samples):
            body.append([text] + [cell(part) for part in samples])
    return (['Domains of Xen', *XEN_WHO.values()], body) if body else None


def judge(results):
    """Each target: what it is, what was measured, whether it is reached."""
    verdicts = []
    for what, who, other, sense, wanted in TARGETS:
        text = next(rows[what] for *_, rows in GROUPS if what in rows)
        got = results.ratio('instructions', what, who, other)
        reached = None if got is None else (
            got >= wanted if sense == 'at least' else got <= wanted)
        verdicts.append((f'{text}: {WHO[who]} : {WHO[other]}',
                         f'{sense} {wanted}',
                         'not measured' if got is None else f'{got:.2f}',
                         reached))
    for what, wanted in RELAY_TARGETS.items():
        got = results.relay.get(what)
        verdicts.append((f'relay, {what}, instructions without the copies',
                         f'at most {wanted}',
                         'not measured' if got is None else number(got),
                         None if got is None else got <= wanted))
    return verdicts


REACHED = {None: '', True: 'reached', False: 'not reached'}


def print_table(head, body):
    widths = [max(len(line[i]) for line in [head] + body)
              for i in range(len(head))]
    for line in [head] + body:
        print('  '.join(text.ljust(width) if i == 0 else text.rjust(width)
                        for i, (text, width) in enumerate(zip(line, widths))))
    print()


def print_report(results):
    for clock in ('instructions', 'wall'):
        for group in GROUPS:
            found = table(results, clock, group)
            if found:
                print(f'By the clock "{clock}"')
                print_table(*found)
    for found in (across(results), xen(results)):
        if found:
            print_table(*found)
    if results.relay:
        print_table(['Relay', 'instructions'],
                    [[what, number(n)] for what, n in results.relay.items()])
    for name, why in results.missing.items():
        print(f'{WHO.get(name, name)}: {why}')
    print_table(['Target', 'wanted', 'measured', ''],
                [[a, b, c, REACHED[d]] for a, b, c, d in judge(results)])


def rst_table(head, body):
    lines = ['.. csv-table::', '   :header-rows: 1', '']
    for line in [head] + body:
        lines.append('   ' + ','.join('"%s"' % text for text in line))
    return lines + ['']


def document(results):
    """The generated part, as lines of reStructuredText."""
    lines = [BEGIN, '', 'Numbers', '=======', '']
    lines += [f'* {name}: {text}' for name, text in results.info.items()]
    lines += [f'* {WHO.get(name, name)}: {why}'
              for name, why in results.missing.items()]
    lines += ['', '.. image:: performance.svg',
              '   :alt: requests per second, compared with VDUSE', '']
    titles = {'instructions': 'By instructions', 'wall': 'By the clock on the wall'}
    for clock, title in titles.items():
        tables = [table(results, clock, group) for group in GROUPS]
        if any(tables):
            lines += [title, '-' * len(title), '']
        for found in filter(None, tables):
            lines += rst_table(*found)
    found = across(results)
    if found:
        lines += ['Across guests', '-------------', '']
        lines += rst_table(*found)
    found = xen(results)
    if found:
        lines += ['Domains of Xen', '--------------', '']
        lines += rst_table(*found)
    if results.relay:
        lines += ['The relay', '---------', '']
        lines += rst_table(['Instructions of callgrind', ''],
                           [[what, number(n)]
                            for what, n in results.relay.items()])
    lines += ['Targets', '-------', '']
    lines += rst_table(['Target', 'wanted', 'measured', ''],
                       [[a, b, c, REACHED[d]] for a, b, c, d in judge(results)])
    return lines + [END, '']


def replace_generated(path, lines):
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f'{path}: no generated part')
    before = text[:text.index(BEGIN)]
    after = text[text.index(END) + len(END) + 1:]
    path.write_text(before + '\n'.join(lines) + after)


def draw(results):
    """Requests per second of each disk, those of VDUSE being 1."""
    rows = GROUPS[0][4]
    whos = [who for who in results.contenders('instructions', rows)
            if who != 'null']
    reference = 'vduse' if 'vduse' in whos else whos[0] if whos else ''
    bars = {text: [results.ratio('instructions', what, who, reference) or 0
                   for who in whos]
            for what, text in rows.items()
            if results.of('instructions', what, reference)}
    return plot.bars(f'Requests per second; {WHO.get(reference, "")} is 1',
                     [WHO[who] for who in whos], bars)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('directory', type=pathlib.Path)
    parser.add_argument('--document', type=pathlib.Path)
    args = parser.parse_args()
    results = Results()
    for path in sorted(args.directory.glob('*.txt')):
        results.read(path)
    if not results.samples and not results.relay:
        sys.exit(f'{args.directory}: nothing was measured')
    print_report(results)
    svg = draw(results)
    (args.directory / 'plot.svg').write_text(svg)
    (args.directory / 'results.json').write_text(json.dumps({
        'info': results.info, 'missing': results.missing,
        'samples': results.samples, 'relay': results.relay,
        'targets': judge(results)}, indent=1) + '\n')
    if args.document:
        replace_generated(args.document, document(results))
        args.document.with_suffix('.svg').write_text(svg)


if __name__ == '__main__':
    main()
