# SPDX-License-Identifier: Apache-2.0
"""QR symbols (GB/T 18284, ISO/IEC 18004) sized for paper and a phone.

Error correction M, at most version 13, modules of half a millimetre: what decides whether a phone reads a
print is the size of the module, so a longer text needs a larger square and never a finer one.  The encoder
switches between alphanumeric and numeric mode inside one symbol, which keeps our statements small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .errors import QrRefused

MOST_VERSION = 13
QUIET_MODULES = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol without its quiet zone, row by row; ``True`` is dark."""

    version: int
    rows: tuple[tuple[bool, ...], ...]

    @property
    def modules(self) -> int:
        """Modules along one side."""
        return len(self.rows)

    def side_mm(self, module_mm: float) -> float:
        """One side with the quiet zone."""
        return (self.modules + 2 * QUIET_MODULES) * module_mm

    def runs(self) -> tuple[tuple[int, int, int], ...]:
        """Every horizontal run of dark modules: row, first column, length."""
        found: list[tuple[int, int, int]] = []
        for number, row in enumerate(self.rows):
            start: int | None = None
            for column, dark in enumerate((*row, False)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    found.append((number, start, column - start))
                    start = None
        return tuple(found)


@lru_cache(maxsize=64)
def symbol_of(text: str) -> Symbol:
    """The smallest symbol for ``text``.  Raises :class:`QrRefused` for what no phone would read."""
    if not text or not text.isascii():
        raise QrRefused(characters=len(text), rule="须为非空 ASCII 文本 / it must be ASCII and not empty")
    import qrcode
    from qrcode.exceptions import DataOverflowError

    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    try:
        version = code.best_fit()
    except (DataOverflowError, ValueError):
        version = MOST_VERSION + 1
    if version > MOST_VERSION:
        raise QrRefused(
            characters=len(text),
            rule=f"超过版本 {MOST_VERSION}(M 级纠错)的容量 / more than version {MOST_VERSION}-M holds",
        )
    code.make(fit=False)
    return Symbol(version, tuple(tuple(bool(dark) for dark in row) for row in code.get_matrix()))
