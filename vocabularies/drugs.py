"""Breadth: what FDA UNII knows beside ``drugs.tsv``, as a table of its own.

Two kinds of rows: further names of the drugs of ``drugs.tsv`` (brands, codes, salts, other spellings), under the same
identifier and name, which the loader joins to their row; and the medicines that ``drugs.tsv`` lacks, which have an
international (INN) or American (USAN) name. Nobody has read these rows one by one, so only what cannot well be anything
else becomes a surface.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import KnowledgeError
from pipeline.lexicon import COLUMNS
from pipeline.text import squash
from vocabularies.sources import MIRROR, SYSTEMATIC, unii_rows
from vocabularies.tables import Row

KINDS = frozenset(["drug", "chemical"])
QUALIFIED = re.compile(r"(?P<bare>.*?)\s*\[(?P<user>[^\]]*)\]")
MEDICINE = frozenset(["INN", "USAN"])
# Lists of flavours, food, supplements, herbs and inactive ingredients: what stands there is seldom given as a medicine.
OTHER_USES = frozenset(["FHFI", "FCC", "LANGUAL", "II", "EMA HERBAL SUBSTANCE", "DSC", "NDI"])
NAME = re.compile(r"[A-Za-z]{5,}(?:[ -][A-Za-z]{4,})?(?: ALFA| BETA)?")
STEM_COLUMNS = ("stem", "class", "because")
BRAND = re.compile(r"[A-Za-z]{5,}(?:-[A-Za-z]{3,})?")
# Two letters with three figures, or one with five: A-549 is a cell line, CD-271 a protein, CA-125 a marker of blood.
CODE = re.compile(r"(?:[A-Z]{2,5}[- ]?\d{3,8}|[A-Z][- ]?\d{5,8}|[A-Z]{2,5}[- ]\d{1,4}[- ]\d{2,6})(?:[- ]?[A-Z]{1,2})?")
# Letters before figures that are something else: words ("at 100"), proteins, measures, clones, numbers of catalogues.
NOT_CODES = re.compile(
    r"(?:AN?|AND|ARE|AS|AT|BY|DAY|FOR|HAD|IN|IS|MAY|NO|OF|ON|OR|TO|UP|VS|WAS|WITH|HR|RR|SD|SE|MD"
    r"|CD|IL|CA|HLA|IC|EC|GI|INS|MIR|LET|CO|CAS|DSSTOX|EINECS|EPA|FEMA|NSC|UNII|CHEMBL)[- ]?\d.*"
)
SALTS = frozenset([
    "hydrochloride", "dihydrochloride", "trihydrochloride", "hydrobromide", "dihydrobromide", "hydriodide", "nitrate",
    "phosphate", "diphosphate", "sulfate", "sulphate", "bisulfate", "mesylate", "dimesylate", "tosylate", "ditosylate",
    "besylate", "dibesylate", "esylate", "camsylate", "edisylate", "isethionate", "napsylate", "maleate", "dimaleate",
    "fumarate", "hemifumarate", "citrate", "tartrate", "bitartrate", "ditartrate", "malate", "succinate",
    "hemisuccinate", "lactate", "gluconate", "oxalate", "pamoate", "embonate", "xinafoate", "sodium", "disodium",
    "trisodium", "potassium", "dipotassium", "calcium", "magnesium", "zinc", "meglumine", "tromethamine", "olamine",
    "lysine", "arginine", "choline", "ammonium", "bromide", "chloride", "iodide", "anhydrous", "hydrate", "monohydrate",
    "dihydrate", "trihydrate", "hemihydrate", "sesquihydrate", "pentahydrate", "heptahydrate", "tetrahydrate",
])  # fmt: skip
HEADING = """\
# What FDA UNII knows beside drugs.tsv, made by vocabularies/build.py: never edit this file. A row with the name of one
# of drugs.tsv adds to it. A name that means something else in papers goes to vocabularies/never_drugs.txt; a drug that
# needs more than its names gets a row in drugs.tsv. Both leave this file at the next run.
"""


@dataclass(frozen=True, slots=True)
class Written:
    """A name of a substance: its type (cn common, of official, bn brand, cd code) and who uses it, if that is said."""

    text: str
    type: str
    user: str


@dataclass(frozen=True, slots=True)
class Substance:
    """A substance of UNII with its names, the systematic ones aside."""

    unii: str
    preferred: str
    names: tuple[Written, ...]

    @property
    def is_medicine(self) -> bool:
        """Whether it has an international or an American name, and no other use."""
        users = {name.user for name in self.names}
        return not users.isdisjoint(MEDICINE) and users.isdisjoint(OTHER_USES)


def read_substances(path: Path) -> Iterator[Substance]:
    """All substances; the file holds the names of one together."""
    unii, preferred, names = "", "", list[Written]()
    for text, type_, code, display in unii_rows(path):
        if code != unii:
            if names:
                yield Substance(unii, preferred, tuple(names))
            unii, preferred, names = code, display, []
        if type_ != SYSTEMATIC:
            names.append(_written(text, type_))
    if names:
        yield Substance(unii, preferred, tuple(names))


def _written(text: str, type_: str) -> Written:
    match = QUALIFIED.fullmatch(text)
    return Written(match["bare"], type_, match["user"]) if match else Written(text, type_, "")


def base_name(preferred: str) -> str:
    """``IMATINIB MESYLATE`` → ``IMATINIB``: the name without the words of a salt at its end."""
    words = preferred.split(" ")
    while len(words) > 1 and words[-1].lower() in SALTS:
        words.pop()
    return " ".join(words)


def drug_table(
    substances: Iterable[Substance],
    label: str,
    *,
    rows: Iterable[Row],
    surfaces: Collection[str],
    never: Collection[str],
    stems: Mapping[str, str],
) -> str:
    """The content of the table.

    ``rows`` are those of the other tables, ``surfaces`` the folded surfaces of all of them, ``never`` the folded names
    that are no medicine when they stand in a paper, ``stems`` the class that each ending of a name tells.
    """
    known = {row["entity_id"].removeprefix("unii:"): row for row in rows if row["kind"] in KINDS}
    groups = _groups(substances, known)
    refused = {*never, *surfaces}
    titles = _titles(groups, known, refused)
    written = {unii: list(_synonyms(groups[unii], unii in known)) for unii in titles}
    meanings = _meanings(titles, written)
    lines = [
        _line(unii, kind, title, kept, parent="" if unii in known else class_of(title, stems), label=label)
        for unii, title in sorted(titles.items(), key=lambda pair: pair[1].casefold())
        for kind, kept in [(_kind(known, unii), _kept(title, written[unii], refused, meanings))]
        if kept or unii not in known
    ]
    return HEADING + "\n".join(["\t".join(COLUMNS), *lines]) + "\n"


def _groups(substances: Iterable[Substance], known: Mapping[str, Row]) -> dict[str, list[Substance]]:
    """For each drug its substance, and behind it the salts that are no drug of their own."""
    listed = [each for each in substances if each.unii in known or each.is_medicine]
    by_name = {squash(each.preferred): each.unii for each in listed if not MIRROR.search(each.preferred)}
    by_name |= {squash(row["name"]): unii for unii, row in known.items()}
    groups: dict[str, list[Substance]] = {}
    for each in listed:
        base = each.unii if each.unii in known else by_name.get(squash(base_name(each.preferred)), each.unii)
        groups.setdefault(base, [])
        groups[base].insert(0 if base == each.unii else len(groups[base]), each)
    return groups


def _titles(
    groups: Mapping[str, list[Substance]], known: Mapping[str, Row], refused: Collection[str]
) -> dict[str, str]:
    """The name of each drug; of several substances with one name the one that UNII itself prefers to call so."""
    found: dict[str, str] = {unii: row["name"] for unii, row in known.items() if unii in groups}
    taken = set(refused)
    others = [(group[0].preferred, unii, _name(group[0])) for unii, group in groups.items() if unii not in known]
    for _, unii, name in sorted(others, key=lambda each: (each[2] != each[0].lower(), each[1])):
        if name and squash(name) not in taken:
            taken.add(squash(name))
            found[unii] = name
    return found


def _name(substance: Substance) -> str | None:
    """The name of a medicine: the preferred one if it is a plain word, else the international one."""
    official = [name.text for name in substance.names if name.user in MEDICINE]
    plain = [text for text in (substance.preferred, *official) if NAME.fullmatch(text)]
    return plain[0].lower() if plain else None


def _synonyms(group: list[Substance], is_known: bool) -> Iterator[tuple[str, str]]:
    """(type, surface) of all other names of a drug and its salts that have the shape of a name."""
    for substance in group:
        salt = base_name(substance.preferred) != substance.preferred
        for name in substance.names:
            if name.type == "bn" and BRAND.fullmatch(name.text):
                yield "brand", "-".join(part.capitalize() for part in name.text.split("-"))
            elif name.type == "cd" and CODE.fullmatch(name.text) and not NOT_CODES.fullmatch(name.text):
                yield "code", name.text
            elif name.type in ("of", "cn") and NAME.fullmatch(name.text) and (is_known or name.user or not salt):
                shared = squash(name.text).startswith(squash(base_name(substance.preferred)))
                yield ("salt" if salt and shared else "alias"), name.text.lower()


def _meanings(titles: Mapping[str, str], written: Mapping[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
    """Which drugs are written so."""
    found: dict[str, set[str]] = {}
    for unii, title in titles.items():
        for text in (title, *(text for _, text in written[unii])):
            found.setdefault(squash(text), set()).add(unii)
    return found


def _kept(
    title: str, written: list[tuple[str, str]], refused: Collection[str], meanings: Mapping[str, set[str]]
) -> list[str]:
    seen = {squash(title)}
    kept = []
    for type_, text in sorted(written, key=lambda pair: (pair[0], " " in pair[1])):
        folded = squash(text)
        if folded not in seen and folded not in refused and len(meanings[folded]) == 1:
            seen.add(folded)
            kept.append(f"{type_}:{text}")
    return kept


def _kind(known: Mapping[str, Row], unii: str) -> str:
    return known[unii]["kind"] if unii in known else "drug"


def parse_stems(content: str, file: str = "inn_stems.tsv") -> dict[str, str]:
    """The class that each ending of an international name tells.

    Raises:
        KnowledgeError: a row with the wrong number of columns or an empty one.
    """
    found = {}
    for number, line in enumerate(content.splitlines(), start=1):
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if not line.strip() or line.startswith("#") or cells == STEM_COLUMNS:
            continue
        if len(cells) != len(STEM_COLUMNS) or not all(cells):
            raise KnowledgeError(file, number, "not a whole row", f"Write {', '.join(STEM_COLUMNS)}, with tabs.")
        found[cells[0]] = cells[1]
    return found


def class_of(name: str, stems: Mapping[str, str]) -> str:
    """The class that the longest fitting stem of ``name`` tells, or nothing."""
    fitting = [stem for stem in stems if name.endswith(stem)]
    return stems[max(fitting, key=len)] if fitting else ""


def _line(unii: str, kind: str, name: str, synonyms: list[str], *, parent: str, label: str) -> str:
    return "\t".join([f"unii:{unii}", kind, name, " | ".join(synonyms), parent, "", label, ""])
