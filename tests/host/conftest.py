"""The example host is a project of its own: its folder is where its modules come from."""

import sys

from tests.e2e.processes import ROOT

sys.path.insert(0, str(ROOT / "examples" / "host_app"))
