"""Rule E2: what is called otherwise since a migration goes by its new name everywhere in the store."""

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from engine.base import StepId
from store import renames
from store.database import Database
from store.tables import RatingRow
from tests.store.seeds import NOW, add_journey


def test_E2_every_table_that_names_an_occurrence_is_known() -> None:
    """Of a table that comes later nobody has to think."""
    tables = {one.__tablename__ for one in renames.tables_with("occurrence")}
    assert {"response", "response_draft", "alert", "post", "rating", "client_link"} <= tables
    assert {one.__tablename__ for one in renames.tables_with("step")} >= {"tailoring", "added_step"}


@pytest.fixture
async def renamed(database: Database) -> dict[str, list[str]]:
    """A rating and a tailoring of a step that is renamed, of another step, and of another journey."""
    async with database.begin() as session:
        await add_journey(session, id="j")
        await add_journey(session, id="k", enrolment_key="other")
        for journey in ("j", "k"):
            for occurrence in ("mood.1", "mood.12", "moody.1"):
                session.add(RatingRow(journey=journey, occurrence=occurrence, measure="helped", value=3, at=NOW))
        await session.flush()
        await renames.rename(session, "j", {StepId("mood"): StepId("phq9"), StepId("moody"): StepId("diary")})
    table = SQLModel.metadata.tables["rating"]
    async with database.read() as session:
        rows = (await session.execute(select(table.c.journey, table.c.occurrence).order_by(table.c.occurrence))).all()
    return {journey: [one for whose, one in rows if whose == journey] for journey in ("j", "k")}


def test_E2_only_that_step_of_that_journey(renamed: dict[str, list[str]]) -> None:
    """A name that begins alike is another step's."""
    assert renamed == {"j": ["diary.1", "phq9.1", "phq9.12"], "k": ["mood.1", "mood.12", "moody.1"]}
