# SPDX-License-Identifier: Apache-2.0
"""ca."""

__all__: list[str] = []
