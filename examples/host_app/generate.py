"""Write stepwell_client/ anew from the OpenAPI document of the Stepwell that is installed here: `python generate.py`.

Needs `openapi-python-client`. With a folder as its argument, it writes there instead.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CLIENT = HERE / "stepwell_client"


def generate(into: Path) -> str:
    """Write the client into a folder that holds nothing else; what the generator had to say."""
    programs = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        with document.open("wb") as file:
            subprocess.run([programs / "stepwell", "openapi"], stdout=file, check=True)  # noqa: S603  # beside this Python
        written = Path(folder) / "stepwell_client"
        command = [
            "generate",
            "--path",
            document,
            "--config",
            HERE / "generator.yaml",
            "--meta",
            "none",
            "--output-path",
            written,
        ]
        said = subprocess.run([programs / "openapi-python-client", *command], text=True, capture_output=True, check=False)  # noqa: S603
        if said.returncode:
            raise SystemExit(said.stdout + said.stderr)
        shutil.rmtree(written / ".ruff_cache", ignore_errors=True)
        shutil.rmtree(into, ignore_errors=True)
        shutil.copytree(written, into)
    return said.stdout + said.stderr


if __name__ == "__main__":
    print(generate(Path(sys.argv[1]) if len(sys.argv) > 1 else CLIENT), end="")  # noqa: T201  # a program for a shell
