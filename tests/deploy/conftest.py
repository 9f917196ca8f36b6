"""What `deploy/certificates.sh` makes, made once for the run by a user who is not root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture(scope="session")
def issued() -> Iterator[Path]:
    """The folder with the certificates, tokens and profiles."""
    folder = Path(tempfile.mkdtemp(prefix="stepwell-deploy-"))
    script = shutil.copy(DEPLOY / "certificates.sh", folder)
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, -1)
    try:
        subprocess.run(["bash", script, folder / "secrets"], user=user, check=True, capture_output=True)
        yield folder / "secrets"
    finally:
        shutil.rmtree(folder)
