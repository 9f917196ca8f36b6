"""What an operator may read only for a reason that is kept: the audit, and what goes into it."""

from collections.abc import Sequence

from stepwell.access import needs
from stepwell.desk import Desk, plain
from stepwell.errors import Refused
from stepwell.models import AuditCheck, AuditEntry, Given
from stepwell.reading import given_from, may_read
from store import audit, responses

LONGEST_REASON = 2000


class Revealing(Desk):
    """Read answers as an operator, and see who did."""

    @needs("reveal", "operator")
    async def reveal(self, journey: str, occurrence: str, *, reason: str) -> list[Given]:
        """What was accepted for one occurrence, the oldest first, where a practitioner could read it (rule V1).

        What is for the client only is not revealed to anybody. The reading is kept with its reason, in one transaction, and
        also where there was nothing to read. Raises Refused without a reason, NotFound.
        """
        why = _reason(reason)
        row = await self._journey(journey)
        async with self._database.begin() as session:
            found = [one for one in await responses.of_occurrence(session, row.id, occurrence) if may_read(one, "practitioner")]
            await self._note(session, "answers revealed", f"{row.id}/{occurrence}", why)
        return [given_from(one) for one in found]

    @needs("reveal", "operator")
    async def reveal_mail(self, file: str, *, reason: str) -> None:
        """Keep that a caught mail is read, and why. Raises Refused without a reason."""
        why = _reason(reason)
        async with self._database.begin() as session:
            await self._note(session, "mail revealed", file, why)

    @needs("admin", "operator")
    async def audit(self, *, limit: int = 50, before: int | None = None) -> Sequence[AuditEntry]:
        """Who did or saw what, and why, the latest first; `before` is the number of the last one seen."""
        async with self._database.read() as session:
            rows = await audit.read(session, self._tenant, limit=limit, before=before)
        return [AuditEntry.model_validate(row.model_dump(include=set(AuditEntry.model_fields))) for row in rows]

    @needs("admin", "operator")
    async def verify_audit(self, *, noted: str | None = None) -> AuditCheck:
        """Whether every entry is as it was appended and none is missing between two.

        That the last ones are there only a hash tells that was noted elsewhere: the `head` of an earlier check, as `noted`.
        """
        async with self._database.read() as session:
            found = await audit.verify(session, self._tenant, noted=noted)
        return AuditCheck(**found._asdict())


def _reason(reason: str) -> str:
    written = plain(reason.strip(), "a reason", "V1", LONGEST_REASON)
    if not written:
        raise Refused("unnamed", "V1", "say why this has to be read; the reason is kept")
    return written
