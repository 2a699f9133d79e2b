# SPDX-License-Identifier: GPL-2.0
"""Bar charts as SVG."""
from xml.sax.saxutils import escape

COLORS = ['#1b6ca8', '#5fa8d3', '#b0b7bd', '#e8a33d', '#6a994e']
BAR = 22
GAP = 26
LEFT = 60
TOP = 70
HEIGHT = 260


def text(x, y, what, anchor='middle', size=12):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" '
            f'font-size="{size}">{escape(what)}</text>')


def rect(x, y, width, height, color):
    return (f'<rect x="{x:.0f}" y="{y:.1f}" width="{width:.0f}" '
            f'height="{height:.1f}" fill="{color}"/>')


def scale(top):
    """A step for the axis, and how many of them it takes."""
    step = next(s for s in (0.1, 0.25, 0.5, 1, 2, 5, 10, 100, 1e9) if top / s <= 8)
    return step, int(top / step) + 1


def axis(step, steps, width):
    lines = []
    for i in range(steps + 1):
        y = TOP + HEIGHT - HEIGHT * i / steps
        lines.append(f'<line x1="{LEFT}" x2="{width:.0f}" y1="{y:.1f}" '
                     f'y2="{y:.1f}" stroke="#ddd"/>')
        lines.append(text(LEFT - 8, y + 4, f'{i * step:g}', 'end'))
    return lines


def legend(names):
    lines = []
    x = LEFT
    for i, name in enumerate(names):
        lines.append(rect(x, 36, 12, 12, COLORS[i % len(COLORS)]))
        lines.append(text(x + 18, 46, name, 'start'))
        x += 50 + 7 * len(name)
    return lines


def bars(title, names, groups):
    """A chart of groups, {label: [value of each name]}."""
    group = BAR * max(len(names), 1) + GAP
    label = max([7 * len(part) for name in groups
                 for part in name.split(', ')] + [group])
    pitch = max(group, label + 10)
    width = LEFT + pitch * max(len(groups), 1) + 20
    step, steps = scale(max([v for values in groups.values() for v in values] + [1]))
    lines = axis(step, steps, width) + legend(names)
    for i, (name, values) in enumerate(groups.items()):
        x = LEFT + pitch * i + (pitch - BAR * len(values)) / 2
        for j, value in enumerate(values):
            height = HEIGHT * value / (step * steps)
            lines.append(rect(x + BAR * j, TOP + HEIGHT - height, BAR - 2,
                              height, COLORS[j % len(COLORS)]))
            lines.append(text(x + BAR * j + BAR / 2, TOP + HEIGHT - height - 4,
                              f'{value:.2f}', size=9))
        for j, part in enumerate(name.split(', ')):
            lines.append(text(LEFT + pitch * (i + 0.5),
                              TOP + HEIGHT + 18 + 15 * j, part))
    head = ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<!-- SPDX-License-Identifier: GPL-2.0 -->\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
            f'height="{TOP + HEIGHT + 50}" font-family="sans-serif">\n'
            '<rect width="100%" height="100%" fill="white"/>\n')
    return head + '\n'.join([text(LEFT, 22, title, 'start', 15)] + lines) + '\n</svg>\n'
