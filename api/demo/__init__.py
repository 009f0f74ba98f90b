# SPDX-License-Identifier: Apache-2.0
"""``yinxin demo``: the whole main job over HTTP, as clients would do it, each step with what was expected.

The service runs in a process of its own; this side holds the keys of applicants and officers, as their
tokens would.  Nothing here reaches into the service except one step, which edits its database on purpose.
"""

from __future__ import annotations

from .play import OutputTaken, Played, play

__all__ = ["OutputTaken", "Played", "play"]
