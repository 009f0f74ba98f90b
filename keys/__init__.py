# SPDX-License-Identifier: Apache-2.0
"""keys."""

__all__: list[str] = []
