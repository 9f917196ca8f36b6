"""No secret was ever written into the repository (SC28): every line of its history is looked at, once."""

import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from detect_secrets.core.scan import scan_line
from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString
from detect_secrets.settings import transient_settings

_ROOT = Path(__file__).parents[2]
_SHAPES = (
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TwilioKeyDetector",
)
_RANDOM = (Base64HighEntropyString(4.5), HexHighEntropyString(3.0))
_DIGESTS = re.compile(r"\.lock$|package-lock\.json$|^tests/replay/.*\.json$|^tests/step_types/test_instruments\.py$")
"""Files whose long words are digests, or sealed under keys that only the tests have."""
_EXAMPLES = re.compile(
    r"s[e3]cret|user:password|choose (one|another)|0123456789abcdef|CANARY|canary-\d|_SECRET = \"whsec_\" \+"
    r"|tlsSecret|api-key|: \"word\"|the key itself goes"
    r"|whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw|msg_p5jXN8AQM9LWM0D4loKWxJek"  # from Standard Webhooks' own documents
    r"|whsec_bFG9UD39UrKpJtg1IShL6zRY0BFTP2yvyN1M49kSxE4="  # the page on events: of an endpoint that was thrown away
    r"|783ebd6257979753c2b96aee6df402f28c21cd0899fed85259b0e88792f550c2"  # digests of what
    r"|f74e1720b76148810ffaeb4dc46a600cfa2fc3720e96da67a85a3dcb3f14c7a3"  # nobody may use
    r"|44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # the digest of an empty document
    r"|hJ8fK2mQ9xW4vZ7bN1cL5tR3yP6dS0gA"  # what this search was first tried on
)
"""Lines that look like a secret and are none."""


def _written() -> Iterator[tuple[str, str]]:
    """Each line that any commit added, with its file."""
    log = ["git", "log", "-p", "--all", "--unified=0", "--no-color", "--no-ext-diff", "--format="]
    file, seen = "", set()
    with subprocess.Popen(log, cwd=_ROOT, stdout=subprocess.PIPE, encoding="utf-8", errors="replace") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("+++ "):
                file = line[6:].strip()
            elif line.startswith("+") and line not in seen:
                seen.add(line)
                yield file, line[1:].rstrip("\n")
    assert process.returncode == 0


def _found(file: str, line: str) -> list[str]:
    """What in a line may be a secret."""
    found = [f"{file}: {one.type}" for one in scan_line(line)]
    if not _DIGESTS.search(file):
        found += [f"{file}: {one.type}" for plugin in _RANDOM for one in plugin.analyze_line(file, line, 1)]
    return found


def test_SC28_no_commit_ever_held_a_secret() -> None:
    """Keys, tokens and passwords by their shape, by what they are called, and by being random; the known examples aside."""
    if not _has_history():
        pytest.skip("this copy has no history, or not all of it: git fetch --unshallow")
    with transient_settings({"plugins_used": [{"name": name} for name in _SHAPES]}):
        lines = list(_written())
        found = [one for file, line in lines if not _EXAMPLES.search(line) for one in _found(file, line)]
    assert len(lines) > 10_000
    assert found == []


def _has_history() -> bool:
    asked = ["git", "rev-parse", "--is-shallow-repository"]
    done = subprocess.run(asked, cwd=_ROOT, capture_output=True, text=True, check=False)
    return (_ROOT / ".git").exists() and done.stdout.strip() == "false"


@pytest.mark.parametrize(
    "line",
    [
        "password = " + '"hunter2-and-more"',
        "AKIA" + "IOSFODNN7REALKEY",
        "-----BEGIN " + "PRIVATE KEY-----",
        "postgresql://stepwell:" + "tr0ub4dor@db/stepwell",
        f'key = "{b64encode(sha256(b"x").digest()).decode()}"',
    ],
)
def test_SC28_the_search_finds_one(line: str) -> None:
    """It is able to."""
    with transient_settings({"plugins_used": [{"name": name} for name in _SHAPES]}):
        assert _found("some.py", line)
        assert not _EXAMPLES.search(line)
