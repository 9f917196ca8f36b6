"""What Prometheus and Grafana are given: every number that they ask for is one that a real worker or gateway tells."""

import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
import yaml

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.mailcatcher import MailCatcher
from tests.deploy.conftest import DEPLOY
from tests.e2e.processes import catch_mail, free_port, gateway_in, store_and_server, worker_in
from tests.e2e.scraping import Sample, until, value_of
from tests.pathways import document, step
from workflows.names import JOURNEYS

_FOLDER = DEPLOY / "observability"
_DOCS = DEPLOY.parent / "docs"
_OF_PROMETHEUS = {"up": {"job", "instance"}}
"""What Prometheus tells of whoever it asks, and the labels that it adds to everything."""


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((_FOLDER / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _questions() -> list[str]:
    panels = json.loads((_FOLDER / "dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return [rule["expr"] for rule in _rules()] + [one.replace("$__rate_interval", "5m") for one in asked]


def _selectors(part: Any, by: frozenset[str] = frozenset()) -> Iterator[tuple[Any, frozenset[str]]]:
    """Every series that a question asks for, with the labels that it is sorted by."""
    match type(part).__name__:
        case "VectorSelector":
            yield part, by
        case "MatrixSelector":
            yield from _selectors(part.vector_selector, by)
        case "AggregateExpr":
            yield from _selectors(part.expr, by | set(part.modifier.labels if part.modifier else ()))
        case "BinaryExpr":
            yield from _selectors(part.lhs, by)
            yield from _selectors(part.rhs, by)
        case "ParenExpr":
            yield from _selectors(part.expr, by)
        case "Call":
            for one in part.args:
                yield from _selectors(one, by)


def _wrong_in(question: str, told: dict[str, list[Sample]]) -> list[str]:
    wrong = []
    for asked, by in _selectors(promql_parser.parse(question)):
        if asked.name in _OF_PROMETHEUS:
            continue
        labels = {label for one in told.get(asked.name, ()) for label in one.labels} | {"instance", "job"}
        wanted = by | {one.name for one in asked.matchers.matchers}
        if asked.name not in told:
            wrong.append(f"nobody tells {asked.name}")
        elif not wanted <= labels:
            wrong.append(f"{asked.name} has no label {', '.join(sorted(wanted - labels))}")
        for one in asked.matchers.matchers:
            if "Not" in str(one.op):
                continue
            named = one.value.split("|") if re.fullmatch(r"[a-z_|-]+", one.value) else []
            values = {sample.labels.get(one.name) for sample in told.get(asked.name, ())}
            wrong += [f"{asked.name} has no {one.name} {value}" for value in named if value not in values]
    return wrong


async def _told_by_real_processes(folder: Path) -> dict[str, list[Sample]]:
    """By a worker and a gateway while a client is on a journey, and a workflow fails that nobody knows."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, MailCatcher(folder / "mail"))
        database, server, connection = await store_and_server(stack, folder)
        ports = free_port(), free_port()
        worker_in(stack, folder, server, smtp_port=mail.port, metrics=f"127.0.0.1:{ports[0]}").start()
        gateway, where = gateway_in(stack, folder, server, metrics=f"127.0.0.1:{ports[1]}")
        gateway.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("one")))
        await handle.add_client(id="ann", email="ann@example.org")
        await handle.start("ann", "trial")
        await connection.start_workflow("nobody_knows_it", id="nobody-knows-it", task_queue=JOURNEYS)
        gateway.wait_for("serving")
        async with httpx.AsyncClient(trust_env=False) as caller:
            await caller.get(f"{where}/v1/health")
        found = await until(ports[0], lambda now: _has_worked(now) and value_of(now, "stepwell_workflows_stuck") == 1)
        found += await until(ports[1], lambda now: value_of(now, "stepwell_request_seconds_count") > 0)
    told: dict[str, list[Sample]] = {}
    for one in found:
        told.setdefault(one.name, []).append(one)
    return told


def _has_worked(now: list[Sample]) -> bool:
    sent = value_of(now, "stepwell_message_lateness_seconds_count")
    return bool(sent and value_of(now, "temporal_workflow_task_execution_failed_total") and value_of(now, "stepwell_reachable"))


async def test_every_number_that_is_asked_for_is_told_by_a_real_process(tmp_path: Path) -> None:
    """Names, labels and their values, of rules and dashboard alike; a misspelt one is found. The page explains each of ours."""
    told = await _told_by_real_processes(tmp_path)
    assert {one: wrong for one in _questions() if (wrong := _wrong_in(one, told))} == {}
    assert _wrong_in("max(stepwell_alert_open) > 0", told) == ["nobody tells stepwell_alert_open"]
    assert _wrong_in("max by (tenant) (stepwell_alerts_open)", told) == ["stepwell_alerts_open has no label tenant"]
    assert _wrong_in('stepwell_events_total{kind="step_lost"}', told) == ["stepwell_events_total has no kind step_lost"]

    page = (_DOCS / "observability.md").read_text()
    ours = {re.sub("_(bucket|count|sum)$", "", name) for name in told if name.startswith("stepwell_")}
    assert [name for name in sorted(ours) if f"`{name}`" not in page] == []


def test_every_rule_says_what_is_wrong_how_bad_that_is_and_where_to_read_on() -> None:
    """Each has its own place in the runbook."""
    names = [rule["alert"] for rule in _rules()]
    assert len(set(names)) == len(names)
    for rule in _rules():
        place = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", rule["alert"]).lower()
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{place}"
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}


def test_the_page_names_every_alert_and_the_runbook_has_a_place_for_each() -> None:
    """With the same severity."""
    page, runbook = (_DOCS / "observability.md").read_text(), _DOCS / "runbook.md"
    told = [f"| `{rule['alert']}` | {rule['labels']['severity']} |" for rule in _rules()]
    assert [line for line in told if line not in page] == []
    places = [rule["annotations"]["runbook_url"].partition("#")[2] for rule in _rules()]
    assert not runbook.exists() or [one for one in places if one not in _anchors(runbook.read_text())] == []


def _anchors(page: str) -> set[str]:
    return {head.lower().replace(" ", "-").replace("`", "") for head in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}


@pytest.mark.parametrize("question", ["max(", "rate(stepwell_events_total)"])
def test_a_question_that_is_none_is_refused(question: str) -> None:
    """Syntax and types, by a parser of Prometheus' own language."""
    with pytest.raises(ValueError, match=r".+"):
        promql_parser.parse(question)
