# SPDX-License-Identifier: Apache-2.0
"""What a certificate of ours says of its holder, read back so that a new one can say it again.

A renewal repeats the certificate, not the order: what the holder has is what was checked and signed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verify import Certificate

from .alternative_names import AlternativeName, read_names
from .drafting import SUBJECT_ALTERNATIVE_NAME
from .identifiers import IDENTIFIER_OIDS, Identifier, read_identifier
from .shape import read_tbs
from .subject import SubjectName, parse_subject


@dataclass(frozen=True, slots=True)
class Restated:
    """Name, other names, identifiers."""

    subject: SubjectName
    alternative_names: tuple[AlternativeName, ...]
    identifiers: tuple[Identifier, ...] = field(repr=False)


def restate(certificate: Certificate) -> Restated:
    """Raises :class:`~ca.errors.CaError` or :class:`keys.DerMalformed` for what we would not have issued."""
    found = read_tbs(certificate.tbs).extensions
    names = found.get(SUBJECT_ALTERNATIVE_NAME)
    return Restated(
        subject=parse_subject(certificate.subject.der),
        alternative_names=read_names(names.value) if names is not None else (),
        identifiers=tuple(
            read_identifier(oid, one.value) for oid, one in found.items() if oid in IDENTIFIER_OIDS
        ),
    )
