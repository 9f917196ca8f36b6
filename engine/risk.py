"""Alerts, as far as the journey is concerned: while one is unacknowledged, nobody is reminded by the plan (rule R8).

The alert itself is told, repeated and climbs its ladder outside the journey, so that it goes on when the journey stops.
"""

from engine.agenda import reminder_slots
from engine.draft import Draft
from engine.events import RiskAcknowledged, RiskRaised
from engine.journey import OPEN_STATES
from engine.messages import AcknowledgeRisk, RaiseRisk
from engine.refusals import find_any, refuse_client


def raise_risk(draft: Draft, message: RaiseRisk) -> bool:
    """Hold the automatic reminders, those already on their way too."""
    _, occurrence = find_any(draft, message.occurrence)
    if message.alert in draft.journey.risks:
        return False
    if not draft.journey.risks:
        for one in tuple(draft.journey.occurrences.values()):
            if one.state in OPEN_STATES:
                draft.put(one, generation=one.generation + 1)
    draft.set(risks=(*draft.journey.risks, message.alert))
    draft.step_happens(RiskRaised, occurrence, alert=message.alert)
    return True


def acknowledge_risk(draft: Draft, message: AcknowledgeRisk) -> bool:
    """Let reminders go on after the last one. What was held is not made up for."""
    refuse_client(message.by.role)
    if message.alert not in draft.journey.risks:
        return False
    draft.set(risks=tuple(alert for alert in draft.journey.risks if alert != message.alert))
    draft.happen(RiskAcknowledged, alert=message.alert, reason=message.reason)
    if not draft.journey.risks:
        for one in tuple(draft.journey.occurrences.values()):
            if one.state in OPEN_STATES:
                slots = reminder_slots(draft.structure.by_id[one.step], one, draft.moment)
                draft.put(one, reminders_used=max(one.reminders_used, sum(slot <= draft.now for slot in slots)))
    return True
