"""What clients and practitioners say to each other about a step, and about how it was: questions, ratings, tailored words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from store.responses import DifferentSubmission
from store.tables import PostRow, RatingRow, TailoringRow
from store.turns import take_turn


async def keep(session: AsyncSession, post: PostRow) -> PostRow:
    """Keep a question or an answer; the same id twice is one. Raises DifferentSubmission."""
    await take_turn(session, "post", post.tenant, post.id)
    known = await session.get(PostRow, (post.tenant, post.id))
    if known is None:
        session.add(post)
        await session.flush()
        return post
    if (known.journey, known.occurrence, known.text) != (post.journey, post.occurrence, post.text):
        raise DifferentSubmission(f"the id {post.id} was used for something else; give every question its own")
    return known


async def forget(session: AsyncSession, tenant: str, post: str) -> None:
    """Drop what the journey refused to pass on."""
    await session.execute(delete(PostRow).where(col(PostRow.tenant) == tenant, col(PostRow.id) == post))


async def thread(session: AsyncSession, journey: str, occurrence: str | None = None) -> list[PostRow]:
    """What was said about a journey, or about one occurrence, the oldest first."""
    query = select(PostRow).where(PostRow.journey == journey)
    if occurrence is not None:
        query = query.where(PostRow.occurrence == occurrence)
    return list((await session.scalars(query.order_by(col(PostRow.at), PostRow.id))).all())


async def mark_read(session: AsyncSession, journey: str, occurrence: str, *, not_by: str, now: datetime) -> None:
    """Note that what the other side said was read; the first time counts."""
    theirs = (col(PostRow.journey) == journey, col(PostRow.occurrence) == occurrence, col(PostRow.role) != not_by)
    await session.execute(update(PostRow).where(*theirs, col(PostRow.read_at).is_(None)).values(read_at=now))


async def rate(session: AsyncSession, rating: RatingRow) -> None:
    """Keep a rating; a later one of the same measure takes its place."""
    await take_turn(session, "rating", rating.journey, rating.occurrence, rating.measure)
    await session.merge(rating)


async def ratings(session: AsyncSession, journey: str) -> list[RatingRow]:
    """Every rating of a journey's steps."""
    query = select(RatingRow).where(RatingRow.journey == journey)
    return list((await session.scalars(query.order_by(RatingRow.occurrence, RatingRow.measure))).all())


async def tailor(
    session: AsyncSession, journey: str, step: str, words: dict[str, Any], *, by: str | None, reason: str, now: datetime
) -> TailoringRow:
    """Keep the next change of a step's words for one journey; earlier ones stay for the record."""
    await take_turn(session, "tailoring", journey, step)
    mine = (TailoringRow.journey == journey, TailoringRow.step == step)
    last = await session.scalar(select(func.max(TailoringRow.number)).where(*mine))
    row = TailoringRow(journey=journey, step=step, number=(last or 0) + 1, words=words, by_id=by, reason=reason, at=now)
    session.add(row)
    await session.flush()
    return row


async def tailorings_of(session: AsyncSession, journeys: Sequence[str]) -> dict[str, list[TailoringRow]]:
    """Every change of words in each of these journeys, in order."""
    found: dict[str, list[TailoringRow]] = {}
    if journeys:
        query = select(TailoringRow).where(col(TailoringRow.journey).in_(journeys))
        for row in (await session.scalars(query.order_by(TailoringRow.step, col(TailoringRow.number)))).all():
            found.setdefault(row.journey, []).append(row)
    return found


async def tailorings(session: AsyncSession, journey: str) -> list[TailoringRow]:
    """Every change of words in a journey, in order."""
    query = select(TailoringRow).where(TailoringRow.journey == journey)
    return list((await session.scalars(query.order_by(TailoringRow.step, col(TailoringRow.number)))).all())
