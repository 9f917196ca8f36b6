"""The codec server: who may read what Temporal holds, and that it is kept (SC14)."""

import asyncio
import json
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict, Parse
from structlog.testing import capture_logs
from temporalio.api.common.v1 import Payloads

from stepwell.api.terms import Terms
from stepwell.codecserver import create_codec_server
from stepwell.devserver import find_binary
from stepwell.errors import NotRunning
from stepwell.gateway import serve_codec, serving
from stepwell.settings import Settings, load_settings
from tests.api.front import Front, front
from tests.e2e.processes import free_port
from tests.pathways import document, step
from tests.sealed import payloads_in
from tests.workflows.test_journeys import enter

_ORIGIN = "http://127.0.0.1:8233"
_WHY = "CANARY-REASON"


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Front]:
    """A house and its gateway."""
    async with front(tmp_path) as up:
        yield up


@asynccontextmanager
async def _codec(door: Front) -> AsyncIterator[str]:
    app = create_codec_server(door.of(), Terms(), [_ORIGIN])
    async with serving(app, "127.0.0.1", free_port()) as url:
        yield url


async def _paused(door: Front) -> tuple[str, dict[str, Any]]:
    """A journey with words in its history, and its payloads as Temporal's UI sends them."""
    journey = await enter(door.home, document(step("first")))
    await door.home.recorded(journey, "step_delivered")
    await door.home.stepwell.pause(journey, reason=_WHY)
    await door.home.recorded(journey, "journey_paused")
    history = await door.home.client.get_workflow_handle(journey).fetch_history()
    found = [payload for event in history.events for _, payload in payloads_in(event)]
    return journey, MessageToDict(Payloads(payloads=found))


async def _ask(url: str, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
    given = {**headers, **({"authorization": f"Bearer {key}"} if key else {})}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as caller:
        return await caller.post(f"{url}/decode", json=body, headers=given)


async def test_SC14_only_an_operator_who_may_reveal_is_shown_anything(door: Front) -> None:
    """And what was shown stands in the audit with who and why, before they see it; in no log is anything of it."""
    journey, asked = await _paused(door)
    reader = await door.key("operator", "olga", scopes=("journeys:read", "reveal"))
    async with _codec(door) as url:
        for key, status in (
            (None, 401),
            ("sk_unknown", 401),
            (await door.key("host", "us"), 403),
            (await door.key("practitioner", "dr"), 403),
            (await door.key("client", "c1"), 403),
            (await door.key("operator", "oscar"), 403),
            (await door.key("operator", "them", tenant="other", scopes=("reveal",)), 404),
        ):
            refused = await _ask(url, asked, key)
            assert (refused.status_code, _WHY in refused.text) == (status, False), key
        assert not [one for one in await door.of().audit() if one.action == "workflow revealed"]
        with capture_logs() as logged:
            shown = await _ask(url, asked, reader, **{"stepwell-reason": "asked by the client"})
        assert shown.status_code == 200, shown.text
    opened = Payloads()
    Parse(shown.text, opened)
    assert len(opened.payloads) == len(asked["payloads"])
    assert _WHY in "".join(one.data.decode(errors="replace") for one in opened.payloads)
    assert _WHY not in json.dumps(logged, default=str)
    [kept] = [one for one in await door.of().audit() if one.action == "workflow revealed"]
    assert (kept.actor, kept.object, kept.reason) == ("operator:olga", journey, "asked by the client")


async def test_SC14_pages_from_elsewhere_may_not_ask(door: Front) -> None:
    """One origin, to the letter."""
    _, asked = await _paused(door)
    key = await door.key("operator", "olga", scopes=("reveal",))
    async with _codec(door) as url:
        shown = await _ask(url, asked, key, origin=_ORIGIN)
        assert (shown.status_code, shown.headers["access-control-allow-origin"]) == (200, _ORIGIN)
        for origin in ("http://127.0.0.1:8234", "https://127.0.0.1:8233", "null", "http://127.0.0.1:8233.example.org"):
            refused = await _ask(url, asked, key, origin=origin)
            assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)
            async with httpx.AsyncClient(trust_env=False) as browser:
                before = await browser.options(
                    f"{url}/decode", headers={"origin": origin, "access-control-request-method": "POST"}
                )
            assert "access-control-allow-origin" not in before.headers


async def test_SC14_there_is_no_way_to_have_it_sign_for_one(door: Front) -> None:
    """It opens, and seals nothing; what was changed or is no payload is refused, what is destroyed too."""
    _, asked = await _paused(door)
    key = await door.key("operator", "olga", scopes=("reveal",))
    async with _codec(door) as url:
        async with httpx.AsyncClient(trust_env=False) as caller:
            encoding = await caller.post(f"{url}/encode", json=asked, headers={"authorization": f"Bearer {key}"})
        assert encoding.status_code == 404
        assert (await _ask(url, {"payloads": [{"metadata": 1}]}, key)).status_code == 422
        forged = json.loads(json.dumps(asked))
        forged["payloads"][0]["metadata"]["stepwell-workflow"] = forged["payloads"][0]["metadata"]["encoding"]
        assert (await _ask(url, forged, key)).json()["code"] == "not_authentic"
        deletion = await door.of().delete_client("c1", reason="asked")

        async def is_erased() -> bool:
            return (await door.of().deletion(deletion.id)).erased_at is not None

        await door.home.until(is_erased, "the deletion")
        assert (await _ask(url, asked, key)).json()["code"] == "key_destroyed"


async def test_SC14_temporals_own_command_line_reads_by_it(door: Front) -> None:
    """As the page about encryption says; without the key it shows what anybody could see."""
    journey, _ = await _paused(door)
    key = await door.key("operator", "olga", scopes=("reveal",))
    address = door.home.client.service_client.config.target_host
    words = [find_binary(), "workflow", "show", "--address", address, "--workflow-id", journey, "--output", "json"]
    async with _codec(door) as url:
        by_it = ["--codec-endpoint", url, "--codec-auth", f"Bearer {key}", "--codec-header", "stepwell-reason=looked at"]
        assert _WHY not in await _typed(*words)
        assert _WHY in await _typed(*words, *by_it)
    reasons = {one.reason for one in await door.of().audit() if one.action == "workflow revealed"}
    assert reasons == {"looked at"}


async def _typed(*words: str) -> str:
    """What the payloads hold that a command prints."""
    done = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    said, _ = await done.communicate()
    return "".join(b64decode(one).decode(errors="replace") for one in re.findall(r'"data": "([^"]*)"', said.decode()))


@pytest.mark.parametrize("origins", ["*", "https://*.example.org", "https://a.example.org/", "a.example.org", "https://a,*"])
def test_SC14_origins_are_exact(origins: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a pattern, and not every page there is."""
    monkeypatch.setenv("STEPWELL_DATABASE", "sqlite:////nowhere/x.db")
    monkeypatch.setenv("STEPWELL_CODEC_ORIGINS", origins)
    with pytest.raises(NotRunning, match="STEPWELL_CODEC_ORIGINS"):
        load_settings()
    monkeypatch.setenv("STEPWELL_CODEC_ORIGINS", "https://a.example.org,http://127.0.0.1:8233")
    assert load_settings().codec_origins == ("https://a.example.org", "http://127.0.0.1:8233")


async def test_SC14_it_does_not_run_unless_somebody_said_for_whom() -> None:
    """There is no origin by itself."""
    with pytest.raises(NotRunning, match="STEPWELL_CODEC_ORIGINS"):
        await serve_codec(Settings(database="sqlite:////nowhere/x.db"), "127.0.0.1", free_port())
