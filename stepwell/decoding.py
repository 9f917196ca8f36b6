"""The codec server's one use case: what a workflow was given and gave, read by an operator who may, and kept that they did."""

from temporalio.api.common.v1 import Payload, Payloads

from stepwell.access import needs
from stepwell.codec import ENCODING, WORKFLOW, Codec
from stepwell.errors import NotFound
from stepwell.revealing import LONGEST_REASON, Revealing
from store.sealing import key_of

_UNSAID = "read through the codec server"


class Decoding(Revealing):
    """Open payloads of Temporal's histories."""

    @needs("reveal", "operator")
    async def decode(self, payloads: Payloads, *, reason: str = "") -> Payloads:
        """Them as they were; what is not sealed stays as it is. Each workflow is kept in the audit before anything is shown.

        Raises NotFound for another tenant's, NotAuthentic, KeyDestroyed, Unavailable.
        """
        codec = Codec(self._database.keys)
        shown: list[Payload] = []
        workflows: set[str] = set()
        for payload in payloads.payloads:
            is_sealed = payload.metadata.get("encoding") == ENCODING
            shown.append(await self._opened(codec, payload) if is_sealed else payload)
            if is_sealed:
                workflows.add(payload.metadata[WORKFLOW].decode())
        why = reason.strip()[:LONGEST_REASON] or _UNSAID
        async with self._database.begin() as session:
            for workflow in sorted(workflows):
                await self._note(session, "workflow revealed", workflow, why)
        return Payloads(payloads=shown)

    async def _opened(self, codec: Codec, payload: Payload) -> Payload:
        if (await self._database.keys.by_id(key_of(payload.data))).tenant != self._tenant:
            raise NotFound("there is no such workflow")
        return await codec.open(payload)
