"""Reviews: which claims stand in which tables, what the filters let through, what prose rests on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import KnowledgeError, UsageError
from pipeline.review import build, load_template, template_names
from pipeline.review.library import parse_library, shipped
from pipeline.review.prose import as_shown, as_written, blocks, citations, merged, put, seal
from pipeline.review.records import Review, Table
from pipeline.review.scope import subject_of
from pipeline.review.template import Filters, Plan, Template, default, slug
from pipeline.store.query import reading
from tests.ingesting import Desk, full_text, record
from tests.parse_samples import pubmed_set

OPEN = '<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/" ' \
       'xmlns:xlink="http://www.w3.org/1999/xlink"><license-p>Open.</license-p></license></permissions>'  # fmt: skip
CROSS = "Letrozole-resistant MCF-7 cells were cross-resistant to exemestane."
NOT_CROSS = "Letrozole-resistant cells were not cross-resistant to fulvestrant."
CYTOTOXIC = "Letrozole-resistant cells were not cross-resistant to doxorubicin."
CONFERS = "HER2 overexpression confers resistance to letrozole."
DENIES = "HER2 overexpression did not confer resistance to letrozole."
EVEROLIMUS = "Everolimus reversed resistance to letrozole."
OTHER = "ABCB1 confers resistance to paclitaxel."


def some(*names: str, filters: Filters | None = None, prose: dict[str, str] | None = None) -> Template:
    """A template about letrozole with these tables and a block of prose."""
    plan = Plan("all", "All", (("prose", "words"), *(("table", name) for name in names)))
    return Template("test", "Test", ("letrozole",), (plan,), filters or Filters(), prose=prose or {})


def built(desk: Desk, template: Template) -> Review:
    with reading(desk.paths) as connection:
        return build(template, connection)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("review"))
    closed = pubmed_set(
        record("1", f"{CROSS} {CONFERS}", year=2011),
        record("2", f"{DENIES} {CYTOTOXIC}", year=2012),
        record("3", CONFERS, types="Review", year=2013),
        record("4", EVEROLIMUS, types="Retracted Publication", year=2014),
        record("5", OTHER, year=2015),
    )
    opened = full_text(ids={"pmid": "6", "pmc": "6"}, summary="", results=NOT_CROSS, meta=OPEN)
    desk.ingest(desk.write("a.xml", closed), desk.write("b.xml", opened))
    return desk


def told(review: Review) -> dict[str, list[tuple[str, ...]]]:
    """Table → its rows; papers as their numbers in brackets."""
    number = review.number_of()

    def cell(text: str, papers: tuple[str, ...]) -> str:
        return text + (str([number[paper] for paper in papers]) if papers else "")

    return {
        table.name: [tuple(cell(each.text, each.papers) for each in row.cells) for row in table.rows]
        for table in review.tables()
    }


# ------------------------------------------------------------------------------------------------ tables


def test_tables_have_a_row_a_claim_with_what_is_for_and_against_it(desk: Desk) -> None:
    review = built(desk, some("cross_resistance_endocrine", "mechanisms", "reversal"))
    assert told(review) == {
        "cross_resistance_endocrine": [
            ("selective estrogen receptor degrader", "fulvestrant", "letrozole", "no", "against: cells", "", "[1]", ""),
            ("steroidal aromatase inhibitor", "exemestane", "letrozole", "yes", "cells, MCF-7", "[2]", "",
             "D: cells"),
        ],
        "mechanisms": [
            ("↑ ERBB2", "letrozole", "resistance (2), no resistance (1)", "told in a review",
             "[3, 2]", "[4]", ""),
        ],
        "reversal": [("everolimus", "rapalog", "letrozole", "withdrawn", "", "[5]", "", "")],
    }  # fmt: skip
    assert [each.document_id for each in review.references] == ["pmid:6", "pmid:1", "pmid:3", "pmid:2", "pmid:4"]
    assert [(table.number, {row.status for row in table.rows}) for table in review.tables()] == [
        (1, {"current"}), (2, {"contested"}), (3, {"retracted"}),
    ]  # fmt: skip


def test_words_of_papers_are_there_only_under_a_licence_that_allows_it(desk: Desk) -> None:
    review = built(desk, default("letrozole", "x", "drug"))
    quoted = {each.document_id: each.quote for claim in review.claims.values() for each in claim.evidence}
    assert quoted == {"pmid:6": NOT_CROSS, **dict.fromkeys(["pmid:1", "pmid:2", "pmid:3", "pmid:4"])}
    assert "not quoted" in " ".join(review.methods)


FILTERS = [
    (Filters(), {"exemestane", "fulvestrant", "doxorubicin", "ERBB2", "everolimus"}),
    (Filters(withdrawn=False), {"exemestane", "fulvestrant", "doxorubicin", "ERBB2"}),
    (Filters(stances=("refutes",)), {"fulvestrant", "doxorubicin", "ERBB2"}),
    (Filters(minimum_papers=2), {"ERBB2"}),
    (Filters(minimum_confidence=1.0), set()),
    (Filters(accepted=True), set()),
    (Filters(first_year=2012, last_year=2012), {"doxorubicin", "ERBB2"}),
    (Filters(study_types=("in_vitro",)), {"exemestane", "fulvestrant", "doxorubicin"}),
]


@pytest.mark.parametrize(("filters", "expected"), FILTERS)
def test_filters(desk: Desk, filters: Filters, expected: set[str]) -> None:
    review = built(desk, some("cross_resistance", "mechanisms", "reversal", filters=filters))
    names = {each.name for claim in review.claims.values() for each in claim.arguments} - {"letrozole"}
    assert names == expected


def test_reviews_can_be_left_out(desk: Desk) -> None:
    review = built(desk, some("mechanisms", filters=Filters(reviews=False)))
    assert {each.document_id for each in review.references} == {"pmid:1", "pmid:2"}


TOPICS = [
    ("letrozole", "drug", 5), ("Femara", "drug", 5), ("unii:7LKK855W8I", "drug", 5), ("aromatase inhibitor", "drug", 5),
    ("ERBB2", "mechanism", 1), ("HER2", "mechanism", 1),
]  # fmt: skip


@pytest.mark.parametrize(("topic", "family", "claims"), TOPICS)
def test_a_topic_without_a_template(desk: Desk, topic: str, family: str, claims: int) -> None:
    with reading(desk.paths) as connection:
        subject = subject_of(topic, connection)
        review = build(default(topic, topic, subject.family), connection)
    assert (subject.family, len(review.claims)) == (family, claims)


def test_a_topic_that_nobody_knows_is_told_with_what_is_near(desk: Desk) -> None:
    with reading(desk.paths) as connection, pytest.raises(UsageError, match=r"'letrozol' is no drug.*letrozole"):
        subject_of("letrozol", connection)


def test_every_claim_about_a_drug_stands_in_a_table_of_its_default_template() -> None:
    """Whatever kind of claim a drug is part of, some table takes it."""
    plans = shipped().tables
    contents = [item for section in shipped().sections["drug"] for what, item in section.contents if what == "table"]
    covered = {(kind, role) for name in contents for take in plans[name].takes for kind in take.kinds
               for role in take.topic.get("drug", ())}  # fmt: skip
    wanted = {
        ("resistance", "drug"), ("sensitivity", "drug"), ("cross_resistance", "drug"),
        ("cross_resistance", "resistant_to"), ("efficacy_in_resistant", "drug"),
        ("efficacy_in_resistant", "resistant_to"), ("reversal", "drug"), ("reversal", "agent"),
        ("combination", "drug"), ("alteration", "resistant_to"), ("biomarker", "drug"), ("drug_effect", "drug"),
        ("model_system", "resistant_to"), ("trial", "drug"), ("drug_property", "drug"), ("evidence_gap", "drug"),
        ("evidence_gap", "resistant_to"),
    }  # fmt: skip
    assert wanted <= covered


# ------------------------------------------------------------------------------------------------ templates

GOOD = """
title = "On letrozole"
topic = ["letrozole"]
[filters]
accepted = false
stances = ["supports", "refutes"]
[[section]]
title = "Cross-resistance"
contents = ["prose:cross", "table:cross_resistance", "plot:years"]
"""
BAD = [
    ('topic = ["letrozole"]', "topc = []", "unknown key 'topc'"),
    ('topic = ["letrozole"]', "", "topic: says nothing"),
    ('topic = ["letrozole"]', 'topic = "letrozole"', "no list of texts"),
    ("table:cross_resistance", "table:nowhere", "there is no table 'nowhere'"),
    ("plot:years", "picture:years", "contents 'picture:years'"),
    ("plot:years", "prose:cross", "'cross' stands there twice"),
    ("accepted = false", "accepted = 1", "Write true or false"),
    ("accepted = false", "minimum_confidence = 1", "Write a number like 0.8"),
    ('"refutes"', '"denies"', "'denies'"),
    ("[[section]]", "[[sections]]", "unknown key 'sections'"),
    ("topic = ", "topic ", "cannot be read"),
]


def write(home: Path, content: str, prose: str = "") -> None:
    (home / "reviews").mkdir(parents=True, exist_ok=True)
    (home / "reviews" / "own.toml").write_text(content, "utf-8")
    (home / "reviews" / "own.md").write_text(prose, "utf-8")


def test_a_template_of_people(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "notes\n<!-- prose cross -->\nWe think so.\n<!-- /prose -->\nmore notes\n")
    template = load_template(tmp_path, "own")
    assert template_names(tmp_path) == ["own"]
    assert template.filters == Filters(stances=("supports", "refutes"))
    assert template.sections[0].contents == (("prose", "cross"), ("table", "cross_resistance"), ("plot", "years"))
    assert dict(template.prose) == {"cross": "We think so.\n"}


@pytest.mark.parametrize(("good", "bad", "message"), BAD)
def test_a_template_is_read_strictly(tmp_path: Path, good: str, bad: str, message: str) -> None:
    write(tmp_path, GOOD.replace(good, bad))
    with pytest.raises(KnowledgeError, match="own") as raised:
        load_template(tmp_path, "own")
    assert message in str(raised.value)


def test_a_template_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="there is no such template"):
        load_template(Path("/nowhere"), "../own")


LIBRARY = """
[table.one]
title = "One"
says = "It."
take = [{ kinds = ["resistance"], topic = { drug = ["drug"] } }]
columns = [{ head = "Cause", show = "names", of = ["cause"] }]
words.supports = { "else" = "yes" }
[default]
drug = [{ name = "a", title = "A", contents = ["table:one"] }]
mechanism = []
any = []
"""
BAD_LIBRARY = [
    ('title = "One"', 'like = "two"\ntitle = "One"', "like 'two'"),
    ('title = "One"', 'like = "one"\ntitle = "One"', "like 'one'"),
    ('show = "names"', 'show = "colours"', "column 'colours'"),
    ('kinds = ["resistance"]', 'kinds = ["resistence"]', "unknown kind of claim 'resistence'"),
    ('drug = ["drug"]', 'drug = ["agent"]', "topic.drug"),
    ('"else" = "yes"', '"degree:none" = "no"', "no word for the rest"),
    ('"table:one"', '"table:two"', "no table 'two'"),
    ("any = []", "", "families"),
    ('says = "It."', "", "no says"),
]


@pytest.mark.parametrize(("good", "bad", "message"), BAD_LIBRARY)
def test_the_library_is_read_strictly(good: str, bad: str, message: str) -> None:
    assert parse_library(LIBRARY).tables["one"].title == "One"
    with pytest.raises(KnowledgeError, match=message):
        parse_library(LIBRARY.replace(good, bad))


SLUGS = [("letrozole", "letrozole"), ("CDK4/6 inhibitor", "cdk4-6-inhibitor"), ("../..", "review"), ("TGF-β", "tgf-β")]


@pytest.mark.parametrize(("topic", "name"), SLUGS)
def test_a_topic_as_the_name_of_a_file(topic: str, name: str) -> None:
    assert slug(topic) == name


# ------------------------------------------------------------------------------------------------ prose


def claim_of(review: Review, table: str) -> str:
    return next(each for each in review.tables() if each.name == table).rows[0].claim_ids[0]


def test_prose_rests_on_what_it_cites_or_on_what_stands_beside_it(desk: Desk) -> None:
    names = ("cross_resistance", "mechanisms")
    bare = built(desk, some(*names))
    tables: dict[str, Table] = {table.name: table for table in bare.tables()}
    claim = claim_of(bare, "mechanisms")
    cases = {
        "No citation.\n": tables["cross_resistance"].claim_ids | tables["mechanisms"].claim_ids,
        f"So it is {{{{claim:{claim}}}}}.\n": {claim},
        "See {{table:cross_resistance}}.\n": tables["cross_resistance"].claim_ids,
    }
    for text, expected in cases.items():
        prose = next(built(desk, some(*names, prose={"words": text})).prose())
        assert (prose.claim_ids, prose.missing, prose.text) == (expected, (), text)
    lost = next(built(desk, some(*names, prose={"words": "{{claim:nothing}}"})).prose())
    assert (lost.missing, lost.state) == (("claim:nothing",), "changed")


def test_prose_without_a_place_is_kept(desk: Desk) -> None:
    review = built(desk, some("mechanisms", prose={"gone": "Words.\n"}))
    assert [(each.name, each.text) for each in review.unplaced] == [("gone", "Words.\n")]


def test_a_claim_that_prose_cites_is_there_though_no_table_has_it(desk: Desk) -> None:
    claim = claim_of(built(desk, some("mechanisms")), "mechanisms")
    review = built(desk, some("reversal", prose={"words": f"{{{{claim:{claim}}}}}"}))
    assert claim in review.claims
    assert review.references[0].document_id in {each.document_id for each in review.claims[claim].evidence}


WRITTEN = [
    "", "One line.\n", "  spaces kept  \n\n\n", "{{claim:ab12}} and {{table:mechanisms}}\n", "a | b < c & d *e*\r\n",
    "<!-- a comment -->\n", "{{not a citation}}\n", "β ≥ 5\u00a0µM\n",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_prose_goes_through_a_written_file_byte_for_byte(text: str) -> None:
    shown = as_shown(text, lambda what, item: f"[{what} {item}](#x)")
    assert as_written(shown) == text
    file = put("", {"own": text}, "x.md")
    assert [each.text for each in blocks("x.md", f"# Head\n\n{file}tail\n")] == [text]


def test_what_a_person_changed_is_told_from_what_we_wrote() -> None:
    def file(text: str, written: str | None) -> str:
        return f"<!-- prose a{' ' + seal(written) if written is not None else ''} -->\n{text}<!-- /prose -->\n"

    cases = [
        ("old\n", file("old\n", "old\n"), {}, {}),
        ("new\n", file("old\n", "old\n"), {}, {}),  # changed at home: home it is
        ("old\n", file("typed\n", "old\n"), {"a": "typed\n"}, {}),
        ("", file("typed\n", ""), {"a": "typed\n"}, {}),
        ("", file("typed\n", None), {"a": "typed\n"}, {}),
        ("old\n", file("", "old\n"), {"a": ""}, {}),
        ("new\n", file("typed\n", "old\n"), {}, {"a." + seal("typed\n")[:6]: "typed\n"}),  # both: both are kept
    ]
    for own, text, taken, both in cases:
        assert merged({"a": own} if own else {}, blocks("x.md", text)) == (taken, both)


def test_taking_up_a_block_leaves_the_rest_of_the_file_alone() -> None:
    text = "notes\n\n<!-- prose a -->\nold\n<!-- /prose -->\nbetween\n<!-- prose b -->\nkept  \n<!-- /prose -->\nend"
    assert put(text, {"a": "typed\n", "c": "more\n"}, "x.md") == (
        text.replace("old\n", "typed\n") + "\n<!-- prose c -->\nmore\n<!-- /prose -->\n"
    )


BROKEN = [
    ("<!-- prose a -->\nwords\n", "x.md, row 1: prose 'a' is not closed"),
    ("\n<!-- prose a -->\n<!-- prose b -->\n<!-- /prose -->\n", "x.md, row 2: prose 'a' is not closed"),
    ("<!-- prose a -->\n<!-- /prose -->\n" * 2, "x.md, row 3: a second prose 'a'"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_marks_that_are_broken_are_told_by_their_row(text: str, message: str) -> None:
    with pytest.raises(KnowledgeError) as raised:
        list(blocks("x.md", text))
    assert str(raised.value).startswith(message)


def test_citations_of_a_text() -> None:
    assert citations("{{claim:a}} {{paper:pmid:5}} {{claim:a}} {{x:y}}") == (("claim", "a"), ("paper", "pmid:5"))


def test_the_same_snapshot_and_template_give_the_same_review(desk: Desk) -> None:
    template = default("letrozole", "x", "drug")
    assert built(desk, template) == built(desk, template)
    assert built(desk, replace(template, title="y")).title == "y"


def test_a_table_like_another_has_its_columns_and_words() -> None:
    tables = shipped().tables
    own, like = tables["cross_resistance_endocrine"], tables["cross_resistance"]
    assert (own.columns, own.words, own.says) == (like.columns, like.words, like.says)
    assert (own.title, own.takes) != (like.title, like.takes)
