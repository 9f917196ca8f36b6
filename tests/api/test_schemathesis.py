"""The whole document against a running gateway: every check of schemathesis, no 5xx, no status that is not documented."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.api.front import Front
from tests.api.world import World

_COMMAND = Path(sys.executable).with_name("schemathesis")
_PASSES = {"host": ("examples,coverage,fuzzing", 4), "operator": ("fuzzing", 3), "client": ("fuzzing", 3)}
"""Who asks, in which phases, with how many examples an operation."""
_ENDLESS = "/v1/events/stream"
_TAKEN = ["2xx", "401", "403", "404", "409", "412", "422", "428"]
"""How what fits a form may be answered: it may still be refused by a rule, by whose it is, or for want of an ETag."""
_REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429"]
"""How what does not fit may be answered: a text that is too long for its field may be too long for any request."""


@pytest.mark.parametrize("kind", _PASSES)
async def test_schemathesis_finds_nothing(world: World, tmp_path: Path, kind: str) -> None:
    """Authenticated, on things that are there, always with the same examples."""
    a, door = await world.new_a(), world.door
    key = a.client_key if kind == "client" else await door.key("host" if kind == "host" else "operator", "machine")
    things = {
        "client": a.client,
        "journey": a.journey,
        "alert": a.alert,
        "pathway": "matrix",
        "occurrence": "note.1",
        "step": "note",
    }
    config = tmp_path / "schemathesis.toml"
    named = "\n".join(f'"path.{name}" = {json.dumps(value)}' for name, value in things.items())
    accepted = f"[checks.positive_data_acceptance]\nexpected-statuses = {json.dumps(_TAKEN)}\n"
    refused = f"[checks.negative_data_rejection]\nexpected-statuses = {json.dumps(_REFUSED)}\n"
    await asyncio.to_thread(config.write_text, f"[parameters]\n{named}\n{accepted}{refused}")
    code, said = await _run(door, config, key, *_PASSES[kind])
    assert code == 0, said[-20000:]


async def _run(door: Front, config: Path, key: str, phases: str, examples: int) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(str(_COMMAND), "--no-color", "--config-file", str(config), "run", f"{door.url}/v1/openapi.json"),
        *("--header", f"Authorization: Bearer {key}", "--checks", "all", "--generation-deterministic"),
        *("--max-examples", str(examples), "--exclude-path", _ENDLESS, "--phases", phases),
        *("--request-timeout", "20", "--suppress-health-check", "all", "--warnings", "off"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=config.parent,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode(errors="replace")
