# SPDX-License-Identifier: Apache-2.0
"""``python -m verify FILE… --trust LIST``: see :mod:`verify.adapters.command`."""

from __future__ import annotations

import sys

from .adapters.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
