"""Settings: environment over ``resistmine.toml`` over defaults. The names are promised in the interface."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SettingsError

FILE = "resistmine.toml"
SHIPPED_MODEL = "resistmine"
CHECKOUT = Path(__file__).resolve().parent.parent
URLS = {
    "RESISTMINE_EUTILS_URL": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/",
    "RESISTMINE_IDCONV_URL": "https://pmc.ncbi.nlm.nih.gov/tools/idconv/api/v1/articles/",
    "RESISTMINE_PMC_URL": "https://pmc-oa-opendata.s3.amazonaws.com/",
    "RESISTMINE_PUBMED_FILES_URL": "https://ftp.ncbi.nlm.nih.gov/pubmed/",
}
KNOWN = frozenset(
    ["RESISTMINE_OUTPUT", "RESISTMINE_HOME", "RESISTMINE_NLP_MODEL", "RESISTMINE_KEEP_SNAPSHOTS",
     "RESISTMINE_KEEP_RUNS", "RESISTMINE_KEEP_RAW_DAYS", "RESISTMINE_WORKERS", "RESISTMINE_DASK", "NCBI_EMAIL",
     "NCBI_API_KEY", *URLS]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are, and how the outside world is reached.

    ``models`` are names of spaCy models, the one that ships unless others are set (``none``: no model).
    ``workers`` is how many processes read files at once, ``dask`` a number of local Dask workers or the
    address of a scheduler (for flows). ``output`` can always be made again; ``home`` holds what people made. An empty
    ``api_key`` counts as none.
    """

    output: Path
    home: Path
    models: tuple[str, ...]
    keep_snapshots: int
    keep_runs: int
    keep_raw_days: int
    workers: int
    dask: str | None
    eutils_url: str
    idconv_url: str
    pmc_url: str
    pubmed_files_url: str
    email: str | None
    api_key: str | None

    def __repr__(self) -> str:
        return f"Settings(output={str(self.output)!r}, home={str(self.home)!r}, models={self.models})"


def load_settings(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings. An empty variable hides the file's value, as a key that is not to be used.

    Args:
        environment: variables; the process's own by default.
        folder: where ``resistmine.toml`` may stand; the current folder by default.

    Raises:
        SettingsError: the file cannot be read, is not TOML or names an unknown setting, or a value cannot be used.
    """
    values = _from_file((folder or Path.cwd()) / FILE) | {
        name: value for name, value in (environment if environment is not None else os.environ).items() if name in KNOWN
    }
    base = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    output = Path(values.get("RESISTMINE_OUTPUT") or base / "output").expanduser().absolute()
    home = Path(values.get("RESISTMINE_HOME") or output.parent / "curation").expanduser().absolute()
    return Settings(
        output=output,
        home=home,
        models=tuple(name.strip() for name in values.get("RESISTMINE_NLP_MODEL", "").split(",") if name.strip())
        or (SHIPPED_MODEL,),
        keep_snapshots=_count(values, "RESISTMINE_KEEP_SNAPSHOTS", 14),
        keep_runs=_count(values, "RESISTMINE_KEEP_RUNS", 90),
        keep_raw_days=_count(values, "RESISTMINE_KEEP_RAW_DAYS", 30),
        workers=_count(values, "RESISTMINE_WORKERS", 1),
        dask=values.get("RESISTMINE_DASK", "").strip() or None,
        eutils_url=_url(values, "RESISTMINE_EUTILS_URL"),
        idconv_url=_url(values, "RESISTMINE_IDCONV_URL"),
        pmc_url=_url(values, "RESISTMINE_PMC_URL"),
        pubmed_files_url=_url(values, "RESISTMINE_PUBMED_FILES_URL"),
        email=values.get("NCBI_EMAIL", "").strip() or None,
        api_key=values.get("NCBI_API_KEY", "").strip() or None,
    )


def _from_file(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}). Mend that, or remove the file.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML ({error}). Mend the line it names, or remove the file.") from None
    unknown = set(table) - KNOWN
    if unknown:
        raise SettingsError(f"{path}: unknown settings {sorted(unknown)}. Known: {', '.join(sorted(KNOWN))}.")
    return {name: _as_text(path, name, value) for name, value in table.items()}


def _as_text(path: Path, name: str, value: object) -> str:
    """A value as the environment would give it; models may be a list."""
    if name == "RESISTMINE_NLP_MODEL" and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        shown = "" if name == "NCBI_API_KEY" else f" {value!r}"
        raise SettingsError(f"{path}: {name} is {type(value).__name__}{shown}. Write a text in quotation marks.")
    return str(value)


def _count(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(
            f"{name}: {text!r} is no whole number of at least 1. Correct it, or unset it for {default}."
        )
    return int(text)


def _url(values: Mapping[str, str], name: str) -> str:
    url = values.get(name, "").strip() or URLS[name]
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"{name}: {url!r} is no http(s) address. Correct it, or unset it for {URLS[name]}.")
    return url.rstrip("/") + "/"
