"""Whether the gateway lives, and whether it can do its work; for whatever watches over processes. Open to everybody."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from stepwell.api.problems import documented

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """Nothing about anybody."""

    status: str = "ok"


@router.get("/health", operation_id="health")
async def health() -> Health:
    """Say that the process answers."""
    return Health()


@router.get("/ready", operation_id="ready", responses=documented(503))
async def ready(request: Request, response: Response) -> Health:
    """Say that store and Temporal answer, or 503."""
    await request.app.state.handle.check_ready()
    return Health()
