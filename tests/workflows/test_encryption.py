"""Everything in Temporal is sealed, and nothing else is believed (SC8, SC10, SC11, SC12, SC30, RT11)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from engine.messages import By, Respond
from stepwell import Unavailable
from stepwell.codec import ENCODING, Codec
from stepwell.contacts import engage
from stepwell.models import JourneyQuery
from store.database import Database
from store.keyring import OF_CLIENT, OF_TENANT, Keyring
from store.sealing import Key, KeyDestroyed, KeysUnavailable, NotAuthentic, key_of
from store.tables import EventRow
from tests.keys import SampleRoots
from tests.pathways import document, step
from tests.sealed import in_clear, payloads_in, sealed
from tests.store.seeds import add_journey
from tests.workflows.house import House, house
from tests.workflows.probe import QUEUE, WORD, Child, Probe, give_up, tell
from tests.workflows.test_bulk import finished
from tests.workflows.test_journeys import enter
from tests.workflows.test_step_types_live import _at_risk
from workflows.inputs import Submission
from workflows.names import JOURNEYS, SUBMIT
from workflows.plugin import DATA_CONVERTER
from workflows.retention import RetentionWorkflow

TWO = document(step("first") + step("second"))


async def _histories(home: House, workflow: str) -> list[WorkflowHistory]:
    runs = [one.run_id async for one in home.client.list_workflows(f"WorkflowId = '{workflow}'")]
    return [await home.client.get_workflow_handle(workflow, run_id=run).fetch_history() for run in runs]


async def _run_probe(home: House) -> tuple[str, str]:
    """Every way there is, under the ids of two journeys that the store knows."""
    one, other = await enter(home, TWO), (await home.stepwell.start("c1", "trial", again="parallel")).id
    for journey in (one, other):  # their places are taken: what is looked at here is the probe
        await home.recorded(journey, "step_delivered")
        await home.client.get_workflow_handle(journey).terminate()
    runner = UnsandboxedWorkflowRunner()
    async with Worker(
        home.client, task_queue=QUEUE, workflows=[Probe, Child], activities=[tell, give_up], workflow_runner=runner
    ):
        handle = await home.client.start_workflow(
            Probe.run,
            args=[WORD, other, 1],
            id=one,
            task_queue=QUEUE,
            memo={"word": WORD},
            static_summary=WORD,
            static_details=WORD,
            start_signal="post",
            start_signal_args=[WORD],
        )
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(Probe.submit, args=[WORD, True])
        assert isinstance(refused.value.cause, ApplicationError)
        assert (refused.value.cause.message, refused.value.cause.details) == (WORD, (WORD,))
        assert await handle.query(Probe.ask, WORD) == WORD
        said = await handle.describe()
        assert (await said.static_summary(), await said.static_details()) == (WORD, WORD)
        assert await said.memo_value("word") == WORD
        assert await handle.execute_update(Probe.submit, args=[WORD, False]) == WORD
        latest = home.client.get_workflow_handle(one)

        async def has_gone_on() -> bool:
            return (await latest.describe()).run_id != handle.result_run_id

        await home.until(has_gone_on, "the next run")
        await latest.signal("post", WORD)
        await latest.execute_update(Probe.submit, args=[WORD, False])
        with pytest.raises(WorkflowFailureError) as failed:
            await latest.result()
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.message == WORD
    return one, other


async def test_SC8_SC10_every_way_to_temporal_is_sealed(tmp_path: Path) -> None:
    """Inputs, results, messages, summaries, memo, signs of life, failures with their causes and traces: in no file of the server's."""
    async with house(tmp_path, server_file=tmp_path / "temporal.db") as home:
        one, other = await _run_probe(home)
        ways: set[str] = set()
        for workflow in (one, other):
            for history in await _histories(home, workflow):
                for event in history.events:
                    assert in_clear(event) == set()
                    ways |= {way.rpartition("_event_attributes")[2] or way for way in sealed(event)}
        described = (await home.client.get_workflow_handle(one).describe()).raw_description
        assert in_clear(described) == set()
    assert {
        *(".input.payloads", ".result.payloads", ".memo.fields", ".failure.encoded_attributes", ".user_metadata.summary"),
        *(".failure.application_failure_info.details.payloads", ".failure.cause.encoded_attributes"),
        *(".accepted_request.input.args.payloads", ".outcome.success.payloads", ".outcome.failure.encoded_attributes"),
    } <= ways
    assert _in_files(tmp_path) == set()


async def test_SC8_in_the_clear_the_words_are_found(tmp_path: Path) -> None:
    """The check above can fail."""
    async with house(tmp_path, server_file=tmp_path / "temporal.db", converter=DATA_CONVERTER) as home:
        await _run_probe(home)
    assert _in_files(tmp_path) == {WORD}


def _in_files(folder: Path, *words: str) -> set[str]:
    files = list(folder.glob("temporal.db*"))
    assert files
    return {word for word in words or (WORD,) for file in files if word.encode() in file.read_bytes()}


def _of(codec: Codec, workflow: str) -> Codec:
    return codec.with_context(WorkflowSerializationContext(namespace="default", workflow_id=workflow))


async def test_SC11_a_payload_opens_in_its_own_workflow_alone(ready: Database) -> None:
    """Moved to another journey of the same client it is refused; by itself it says whose it is; and it says so truly."""
    codec = Codec(ready.keys)
    async with ready.begin() as session:
        for name in ("jou_1", "jou_2"):
            await add_journey(session, id=name)
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b"WORD")
    [one] = await _of(codec, "jou_1").encode([plain])
    assert b"WORD" not in one.SerializeToString()
    assert b"json/plain" not in one.SerializeToString()
    assert await _of(codec, "jou_1").decode([one]) == [plain]
    assert await codec.decode([one]) == [plain], "whoever has no workflow at hand reads it from the payload"
    with pytest.raises(NotAuthentic):
        await _of(codec, "jou_2").open(one)
    assert b"WORD" not in (await _of(codec, "jou_2").decode([one]))[0].SerializeToString()
    one.metadata["stepwell-workflow"] = b"jou_2"
    with pytest.raises(NotAuthentic):
        await codec.open(one)
    for workflow in (None, "jou_3", "somebody-elses"):
        with pytest.raises((NotAuthentic, KeyDestroyed)):
            await (_of(codec, workflow) if workflow else codec).encode([plain])


@pytest.mark.parametrize("encoding", [b"json/plain", b"binary/null", b"binary/plain", b"", b"json/protobuf", ENCODING])
async def test_SC12_nothing_in_the_clear_is_taken(ready: Database, encoding: bytes) -> None:
    """There is no exception: neither Temporal nor its UI has anything to say to a workflow that we had not sealed."""
    codec = _of(Codec(ready.keys), "j")
    for payload in (Payload(metadata={"encoding": encoding}, data=b'"WORD"'), Payload(data=b'"WORD"')):
        with pytest.raises(NotAuthentic):
            await codec.open(payload)
        refused = await codec.decode([payload])
        assert b"WORD" not in refused[0].SerializeToString()
        with pytest.raises(KeyError, match="Unknown payload encoding"):
            DATA_CONVERTER.payload_converter.from_payloads(refused)


async def test_SC12_a_message_in_the_clear_harms_no_journey(home: House) -> None:
    """Whoever reaches Temporal may send one: it is not taken, and the journey goes on with the next that is sealed."""
    journey = await enter(home, TWO)
    await home.recorded(journey, "step_delivered")
    address = home.client.service_client.config.target_host
    stranger = await Client.connect(address, namespace=home.client.namespace, data_converter=DATA_CONVERTER)
    forged = Respond(id="forged", by=By(role="client"), occurrence="first.1", response_id="forged")  # type: ignore[arg-type]
    handle = stranger.get_workflow_handle(journey)
    with pytest.raises((WorkflowUpdateFailedError, RPCError)):
        await handle.execute_update(SUBMIT, Submission(message=forged), id="forged", rpc_timeout=timedelta(seconds=3))
    await home.stepwell.respond(journey, "first.1", submission_id="genuine")
    history = await home.recorded(journey, "step_delivered", 2)
    assert [event.response_id for event in history if event.kind == "step_completed"] == ["genuine"]


class _Service(SampleRoots):
    """A key service that can be away."""

    is_away = False

    async def unwrap(self, root: str, id: str, tenant: str, wrapped: bytes) -> Key:
        if self.is_away:
            raise KeysUnavailable("the key service does not answer")
        return await super().unwrap(root, id, tenant, wrapped)

    async def wrap(self, root: str, key: Key) -> bytes:
        if self.is_away:
            raise KeysUnavailable("the key service does not answer")
        return await super().wrap(root, key)


async def test_RT11_SC30_while_the_keys_are_away_journeys_freeze_and_none_fails(tmp_path: Path) -> None:
    """What is asked is denied, what falls due waits, nothing is written in the clear; then all goes on by itself."""
    service = _Service()
    async with house(tmp_path, keyring=lambda database: Keyring(database, service, kept_for=0.2)) as home:
        waits = document(step("first") + step("later", "deliver: {after: journey.started, offset: 1 hours}\nregardless: true"))
        journeys = [await enter(home, waits)]
        for name in ("c2", "c3"):
            await home.stepwell.add_client(id=name, email=f"{name}@example.org")
            journeys.append((await home.stepwell.start(name, "trial")).id)
        for journey in journeys:
            await home.recorded(journey, "step_delivered")
            await home.idle(journey)
        service.is_away = True
        await asyncio.sleep(0.3)
        with pytest.raises(Unavailable):
            await home.stepwell.respond(journeys[0], "first.1", submission_id=f"s-{journeys[0]}")
        with pytest.raises(Unavailable):
            await home.stepwell.forecast(journeys[0])
        with pytest.raises(Unavailable):
            await home.stepwell.add_client(id="c4")
        passing = [asyncio.create_task(home.pass_time(journey, timedelta(hours=2))) for journey in journeys]
        await asyncio.sleep(3)
        for journey in journeys:
            with pytest.raises(Unavailable):
                await home.stepwell.history(journey)
            async with home.database.read() as session:
                kinds = await session.scalars(select(EventRow.kind).where(EventRow.journey == journey))
            assert [*kinds].count("step_delivered") == 1
        service.is_away = False
        await asyncio.gather(*passing)
        for journey in journeys:
            await home.recorded(journey, "step_delivered", 2)
            await home.stepwell.respond(journey, "first.1", submission_id=f"s-{journey}")
            await home.stepwell.respond(journey, "later.1")
        for journey in journeys:
            await home.closed(journey)
            history = await home.recorded(journey, "journey_completed")
            assert sum(event.kind == "step_completed" for event in history) == 2
            for one in await _histories(home, journey):
                assert {way for event in one.events for way in in_clear(event)} == set()
        assert await home.stepwell.verify() == []


async def test_SC11_a_key_that_is_not_there_yet_freezes_the_journey_and_does_not_fail_it(tmp_path: Path) -> None:
    """The store is behind its backup, say: the workflow's task is tried again until the key is there."""
    async with house(tmp_path, keyring=lambda database: Keyring(database, SampleRoots(), kept_for=0)) as home:
        journey = await enter(home, TWO)
        await home.recorded(journey, "step_delivered")
        await home.idle(journey)
        async with home.database.begin() as session:
            await session.execute(text("UPDATE client_key SET id = 'cky_elsewhere'"))
        with pytest.raises(Unavailable):
            await home.stepwell.forecast(journey)
        handle = home.client.get_workflow_handle(journey)
        [started] = [one async for one in handle.fetch_history_events(page_size=1)][:1]
        [(_, payload), *_] = payloads_in(started)
        async with home.database.begin() as session:
            await session.execute(text("UPDATE client_key SET id = :id"), {"id": key_of(payload.data)})
        await home.stepwell.respond(journey, "first.1")
        await home.recorded(journey, "step_delivered", 2)


async def test_P4_with_its_key_a_client_is_gone_from_every_copy(home: House) -> None:
    """A history that somebody kept cannot be read once its client is deleted; others' can."""
    journey = await enter(home, TWO)
    await home.stepwell.add_client(id="bob", email="bob@example.org")
    bobs = (await home.stepwell.start("bob", "trial")).id
    for one in (journey, bobs):
        await home.recorded(one, "step_delivered")
    kept = {name: await _histories(home, name) for name in (journey, bobs)}
    deletion = await home.stepwell.delete_client("c1", reason="asked")

    async def is_erased() -> bool:
        return (await home.stepwell.deletion(deletion.id)).erased_at is not None

    await home.until(is_erased, "the deletion")
    codec = Codec(home.database.keys)
    for name, histories in kept.items():
        for _, payload in (one for history in histories for event in history.events for one in payloads_in(event)):
            if name == bobs:
                await codec.decode([payload])
            else:
                with pytest.raises(KeyDestroyed):
                    await codec.decode([payload])


async def test_every_type_of_workflow_has_the_key_that_the_table_says(home: House) -> None:
    """A client's own: journeys, alarms, the owner of their mails. The tenant's: what is of no one client, and holds ids alone."""
    journey = await _at_risk(home)
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "mood.1", {"answers": {"thoughts": 1}})
    await home.stepwell.add_endpoint(home.receivers[0].url)
    await engage(home.client, "default", "c1")
    [row] = await home.stepwell.journeys()
    await home.stepwell.add_client(id="CANARY-CLIENT", email="canary@example.org", practitioner="dr")
    group = await home.stepwell.create_group("CANARY-GROUP", row.pathway, ["CANARY-CLIENT"])
    await home.stepwell.start_group(group.id)

    async def has_started() -> bool:
        return (await home.stepwell.group(group.id)).started == 1

    await home.until(has_started, "the group")
    await finished(home, await home.stepwell.start_bulk(JourneyQuery(pathway=row.pathway), "pause", reason="CANARY-REASON"))
    await home.client.execute_workflow(RetentionWorkflow.run, id="retention", task_queue=JOURNEYS)
    erasure = await home.stepwell.delete_client("CANARY-CLIENT", reason="asked")

    async def is_erased() -> bool:
        return (await home.stepwell.deletion(erasure.id)).erased_at is not None

    await home.until(is_erased, "the deletion")
    keys: dict[str, set[str]] = {}
    codec = Codec(home.database.keys)
    async for run in home.client.list_workflows():
        for history in await _histories(home, run.id):
            found = [payload for event in history.events for _, payload in payloads_in(event)]
            kinds = {key_of(one.data).partition("_")[0] for one in found}
            keys.setdefault(run.workflow_type, set()).update(kinds)
            if kinds == {OF_TENANT}:
                said = b"".join(one.data for one in await codec.decode(found))
                assert b"CANARY" not in said, (run.workflow_type, said)
    of_client, of_tenant = {OF_CLIENT}, {OF_TENANT}
    assert keys == {
        "journey": of_client,
        "alarm": of_client,
        "contacts": of_client,
        "bulk": of_tenant,
        "group": of_tenant,
        "courier": of_tenant,
        "erasure": of_tenant,
        "retention": of_tenant,
    }
