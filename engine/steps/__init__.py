"""The step types in force. A built-in one is a file in this folder and a row in this table."""

from engine.steps.appointment import AppointmentStep
from engine.steps.branch import BranchStep
from engine.steps.choice import ChoiceStep
from engine.steps.contract import ContractStep
from engine.steps.diary import DiaryStep
from engine.steps.exercise import ExerciseStep
from engine.steps.host_task import HostTaskStep
from engine.steps.message import MessageStep
from engine.steps.pathway import PathwayStep
from engine.steps.questionnaire import QuestionnaireStep
from engine.steps.rating_wheel import RatingWheelStep
from engine.steps.review import ReviewStep
from engine.steps.wait import WaitStep
from engine.steptype import AnyStepType

BUILT_IN: tuple[AnyStepType, ...] = (
    AppointmentStep(),
    BranchStep(),
    ChoiceStep(),
    ContractStep(),
    DiaryStep(),
    ExerciseStep(),
    HostTaskStep(),
    MessageStep(),
    PathwayStep(),
    QuestionnaireStep(),
    RatingWheelStep(),
    ReviewStep(),
    WaitStep(),
)

StepTypes = dict[str, AnyStepType]


def step_types(*others: AnyStepType) -> StepTypes:
    """The built-in step types and these others, by name. Raises ValueError where two share a name."""
    table: StepTypes = {}
    for one in (*BUILT_IN, *others):
        if one.name in table:
            raise ValueError(f"two step types are called {one.name!r}; rename one of them")
        table[one.name] = one
    return table


def is_built_in(name: str) -> bool:
    """Whether a type comes with Stepwell, so that it is always there."""
    return any(one.name == name for one in BUILT_IN)
