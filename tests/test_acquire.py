"""Queries, lists of PMIDs and full texts: all that was asked for arrives once, or there is a reason why not."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.acquire import pmids_in
from pipeline.errors import UsageError
from pipeline.ingest import IngestJob
from pipeline.sources.pubmed import END, ENTERED, Dates
from tests.acquiring import Library, library
from tests.ingesting import AGAIN, CONFERS, OTHER, full_text
from tests.ncbi import Made, Ncbi
from tests.test_ingest import Changed

__all__ = ["library"]
DAY = date(2026, 11, 1)


def fill(ncbi: Ncbi, number: int) -> None:
    made = (Made(str(1000 + n), f"{CONFERS} Line {n}.", DAY + timedelta(n % 9)) for n in range(number))
    ncbi.records.update({each.pmid: each for each in made})


# ------------------------------------------------------------------------------------------------ queries


def test_every_record_arrives_once_on_a_bad_day(library: Library) -> None:
    fill(library.ncbi, 900)
    library.ncbi.bad = 0.3
    outcome = library.acquire(query="paclitaxel")
    assert (outcome.complete, outcome.parts[0].tally.fetched) == (True, 900)
    assert library.ask("SELECT count(*), count(DISTINCT pmid) FROM documents") == [(900, 900)]
    assert library.ask("SELECT count(*) FROM evidence") == [(900,)]
    assert library.not_given() == []
    assert list(library.paths.acquiring.iterdir()) == []


def test_a_query_is_kept_with_what_pubmed_made_of_it(library: Library) -> None:
    fill(library.ncbi, 1)
    run = library.acquire(query="paclitaxel[tiba]").summary.run_id
    assert library.ask("SELECT run_id, term, found, translation, warnings FROM searches") == [
        (run, "paclitaxel[tiba]", 1, "paclitaxel[tiba]", ["'tiba': not found"])
    ]
    assert library.told == [
        "PubMed finds 1 records; it reads the query as: paclitaxel[tiba]",
        "warning: PubMed did not understand all of it: 'tiba': not found",
    ]


def test_a_query_is_limited_by_days_and_number(library: Library) -> None:
    fill(library.ncbi, 18)
    library.acquire(query="paclitaxel", dates=Dates(ENTERED, DAY, DAY))
    assert sorted(library.standing()) == ["pmid:1000", "pmid:1009"]
    assert library.acquire(query="paclitaxel", dates=Dates(ENTERED, DAY, END), most=3).parts[0].tally.fetched == 3


def test_a_run_that_breaks_off_goes_on_without_fetching_again(library: Library) -> None:
    fill(library.ncbi, 1000)
    with pytest.raises(KeyboardInterrupt):
        library.acquire(query="paclitaxel", reader=Changed(good=500, error=KeyboardInterrupt))
    assert not library.paths.evidence.exists()
    outcome = library.acquire(query="paclitaxel")
    assert set(library.ncbi.fetched().values()) == {1}
    assert (outcome.parts[0].tally.fetched_before, outcome.parts[0].tally.fetched) == (600, 400)
    assert library.ask("SELECT count(*), count(DISTINCT pmid) FROM documents") == [(1000, 1000)]


def test_what_came_before_the_trouble_is_published_and_the_rest_is_fetched_later(library: Library) -> None:
    fill(library.ncbi, 600)
    library.ncbi.next_faults.extend(["", "", *["500"] * 20])
    outcome = library.acquire(query="paclitaxel")
    assert (outcome.complete, len(library.standing())) == (False, 200)
    assert "HTTP 500" in (outcome.parts[0].problem or "")
    assert library.ask("SELECT status FROM runs") == [("incomplete",)]
    library.ncbi.next_faults.clear()
    assert library.acquire(query="paclitaxel").complete
    assert (len(library.standing()), set(library.ncbi.fetched().values())) == (600, {1})


# ------------------------------------------------------------------------------------------------ PMIDs


def test_what_pubmed_does_not_give_has_a_reason(library: Library) -> None:
    fill(library.ncbi, 4)
    library.acquire(pmids=["1000", "1001", "1002"])
    library.ncbi.records["1000"].deleted = True
    library.ncbi.records["1001"].searchable = False
    outcome = library.acquire(pmids=["1000", "1001", "77"])
    assert outcome.complete
    assert library.not_given() == [("pmid:1000", "deleted"), ("pmid:77", "unknown")]
    assert library.standing()["pmid:1000"] == "deleted"
    assert outcome.digest["documents"]["deleted"]["count"] == 1


def test_a_record_that_is_found_but_not_given_is_asked_for_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library.ncbi, 2)
    efetch = library.ncbi._efetch

    def late(parameters: dict[str, str]) -> tuple[int, bytes]:
        return efetch(parameters | {"id": parameters["id"].replace("1001", "0000001")})

    monkeypatch.setattr(library.ncbi, "_efetch", late)
    assert library.acquire(query="paclitaxel").complete
    assert library.not_given() == [("pmid:1001", "not_yet_available")]
    monkeypatch.undo()
    monkeypatch.setattr("pipeline.acquire.WITHOUT_KEY", 10_000)
    outcome = library.night()
    assert (outcome.parts[0].name, outcome.parts[0].tally.fetched) == ("Asked for again", 1)
    assert (library.not_given(), sorted(library.standing())) == ([], ["pmid:1000", "pmid:1001"])


def test_a_stored_record_is_deleted_only_if_the_search_knows_it_no_more(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library.ncbi, 3)
    library.acquire(query="paclitaxel")
    library.ncbi.records["1002"].searchable = False
    monkeypatch.setattr(library.ncbi, "_efetch", lambda _: (200, b"<PubmedArticleSet></PubmedArticleSet>"))
    library.acquire(pmids=["1001", "1002"])
    assert library.not_given() == [("pmid:1001", "not_yet_available"), ("pmid:1002", "deleted")]
    assert library.standing() == {"pmid:1000": "current", "pmid:1001": "current", "pmid:1002": "deleted"}


LISTS = [
    ("1\n2\n2\n", ["1", "2"], []),
    ("PMID: 12, 034;\t56 # seven 78\n", ["12", "34", "56"], []),
    ("pmid:9\nPMC12\n0\nabc", ["9"], ["line 2: 'PMC12'", "line 3: '0'", "line 4: 'abc'"]),
    ("", [], []),
]


@pytest.mark.parametrize(("text", "pmids", "refused"), LISTS)
def test_a_list_of_pmids_is_read(text: str, pmids: list[str], refused: list[str]) -> None:
    found, rejections = pmids_in(text)
    assert found == pmids
    assert [each.detail.partition(";")[0] for each in rejections] == refused


# ------------------------------------------------------------------------------------------------ full texts


def stored(library: Library) -> list[tuple[Any, ...]]:
    return library.ask("SELECT document_id, pmcid, licence, has_full_text, status FROM documents ORDER BY ALL")


def test_an_open_full_text_takes_the_place_of_the_abstract(library: Library) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=f"{AGAIN} {OTHER}")
    outcome = library.acquire(pmids=["1"], full_text=True)
    assert (outcome.complete, outcome.parts[0].tally.full_texts) == (True, 1)
    assert stored(library) == [("pmid:1", "PMC7", "CC BY", True, "current")]
    assert library.said() == [("pmid:1", "supports", OTHER), ("pmid:1", "supports", AGAIN)]
    asked = len(library.ncbi.asked)
    again = library.acquire(pmids=["1"], full_text=True)
    assert again.parts[0].tally.full_texts == 0
    assert not any(each.path.endswith(".xml") for each in library.ncbi.asked[asked:])


VERSIONS = [
    pytest.param({1: {}, 2: {}}, "PMC7.2", id="the newest"),
    pytest.param({1: {}, 2: {"is_manuscript": True}}, "PMC7.1", id="the publisher's"),
    pytest.param({1: {"is_manuscript": True}, 2: {"is_historical_ocr": True}}, "PMC7.1", id="typed, not scanned"),
    pytest.param({1: {}, 2: {"xml_url": None}}, "PMC7.1", id="with XML"),
]


@pytest.mark.parametrize(("versions", "chosen"), VERSIONS)
def test_the_better_version_is_read(library: Library, versions: dict[int, dict[str, Any]], chosen: str) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER, versions=versions)
    library.acquire(pmids=["1"], full_text=True)
    assert [each.path for each in library.ncbi.asked if each.path.endswith(".xml")] == [
        f"/bucket/{chosen}/{chosen}.xml"
    ]


def test_an_article_of_the_bucket_without_a_body_is_no_full_text(library: Library) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER).xml = FRONT
    outcome = library.acquire(pmids=["1"], full_text=True)
    assert (outcome.complete, outcome.parts[0].tally.full_texts) == (True, 0)
    assert library.not_given() == [("pmid:1", "full_text_withheld")]


def test_an_article_of_the_bucket_may_come_as_a_set(library: Library) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER).xml = f"<pmc-articleset>{BODY}</pmc-articleset>"
    library.acquire(pmids=["1"], full_text=True)
    assert stored(library) == [("pmid:1", "PMC7", "CC BY", True, "current")]


ADDRESSES = [
    "s3://pmc-oa-opendata/PMC7.1/PMC7.1.xml?md5={md5}",
    "https://pmc-oa-opendata.s3.amazonaws.com/PMC7.1/PMC7.1.xml?md5={md5}",
    "PMC7.1/PMC7.1.xml",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_text_is_found_by_its_address_however_it_is_written(library: Library, address: str) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    article = library.ncbi.add_article("PMC7", "1", results=OTHER)
    md5 = hashlib.md5(article.xml.encode(), usedforsecurity=False).hexdigest()
    article.versions = {1: {"xml_url": address.format(md5=md5)}}
    assert library.acquire(pmids=["1"], full_text=True).parts[0].tally.full_texts == 1


def test_a_list_of_versions_comes_in_pages(library: Library) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER, versions={number: {} for number in range(1, 6)})
    library.ncbi.listed_at_once = 2
    library.acquire(pmids=["1"], full_text=True)
    assert [each.path for each in library.ncbi.asked if each.path.endswith(".xml")] == ["/bucket/PMC7.5/PMC7.5.xml"]


def test_an_id_on_which_the_converter_says_nothing_is_asked_for_again(library: Library) -> None:
    for number in ("1", "2", "3"):
        library.ncbi.records[number] = Made(number, AGAIN)
    library.ncbi.add_article("PMC7", "2", results=OTHER)
    library.ncbi.next_faults.extend(["", "one id less"])  # the records; the converter
    outcome = library.acquire(pmids=["2", "1", "3"], full_text=True)
    assert (outcome.complete, outcome.parts[0].tally.full_texts) == (True, 1)
    asked = [each.parameters["ids"] for each in library.ncbi.asked if each.path.startswith("/idconv")]
    assert asked == ["1,2,3", "1"]


@pytest.mark.parametrize("status", [404, 403, 503])
def test_what_the_bucket_describes_and_does_not_give_is_asked_of_efetch(
    library: Library, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER, versions={1: {"license_code": "CC0"}}, by_eutils=BODY)
    bucket = library.ncbi._bucket
    monkeypatch.setattr(
        library.ncbi, "_bucket",
        lambda path, given: (status, b"<Error/>") if path.endswith(".xml") else bucket(path, given),
    )  # fmt: skip
    assert library.acquire(pmids=["1"], full_text=True).complete
    assert stored(library) == [("pmid:1", "PMC7", "CC0", True, "current")]


def test_without_the_converter_the_records_own_ids_serve(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.ncbi.records |= {"1": Made("1", AGAIN, pmcid="PMC7"), "2": Made("2", AGAIN)}
    library.ncbi.add_article("PMC7", "1", results=OTHER)
    monkeypatch.setattr(library.ncbi, "_idconv", lambda _: (500, b"<html>no</html>"))
    outcome = library.acquire(pmids=["1", "2"], full_text=True)
    assert (outcome.complete, outcome.parts[0].tally.full_texts) == (False, 1)
    assert library.not_given() == [("pmid:2", "full_text_failed")]


def test_licence_and_retraction_are_those_of_the_description(library: Library) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER, versions={1: {"license_code": "TDM", "is_retracted": True}})
    library.acquire(pmids=["1"], full_text=True)
    assert stored(library) == [("pmid:1", "PMC7", "TDM", True, "retracted")]


BODY = full_text(ids={"pmid": "1", "pmc": "7"}, summary="", results=OTHER)
FRONT = full_text(ids={"pmid": "1", "pmc": "7"}, summary="", body=False)
ELSEWHERE = [
    pytest.param(BODY, True, [], id="efetch has it"),
    pytest.param(FRONT, False, [("pmid:1", "full_text_withheld")], id="front matter only"),
    pytest.param(None, False, [("pmid:1", "full_text_missing")], id="nothing"),
]


@pytest.mark.parametrize(("by_eutils", "full", "not_given"), ELSEWHERE)
def test_what_the_bucket_does_not_have_is_asked_of_efetch(
    library: Library, by_eutils: str | None, full: bool, not_given: list[tuple[str, str]]
) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    library.ncbi.add_article("PMC7", "1", results=OTHER, versions={}, by_eutils=by_eutils)
    assert library.acquire(pmids=["1"], full_text=True).complete
    assert library.ask("SELECT has_full_text FROM documents") == [(full,)]
    assert library.not_given() == not_given


def test_a_text_that_is_not_the_one_described_is_refused_until_it_is(library: Library) -> None:
    library.ncbi.records["1"] = Made("1", AGAIN)
    wrong = {"xml_url": f"s3://pmc-oa-opendata/PMC7.1/PMC7.1.xml?md5={'0' * 32}"}
    article = library.ncbi.add_article("PMC7", "1", results=OTHER, versions={1: wrong})
    outcome = library.acquire(pmids=["1"], full_text=True)
    assert (outcome.complete, library.not_given()) == (False, [("pmid:1", "full_text_failed")])
    assert library.standing() == {"pmid:1": "current"}
    article.versions = {1: {}}
    assert library.acquire(pmids=["1"], full_text=True).complete
    assert (library.not_given(), library.ask("SELECT has_full_text FROM documents")) == ([], [(True,)])


def test_full_texts_arrive_once_on_a_bad_day(library: Library) -> None:
    for number in range(1, 31):
        library.ncbi.records[str(number)] = Made(str(number), AGAIN)
        by_eutils = full_text(ids={"pmid": str(number), "pmc": str(number)}, summary="", results=OTHER)
        versions: dict[int, dict[str, Any]] = {} if number % 3 == 0 else {1: {}}
        library.ncbi.add_article(f"PMC{number}", str(number), results=OTHER, versions=versions, by_eutils=by_eutils)
    library.ncbi.bad = 0.3
    library.ncbi.faults = tuple(each for each in library.ncbi.faults if each != "one record less")
    outcome = library.acquire(pmids=list(library.ncbi.records), full_text=True)
    assert (outcome.complete, outcome.parts[0].tally.full_texts) == (True, 30)
    assert library.ask("SELECT count(*) FROM documents WHERE has_full_text") == [(30,)]


# ------------------------------------------------------------------------------------------------ wrong use


def test_two_at_once_are_refused(library: Library) -> None:
    with (
        IngestJob(library.settings, "the first"),
        pytest.raises(Exception, match=r"another run is writing .'the first'"),
    ):
        library.night()


def test_a_night_without_topics_is_wrong_use(library: Library) -> None:
    from pipeline.topics import chosen

    with pytest.raises(UsageError, match="there are no topics yet"):
        chosen(library.settings.home, [])
