"""Single values on their way out: options, numbers, times."""

from typing import Any

from engine.steps.questionnaire.choosing import Option
from engine.steps.questionnaire.origin import Origin
from stepwell.fhir.words import one_line

Element = dict[str, Any]
_LARGEST_INTEGER = 2**31 - 1


def option_value(option: Option, origin: Origin, language: str) -> Element:
    """An option as the value of an answer: as it was called where it came from."""
    known = origin.options.get(option.value)
    code = known.code if known is not None else option.value
    match origin.kind:
        case "string":
            return {"valueString": known.code if known is not None else one_line(option.label, language)}
        case "integer" if code.lstrip("-").isdigit():
            return {"valueInteger": int(code)}
        case "date":
            return {"valueDate": code}
        case "time":
            return {"valueTime": with_seconds(code)}
    system = known.system if known is not None else origin.system
    return {"valueCoding": ({"system": system} if system else {}) | {"code": code}}


def with_seconds(moment: str) -> str:
    """A time or an instant with seconds, which FHIR asks for; a day as it is."""
    day, found, clock = moment.partition("T") if "T" in moment else ("", "", moment)
    return f"{day}{found}{clock[:5]}:00{clock[5:]}" if clock[2:3] == ":" and clock[5:6] != ":" else moment


def number_value(stem: str, number: float, *, whole: bool) -> Element:
    """A number as an integer where it is one of FHIR's, else as a decimal."""
    if whole and float(number).is_integer() and abs(number) <= _LARGEST_INTEGER:
        return {f"{stem}Integer": int(number)}
    return {f"{stem}Decimal": number}
