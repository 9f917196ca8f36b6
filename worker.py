"""The worker process: settings → logging → database, connection, workers → run. Wiring and nothing else."""

import asyncio
import sys

from stepwell import telemetry
from stepwell.errors import StepwellError
from stepwell.settings import load_settings
from stepwell.workers import work


async def main() -> None:
    """Work with the settings in force until asked to stop."""
    settings = load_settings()
    telemetry.set_up(settings.log_level, settings.metrics)
    await work(settings)
    await asyncio.sleep(0.05)  # without it the connection's end may crash the process (sdk-python#300)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except StepwellError as error:
        sys.exit(f"stepwell worker: {error}")
