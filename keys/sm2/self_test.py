# SPDX-License-Identifier: Apache-2.0
"""The known-answer test that admits a provider (GB/T 32918.5-2017 annex A.2).

A library that is there but broken, built without SM2, or that accepts what it should refuse, is as good as
absent. Signing is random, so it is tested by verification, which has a known answer, and by a second
signature, which must differ.
"""

from __future__ import annotations

from typing import Final

from ..errors import KeysError
from .curve import N
from .encryption import parse_raw_sm2_cipher
from .provider import Sm2Decrypting, Sm2Encrypting, Sm2Private, Sm2Provider, Sm2Public

D: Final = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
POINT: Final = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
E: Final = bytes.fromhex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
R: Final = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S: Final = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA

MESSAGE: Final = b"encryption standard"
CIPHER: Final = bytes.fromhex(
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd876621886ca989ca9c7d58087307ca93092d651efa"
)


def passes(provider: Sm2Provider) -> bool:
    """Does this provider give the known answers?  Never raises."""
    try:
        return _verifies(provider) and (not provider.info.can_sign or _signs(provider))
    except (KeysError, OSError, ValueError):
        return False


def _verifies(provider: Sm2Provider) -> bool:
    public = provider.public(POINT)
    other = bytes((E[0] ^ 1,)) + E[1:]
    wrong = [(other, R, S), (E, R, S - 1), (E, R - 1, S), (E, N - R, S), (E, S, R)]
    return public.verify(E, R, S) and not any(public.verify(*one) for one in wrong)


def _signs(provider: Sm2Provider) -> bool:
    private, public = provider.private(D), provider.public(POINT)
    first, second = private.sign(E), private.sign(E)
    return (
        private.point == POINT
        and first[0] != second[0]
        and all(public.verify(E, *one) for one in (first, second))
    )


def decrypts(private: Sm2Private) -> bool:
    """Does a provider whose ``private`` holds the example's key open the example?  Never raises."""
    try:
        return isinstance(private, Sm2Decrypting) and private.decrypt(parse_raw_sm2_cipher(CIPHER)) == MESSAGE
    except (KeysError, OSError, ValueError):
        return False


def encrypts(private: Sm2Private, public: Sm2Public) -> bool:
    """And does it open what it encrypts, differently each time?  Never raises."""
    try:
        if not isinstance(private, Sm2Decrypting) or not isinstance(public, Sm2Encrypting):
            return False
        first, second = public.encrypt(MESSAGE), public.encrypt(MESSAGE)
        return first != second and private.decrypt(first) == private.decrypt(second) == MESSAGE
    except (KeysError, OSError, ValueError):
        return False
