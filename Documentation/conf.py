# SPDX-License-Identifier: GPL-2.0
project = 'virtio-msg for Linux'
author = 'virtio-msg contributors'
extensions = []
exclude_patterns = ['ABI', 'examples']
html_theme = 'classic'
html_show_copyright = False
html_copy_source = False
highlight_language = 'none'
