"""What everything that the front door hands out has in common: plain, frozen, without what its reader must not see."""

from pydantic import BaseModel, ConfigDict


class Out(BaseModel):
    """A value that is handed out."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, json_schema_serialization_defaults_required=True)
