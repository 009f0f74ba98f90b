# SPDX-License-Identifier: Apache-2.0
"""The one family of errors of this package.  A bad signature is a verdict in a report, not an error."""

from __future__ import annotations


class VerifyError(Exception):
    """Anything that stops this package from reading, checking or writing a format."""


class Unreadable(VerifyError):
    """A file of which nothing can be said.  The message tells in Chinese and English what to do."""
