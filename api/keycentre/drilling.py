# SPDX-License-Identifier: Apache-2.0
"""A recovery drill: a sample of keys is recovered to a key that is forgotten at once, and compared.

Every step is that of a real recovery, so a drill leaves requests, entries, notices and links of the history.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from keys import KeyKind, KeysError, Signer, generate_key, open_enveloped_key, parse_enveloped_key

from .errors import KeyCentreError, KeyCentreUnavailable
from .recoveries import Recoveries
from .requests import Purpose, to_be_signed

REASON = "恢复演练 recovery drill"


@dataclass(frozen=True, slots=True)
class Drilled:
    """What came of one key: ``code`` is ``recovered``, ``another-key``, or why it was refused."""

    key_id: str
    passed: bool
    code: str


def drill_keys(
    recoveries: Recoveries,
    key_ids: Sequence[str],
    agents: Mapping[str, Signer],
    *,
    spki_of: Callable[[str], bytes | None],
    sample: int,
    by: str,
) -> tuple[Drilled, ...]:
    """Drill at most ``sample`` keys, chosen at random.

    ``spki_of``: the certified public key of an escrowed key, as the service knows it without the centre.
    Raises :class:`KeyCentreUnavailable`; a refusal is a result.
    """
    chosen = secrets.SystemRandom().sample(list(key_ids), min(sample, len(key_ids)))
    return tuple(_drill(recoveries, key_id, agents, spki_of=spki_of, by=by) for key_id in chosen)


def _drill(
    recoveries: Recoveries,
    key_id: str,
    agents: Mapping[str, Signer],
    *,
    spki_of: Callable[[str], bytes | None],
    by: str,
) -> Drilled:
    recipient = generate_key(KeyKind.SM2)
    try:
        asked = recoveries.request(key_id, recipient.public_key, reason=REASON, by=by, purpose=Purpose.DRILL)
        for name, key in agents.items():
            recoveries.approve(asked.recovery_id, name, key.sign(to_be_signed(asked.request)))
        done = recoveries.complete(asked.recovery_id, by=by)
        key = open_enveloped_key(parse_enveloped_key(done.envelope or b""), recipient)
    except KeyCentreUnavailable:
        raise
    except KeyCentreError as refused:
        return Drilled(key_id, False, refused.code)
    except KeysError:
        return Drilled(key_id, False, "does-not-open")
    same = key.public_key.spki == spki_of(key_id)
    return Drilled(key_id, same, "recovered" if same else "another-key")
