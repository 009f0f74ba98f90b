# SPDX-License-Identifier: Apache-2.0
"""Object identifiers of CMS.  GB/T 35275 has its own for the same things; one message uses one family."""

from __future__ import annotations

from typing import Final

RFC_5652: Final = "RFC 5652"
GBT_35275: Final = "GB/T 35275"

SIGNED_DATA: Final = {"1.2.840.113549.1.7.2": RFC_5652, "1.2.156.10197.6.1.4.2.2": GBT_35275}
DATA: Final = {"1.2.840.113549.1.7.1": RFC_5652, "1.2.156.10197.6.1.4.2.1": GBT_35275}

CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"  # RFC 2634: by SHA-1 only
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"  # RFC 5035
TIMESTAMP: Final = "1.2.840.113549.1.9.16.2.14"  # RFC 3161 appendix A
