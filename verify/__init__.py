# SPDX-License-Identifier: Apache-2.0
"""verify."""

__all__: list[str] = []
