"""Codes that FHIR allows, copied from its required value sets; `fhir.resources` does not look at them."""

TASK_STATUS = {
    *("draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold", "failed"),
    *("completed", "entered-in-error"),
}
REQUEST_STATUS = {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}
TASK_INTENT = {
    *("unknown", "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option")
}
CARE_PLAN_INTENT = {"R4": {"proposal", "plan", "order", "option"}, "R5": {"proposal", "plan", "order", "option", "directive"}}
RESPONSE_STATUS = {"in-progress", "completed", "amended", "entered-in-error", "stopped"}
PUBLICATION_STATUS = {"draft", "active", "retired", "unknown"}
BUNDLE_TYPE = {
    *("document", "message", "transaction", "transaction-response", "batch", "batch-response", "history", "searchset"),
    "collection",
}
ENABLE_OPERATOR = {"exists", "=", "!=", ">", "<", ">=", "<="}
ENABLE_BEHAVIOR = {"all", "any"}
ANSWER_CONSTRAINT = {"optionsOnly", "optionsOrType", "optionsOrString"}
_BOTH = {
    *("group", "display", "boolean", "decimal", "integer", "date", "dateTime", "time", "string", "text", "url"),
    *("attachment", "reference", "quantity"),
}
ITEM_TYPE = {"R4": _BOTH | {"choice", "open-choice"}, "R5": _BOTH | {"coding", "question"}}
