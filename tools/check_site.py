"""Find what is broken in a built site: python -m tools.check_site build/site.

Links to other sites are not followed.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
LINKS_LOADED = {"stylesheet", "icon", "preload", "modulepreload", "manifest"}


class Page(HTMLParser):
    """What matters of a page: `ids`, `links`, `loaded` addresses, `images`, `title`, `lang`."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loaded, self.images = set(), [], [], []
        self.title, self.lang, self._in = "", "", ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids |= {attrs.get("id"), attrs.get("name") if tag == "a" else None}
        if tag == "html":
            self.lang = attrs.get("lang", "")
        elif tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        elif tag == "img":
            self.images.append((attrs.get("src", ""), attrs.get("alt") or ""))
        rel = set((attrs.get("rel") or "").split())
        if (address := attrs.get(LOADED.get(tag))) and (tag != "link" or rel & LINKS_LOADED):
            self.loaded.append(address)
        self._in = tag if tag in ("title", "style") else ""

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "title":
            self.title += data
        elif self._in == "style":
            self.loaded += addresses(data)


def addresses(css):
    """What a style sheet loads."""
    found = re.findall(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", css)
    return [one or other for one, other in found]


def faults(folder):
    """What is broken in the site in a folder, a sentence each; [] when nothing is.

    Every page needs a title, a language, style for dark mode and a description (three words or
    more) of each picture; what it loads and links to must be there, on disk.
    """
    folder = Path(folder).resolve()
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    sheets = {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.css")}
    found = [] if pages else ["There is no page."]
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        found += [f"{name}: {fault}" for fault in page_faults(path, page, pages, sheets)]
    for path, css in sheets.items():
        name = path.relative_to(folder).as_posix()
        found += [
            f"{name}: loads {one}, not here." for one in addresses(css) if not here(path, one)
        ]
    return found


def page_faults(path, page, pages, sheets):
    """What is broken in one page."""
    if not page.title.strip():
        yield "no title."
    if not page.lang:
        yield "no language."
    used = [sheets.get(target(path, address), "") for address in page.loaded]
    if not re.search(r"prefers-color-scheme:\s*dark", "".join(used)):
        yield "no style for dark mode."
    for address in page.loaded:
        if not here(path, address):
            yield f"loads {address}, not here."
    for source, alt in page.images:
        if len(alt.split()) < 3:
            yield f"picture {source[:80]} has no description."
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        linked = target(path, link)
        if not linked.is_file():
            yield f"link to {link}, which is not there."
        elif (
            parts.fragment and linked in pages and unquote(parts.fragment) not in pages[linked].ids
        ):
            yield f"link to {link}, which has no such anchor."


def target(path, address):
    """The file that an address on a page means."""
    relative = unquote(urlsplit(address).path)
    return (path.parent / relative).resolve() if relative else path


def here(path, address):
    """Whether what is loaded lies in the site or in the page itself."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return parts.scheme == "data"
    return target(path, address).is_file()


if __name__ == "__main__":
    sys.exit("\n".join(faults(sys.argv[1])) or 0)
