"""Bytes of XML to a tree that is safe to walk, and an element to the text a reader sees.

Both PubMed records and JATS articles go through here. Nothing is fetched, no DTD is loaded and no entity of a
document's own making is expanded.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from pipeline.text import one_line

Element = etree._Element

MAX_BYTES = 64 * 1024 * 1024  # the largest articles of PMC have about 20 MB
SPACE = " \t\r\n"  # what XML calls white space; U+2009, U+00A0 and the like belong to the text

NAMESPACES = {
    "mml": "http://www.w3.org/1998/Math/MathML",
    "xlink": "http://www.w3.org/1999/xlink",
    "ali": "http://www.niso.org/schemas/ali/1.0/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


class NotParsableError(Exception):
    """A record that cannot become a Document; its ``reason`` and ``detail`` go into a Rejection."""

    def __init__(self, reason: str, detail: str = "", document_id: str | None = None) -> None:
        self.reason, self.detail, self.document_id = reason, detail, document_id
        super().__init__(f"{reason}: {detail}")


# ------------------------------------------------------------------------------------------------ bytes to tree

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
# A closed list: Python's registry also holds codecs that are slow on purpose-made input or do not decode text.
_ENCODING = re.compile(r"(?i)utf-?8|utf-?16(?:le|be)?|(?:us-)?ascii|iso-?8859-\d{1,2}|latin-?1|windows-125\d")

_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>", re.DOTALL)

_NAMED = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&([A-Za-z][A-Za-z0-9]*);", re.DOTALL)
_PREDEFINED = frozenset({"lt", "gt", "amp", "quot", "apos"})
_PREFIX = re.compile(r"[<\s]([A-Za-z_][\w.-]*):[A-Za-z_]")
_ROOT = re.compile(r"<[A-Za-z_][\w.:-]*")


def read_tree(content: bytes) -> Element:
    """The root of the XML in ``content``, comments and processing instructions gone, tag names without namespace.

    Named entities of the JATS DTDs (``&nbsp;``, ``&alpha;``) are decoded as HTML defines them, as no DTD is loaded.
    Raises :class:`NotParsableError` with reason too_large, hostile_xml or invalid_xml.
    """
    if len(content) > MAX_BYTES:
        raise NotParsableError("too_large", f"{len(content)} bytes, the limit is {MAX_BYTES}")
    text = _decode_names(_cut_prolog(_decode(content)))
    try:
        root = _parse(text)
    except etree.XMLSyntaxError as problem:
        if "Namespace prefix" not in str(problem.msg):
            raise _refusal(problem) from None
        root = _parse_with_prefixes(text)
    _use_local_names(root)
    return root


def read_fragment(text: str) -> Element | None:
    """An element around ``text``, a piece of well-formed XML with inline markup; None when it is not well-formed."""
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    try:
        root = _parse(f"<text{declared}>{text}</text>")
    except etree.XMLSyntaxError:
        return None
    _use_local_names(root)
    return root


def _decode(content: bytes) -> str:
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    if encoding is None:
        declared = _DECLARED.match(content)
        encoding = declared[1].decode("ascii") if declared else "utf-8"
    if not _ENCODING.fullmatch(encoding.removesuffix("-sig")):
        raise NotParsableError("invalid_xml", f"the encoding {encoding!r} is not one that is read here")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise NotParsableError("invalid_xml", f"not valid {encoding} at byte {problem.start}") from None


def _cut_prolog(text: str) -> str:
    """``text`` without declaration and DOCTYPE; line breaks stay, so that messages still name the right line."""
    start = _PROLOG.match(text).end()  # type: ignore[union-attr]  # matches the empty string too
    doctype = _DOCTYPE.match(text, start)
    if doctype:
        if "<!ENTITY" in doctype[0]:
            raise NotParsableError("hostile_xml", "the document declares entities of its own")
        start = doctype.end()
    elif text.startswith("<!DOCTYPE", start):
        raise NotParsableError("invalid_xml", "the DOCTYPE does not end")
    return "\n" * text.count("\n", 0, start) + text[start:]


def _decode_names(text: str) -> str:
    return _NAMED.sub(_decode_name, text) if "&" in text else text


def _decode_name(found: re.Match[str]) -> str:
    """The characters of a named entity; unknown names stay and are then refused by the parser."""
    name = found[1]
    if name is None or name in _PREDEFINED:
        return found[0]
    characters = html.entities.html5.get(name + ";")
    return found[0] if characters is None else "".join(f"&#{ord(character)};" for character in characters)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,  # keeps libxml2's limits: 256 levels, 10 MB for one piece of text
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
        collect_ids=False,
    )


def _parse(text: str) -> Element:
    return etree.fromstring(text.encode("utf-8"), _parser())


def _parse_with_prefixes(text: str) -> Element:
    """Read again with every prefix declared: a record cut out of a set loses what the set's root declared."""
    prefixes = sorted(set(_PREFIX.findall(text)) - {"xml", "xmlns"})
    declared = "".join(
        f' xmlns:{prefix}="{NAMESPACES.get(prefix, "urn:x-undeclared:" + prefix)}"' for prefix in prefixes
    )
    try:
        return _parse(_ROOT.sub(lambda tag: tag[0] + declared, text, count=1))
    except etree.XMLSyntaxError as problem:
        raise _refusal(problem) from None


def _refusal(problem: etree.XMLSyntaxError) -> NotParsableError:
    message = one_line(str(problem.msg), 200)
    if "Excessive depth" in message:
        return NotParsableError("hostile_xml", message)
    return NotParsableError("too_large" if "Resource limit" in message else "invalid_xml", message)


def _use_local_names(root: Element) -> None:
    for element in root.iter("{*}*"):
        tag = element.tag
        if "}" in tag:
            element.tag = tag.rpartition("}")[2]


def attribute(element: Element, name: str) -> str | None:
    """The attribute ``name`` of any namespace (``href`` finds ``xlink:href``), None when absent or empty."""
    for key, value in element.attrib.items():
        if key == name or str(key).endswith("}" + name):
            return str(value).strip(SPACE) or None
    return None


# ------------------------------------------------------------------------------------------------ element to text

_LINE_BREAK = re.compile(r"(?<![ \t])[ \t]*+[\r\n][ \t\r\n]*+")

_SUPERSCRIPTS = dict(zip("0123456789+-=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", strict=True)) | dict.fromkeys("−–‐‑", "⁻")
_RAISED = str.maketrans(_SUPERSCRIPTS)
_RAISABLE = frozenset(_SUPERSCRIPTS)
_BETWEEN = frozenset(",.;" + SPACE + "\u00a0\u2009\u202f")  # no raised form, but no reason to lower "1,2" either
_NOTE_LETTERS = re.compile(r"\s*[a-z](?:[,;\s]+[a-z])*\s*")
_LETTERS = str.maketrans("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ")

SILENT = frozenset({"tex-math", "graphic", "inline-graphic", "annotation", "alt-text", "long-desc", "object-id"})
# Elements that stand by themselves on the page: beside them a word ends.
_APART = frozenset(
    {"p", "break", "hr", "title", "list", "list-item", "def-item", "def", "disp-formula", "disp-quote", "td", "th",
     "tr", "table-wrap", "fig", "boxed-text", "verse-line", "fn", "sec", "caption", "preformat"}
)  # fmt: skip
_NOTE_MARKS = frozenset({"fn", "table-fn"})


def tidy(text: str) -> str:
    """``text`` without the line breaks and the indentation of pretty-printing; every other character stays."""
    text = text.strip(SPACE)
    return _LINE_BREAK.sub(" ", text) if "\n" in text or "\r" in text else text


@lru_cache(maxsize=4096)
def superscript(text: str) -> str:
    """``text`` in raised characters where Unicode has all of them, else as it is.

    >>> superscript("-3"), superscript("2+"), superscript("V600E"), superscript("1,2")
    ('⁻³', '²⁺', 'V600E', '¹,²')
    """
    characters = set(text)
    if characters & _RAISABLE and characters <= _RAISABLE | _BETWEEN:
        return text.translate(_RAISED)
    return text


def note_mark(text: str) -> str:
    """Like :func:`superscript` for the mark of a footnote, which may also be single letters: "12.5ᵃ" is not "12.5a".

    >>> note_mark("a,b"), note_mark("ns")
    ('ᵃ,ᵇ', 'ns')
    """
    return text.translate(_LETTERS) if _NOTE_LETTERS.fullmatch(text) else superscript(text)


def text_of(element: Element, *, skip: frozenset[str] = SILENT) -> str:
    """The text inside ``element`` as a reader sees it, each character once.

    Inline markup joins without separators; elements named in ``skip`` are left out; superscripts become raised
    characters where they can (10<sup>-3</sup> must read neither "10-3" nor "103").
    """
    return tidy("".join(_pieces(element, skip)))


def _pieces(element: Element, skip: frozenset[str]) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield from piece(child, skip)
        yield child.tail or ""


def piece(child: Element, skip: frozenset[str] = SILENT) -> Iterator[str]:
    """The text that ``child`` adds to the running text around it, without its tail."""
    tag = child.tag
    if tag in skip:
        return
    if tag == "sup":
        yield superscript("".join(_pieces(child, skip)))
    elif tag == "math":
        yield formula(child)
    elif tag == "xref" and child.get("ref-type") in _NOTE_MARKS:
        yield note_mark("".join(_pieces(child, skip)))
    elif tag in _APART:
        yield " "
        yield from _pieces(child, skip)
        yield " "
    else:
        yield from _pieces(child, skip)


def formula(element: Element) -> str:
    """The characters of a MathML element in reading order; white space between its elements is not part of it."""
    if len(element) == 0:
        return (element.text or "").strip(SPACE)
    parts = [formula(child) for child in element if child.tag not in {"annotation", "annotation-xml"}]
    match element.tag, parts:
        case "msup" | "mover", [base, raised]:
            return base + (superscript(raised) if element.tag == "msup" else raised)
        case "msubsup", [base, lowered, raised]:
            return base + lowered + superscript(raised)
        case "mfrac", [above, below]:
            return f"{above}/{below}"  # side by side, 1 over 2 would read 12
        case "mmultiscripts", _:
            return _multiscripts(element, parts)
    return "".join(parts)


def _multiscripts(element: Element, parts: list[str]) -> str:
    """Scripts before the base ("²²⁵Ac") are written before it; they come in pairs, lower then upper."""
    tags = [child.tag for child in element]
    middle = tags.index("mprescripts") if "mprescripts" in tags else len(tags)
    base, after, before = parts[0], parts[1:middle], parts[middle + 1 :]

    def pairs(scripts: list[str]) -> str:
        return "".join(superscript(script) if place % 2 else script for place, script in enumerate(scripts))

    return pairs(before) + base + pairs(after)
