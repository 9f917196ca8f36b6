"""What an operator may read only for a reason that is kept: the audit, and what goes into it."""

from collections.abc import Sequence

from stepwell.access import needs
from stepwell.desk import Desk, plain
from stepwell.errors import Refused
from stepwell.models import AuditEntry, Given
from stepwell.reading import given_from, may_read
from store import audit, responses
from store.tables import AuditRow

LONGEST_REASON = 2000


class Revealing(Desk):
    """Read answers as an operator, and see who did."""

    @needs("reveal", "operator")
    async def reveal(self, journey: str, occurrence: str, *, reason: str, request: str | None = None) -> list[Given]:
        """What was accepted for one occurrence, the oldest first, where a practitioner could read it (rule V1).

        What is for the client only is not revealed to anybody. The reading is kept with its reason, in one transaction, and
        also where there was nothing to read. Raises Refused without a reason, NotFound.
        """
        why = _reason(reason)
        row = await self._journey(journey)
        async with self._database.begin() as session:
            found = [one for one in await responses.of_occurrence(session, row.id, occurrence) if may_read(one, "practitioner")]
            await audit.append(session, self._entry("answers revealed", f"{row.id}/{occurrence}", why, request))
        return [given_from(one) for one in found]

    @needs("reveal", "operator")
    async def reveal_mail(self, file: str, *, reason: str, request: str | None = None) -> None:
        """Keep that a caught mail is read, and why. Raises Refused without a reason."""
        await self._note("mail revealed", file, _reason(reason), request)

    @needs("admin", "operator")
    async def audit(self, *, limit: int = 50, before: int | None = None) -> Sequence[AuditEntry]:
        """Who did or saw what, and why, the latest first; `before` is the number of the last one seen."""
        async with self._database.read() as session:
            rows = await audit.read(session, self._tenant, limit=limit, before=before)
        return [AuditEntry.model_validate(row.model_dump(include=set(AuditEntry.model_fields))) for row in rows]

    async def _note(self, action: str, of: str, reason: str | None, request: str | None) -> None:
        async with self._database.begin() as session:
            await audit.append(session, self._entry(action, of, reason, request))

    def _entry(self, action: str, of: str, reason: str | None, request: str | None) -> AuditRow:
        return AuditRow(
            tenant=self._tenant,
            at=self._now(),
            actor=self._caller.name[:100],
            action=action,
            object=of[:200],
            reason=reason,
            request=request,
        )


def _reason(reason: str) -> str:
    written = plain(reason.strip(), "a reason", "V1", LONGEST_REASON)
    if not written:
        raise Refused("unnamed", "V1", "say why this has to be read; the reason is kept")
    return written
