"""Single values on their way out: options, numbers, times."""

import re
from datetime import UTC, datetime
from typing import Any

from engine.steps.questionnaire.choosing import Option
from engine.steps.questionnaire.origin import Origin
from stepwell.fhir.words import one_line

Element = dict[str, Any]
_LARGEST_INTEGER = 2**31 - 1
_FAR = re.compile(r"T.*[+-](14:(?!00)|1[5-9]:|2[0-3]:)")
_FORMS = {
    "string": re.compile(r"(?s).*\S.*"),
    "integer": re.compile(r"0|-?[1-9][0-9]{0,8}"),
    "date": re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"),
    "time": re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"),
}


def is_of_kind(kind: str, written: str) -> bool:
    """Whether FHIR takes it as a value of this kind: `string`, `integer`, `date` or `time`."""
    return kind in _FORMS and _FORMS[kind].fullmatch(written) is not None


def option_value(option: Option, origin: Origin, language: str) -> Element:
    """An option as the value of an answer: as it was called where it came from."""
    known = origin.options.get(option.value)
    code = known.code if known is not None else option.value
    if origin.kind == "string":
        return {"valueString": known.code if known is not None else one_line(option.label, language)}
    if is_of_kind(origin.kind, code):
        match origin.kind:
            case "integer":
                return {"valueInteger": int(code)}
            case "date":
                return {"valueDate": code}
            case "time":
                return {"valueTime": with_seconds(code)}
    system = known.system if known is not None else origin.system
    return {"valueCoding": ({"system": system} if system else {}) | {"code": code}}


def with_seconds(moment: str) -> str:
    """A time or an instant with seconds, which FHIR asks for; a day as it is."""
    far = _FAR.search(moment)
    if far is not None:  # beyond what FHIR takes as a distance from UTC: the same instant in UTC
        moment = datetime.fromisoformat(moment).astimezone(UTC).isoformat()
    day, found, clock = moment.partition("T") if "T" in moment else ("", "", moment)
    return f"{day}{found}{clock[:5]}:00{clock[5:]}" if clock[2:3] == ":" and clock[5:6] != ":" else moment


def number_value(stem: str, number: float, *, whole: bool) -> Element:
    """A number as an integer where it is one of FHIR's, else as a decimal."""
    if whole and float(number).is_integer() and abs(number) <= _LARGEST_INTEGER:
        return {f"{stem}Integer": int(number)}
    return {f"{stem}Decimal": number}
