"""What Stepwell says is wrong with an answer, in the words of this host and the language of its reader."""

import re

from host_app.texts import Texts

_KNOWN = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"is required|must be a valid .*|field required", "wrong_required"),
        (r"is not confirmed", "wrong_confirm"),
        (r"needs at least one", "wrong_reason"),
        (r"must be a whole number|input should be a valid integer.*", "wrong_whole"),
        (r"must be a number|is no number that could be kept", "wrong_number"),
        (r"must be a date and time .*", "wrong_moment"),
        (r"must be a date of this century .*", "wrong_until"),
        (r"must be a date .*", "wrong_date"),
        (r"must be a time .*", "wrong_time"),
        (r"must be an address .*", "wrong_address"),
        (r"must not be before (.+)", "wrong_before"),
        (r"must not be after (.+)", "wrong_after"),
        (r"is shorter than (\d+) characters", "wrong_short"),
        (r"is longer than (\d+) characters", "wrong_long"),
        (r"needs at least (\d+) of them", "wrong_needs"),
        (r"takes at most (\d+) of them", "wrong_takes"),
        (r"must be (\d+(?: to \d+)?) of them", "wrong_picked"),
        (r"must be at least (\S+)", "wrong_at_least"),
        (r"must be at most (\S+)", "wrong_at_most"),
        (r"must be (?:one|a list of some) of .*", "wrong_choice"),
        (r"must be true or false", "wrong_required"),
        (r"is not the name", "wrong_signature"),
        (r"is for those who tried it", "wrong_tried"),
        (r"is not asked, given the other answers", "wrong_unasked"),
        (r"must be of type .*|has a (?:reference|media type) .*|needs a title .*", "wrong_file"),
    )
)


def in_words(where: str, message: str, texts: Texts) -> str:
    """The problem for whoever reads this page. What is new to this host is said as Stepwell says it, to readers of English."""
    if where == "seconds" and (found := re.fullmatch(r"must be at least (\d+)", message)):
        return texts("wrong_seconds").format(found[1])
    for pattern, name in _KNOWN:
        found = pattern.fullmatch(message)
        if found:
            return texts(name).format(*found.groups())
    return f"{message[:1].upper()}{message[1:]}." if texts.language == "en" else texts("wrong_unknown")
