"""The owner of what is sent to one client, for as long as something waits. Everything it knows is in the store."""

from datetime import timedelta

from temporalio import workflow

from workflows.handover import hand_over, is_wanted_elsewhere, makes_way
from workflows.names import CONTACTS, LOOK_AGAIN, NUDGE
from workflows.policies import CONTACTING

with workflow.unsafe.imports_passed_through():
    from engine.effects import SEND_CONTACTS, ContactsSent, SendContacts
    from workflows.inputs import ContactsInput

_SOON = timedelta(seconds=1)
"""At least so long between two looks: the clock of whoever looks may be behind the server's."""


@workflow.defn(name=CONTACTS)
class ContactsWorkflow:
    """At most one of these is at the mails of a client: two journeys never each send "just one"."""

    @workflow.init
    def __init__(self, whose: ContactsInput) -> None:
        self._is_wanted = True
        self._looks = 0

    @workflow.signal(name=LOOK_AGAIN)
    def look_again(self) -> None:
        """Something waits, or a rule has changed."""
        self._is_wanted = True

    @workflow.signal(name=NUDGE)
    def nudge(self) -> None:
        """Wake, and look whether it is wanted elsewhere."""

    @workflow.run
    async def run(self, whose: ContactsInput) -> None:
        """Send what may go, sleep until something changes by itself, and end when nothing does."""
        while self._is_wanted:
            self._is_wanted = False
            sent = await self._send(whose)
            if sent.look_at is not None:
                left = max(sent.look_at - workflow.now(), _SOON)
                await self._wait(left)
                self._is_wanted = True
            if makes_way() and self._is_wanted:
                hand_over(whose)

    async def _wait(self, left: timedelta) -> None:
        try:
            await workflow.wait_condition(
                lambda: self._is_wanted or is_wanted_elsewhere(), timeout=left, timeout_summary="something may go out"
            )
        except TimeoutError:
            return

    async def _send(self, whose: ContactsInput) -> ContactsSent:
        self._looks += 1
        sent: ContactsSent = await workflow.execute_activity(
            SEND_CONTACTS,
            SendContacts(tenant=whose.tenant, client=whose.client, at=workflow.now()),
            result_type=ContactsSent,
            activity_id=f"look-{self._looks}",
            task_queue=CONTACTING.queue,
            start_to_close_timeout=CONTACTING.start_to_close,
            # whoever was at it is dead when nothing was heard for so long
            heartbeat_timeout=CONTACTING.heartbeat,
            retry_policy=CONTACTING.retry,
        )
        return sent
