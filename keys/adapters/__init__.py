# SPDX-License-Identifier: Apache-2.0
"""Where keys are kept.  Known to the wiring alone."""
