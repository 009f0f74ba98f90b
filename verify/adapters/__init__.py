# SPDX-License-Identifier: Apache-2.0
"""What touches files: the command line of whoever has this package and :mod:`keys` alone."""
