"""Who gets a message: how to speak to them, and the ways to reach them in their order."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from activities.wording import Reader
from engine.effects import Notify
from store import clients
from store.tables import ClientRow, JourneyRow


class Way(NamedTuple):
    """One channel of a recipient."""

    kind: str
    address: str = ""


class Recipient(NamedTuple):
    """A reader with the ways to reach them. `opted_out` names kinds they do not want (rule R5)."""

    reader: Reader
    ways: tuple[Way, ...] = ()
    opted_out: frozenset[str] = frozenset()


async def recipient_of(
    session: AsyncSession, effect: Notify, journey: JourneyRow, client: ClientRow, staff: Mapping[str, str]
) -> Recipient:
    """The client, the holder of a role on an escalation ladder, or else the practitioner."""
    if effect.to == "client":
        ways = tuple(Way(str(one["kind"]), one.get("address") or "") for one in client.channels)
        return Recipient(Reader(client.display_name, client.language), ways, frozenset(client.opted_out))
    if effect.to in staff:
        return Recipient(Reader("", "en"), (Way("email", staff[effect.to]),))
    practitioner = await clients.practitioner_of(session, journey, client)
    if practitioner is None:
        return Recipient(Reader("", "en"))
    mail = (Way("email", practitioner.email),) if practitioner.email else ()
    return Recipient(Reader(practitioner.display_name, practitioner.language), (*mail, Way("in_app")))
