"""PubMed records of the common shape, read by regular expressions that check the shape while they read.

A tree costs lxml some 90 µs a record, ten times the decompression. Nearly all records are written by the same program
of NLM, elements in the order of the DTD, so the expressions below spell that order out, from the first to the last
byte: what they match is well-formed, and what they do not match (comments, CDATA, an unknown element or attribute, a
missing end tag, markup in an unusual place) is left to :mod:`pipeline.parse.medline_tree`. Both give the same Document;
the tests and ``benchmarks/parse.py`` hold them to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import starmap
from threading import local

from lxml import etree

from pipeline.model import (
    Accession,
    Author,
    Document,
    MeshHeading,
    MeshQualifier,
    Notice,
    PartialDate,
    RawRecord,
    Reference,
    Section,
)
from pipeline.parse.dates import dated_in_words, partial_date
from pipeline.parse.identifiers import doi_of, pmcid_of, pmid_of
from pipeline.parse.markup import NAMESPACES, SPACE, text_of, tidy
from pipeline.parse.notices import status_of
