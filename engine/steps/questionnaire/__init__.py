"""Questions the client answers: typed items, branching inside, scores and risk rules declared as data.

`item` is what every item has; the kinds of items follow it, one small module each, and `kinds` lists them. `sheet`
fills a questionnaire in, `scores` and `risks` look at the answers, `checks` looks at what an author wrote, and `step`
is the step type.
"""

from engine.steps.questionnaire.step import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep

__all__ = ["QuestionnaireContent", "QuestionnaireResponse", "QuestionnaireStep"]
