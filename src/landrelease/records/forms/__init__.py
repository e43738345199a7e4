"""Forms for work in the field: what is asked, as XLSForms, from the definitions of the records."""

from landrelease.records.forms.catalogue import FORMS
from landrelease.records.forms.form import Form, Part
from landrelease.records.forms.xlsform import Sheets, sheets

__all__ = ["FORMS", "Form", "Part", "Sheets", "sheets"]
