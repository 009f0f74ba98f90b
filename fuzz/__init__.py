# SPDX-License-Identifier: Apache-2.0
"""Entry points for fuzzing: one function for each parser of ``verify``, and a runner with limits."""
