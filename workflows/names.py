"""Every name that crosses a boundary to Temporal."""

from datetime import datetime

from temporalio.common import SearchAttributeKey

JOURNEYS = "stepwell-journeys"
"""Task queue of the journeys themselves."""
RECORDS = "stepwell-records"
"""Task queue of what brings events to the store."""
NOTIFICATIONS = "stepwell-notifications"
"""Task queue of messages to people: a slow mail server must not hold up anything else."""

TASKS = "stepwell-tasks"
"""Task queue of what step types have done, those of installed packages too."""

WEBHOOKS = "stepwell-webhooks"
"""Task queue of what carries events to hosts: a slow one must not hold up anything else."""
QUEUES = (JOURNEYS, RECORDS, TASKS, NOTIFICATIONS, WEBHOOKS)
"""Every task queue there is."""

JOURNEY = "journey"
"""The workflow type."""
ALARM = "alarm"
"""The workflow type of one alert."""
BULK = "bulk"
"""The workflow type of one action on many journeys."""
GROUP = "group"
"""The workflow type of one group's starts."""
CARRY_ON = "carry_on"
"""The signal that there is something to do for it, again."""
COURIER = "courier"
"""The workflow type of one endpoint's deliveries."""
CONTACTS = "contacts"
"""The workflow type of what is sent to one client."""
LOOK_AGAIN = "look_again"
"""The signal that something waits for it, or a rule has changed."""
ERASURE = "erasure"
"""The workflow type of the deletion of one client."""
RETENTION = "retention"
"""The workflow type of a look for what has been kept for long enough."""
KINDS = (JOURNEY, ALARM, BULK, CONTACTS, COURIER, ERASURE, GROUP, RETENTION)
"""Every workflow type."""
ACKNOWLEDGE = "acknowledge"
"""The signal that somebody has taken an alert up."""
NUDGE = "nudge"
"""The signal that wakes what may wait for months, to look whether another version of the workers is to go on with it."""
SUBMIT = "submit"
"""The update that everything that must not be lost comes in by."""

PATHWAY: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("StepwellPathway")
VERSION: SearchAttributeKey[int] = SearchAttributeKey.for_int("StepwellVersion")
STATE: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("StepwellState")
NEXT_DUE: SearchAttributeKey[datetime] = SearchAttributeKey.for_datetime("StepwellNextDue")
TENANT: SearchAttributeKey[str] = SearchAttributeKey.for_keyword("StepwellTenant")

STUCK = "TemporalReportedProblems IS NOT NULL"
"""The question for workflows that stopped at a fault. Servers before 1.29 do not know it."""

SEARCH_ATTRIBUTES = (PATHWAY, VERSION, STATE, NEXT_DUE, TENANT)

REFUSED = "Refused"
"""Error type of an update the rules refused; its detail is the engine's answer."""
REPEATED = "Repeated"
"""Error type of an update that was accepted before; its detail is the first answer."""
