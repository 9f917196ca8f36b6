"""What the built-in types say in words of their own, by language; a reader of another one gets the pathway's, else English.

`{…}` is a number that the type fills in.
"""

Phrase = dict[str, str]

# What is coming

READING: Phrase = {
    "en": "There will be something to read, look at or listen to.",
    "de": "Es wird etwas zu lesen, anzusehen oder anzuhören geben.",
    "fr": "Il y aura quelque chose à lire, à regarder ou à écouter.",
    "es": "Habrá algo para leer, ver o escuchar.",
    "nl": "Er komt iets om te lezen, te bekijken of te beluisteren.",
}
WHEEL_TO_COME: Phrase = {
    "en": "You will rate {count} areas of your life.",
    "de": "Sie werden {count} Bereiche Ihres Lebens bewerten.",
    "fr": "Vous évaluerez {count} domaines de votre vie.",
    "es": "Valorará {count} áreas de su vida.",
    "nl": "U gaat {count} gebieden van uw leven beoordelen.",
}
CONTRACT_TO_COME: Phrase = {
    "en": "You will make an agreement with yourself and sign it.",
    "de": "Sie werden eine Vereinbarung mit sich selbst treffen und unterschreiben.",
    "fr": "Vous conclurez un accord avec vous-même et le signerez.",
    "es": "Redactará un acuerdo personal y lo firmará.",
    "nl": "U gaat een afspraak met uzelf maken en ondertekenen.",
}
DIARY_TO_COME: Phrase = {
    "en": "There will be a diary to fill in.",
    "de": "Es wird ein Tagebuch auszufüllen geben.",
    "fr": "Il y aura un journal à remplir.",
    "es": "Habrá un diario para rellenar.",
    "nl": "Er komt een dagboek om in te vullen.",
}
EXERCISE_TO_COME: Phrase = {
    "en": "There will be an exercise to do.",
    "de": "Es wird eine Übung zu machen geben.",
    "fr": "Il y aura un exercice à faire.",
    "es": "Habrá un ejercicio para hacer.",
    "nl": "Er komt een oefening om te doen.",
}
EXERCISE_OF_MINUTES: Phrase = {
    "en": "There will be an exercise of at least {minutes} min.",
    "de": "Es wird eine Übung von mindestens {minutes} Min. geben.",
    "fr": "Il y aura un exercice d'au moins {minutes} min.",
    "es": "Habrá un ejercicio de al menos {minutes} min.",
    "nl": "Er komt een oefening van minstens {minutes} min.",
}

QUESTIONS_TO_COME: Phrase = {
    "en": "There will be questions to answer.",
    "de": "Es wird Fragen zu beantworten geben.",
    "fr": "Il y aura des questions auxquelles répondre.",
    "es": "Habrá preguntas para responder.",
    "nl": "Er komen vragen om te beantwoorden.",
}
SESSION_TO_COME: Phrase = {
    "en": "There will be a session.",
    "de": "Es wird eine Sitzung geben.",
    "fr": "Il y aura une séance.",
    "es": "Habrá una sesión.",
    "nl": "Er komt een sessie.",
}
CHOICE_TO_COME: Phrase = {
    "en": "You will choose from {count} things.",
    "de": "Sie werden aus {count} Dingen wählen.",
    "fr": "Vous choisirez parmi {count} choses.",
    "es": "Elegirá entre {count} cosas.",
    "nl": "U gaat kiezen uit {count} dingen.",
}

# The appointment

NOT_BOOKED: Phrase = {
    "en": "No time has been set yet.",
    "de": "Es steht noch kein Termin fest.",
    "fr": "Aucun horaire n'est encore fixé.",
    "es": "Todavía no hay fecha fijada.",
    "nl": "Er is nog geen tijd afgesproken.",
}

# The rating wheel

WHEEL: Phrase = {
    "en": "Rating wheel",
    "de": "Bewertungsrad",
    "fr": "Roue d'évaluation",
    "es": "Rueda de valoración",
    "nl": "Beoordelingswiel",
}
EACH_RATED: Phrase = {
    "en": "Each from 1 to 10.",
    "de": "Jeweils von 1 bis 10.",
    "fr": "Chacun de 1 à 10.",
    "es": "Cada una de 1 a 10.",
    "nl": "Elk van 1 tot 10.",
}
AREA: Phrase = {"en": "Area", "de": "Bereich", "fr": "Domaine", "es": "Área", "nl": "Gebied"}
NOW: Phrase = {"en": "Now", "de": "Jetzt", "fr": "Maintenant", "es": "Ahora", "nl": "Nu"}
BEFORE: Phrase = {"en": "Before", "de": "Vorher", "fr": "Avant", "es": "Antes", "nl": "Ervoor"}
AFTER: Phrase = {"en": "After", "de": "Nachher", "fr": "Après", "es": "Después", "nl": "Erna"}
CHANGE: Phrase = {"en": "Change", "de": "Veränderung", "fr": "Évolution", "es": "Cambio", "nl": "Verandering"}
WISH: Phrase = {"en": "Wish", "de": "Wunsch", "fr": "Souhait", "es": "Deseo", "nl": "Wens"}

# The contract

NAME: Phrase = {"en": "Name", "de": "Name", "fr": "Nom", "es": "Nombre", "nl": "Naam"}
GOAL: Phrase = {"en": "Goal", "de": "Ziel", "fr": "Objectif", "es": "Objetivo", "nl": "Doel"}
UNTIL: Phrase = {"en": "By", "de": "Bis zum", "fr": "D'ici au", "es": "Hasta el", "nl": "Voor"}
REASONS: Phrase = {"en": "Reasons", "de": "Gründe", "fr": "Raisons", "es": "Motivos", "nl": "Redenen"}
SIGNED: Phrase = {"en": "Signed", "de": "Unterschrift", "fr": "Signature", "es": "Firma", "nl": "Handtekening"}

# The diary

PROGRESS: Phrase = {"en": "Progress", "de": "Fortschritt", "fr": "Progrès", "es": "Progreso", "nl": "Voortgang"}
DAY: Phrase = {"en": "Day", "de": "Tag", "fr": "Jour", "es": "Día", "nl": "Dag"}
WEEK: Phrase = {"en": "Week from", "de": "Woche ab", "fr": "Semaine du", "es": "Semana del", "nl": "Week vanaf"}
DONE: Phrase = {"en": "Done", "de": "Geschafft", "fr": "Fait", "es": "Hecho", "nl": "Gedaan"}
IN_A_ROW: Phrase = {
    "en": "Goal met in a row",
    "de": "Ziel in Folge erreicht",
    "fr": "Objectif atteint de suite",
    "es": "Objetivo cumplido de forma seguida",
    "nl": "Doel achter elkaar gehaald",
}
