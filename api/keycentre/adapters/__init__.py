# SPDX-License-Identifier: Apache-2.0
"""Files, sockets and processes of the key centre; known to the wiring alone."""
