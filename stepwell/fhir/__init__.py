"""FHIR at the edges: questionnaires and plans come in as drafts, journeys go out as bundles. R4, R4B and R5.

Nothing inside of Stepwell is FHIR. The import needs no further package; the export checks what it writes against the models
of `fhir.resources`, an extra: `pip install 'stepwell[fhir]'`.
"""

from stepwell.fhir.care_plan_out import Exported, export_journey
from stepwell.fhir.importing import Draft, import_fhir
from stepwell.fhir.releases import NotInstalled, Release
from stepwell.fhir.report import Note, Unusable

__all__ = ["Draft", "Exported", "NotInstalled", "Note", "Release", "Unusable", "export_journey", "import_fhir"]
