"""PubMed's file server on this machine: listings as Apache writes them, parts of files, and bad days."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = "<html><head><title>Index of /pubmed/{folder}</title></head><body><pre>{rows}</pre></body></html>"
ROW = '<a href="{name}">{name}</a>   2026-01-10 14:01   19M\n'


@dataclass
class Files:
    """What the server has; ``faults`` are, by path, what it answers next instead of the truth."""

    content: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def put(self, folder: str, name: str, xml: bytes) -> None:
        """A file with its checksum."""
        packed = gzip.compress(xml, mtime=0)
        self.content[f"/{folder}/{name}"] = packed
        self.content[f"/{folder}/{name}.md5"] = f"MD5({name})= {hashlib.md5(packed).hexdigest()}\n".encode()

    def take_away(self, prefix: str) -> None:
        self.content = {path: content for path, content in self.content.items() if prefix not in path}

    def listing(self, folder: str) -> bytes:
        names = sorted(path.rpartition("/")[2] for path in self.content if path.startswith(f"/{folder}/"))
        rows = "".join(ROW.format(name=name) for name in [*names, "README.txt"])
        return PAGE.format(folder=folder, rows=rows).encode()

    def fetched(self) -> list[str]:
        """Names of the XML files that were asked for since the last time, each with the part that was asked for."""
        asked, self.asked = self.asked, []
        return [each for each in asked if ".xml.gz" in each and ".md5" not in each]


@contextmanager
def serving(files: Files) -> Iterator[Files]:
    """``files`` under an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            part = self.headers.get("Range", "")
            files.asked.append(self.path.rpartition("/")[2] + (f" {part}" if part else ""))
            faults = files.faults.get(self.path, [])
            self._answer(faults.pop(0) if faults else "", part)

        def _answer(self, fault: str, part: str) -> None:
            folder = self.path.strip("/")
            found = files.listing(folder) if "." not in folder else files.content.get(self.path)
            if fault.isdecimal() or found is None:
                self.send_error(int(fault) if fault else 404)
                return
            if fault == "page":
                found = b"<html>Please log in</html>"
            if fault == "cut":
                found = found[: len(found) // 2]
            start = int(part.removeprefix("bytes=").rstrip("-")) if part else 0
            self.send_response(206 if part else 200)
            body = found[start:]
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if fault == "half" else body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield files
    finally:
        server.shutdown()
        server.server_close()
