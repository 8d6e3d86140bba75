"""What becomes of fifty verdicts when everything else changes: the round trip of curation on real records.

Run it as ``python -m benchmarks.curation --data DIR``, where DIR holds ``records/pubmed_cancer.xml.gz``. The records
are read, exported, judged by this script in the sheet, and imported; then they are ingested again, a correction is
applied, a new version of a paper comes, another is retracted, and rules are changed. After each event the states of the
verdicts are printed, at the end each verdict that is not as it was, with the reason. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from pipeline import article, rules
from pipeline.article import Reader
from pipeline.correct import Proposal, add_correction
from pipeline.curate import Selection, export_sheet, import_sheet
from pipeline.curation import Verdict, load_verdicts
from pipeline.ingest import ingest_files
from pipeline.paths import OutputPaths
from pipeline.records import raw_records_in
from pipeline.settings import Settings, load_settings
from pipeline.store.query import select
from pipeline.text import one_line

RECORDS = "records/pubmed_cancer.xml.gz"
SAID = ("accept", "accept", "reject", "accept", "unsure", "reject", "accept", "edit", "accept", "reject")
STATES = "SELECT state, cause, count(*) FROM verdicts GROUP BY ALL ORDER BY count(*) DESC, state, cause"
BECAME = """
SELECT verdict, coalesce(in_force, '–'), state, cause, document_id, coalesce(difference, '') FROM verdicts
WHERE cause <> 'unchanged' ORDER BY state, cause, verdict, document_id
"""
SET = '<?xml version="1.0"?>\n<PubmedArticleSet>\n{}\n</PubmedArticleSet>\n'


@dataclass(frozen=True)
class Desk:
    """The files of the benchmark, in a folder of its own."""

    folder: Path
    data: Path

    @property
    def settings(self) -> Settings:
        return replace(
            load_settings(),
            output=self.folder / "output",
            home=self.folder / "home",
            models=("none",),
            keep_snapshots=1,
        )

    def ingest(self, path: Path) -> None:
        ingest_files([path], self.settings, command="benchmark", reader=Reader(home=self.settings.home))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return list(select(OutputPaths(self.settings.output), query).rows)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return load_verdicts(self.settings.home).all


def main() -> None:
    """Go the whole round and print what the verdicts come to."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder), arguments.data)
        desk.ingest(desk.data / RECORDS)
        rows, taken = _judge(desk, arguments.verdicts)
        print(f"{rows} rows exported, {taken} verdicts typed and taken")
        for what, event in _events():
            _report(desk, f"{what}: {event(desk)}")
        print("\nverdict  in force  state           cause              paper          difference")
        for verdict, in_force, state, cause, document_id, difference in desk.ask(BECAME):
            told = one_line(_without_words(difference), 90)
            print(f"{verdict:8} {in_force:9} {state:15} {cause:18} {document_id:14} {told}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds records/")
    parser.add_argument("--verdicts", type=int, default=50, help="how many to type (default 50)")
    given = parser.parse_args()
    if not (given.data / RECORDS).is_file():
        parser.error(f"{given.data / RECORDS} not found; --data takes the folder that holds {RECORDS}")
    return given


def _judge(desk: Desk, wanted: int) -> tuple[int, int]:
    """Type verdicts into rows spread over the whole sheet, those with an unknown drug among them, and import it."""
    sheet = desk.folder / "sheet.xlsx"
    rows = export_sheet(desk.settings, sheet, Selection()).rows
    book = load_workbook(sheet, rich_text=True)
    page = book["evidence"]
    place = {cell.value: cell.column for cell in page[1]}
    unknown = {row[0] for row in desk.ask("SELECT DISTINCT evidence_id FROM evidence JOIN claim_arguments USING "
               "(claim_id) WHERE entity_id IS NULL AND role = 'drug' AND kind <> 'trial'")}  # fmt: skip
    numbers = list(range(2, rows + 2))
    first = [each for each in numbers if page.cell(each, place["row"]).value.partition(".")[2] in unknown][:3]
    chosen = list(dict.fromkeys([*first, *numbers[:: max(rows // wanted, 1)]]))[:wanted]
    for number, verdict in zip(chosen, cycle(SAID), strict=False):
        page.cell(number, place["verdict"]).value = verdict
        if verdict == "edit":
            page.cell(number, place["certainty"]).value = (
                "suggested" if page.cell(number, place["certainty"]).value == "asserted" else "asserted"
            )
    book.save(sheet)
    return rows, len(import_sheet(desk.settings, sheet, "a script").merged.verdicts)


def _events() -> Iterator[tuple[str, Callable[[Desk], str]]]:
    yield "imported", lambda _: ""
    yield "ingested again", _ingest_again
    yield "a correction applied", _correct
    yield "a new version of a paper", _new_version
    yield "a paper retracted", _retract
    yield "two rules changed", _change_rules


def _report(desk: Desk, what: str) -> None:
    print(f"\n{what}")
    for state, cause, count in desk.ask(STATES):
        print(f"  {count:4}  {state:15} {cause}")


def _ingest_again(desk: Desk) -> str:
    desk.ingest(desk.data / RECORDS)
    return ""


def _correct(desk: Desk) -> str:
    for verdict in desk.verdicts:
        for name in verdict.judged.names:
            if name.role == "drug" and name.entity_id is None and name.start is not None:
                row = Proposal(
                    name.text, "letrozole", kind="synonym", documents=(verdict.paper.document_id,), reason="on trial",
                    contributor="a script",
                )  # fmt: skip
                add_correction(replace(desk.settings), row)
                return f"an unknown drug of {verdict.paper.document_id} is named"
    return "no judged row has an unknown drug"


def _records(desk: Desk) -> Iterator[tuple[Verdict, str]]:
    """Accepted verdicts with the record of their paper, where the sentence stands in it without markup."""
    by_pmid = {each.paper.pmid: each for each in desk.verdicts if each.verdict in ("accept", "reject")}
    for raw in raw_records_in(desk.data / RECORDS):
        text = raw.content.decode()
        found = re.search(r"<PMID[^>]*>(\d+)</PMID>", text)
        verdict = by_pmid.get(found[1]) if found else None
        if verdict and verdict.judged.sentence in text:
            yield verdict, re.sub(r'<PMID Version="1">', '<PMID Version="2">', text, count=1)


def _new_version(desk: Desk) -> str:
    verdict, text = next(_records(desk))
    words = verdict.judged.sentence.split(" ")
    changed = text.replace(verdict.judged.sentence, " ".join([*words[:-1], "clearly", words[-1]]))
    path = desk.folder / "version.xml"
    path.write_text(SET.format(changed), "utf-8")
    desk.ingest(path)
    return f"{verdict.paper.document_id}, a word more in the sentence"


def _retract(desk: Desk) -> str:
    records = [each for each in _records(desk) if each[0].verdict == "accept"]
    verdict, text = records[-1]
    mark = '<PublicationTypeList><PublicationType UI="D016441">Retracted Publication</PublicationType>'
    path = desk.folder / "retracted.xml"
    path.write_text(SET.format(text.replace("<PublicationTypeList>", mark)), "utf-8")
    desk.ingest(path)
    return verdict.paper.document_id


def _change_rules(desk: Desk) -> str:
    """The rule of most verdicts gets another name, the next one reads nothing any more."""
    used = [rule for rule, _ in Counter(each.judged.rule for each in desk.verdicts).most_common(2)]
    shipped = rules.shipped()
    changed = tuple(
        replace(each, id=f"{each.id}-2") if each.id == used[0] else each for each in shipped.rules if each.id != used[1]
    )
    made = replace(shipped, rules=changed, fingerprint=f"{shipped.fingerprint}-2")
    article.rules.shipped = lambda: made  # type: ignore[attr-defined]
    desk.ingest(desk.data / RECORDS)
    return f"{used[0]} has another id, {used[1]} is gone"


def _without_words(difference: str) -> str:
    """A difference without the sentence that it is in; only what was put in and taken out."""
    return " ".join(re.findall(r"\[-.*?-\]|\{\+.*?\+\}", difference)) or difference


if __name__ == "__main__":
    main()
