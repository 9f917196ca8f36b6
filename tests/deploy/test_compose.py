"""The compose file, and what it runs, as far as that can be tried without an engine (SC15)."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import jwt
import pytest
import yaml
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from stepwell.settings import Settings
from tests.deploy.conftest import DEPLOY
from tests.deploy.relay import relay
from tests.e2e.processes import STEPWELL, environment, store_and_server
from tests.postgres import ADMIN, Postgres, as_role
from workflows.names import SEARCH_ATTRIBUTES

_COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
_SERVICES: dict[str, dict[str, Any]] = _COMPOSE["services"]
_PROGRAM = shutil.which("temporal", path=str(STEPWELL.parent))
_OURS = ("migrate", "gateway", "worker", "codec")
_ONCE = ("migrate", "temporal-schema", "temporal-namespace")
_FIXED = (1, 31, 2)
"""Of Temporal's server: no older one covers its streaming endpoint with authorization (its pull request 9917)."""


def test_it_is_a_compose_file() -> None:
    """By the schema of the Compose Specification."""
    program = Path(sys.executable).with_name("check-jsonschema")
    words = [program, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", _SERVICES)
def test_a_container_may_do_nothing_it_need_not(name: str) -> None:
    """Not root, nothing to write to, no rights, bounds; nothing but the gateway's side of it listens outside."""
    service = _SERVICES[name]
    assert service["user"].startswith("${STEPWELL_USER:?")
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert not {"privileged", "cap_add", "pid", "network_mode", "devices"} & service.keys()
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    binds = [one for one in service.get("volumes", []) if isinstance(one, dict)]
    assert all(
        one["read_only"] and (one["source"].startswith("./secrets/") or (DEPLOY / one["source"]).is_file()) for one in binds
    )
    tag = service["image"].rpartition(":")[2].rstrip("}")
    assert re.match(r"\d", tag), "no moving tag"
    assert (service.get("restart") == "unless-stopped") is (name not in _ONCE)
    assert "healthcheck" in service or name in (*_ONCE, "temporal-ui", "codec", "worker")


def test_what_is_inside_stays_inside() -> None:
    """The database is on a network that leads nowhere; Temporal has no port."""
    assert _COMPOSE["networks"]["inside"] == {"internal": True}
    assert _SERVICES["postgres"]["networks"] == ["inside"]
    assert {name for name, one in _SERVICES.items() if "ports" in one} == {"gateway", "codec", "temporal-ui"}


def test_SC28_nothing_secret_stands_in_it() -> None:
    """Secrets are files that git does not keep; what is named like one in an environment names a file, or comes from outside."""
    ignored = (DEPLOY / ".gitignore").read_text().split()
    assert {"secrets/", ".env", "stepwell.env"} <= set(ignored)
    assert {one["file"] for one in _COMPOSE["secrets"].values()} == {f"./secrets/{name}" for name in _COMPOSE["secrets"]}
    for name, service in _SERVICES.items():
        assert set(service.get("secrets", [])) <= _COMPOSE["secrets"].keys()
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PWD|SECRET|TOKEN|API_KEY", variable):
                assert re.match(r"/run/secrets/|\$\{", str(value)), f"{name}: {variable}"
        assert not re.search(r"password|secret=|sk_|eyJ", " ".join(map(str, service.get("command", [])))), name


def test_every_setting_is_one() -> None:
    """Of ours; and none of the example's is unknown."""
    known = {f"STEPWELL_{name.upper()}" for name in Settings.model_fields}
    example = re.findall(r"^(\w+)=", (DEPLOY / "stepwell.env.example").read_text(), re.MULTILINE)
    for variable in (*example, *(one for name in _OURS for one in _SERVICES[name]["environment"])):
        if variable.startswith("STEPWELL_"):
            assert variable.removesuffix("_FILE") in known


def test_order_and_time() -> None:
    """Tables and namespace before whoever needs them; a worker is not killed while it finishes."""
    for name in ("gateway", "worker", "codec"):
        assert {one: rule["condition"] for one, rule in _SERVICES[name]["depends_on"].items()} == {
            "migrate": "service_completed_successfully",
            "temporal-namespace": "service_completed_successfully",
        }
    assert _seconds("worker") > 5 * 10
    assert _seconds("gateway") > 10


def _seconds(name: str) -> int:
    return int(_SERVICES[name]["stop_grace_period"].removesuffix("s"))


# Temporal


def test_SC15_the_server_is_new_enough_and_one_with_the_tested_one() -> None:
    """The version that the tests run on, of every part."""
    said = subprocess.run([str(_PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout
    server, ui = re.findall(r"Server ([\d.]+), UI ([\d.]+)", said)[0]
    assert _SERVICES["temporal"]["image"] == f"temporalio/server:{server}"
    assert _SERVICES["temporal-schema"]["image"] == f"temporalio/admin-tools:{server}"
    assert _SERVICES["temporal-namespace"]["image"] == f"temporalio/admin-tools:{server}"
    assert _SERVICES["temporal-ui"]["image"] == f"temporalio/ui:{ui}"
    assert tuple(map(int, server.split("."))) >= _FIXED


@pytest.fixture(scope="module")
def template() -> str:
    """The server's own template of its settings: it is in the binary."""
    assert _PROGRAM is not None
    found = re.search(rb"# enable-template\nlog:.+?pollInterval: \"60s\"", Path(_PROGRAM).read_bytes(), re.DOTALL)
    assert found is not None
    return found[0].decode()


def test_SC15_temporal_knows_every_setting(template: str) -> None:
    """A name with a typing error would leave a door open without a word."""
    known = set(re.findall(r'env "(\w+)"', template))
    assert _SERVICES["temporal"]["environment"].keys() <= known
    dynamic = yaml.safe_load((DEPLOY / "temporal" / "dynamic.yaml").read_text())
    binary = Path(str(_PROGRAM)).read_bytes()
    assert all(name.encode() in binary for name in dynamic)


def test_SC15_whoever_comes_shows_a_certificate_and_a_token() -> None:
    """Mutual TLS outside and inside, an authorizer and a claim mapper, and a namespace of our own."""
    said = _SERVICES["temporal"]["environment"]
    assert said["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"] is True
    assert said["TEMPORAL_TLS_CLIENT1_CA_CERT"] == said["TEMPORAL_TLS_SERVER_CA_CERT"] == "/run/secrets/ca.crt"
    assert said["TEMPORAL_AUTH_AUTHORIZER"] == said["TEMPORAL_AUTH_CLAIM_MAPPER"] == "default"
    assert said["USE_INTERNAL_FRONTEND"] is True
    assert "--service internal-frontend" in _SERVICES["temporal"]["command"][0]
    assert not any("DISABLE_HOST_VERIFICATION" in name for name in said)
    assert said["SQL_TLS_ENABLED"] is said["SQL_HOST_VERIFICATION"] is True


def test_SC15_tokens_say_who_may_what(issued: Path) -> None:
    """Temporal checks them with the published key; Stepwell's is good for its own namespace alone."""
    key = jwt.PyJWKSet.from_json((issued / "jwks" / "jwks.json").read_text())["stepwell"]
    for name, permissions in (("stepwell", ["stepwell:write"]), ("operator", ["temporal-system:admin"])):
        (token,) = re.findall(r'^api_key = "(.+)"$', (issued / f"{name}.toml").read_text(), re.MULTILINE)
        claims = jwt.decode(token, key, algorithms=["RS256"], options={"require": ["exp", "sub"]})
        assert (claims["sub"], claims["permissions"]) == (name, permissions)


def test_what_was_issued_is_its_owners_alone_and_renewed(issued: Path) -> None:
    """The second time only what would expire is made anew; root is refused."""
    assert [one for one in issued.rglob("*") if one.stat().st_mode & 0o077] == []
    kept = {
        name: (issued / name).read_bytes() for name in ("ca.crt", "ca.key", "tokens.key", "postgres.password", "stepwell.crt")
    }
    owner = issued.stat().st_uid
    subprocess.run(["bash", issued.parent / "certificates.sh", issued], user=owner, check=True, capture_output=True)
    assert {name for name, was in kept.items() if (issued / name).read_bytes() != was} == {"stepwell.crt"}
    if os.geteuid() == 0:
        assert subprocess.run(["bash", DEPLOY / "certificates.sh", issued], capture_output=True, check=False).returncode == 1


# PostgreSQL


@pytest.fixture
async def behind(issued: Path) -> AsyncIterator[int]:
    """A real server with the roles of the compose file, and before it the TLS that this build of it has not. The port of that."""
    folder = Path(tempfile.mkdtemp(prefix="stepwell-pg-"))
    folder.chmod(0o755)  # noqa: ASYNC240 - it takes no time
    server = Postgres(folder)
    try:
        server.create()
        server.start()
        connection = await asyncpg.connect(as_role(ADMIN, server.url("postgres")))
        for statement in (DEPLOY / "postgres" / "roles.sql").read_text().split(";\n"):
            if statement.strip():
                await connection.execute(statement)
        await connection.close()
        async with relay(issued, server.port, asks=True, name="postgres") as port:
            yield port
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("certificate", "mode", "words"),
    [
        ("stepwell", "verify-ca", "the store is up to date"),
        (None, "verify-ca", "does not answer"),
        ("stepwell", "verify-full", "does not answer"),
    ],
)
async def test_the_store_is_reached_by_certificate(
    certificate: str | None, mode: str, words: str, behind: int, issued: Path, tmp_path: Path
) -> None:
    """No password anywhere. And only at the server that is meant: by its full name this one is not it."""
    service = _SERVICES["migrate"]["environment"]
    assert service["STEPWELL_DATABASE"] == "postgresql://stepwell@postgres:5432/stepwell?sslmode=verify-full"
    database = f"postgresql://stepwell@localhost:{behind}/stepwell?sslmode={mode}"
    surroundings = environment(database=database, keys=tmp_path / "keys") | {"PGSSLROOTCERT": str(issued / "ca.crt")}
    if certificate:
        for name in ("PGSSLCERT", "PGSSLKEY"):
            assert service[name].startswith(f"/run/secrets/{certificate}.")
            surroundings[name] = str(issued / Path(service[name]).name)
    made = await asyncio.create_subprocess_exec(STEPWELL, "encryption", "new-root", env=surroundings, stdout=PIPE)
    await made.communicate()
    done = await asyncio.create_subprocess_exec(STEPWELL, "store", "migrate", env=surroundings, stdout=PIPE, stderr=STDOUT)
    said, _ = await done.communicate()
    assert words in said.decode()


def test_the_database_lets_nobody_in_by_password() -> None:
    """Each line of who may come over the network wants a certificate."""
    lines = [one.split() for one in (DEPLOY / "postgres" / "pg_hba.conf").read_text().splitlines() if not one.startswith("#")]
    assert [one[0] for one in lines] == ["local", "hostssl"]
    assert lines[1][-1] == "cert"
    assert "--hba_file=/etc/stepwell/pg_hba.conf" in _SERVICES["postgres"]["command"]
    assert "--ssl=on" in _SERVICES["postgres"]["command"]


# Temporal's namespace


async def test_the_namespace_is_made_through_mutual_tls_and_once(issued: Path, tmp_path: Path) -> None:
    """By the script of the compose file, with the operator's profile; the second time nothing is changed."""
    async with AsyncExitStack() as stack:
        _, server, _ = await store_and_server(stack, tmp_path)
        port = await stack.enter_async_context(relay(issued, server.port, asks=True))
        surroundings = environment() | {
            "TEMPORAL_CONFIG_FILE": str(issued / "operator.toml"),
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(issued / "ca.crt"),
            "TEMPORAL_TLS_CLIENT_CERT_PATH": str(issued / "operator.crt"),
            "TEMPORAL_TLS_CLIENT_KEY_PATH": str(issued / "operator.key"),
        }
        for _ in range(2):
            script = DEPLOY / "temporal" / "namespace.sh"
            done = await asyncio.create_subprocess_exec("sh", script, env=surroundings, stdout=PIPE, stderr=STDOUT)
            said, _ = await done.communicate()
            assert done.returncode == 0, said.decode()
        client = await Client.connect(server.address, namespace="stepwell")
        made = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="stepwell"))
        assert made.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=90)
        have = await client.operator_service.list_search_attributes(ListSearchAttributesRequest(namespace="stepwell"))
        wanted = {(one.name, int(one.indexed_value_type)) for one in SEARCH_ATTRIBUTES}
        assert wanted <= set(have.custom_attributes.items())
