"""The same as the machine with loaded dice: longer and denser journeys than Hypothesis makes, the same ones every time."""

import os
import random
from datetime import timedelta

import pytest

from tests.engine.driver import window
from tests.engine.pathways import DATES, DAYS, EVENTS, QUIET, STARTS, ZONES, made_up
from tests.engine.side_by_side import SideBySide

_STORMS = int(os.environ.get("STORMS", "200"))


def _something(both: SideBySide, dice: random.Random) -> None:
    pick, role = dice.choice, dice.choice(("practitioner", "operator", "host", "client"))
    match dice.randrange(36):
        case 0 | 1 | 2 | 3 | 4 | 5 | 30 | 31 | 32:
            both.let_pass(dice.choice((3, 12, 30, 80)))
        case 6:
            both.now += timedelta(hours=dice.choice((0, 1, 7, 24, 100)), minutes=dice.randrange(60))
            both.send(kind="tick")
        case 7:
            both.now += timedelta(minutes=dice.choice((-3000, -1, 1, 20, 70, 600, 1500)))
        case 8 | 9 | 33 | 34 | 35:
            both.answer_all()
        case 10 | 11:
            both.send(pick, dice.choice(("client", "client", "practitioner")), kind="respond", response_id=dice.choice("ab"))
        case 12 | 13:
            both.send(pick, "client", kind="open_step")
        case 14:
            both.send(pick, "client", kind="skip_step")
        case 15:
            both.send(pick, "client", kind="snooze_reminders", until=both.now + timedelta(hours=dice.randrange(-1, 60)))
        case 16:
            both.send(pick, role, kind=dice.choice(("excuse_step", "release_step", "release_step")), reason="agreed")
        case 17:
            until = both.now + timedelta(hours=dice.randrange(-1, 100))
            both.send(pick, role, kind="extend_step", reason="agreed", until=until)
        case 18 | 19:
            both.send(pick, role, kind="remind_now")
        case 20:
            both.send(role="operator", kind="pause_journey", mode=dice.choice(("freeze", "calendar")), reason="holiday")
        case 21 | 22 | 23:
            both.now += timedelta(hours=dice.randrange(100) if both.turn.journey.status == "paused" else 0)
            both.send(role="operator", kind="resume_journey")
        case 24:
            value = dice.choice((None, *DAYS[:3], *((both.now + timedelta(days=days)).date() for days in (-1, 0, 1, 2, 4))))
            both.send(kind="set_date", name=dice.choice(DATES), value=value)
        case 25 | 26:
            both.send(kind="host_event", name=dice.choice(EVENTS))
        case 27:
            both.send(kind="set_client_facts", zone=dice.choice(ZONES))
        case 28:
            quiet = dice.choice((*QUIET[1:], "pathway"))
            both.send(kind="set_client_facts", quiet_hours=quiet if quiet == "pathway" else window(quiet).model_dump())
        case _:
            both.send_the_last_again()


def storm(number: int) -> SideBySide:
    """One made-up journey, compared after everything that happens."""
    dice = random.Random(number)
    dates = {name: dice.choice(DAYS) for name in DATES if dice.random() < 0.5}
    both = SideBySide(made_up(dice.choice), dice.choice(STARTS), dice.choice((None, *ZONES)), dates)
    try:
        for _ in range(60):
            both.check_same()
            both.check_way_out()
            both.check_nothing_left_out()
            if both.turn.journey.status in ("stopped", "ended"):
                break
            _something(both, dice)
    except Exception as wrong:
        wrong.add_note(f"storm {number}\n{both.structure!r}\n" + "\n".join(both.log))
        raise
    return both


@pytest.mark.parametrize("first", range(0, _STORMS, 50))
def test_storms(first: int) -> None:
    """Fifty storms, and the reference agrees after every gust."""
    for number in range(first, min(first + 50, _STORMS)):
        storm(number)
