"""YAML files that people write, read strictly: every fault is told with its line and column, all in one go.

``reader`` turns a file into plain data with places, ``sections`` is what models of such data are made of, and
``validation`` turns what a model finds wrong into sentences at their places; ``writer`` makes text of plain data.
"""

from reverie.documents.reader import Document, DocumentError, DocumentFault, Keys, parse_document, read_document
from reverie.documents.sections import ByKind, Facts, Section, Written, did_you_mean
from reverie.documents.validation import known_and_unknown, validate, without_unknown
from reverie.documents.writer import write_text

__all__ = [
    "ByKind",
    "Document",
    "DocumentError",
    "DocumentFault",
    "Facts",
    "Keys",
    "Section",
    "Written",
    "did_you_mean",
    "known_and_unknown",
    "parse_document",
    "read_document",
    "validate",
    "without_unknown",
    "write_text",
]
