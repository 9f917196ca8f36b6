"""Run the host: `python -m host_app`."""

import sys

import uvicorn

from host_app.app import create_app
from host_app.settings import NotSet, settings_from


def main() -> None:
    """Serve until stopped; say where, and with what everybody signs in."""
    try:
        settings = settings_from()
    except NotSet as missing:
        sys.exit(f"error: {missing}")
    print(f"The host is at http://127.0.0.1:{settings.port}", flush=True)  # noqa: T201  # a program for a shell
    print(f"Everybody signs in with the passphrase {settings.passphrase}", flush=True)  # noqa: T201
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, log_level="warning", server_header=False)


if __name__ == "__main__":
    main()
