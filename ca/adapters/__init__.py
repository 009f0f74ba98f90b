# SPDX-License-Identifier: Apache-2.0
"""Judges from outside.  Known to the wiring alone."""
