"""E-utilities: what counts as an answer, what is asked again, and searches that are complete."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.errors import AcquireError, IncompleteError
from pipeline.sources.limiter import STALE, Limiter
from pipeline.sources.pubmed import END, ENTERED, Account, Dates, Fetched, PubMed, Unreadable, read_search
from tests.acquiring import client
from tests.ncbi import FAULTS, Made, Ncbi

DAY = date(2026, 11, 1)


@pytest.fixture
def ncbi() -> Iterator[Ncbi]:
    state = Ncbi(*(Made(str(number), entered=DAY + timedelta(number % 5)) for number in range(1, 11)))
    state.per_second = None
    with state.running():
        yield state


@pytest.fixture
def pubmed(ncbi: Ncbi, tmp_path: Path) -> PubMed:
    return client(ncbi, tmp_path)


def all_fetched(pubmed: PubMed, *pmids: str) -> list[str]:
    replies = list(pubmed.fetch(pmids))
    return [pmid for reply in replies if isinstance(reply, Fetched) for pmid in reply.got]


# ------------------------------------------------------------------------------------------------ bad days


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in ("one record less", "one id less")])
def test_a_search_is_asked_again_until_it_is_answered(ncbi: Ncbi, pubmed: PubMed, fault: str) -> None:
    ncbi.next_faults.extend([fault, fault])
    assert len(pubmed.search("paclitaxel").pmids) == 10
    assert len(ncbi.asked) == 3


@pytest.mark.parametrize(
    "fault", [name for name in FAULTS if name not in ("one record less", "fewer ids", "one id less")]
)
def test_records_are_asked_for_again_until_they_are_whole(ncbi: Ncbi, pubmed: PubMed, fault: str) -> None:
    ncbi.next_faults.extend([fault, fault])
    assert all_fetched(pubmed, "1", "2", "3") == ["1", "2", "3"]
    assert len(ncbi.asked) == 3


LASTING = [
    ("429", 8, "HTTP 429"),
    ("429 in a 200", 8, "API rate limit exceeded"),
    ("500", 8, "HTTP 500"),
    ("web page", 8, "a web page instead of data.*proxy"),
    ("empty", 8, "an empty body"),
    ("error", 8, "Search Backend failed: Database is not supported: pubmed"),
    ("cut off", 8, "XML that breaks off"),
    ("fewer ids", 8, "10 records counted, 9 of 10 listed"),
    ("reset", 8, "ConnectionError"),
]


@pytest.mark.parametrize(("fault", "times", "words"), LASTING, ids=[each[0] for each in LASTING])
def test_a_lasting_fault_is_told_and_nothing_is_taken_for_an_answer(
    ncbi: Ncbi, pubmed: PubMed, fault: str, times: int, words: str
) -> None:
    ncbi.bad, ncbi.faults = 1.0, (fault,)
    with pytest.raises(AcquireError, match=f"esearch.fcgi: no usable answer, asked {times} times .*{words}"):
        pubmed.search("paclitaxel")
    assert len(ncbi.asked) == times


def test_a_service_that_hangs_is_left(ncbi: Ncbi, pubmed: PubMed) -> None:
    ncbi.next_faults.append("hang")
    assert pubmed.search("paclitaxel").count == 10


def test_nobody_at_the_address_is_told_soon(tmp_path: Path) -> None:
    gone = Ncbi()
    with gone.running():
        pubmed = client(gone, tmp_path)
    with pytest.raises(AcquireError, match=r"asked 4 times .*refused"):
        pubmed.search("paclitaxel")


def test_another_address_is_told_at_once(ncbi: Ncbi, tmp_path: Path) -> None:
    pubmed = client(ncbi, tmp_path)
    pubmed._base = f"{ncbi.root}eutils/elsewhere/x"
    with pytest.raises(AcquireError, match=r"404.*Correct RESISTMINE_EUTILS_URL"):
        pubmed.search("paclitaxel")
    assert len(ncbi.asked) == 1


def test_a_record_that_breaks_its_reply_costs_only_itself(ncbi: Ncbi, pubmed: PubMed) -> None:
    ncbi.records["3"].text = "a control character \x0b in it"
    replies = list(pubmed.fetch([str(number) for number in range(1, 11)]))
    assert sorted(int(pmid) for each in replies if isinstance(each, Fetched) for pmid in each.got) == [
        1, 2, 4, 5, 6, 7, 8, 9, 10,
    ]  # fmt: skip
    assert [each.pmid for each in replies if isinstance(each, Unreadable)] == ["3"]


def test_what_a_reply_leaves_out_is_known(ncbi: Ncbi, pubmed: PubMed) -> None:
    ncbi.records["2"].deleted = True
    reply = next(iter(pubmed.fetch(["1", "2", "77"])))
    assert isinstance(reply, Fetched)
    assert (reply.got, reply.left_out) == (("1",), ("2", "77"))
    assert (reply.entered, reply.changed) == (date(2026, 11, 2), date(2026, 11, 2))


# ------------------------------------------------------------------------------------------------ keys


def test_a_refused_key_is_told_once_and_never_shown(
    ncbi: Ncbi, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ncbi.refused_key = "0123456789secret"
    pubmed = client(ncbi, tmp_path, account=Account("a@b.org", "0123456789secret"), secrets=["0123456789secret"])
    with pytest.raises(AcquireError, match=r"asked once .*NCBI refuses the API key; correct NCBI_API_KEY") as error:
        pubmed.search("paclitaxel")
    assert ncbi.asked[0].parameters["api_key"] == "0123456789secret"
    assert caplog.text.count("esearch.fcgi") == 1
    assert "secret" not in str(error.value) + caplog.text + repr(Account("a@b.org", "0123456789secret"))


def test_without_a_key_none_is_sent_and_long_lists_are_posted(ncbi: Ncbi, pubmed: PubMed) -> None:
    all_fetched(pubmed, *map(str, range(1, 301)))
    assert set(ncbi.asked[0].parameters) == {"db", "id", "retmode", "tool"}
    assert len(ncbi.asked[0].parameters["id"].split(",")) == 300


# ------------------------------------------------------------------------------------------------ complete searches


def test_a_search_of_more_than_pubmed_gives_out_is_complete(ncbi: Ncbi, pubmed: PubMed) -> None:
    spread = {str(n): Made(str(n), entered=DAY - timedelta(n % 3000)) for n in range(100_000, 112_000)}
    one_day = {str(n): Made(str(n), entered=DAY) for n in range(200_000, 223_000)}
    ncbi.records = spread | one_day
    found = pubmed.search("paclitaxel")
    assert found.count == len(found.pmids) == 35_000
    assert set(found.pmids) == set(ncbi.records)
    assert len(ncbi.asked) < 40
    assert set(pubmed.search("paclitaxel", Dates(ENTERED, DAY, END)).pmids) >= set(one_day)


def test_a_search_through_bad_days_is_complete_all_the_same(ncbi: Ncbi, pubmed: PubMed) -> None:
    ncbi.records = {str(n): Made(str(n), entered=DAY - timedelta(n % 7)) for n in range(100_000, 112_000)}
    ncbi.bad = 0.3
    assert set(pubmed.search("paclitaxel").pmids) == set(ncbi.records)


def test_only_the_newest_are_asked_for(ncbi: Ncbi, pubmed: PubMed) -> None:
    ncbi.records = {str(n): Made(str(n), entered=DAY - timedelta(n % 3000)) for n in range(100_000, 112_000)}
    assert len(set(pubmed.search("paclitaxel", most=50).pmids)) == 50
    assert len(ncbi.asked) == 1
    assert len(set(pubmed.search("paclitaxel", most=10_500).pmids)) == 10_500


def test_pieces_that_hold_less_than_the_whole_are_told(
    ncbi: Ncbi, pubmed: PubMed, monkeypatch: pytest.MonkeyPatch
) -> None:
    ncbi.records = {str(n): Made(str(n)) for n in range(100_000, 112_000)}
    found = ncbi._found
    monkeypatch.setattr(
        ncbi, "_found",
        lambda term, given: (each for each in found(term, given) if "uid" not in term or each.pmid != "105000"),
    )  # fmt: skip
    with pytest.raises(IncompleteError, match="PubMed counts 12000 records for 'paclitaxel', its pieces hold 11999"):
        pubmed.search("paclitaxel")


def test_what_pubmed_did_not_understand_is_told(pubmed: PubMed) -> None:
    assert pubmed.search("paclitaxel[tiba]").warnings == ("'tiba': not found",)
    nothing = pubmed.search("imatinib")
    assert (nothing.count, nothing.pmids, nothing.warnings) == (0, (), ())


def test_a_reply_of_the_search_is_read_whole() -> None:
    reply = (
        b"<eSearchResult><Count>1</Count><IdList><Id>7</Id></IdList><QueryTranslation>x[All Fields]</QueryTranslation>"
        b"<ErrorList><PhraseNotFound>abcXYZ</PhraseNotFound><FieldNotFound>tiba</FieldNotFound></ErrorList><WarningList>"
        b"<QuotedPhraseNotFound>a b</QuotedPhraseNotFound><OutputMessage>No items found.</OutputMessage></WarningList>"
        b"</eSearchResult>"
    )
    assert read_search(reply, 10).warnings == (
        "'abcXYZ': not found", "'tiba': no such field",
        "'a b': not found as a phrase, searched as single words",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ the limit


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_requests_of_two_processes_share_one_limit(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (Limiter("x", 3, folder=tmp_path, clock=clock, sleep=clock.sleep) for _ in range(2))
    times = []
    for number in range(30):
        (one, other)[number % 2].wait()
        times.append(clock.now)
    assert all(later - earlier > 1.0 for earlier, later in zip(times, times[3:], strict=False))


def test_a_pause_holds_for_everybody_and_old_slots_for_nobody(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (Limiter("x", 3, folder=tmp_path, clock=clock, sleep=clock.sleep) for _ in range(2))
    one.pause(5.0)
    other.wait()
    assert clock.now == 1005.0
    clock.now -= STALE + 10  # as after a restart of the machine
    started = clock.now
    one.wait()
    assert clock.now == started


def test_requests_that_arrive_late_do_not_arrive_too_close_to_the_next(tmp_path: Path) -> None:
    clock = Clock()
    limiter = Limiter("x", 3, folder=tmp_path, clock=clock, sleep=clock.sleep)
    arrived = []
    for number in range(12):
        limiter.wait()
        clock.sleep(0.3 if number % 4 == 0 else 0.001)  # on its way
        arrived.append(clock.now)
        limiter.answered()
    assert all(later - earlier > 1.0 for earlier, later in zip(arrived, arrived[3:], strict=False))
