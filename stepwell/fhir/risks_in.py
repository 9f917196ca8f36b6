"""Questions about danger to life: nobody may import one without being told that somebody has to watch its answers."""

import re
from typing import Any

from stepwell.fhir.names import Names
from stepwell.fhir.node import Node

_ITEM_NINE = "44260-8"
"""LOINC: thoughts that you would be better off dead, or of hurting yourself in some way (PHQ-9)."""
_NOT_AT_ALL = "LA6568-5"
_WORDS = re.compile(
    r"suicid|self.?harm|better off dead|end(ing)? (my|your) life|(kill|harm|hurt)(ing)? (my|your)self|suizid|selbstmord|"
    r"selbst.?verletz|das leben (zu )?nehmen",
    re.IGNORECASE,
)


def note_risk(node: Node, item: dict[str, Any], names: Names) -> None:
    """Propose a rule for item 9 of the PHQ-9, and point out other questions that ask about danger to life.

    With the rule in it, the pathway cannot be published before an author says who is alerted: the safe way to be wrong.
    """
    codes = [code["code"] for code in item.get("origin", {}).get("codes", ())]
    if _ITEM_NINE in codes or node.text("linkId").endswith(_ITEM_NINE):
        rule = _rule(item)
        if rule is not None:
            item["risk"] = {"name": names.new("phq9_item9"), **rule}
            why = "asks about danger to life (LOINC 44260-8); a risk rule is proposed: say under 'alerts' who is told"
        else:
            why = "asks about danger to life (LOINC 44260-8), and its options have no points; write a 'risk' rule for it"
        node.note("decide", why)
    elif _WORDS.search(str(item.get("text", ""))):
        node.note("decide", "seems to ask about danger to life; consider a 'risk' rule, so that somebody is told at once")


def _rule(item: dict[str, Any]) -> dict[str, Any] | None:
    options = item.get("options", [])
    if any(option.get("points", 0) > 0 for option in options) and not item.get("open"):
        return {"above": 0}
    if any(option["value"] == _NOT_AT_ALL for option in options) and not item.get("open"):
        return {"is_not": _NOT_AT_ALL}
    return {"is": True} if item["type"] == "yes_no" else None
