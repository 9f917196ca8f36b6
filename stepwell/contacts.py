"""The owner of a client's mails, as whoever has something for it reaches it; and the journey, as the owner does."""

from contextlib import suppress

from temporalio.client import Client as Connection

from engine.base import ClientId, MessageId, TenantId
from engine.effects import Notify
from engine.messages import NotificationFailed
from stepwell.connection import keep_at_work
from stepwell.errors import NotFound, Refused
from stepwell.messenger import submit
from store.contacts import owner_of
from workflows.inputs import ContactsInput
from workflows.names import CONTACTS, LOOK_AGAIN


async def engage(connection: Connection, tenant: str, client: str) -> None:
    """Have the owner look at what waits, started where it does not run. Raises RPCError."""
    whose = ContactsInput(tenant=TenantId(tenant), client=ClientId(client))
    await keep_at_work(
        connection, CONTACTS, whose, id=owner_of(tenant, client), tenant=tenant, summary="contacts", signal=LOOK_AGAIN
    )


class Owners:
    """The owners and the journeys of a server, as activities reach them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def engage(self, tenant: str, client: str) -> None:
        """Have the owner look at what waits."""
        await engage(self._connection, tenant, client)

    async def not_reached(self, effect: Notify, reason: str) -> None:
        """Tell the journey that no channel took a message, as its own activity would have (rule N3)."""
        message = NotificationFailed(
            id=MessageId(f"failed-{effect.id}"), effect=effect.id, to=effect.to, occurrences=effect.occurrences, reason=reason
        )
        with suppress(NotFound, Refused):  # the journey is over
            await submit(self._connection, effect.journey, message)
