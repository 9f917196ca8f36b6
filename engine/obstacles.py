"""What keeps people from doing a step, asked when one is skipped or late (D28). Codes, so that no free text is needed."""

from engine.words import Text

QUESTION: Text = {"en": "What came in between?", "de": "Was kam dazwischen?"}

OBSTACLES: dict[str, Text] = {
    "low_motivation": {"en": "I could not bring myself to do it.", "de": "Ich konnte mich nicht aufraffen."},
    "thoughts_not_found": {
        "en": "I could not tell what I was thinking.",
        "de": "Ich konnte nicht erkennen, was ich gedacht habe.",
    },
    "no_point": {"en": "I do not see the point.", "de": "Ich sehe keinen Sinn darin."},
    "impatient": {"en": "It does not help fast enough.", "de": "Es hilft mir nicht schnell genug."},
    "too_much_effort": {"en": "It is too much effort.", "de": "Es ist mir zu aufwendig."},
    "no_time": {"en": "I had no time, or it was inconvenient.", "de": "Ich hatte keine Zeit, oder es passte nicht."},
    "unclear": {"en": "I did not know what exactly to do.", "de": "Mir war nicht klar, was genau zu tun ist."},
    "difficult": {"en": "It got difficult while I was doing it.", "de": "Es wurde schwierig, während ich dabei war."},
}
