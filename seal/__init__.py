# SPDX-License-Identifier: Apache-2.0
"""seal."""

__all__: list[str] = []
