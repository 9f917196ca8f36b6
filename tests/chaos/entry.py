"""Starts a worker or a gateway as they are deployed, but that journeys rotate early, and with a planted bug where one is named.

`CHAOS_ROTATE_AT` is the length of history at which a journey continues as new, `CHAOS_LOSES` how often the word that something was done
does not come back, `CHAOS_MUTANT` a name in `mutants.py`. The product knows of none of them: they are put over it here, in the process
that is started.
"""

import asyncio
import ctypes
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Run what the first word says: `worker`, or `gateway PORT`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # no run leaves anything behind
    if mutant := os.environ.get("CHAOS_MUTANT"):
        from tests.chaos.mutants import MUTANTS

        MUTANTS[mutant].plant()
    if loses := float(os.environ.get("CHAOS_LOSES", "0")):
        from tests.chaos.losing import lose

        lose(loses)
    from stepwell import Stepwell, telemetry
    from stepwell.gateway import serve
    from stepwell.settings import load_settings
    from worker import main as work

    Stepwell.rotate_at = int(os.environ.get("CHAOS_ROTATE_AT", "1000"))
    if sys.argv[1] == "worker":
        asyncio.run(work())
        return
    settings = load_settings()
    telemetry.set_up(settings.log_level, settings.metrics)
    asyncio.run(serve(settings, "127.0.0.1", int(sys.argv[2])))


if __name__ == "__main__":
    main()
