"""Questions about a step and their answers: who is told; the words stay in the store (D16)."""

from engine.draft import Draft
from engine.events import QuestionAnswered, QuestionAsked
from engine.messages import AnswerQuestion, AskQuestion
from engine.refusals import find_delivered, refuse_client


def ask(draft: Draft, message: AskQuestion) -> bool:
    """Tell the practitioner that a question is there."""
    _, occurrence = find_delivered(draft, message.occurrence)
    draft.step_happens(QuestionAsked, occurrence, question=message.question)
    draft.notify("question", "practitioner", (occurrence,), message.question)
    return False


def answer(draft: Draft, message: AnswerQuestion) -> bool:
    """Tell the client that an answer is there."""
    refuse_client(message.by.role)
    _, occurrence = find_delivered(draft, message.occurrence)
    draft.step_happens(QuestionAnswered, occurrence, answer=message.answer)
    draft.notify("answer", "client", (occurrence,), message.answer)
    return False
