"""Everything that Temporal is given is sealed, and nothing is believed that was not: inputs, results, messages, failures, words.

A payload is sealed with the key of whoever's workflow it belongs to, for that workflow alone. What is sealed is the whole of it,
its metadata too; in the clear stand the workflow's id, which Temporal has anyway, and the id of the key.
"""

import dataclasses
import zlib
from collections.abc import Sequence

import structlog
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from store.keyring import OF_CLIENT, Keyring
from store.sealing import NotAuthentic, key_of, place
from workflows.plugin import DATA_CONVERTER

PURPOSE = "temporal"
ENCODING = b"binary/encrypted"
DEFLATED = b"binary/deflated"
"""What the whole of a large payload is, sealed: Temporal takes 2 MiB at most, and a journey has to pass however old it is."""
_LARGE = 64 * 1024
REFUSED = b"stepwell/refused"
"""No converter knows it."""
WORKFLOW = "stepwell-workflow"
"""The metadata that says which workflow it is of, for whoever is not told by other means: the codec server."""


_log = structlog.get_logger("stepwell.codec")


class Codec(PayloadCodec, WithSerializationContext):
    """Seals and opens for one workflow; for none in particular it seals what itself says whose it is. Raises what the keyring raises."""

    def __init__(self, keys: Keyring, workflow: str | None = None) -> None:
        self._keys = keys
        self._workflow = workflow

    def with_context(self, context: SerializationContext) -> "Codec":
        """The codec of the workflow that is spoken to, or that an activity was started by."""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            return Codec(self._keys, context.workflow_id)
        return self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each of them sealed."""
        if not payloads:
            return []
        workflow = self._workflow or payloads[0].metadata.get(WORKFLOW, b"").decode()  # a header comes one by one
        if not workflow:
            raise NotAuthentic("what belongs to no workflow of ours is given to nobody")
        key = await self._keys.of_workflow(workflow)
        bound, named = place(workflow), {"encoding": ENCODING, WORKFLOW: workflow.encode()}
        return [Payload(metadata=named, data=key.seal(PURPOSE, _packed(one), bound)) for one in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each of them as it was; in the place of one that is not authentic, something that nothing can be read from.

        Who cannot tell yet, because a key is away, raises: then the task is tried again. Who can tell that it is forged does not:
        otherwise anybody who reaches Temporal could stop a journey by a message in the clear. So that message alone is refused.
        """
        return [await self._open_or_refuse(one) for one in payloads]

    async def _open_or_refuse(self, payload: Payload) -> Payload:
        try:
            return await self.open(payload)
        except NotAuthentic as error:
            _log.error("a payload is refused", workflow=self._workflow, why=str(error))
            return Payload(metadata={"encoding": REFUSED})

    async def open(self, payload: Payload) -> Payload:
        """One of them as it was. Neither Temporal nor its UI has anything to say to us in the clear. Raises NotAuthentic."""
        if payload.metadata.get("encoding") != ENCODING:
            raise NotAuthentic("a payload in the clear is not taken, whoever sent it")
        workflow = self._workflow or payload.metadata.get(WORKFLOW, b"").decode(errors="replace")
        key = await self._keys.by_id(key_of(payload.data))
        opened = _unpacked(key.open(PURPOSE, payload.data, place(workflow)))
        if key.id.startswith(OF_CLIENT):
            self._keys.belongs(workflow, key)
        return opened


def _packed(payload: Payload) -> bytes:
    whole: bytes = payload.SerializeToString()
    if len(whole) < _LARGE:
        return whole
    return Payload(metadata={"encoding": DEFLATED}, data=zlib.compress(whole)).SerializeToString()


def _unpacked(packed: bytes) -> Payload:
    payload = Payload.FromString(packed)
    return Payload.FromString(zlib.decompress(payload.data)) if payload.metadata.get("encoding") == DEFLATED else payload


def encrypting(keys: Keyring) -> DataConverter:
    """What connections, their workers and replayers share."""
    return dataclasses.replace(DATA_CONVERTER, payload_codec=Codec(keys))
