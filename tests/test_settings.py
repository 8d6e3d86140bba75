"""Settings: defaults, the file, the environment over it, and what is said of values that cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline import settings as module
from pipeline.errors import SettingsError
from pipeline.settings import CHECKOUT, FILE, Settings, load_settings

KEY = "0123456789secret"
DEFAULTS = Settings(
    output=CHECKOUT / "output",
    home=CHECKOUT / "curation",
    models=("resistmine",),
    keep_snapshots=14,
    keep_runs=90,
    keep_raw_days=30,
    workers=1,
    dask=None,
    eutils_url="https://eutils.ncbi.nlm.nih.gov/entrez/eutils/",
    idconv_url="https://pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1/articles/",
    pmc_url="https://pmc-oa-opendata.s3.amazonaws.com/",
    pubmed_files_url="https://ftp.ncbi.nlm.nih.gov/pubmed/",
    email=None,
    api_key=None,
)


def test_defaults(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path) == DEFAULTS
    assert load_settings({"PATH": "/bin", "RESISTMINE_UNKNOWN": "x"}, tmp_path) == DEFAULTS


def test_an_installed_package_works_where_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKOUT", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)
    found = load_settings({}, tmp_path)
    assert (found.output, found.home) == (tmp_path / "output", tmp_path / "curation")


VALUES = [
    ("RESISTMINE_OUTPUT", "/data/out", "output", Path("/data/out")),
    ("RESISTMINE_OUTPUT", "~/out", "output", Path.home() / "out"),
    ("RESISTMINE_OUTPUT", "/data/out", "home", Path("/data/curation")),
    ("RESISTMINE_HOME", "/data/mine", "home", Path("/data/mine")),
    ("RESISTMINE_NLP_MODEL", "en_one", "models", ("en_one",)),
    ("RESISTMINE_NLP_MODEL", " en_one, en_two,", "models", ("en_one", "en_two")),
    ("RESISTMINE_KEEP_SNAPSHOTS", "3", "keep_snapshots", 3),
    ("RESISTMINE_KEEP_SNAPSHOTS", " ", "keep_snapshots", 14),
    ("RESISTMINE_KEEP_RUNS", "400", "keep_runs", 400),
    ("RESISTMINE_KEEP_RAW_DAYS", "7", "keep_raw_days", 7),
    ("RESISTMINE_WORKERS", "4", "workers", 4),
    ("RESISTMINE_DASK", "tcp://host:8786", "dask", "tcp://host:8786"),
    ("RESISTMINE_EUTILS_URL", "http://127.0.0.1:8000", "eutils_url", "http://127.0.0.1:8000/"),
    ("RESISTMINE_IDCONV_URL", "http://127.0.0.1/i//", "idconv_url", "http://127.0.0.1/i/"),
    ("RESISTMINE_PMC_URL", "https://mirror/pmc/", "pmc_url", "https://mirror/pmc/"),
    ("RESISTMINE_PUBMED_FILES_URL", "https://mirror", "pubmed_files_url", "https://mirror/"),
    ("NCBI_EMAIL", " me@example.org ", "email", "me@example.org"),
    ("NCBI_EMAIL", "", "email", None),
    ("NCBI_API_KEY", KEY, "api_key", KEY),
    ("NCBI_API_KEY", "", "api_key", None),
    ("NCBI_API_KEY", " \t", "api_key", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "field", "expected"), VALUES)
def test_a_value_is_read_from_the_environment_and_from_the_file(
    tmp_path: Path, name: str, value: str, field: str, expected: object
) -> None:
    assert getattr(load_settings({name: value}, tmp_path), field) == expected
    (tmp_path / FILE).write_text(f"{name} = '{value}'\n", "utf-8")
    assert getattr(load_settings({}, tmp_path), field) == expected


def test_every_variable_of_the_interface_is_known() -> None:
    assert {name for name, *_ in VALUES} == module.KNOWN


def test_the_file_may_hold_numbers_and_a_list_of_models(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('RESISTMINE_KEEP_SNAPSHOTS = 2\nRESISTMINE_NLP_MODEL = ["one", "two"]\n', "utf-8")
    found = load_settings({}, tmp_path)
    assert (found.keep_snapshots, found.models) == (2, ("one", "two"))


def test_the_environment_beats_the_file_and_an_empty_key_switches_it_off(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        f"RESISTMINE_KEEP_SNAPSHOTS = 2\nNCBI_API_KEY = '{KEY}'\nNCBI_EMAIL = 'a@b'\n", "utf-8"
    )
    found = load_settings({"RESISTMINE_KEEP_SNAPSHOTS": "5", "NCBI_API_KEY": ""}, tmp_path)
    assert (found.keep_snapshots, found.api_key, found.email) == (5, None, "a@b")


def test_the_process_environment_and_the_current_folder_are_where_one_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESISTMINE_OUTPUT", "out")
    (tmp_path / FILE).write_text("RESISTMINE_KEEP_SNAPSHOTS = 2\n", "utf-8")
    found = load_settings()
    assert (found.output, found.keep_snapshots) == (tmp_path / "out", 2)


BAD_VALUES = [
    ("RESISTMINE_KEEP_SNAPSHOTS", "many", "'many' is no whole number of at least 1. Correct it, or unset it for 14."),
    ("RESISTMINE_KEEP_SNAPSHOTS", "0", "'0' is no whole number"),
    ("RESISTMINE_KEEP_SNAPSHOTS", "-1", "'-1' is no whole number"),
    ("RESISTMINE_KEEP_SNAPSHOTS", "2.5", "'2.5' is no whole number"),
    ("RESISTMINE_KEEP_SNAPSHOTS", "²", "'²' is no whole number"),
    ("RESISTMINE_EUTILS_URL", "eutils", "'eutils' is no http(s) address. Correct it, or unset it for https://eutils."),
    ("RESISTMINE_PMC_URL", "ftp://mirror/", "'ftp://mirror/' is no http(s) address"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_VALUES)
def test_a_value_that_cannot_be_used_is_named_with_what_is_expected(
    tmp_path: Path, name: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError, match="^" + re.escape(f"{name}: {message}")):
        load_settings({name: value}, tmp_path)
    (tmp_path / FILE).write_text(f"{name} = '{value}'\n", "utf-8")
    with pytest.raises(SettingsError, match="^" + re.escape(f"{name}: {message}")):
        load_settings({}, tmp_path)


BAD_FILES = [
    (b"RESISTMINE_OUTPUT = out", "is not TOML (Invalid value (at line 1, column 21)). Mend the line it names"),
    (b"RESISTMINE_OUTPUT = '\xff'", "is not TOML ('utf-8' codec"),
    (b"RESISTMINE_OUPUT = 'out'", "unknown settings ['RESISTMINE_OUPUT']. Known: NCBI_API_KEY, NCBI_EMAIL, "),
    (b"RESISTMINE_KEEP_SNAPSHOTS = true", "RESISTMINE_KEEP_SNAPSHOTS is bool True. Write a text in quotation marks."),
    (b"RESISTMINE_OUTPUT = ['a']", "RESISTMINE_OUTPUT is list ['a']. Write a text in quotation marks."),
    (b"RESISTMINE_NLP_MODEL = ['a', 1]", "RESISTMINE_NLP_MODEL is list ['a', 1]. Write"),
    (b"NCBI_API_KEY = ['0123456789secret']", "NCBI_API_KEY is list. Write a text in quotation marks."),
]


@pytest.mark.parametrize(("content", "message"), BAD_FILES)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingsError, match="^" + re.escape(f"{tmp_path / FILE}: {message}")) as caught:
        load_settings({}, tmp_path)
    assert KEY not in str(caught.value)


def test_a_folder_of_that_name_is_no_file(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings({}, tmp_path)


def test_the_key_is_never_shown(tmp_path: Path) -> None:
    found = load_settings({"NCBI_API_KEY": KEY, "NCBI_EMAIL": "me@example.org"}, tmp_path)
    assert found.api_key == KEY
    for shown in (repr(found), str(found), f"{found}", f"{found!r}"):
        assert shown == f"Settings(output={str(found.output)!r}, home={str(found.home)!r}, models=('resistmine',))"
