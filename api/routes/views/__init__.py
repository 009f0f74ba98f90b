# SPDX-License-Identifier: Apache-2.0
"""Pages for people: the same services, answered in HTML.  The public answer needs no script."""
