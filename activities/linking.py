"""Where a client's mail leads: to each of its steps, and to the end of such mails."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from activities.channels.email import EmailSettings
from store import links
from store.tables import JourneyRow


async def link_to(session: AsyncSession, settings: EmailSettings, journey: JourneyRow, occurrence: str) -> str | None:
    """Where the client opens a step, if the deployer said where; with a token of its own where the address has one."""
    template = settings.client_link
    if template is None:
        return None
    token = await _token(session, settings, journey, occurrence, "step") if "{token}" in template else ""
    return template.replace("{journey}", quote(journey.id)).replace("{occurrence}", quote(occurrence)).replace("{token}", token)


async def opt_out_of(session: AsyncSession, settings: EmailSettings, journey: JourneyRow, occurrence: str) -> str | None:
    """Where the client ends these mails, if the gateway can be reached."""
    template = settings.opt_out_link
    if template is None:
        return None
    return template.replace("{token}", await _token(session, settings, journey, occurrence, "opt_out"))


async def _token(
    session: AsyncSession, settings: EmailSettings, journey: JourneyRow, occurrence: str, purpose: links.Purpose
) -> str:
    lasts = timedelta(days=settings.link_days)
    return await links.make(session, journey, occurrence, purpose, now=datetime.now(UTC), lasts=lasts)
