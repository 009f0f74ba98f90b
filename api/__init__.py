# SPDX-License-Identifier: Apache-2.0
"""api."""

__all__: list[str] = []
