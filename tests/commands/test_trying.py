"""Trying out from the shell: impact and fitted behaviour without a server; past journeys of a server that runs."""

import asyncio
from pathlib import Path

import pytest

from stepwell.behaviour import NAMES
from stepwell.whatif.fitting import fit
from tests.commands.typed import stepwell
from tests.pathways import EXAMPLES, document, step
from tests.whatif.test_fitting import DIARY, lived
from tests.workflows.house import house

TUTORIAL = str(EXAMPLES / "tutorial.yaml")
TRIAL = document(step("a") + step("b"))


def test_the_impact_of_a_file(tmp_path: Path) -> None:
    """Figures for people and for programs, and a picture, with nothing running."""
    picture = tmp_path / "impact.svg"
    words = ("pathway", "impact", TUTORIAL, "--start", "2026-12-01", "--sample", "10")
    said = stepwell(*words, "--picture", str(picture))
    assert said.code == 0
    assert "worst day for a client" in said.out
    assert "no end at welcome" in said.out
    assert "<title" in picture.read_text()
    assert stepwell(*words, "--json").data["running"] is None


def test_fitted_behaviour_is_a_file(tmp_path: Path) -> None:
    """What was fitted is simulated with; what is no such file is said to be none."""
    file = tmp_path / "fitted.json"
    file.write_text(fit(lived(DIARY, "prompt", 5)).model_dump_json())
    said = stepwell("simulate", TUTORIAL, "--behaviour", str(file), "--clients", "5", "--json")
    assert said.data["behaviour"] == "fitted"
    file.write_text("{}")
    wrong = stepwell("simulate", TUTORIAL, "--behaviour", str(file))
    assert wrong.code == 2
    assert "is not what" in wrong.err
    lazy = stepwell("pathway", "impact", TUTORIAL, "--behaviour", "lazy")
    assert lazy.code == 2
    assert all(name in lazy.err for name in NAMES)


@pytest.mark.parametrize(
    "option", [("--unknown", "perhaps"), ("--unprompted", "perhaps"), ("--since", "once"), ("--renamed", "worksheet")]
)
def test_a_policy_that_is_none_is_refused(option: tuple[str, str]) -> None:
    """With what there is."""
    assert stepwell("what-if", "trial", *option).code == 2


async def test_past_journeys_from_the_shell(tmp_path: Path) -> None:
    """Over all, one by one, and fitted."""
    async with house(tmp_path) as home:
        await home.stepwell.publish(TRIAL)
        await home.stepwell.add_client(id="ada")
        journey = (await home.stepwell.start("ada", "trial")).id
        await home.stepwell.respond(journey, "a.1")
        await home.stepwell.respond(journey, "b.1")
        await home.closed(journey)
        await home.recorded(journey, "journey_completed")
        await home.stepwell.save_draft("trial", document(step("b")))
        temporal = home.client.service_client.config.target_host
        around = {
            "STEPWELL_DATABASE": home.database_url,
            "STEPWELL_KEYS": str(home.keys),
            "STEPWELL_TEMPORAL": temporal,
        }
        picture = tmp_path / "what-if.svg"
        whole = await asyncio.to_thread(stepwell, "what-if", "trial", "--picture", str(picture), **around)
        one = await asyncio.to_thread(stepwell, "what-if", "trial", "--journey", journey, **around)
        fitted = await asyncio.to_thread(stepwell, "pathway", "fit", "trial", "--out", str(tmp_path / "f.json"), **around)
        impact = await asyncio.to_thread(stepwell, "pathway", "impact", "trial", "--sample", "5", **around)
    assert "deliveries\t2\t1\n" in whole.out
    assert "a: 1 before, 0 after" in picture.read_text()
    assert "a.1\t" in one.out
    assert "every step\t2\t100%" in fitted.out
    assert (tmp_path / "f.json").exists()
    assert "running now\tnobody" in impact.out
