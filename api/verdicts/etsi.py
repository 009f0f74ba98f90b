# SPDX-License-Identifier: Apache-2.0
"""The report in the XML of ETSI TS 119 102-2 (v1.2.1), through the types that pyHanko carries.

One SignatureValidationReport for each signature.  Certificates are named by digest.  Sub-indications of ours,
aspects and reason codes stand under ``urn:yinxin:``; the standard leaves room for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from pyhanko.generated.etsi import ts_11910202 as vr
from pyhanko.generated.etsi.xades import DigestAlgAndValueType
from pyhanko.generated.w3c.xmldsig_core import DigestMethod, DigestValue
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.models.datatype import XmlDateTime

from verify import AspectName, Indication, SignatureReport, SubIndication

from .sheet import Checked
from .wording import who_of

NAMESPACE: Final = "http://uri.etsi.org/19102/v1.2.1#"
_PREFIXES: Final = {
    "vr": NAMESPACE,
    "XAdES": "http://uri.etsi.org/01903/v1.3.2#",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
_MAIN: Final = {
    Indication.TOTAL_PASSED: "urn:etsi:019102:mainindication:total-passed",
    Indication.TOTAL_FAILED: "urn:etsi:019102:mainindication:total-failed",
    Indication.INDETERMINATE: "urn:etsi:019102:mainindication:indeterminate",
}
_OURS: Final = frozenset(
    {
        SubIndication.SEAL_MAKER_SIG_FAILURE,
        SubIndication.SEAL_EXPIRED_AT_SIGNING,
        SubIndication.SEAL_REVOKED_AT_SIGNING,
        SubIndication.SIGNER_NOT_IN_SEAL,
        SubIndication.COVERAGE_GAP,
        SubIndication.PARSER_DISAGREEMENT,
        SubIndication.DOCUMENT_NOT_IN_FORCE,
    }
)
_SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
_CERTIFICATE: Final = "urn:etsi:019102:validationObject:certificate"


def etsi_document(what: Checked) -> bytes:
    """UTF-8.  A file without any signature has one report all the same, and so has a
    verdict on the whole that no signature has."""
    report = what.report
    objects: dict[str, vr.ValidationObjectType] = {}
    found = [_signature(one, what, objects) for one in report.signatures]
    if all(one.indication is not report.indication for one in report.signatures):
        # What speaks against the file as a whole, such as a document that was revoked, is no part's verdict.
        found = [
            *found,
            vr.SignatureValidationReportType(
                signature_validation_status=vr.ValidationStatusType(
                    main_indication=_MAIN[report.indication],
                    sub_indication=tuple(_sub(report.sub_indication)),
                    associated_validation_report_data=_additional(
                        [*_file(what), *(("urn:yinxin:reason", one.code) for one in report.reasons)]
                    ),
                )
            ),
        ]
    document = vr.ValidationReport(
        signature_validation_report=tuple(found),
        signature_validation_objects=vr.ValidationObjectListType(tuple(objects.values()))
        if objects
        else None,
    )
    serializer = XmlSerializer(config=SerializerConfig(indent="  "))
    return serializer.render(document, ns_map=dict(_PREFIXES)).encode("utf-8")


def _signature(
    one: SignatureReport, what: Checked, objects: dict[str, vr.ValidationObjectType]
) -> vr.SignatureValidationReportType:
    facts: Mapping[str, Any] = one.facts
    told = {aspect.name: aspect for aspect in one.aspects}
    chain = [_object(link, objects) for link in _links(facts)]
    proven = _moment(told[AspectName.TIME].detail.get("proven", ""))
    at = XmlDateTime.from_datetime(what.at)
    return vr.SignatureValidationReportType(
        validation_time_info=vr.ValidationTimeInfoType(
            validation_time=at,
            best_signature_time=vr.POEType(
                # Section 5.5.4 of EN 319 102-1: without proof of an earlier time it is the time of the check.
                poetime=proven or at,
                type_of_proof="urn:etsi:019102:poetype:validation",
            ),
        ),
        signer_information=vr.SignerInformationType(signer_certificate=chain[0], signer=who_of(one) or None)
        if chain
        else None,
        signature_validation_process=vr.SignatureValidationProcessType(
            signature_validation_process_id="urn:etsi:019102:validationprocess:"
            + ("LTVM" if proven else "Basic")
        ),
        signature_validation_status=vr.ValidationStatusType(
            main_indication=_MAIN[one.indication],
            sub_indication=tuple(_sub(one.sub_indication)),
            associated_validation_report_data=_additional(
                [
                    *_file(what),
                    ("urn:yinxin:format", one.format),
                    *(
                        (f"urn:yinxin:aspect:{name.value}", aspect.status.value)
                        for name, aspect in told.items()
                    ),
                    *(("urn:yinxin:reason", reason.code) for reason in one.reasons),
                    *(("urn:yinxin:deviation", code) for code in one.deviations),
                ]
            ),
        ),
    )


def _moment(text: str) -> XmlDateTime | None:
    try:
        return XmlDateTime.from_datetime(datetime.fromisoformat(text))
    except ValueError:
        return None


def _sub(sub: SubIndication | None) -> Iterator[str]:
    if sub is not None:
        yield f"urn:{'yinxin' if sub in _OURS else 'etsi:019102'}:subindication:{sub.value}"


def _file(what: Checked) -> list[tuple[str, str]]:
    return [
        ("urn:yinxin:file:name", what.name),
        ("urn:yinxin:file:sha256", what.sha256),
        ("urn:yinxin:file:sm3", what.sm3),
    ]


def _additional(rows: list[tuple[str, str]]) -> tuple[vr.ValidationReportDataType, ...]:
    data = tuple(vr.TypedDataType(type_value=kind, value=_printable(value)) for kind, value in rows)
    return (
        vr.ValidationReportDataType(
            additional_validation_report_data=vr.AdditionalValidationReportDataType(report_data=data)
        ),
    )


def _links(facts: Mapping[str, Any]) -> Iterator[str]:
    """Fingerprints from the signer up."""
    chain = facts.get("chain")
    for link in chain if isinstance(chain, list) else []:
        found = link.get("fingerprint") if isinstance(link, dict) else None
        if isinstance(found, str):
            yield found


def _object(fingerprint: str, objects: dict[str, vr.ValidationObjectType]) -> vr.VOReferenceType:
    name = f"certificate-{fingerprint[:32]}"
    if name not in objects:
        objects[name] = vr.ValidationObjectType(
            id=name,
            object_type=_CERTIFICATE,
            validation_object_representation=vr.ValidationObjectRepresentationType(
                digest_alg_and_value=DigestAlgAndValueType(
                    digest_method=DigestMethod(_SHA256), digest_value=DigestValue(bytes.fromhex(fingerprint))
                )
            ),
        )
    return vr.VOReferenceType(voreference=(name,))


def _printable(text: str) -> str:
    """XML 1.0 has no control characters, not even escaped."""
    return "".join(one if one.isprintable() else "�" for one in text)
