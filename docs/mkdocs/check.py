"""Hold the built site to its promise: ``python docs/mkdocs/check.py site`` exits 1 when a page loads something from elsewhere."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser fetches by itself; a link that a reader may follow is not among it."""

ELSEWHERE = re.compile(r"(?:https?:)?//")


class Loads(HTMLParser):
    """Gather what a page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what this tag loads."""
        values = dict(attrs)
        address = values.get(LOADED.get(tag, ""))
        if address and values.get("rel") != "canonical" and ELSEWHERE.match(address):
            self.found.append(f"<{tag}> {address}")


def loads(page: Path) -> list[str]:
    """Return what a page or style sheet loads from elsewhere."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".css":
        return re.findall(r"""(?:url\(|@import\s*)["']?((?:https?:)?//[^"')]+)""", text)
    parser = Loads()
    parser.feed(text)
    return parser.found


def main() -> int:
    """Print what each page loads from elsewhere; return 1 if there is any, or no page at all."""
    site = Path(sys.argv[1])
    pages = sorted([*site.rglob("*.html"), *site.rglob("*.css")])
    found = [f"{page.relative_to(site)}: loads {what}" for page in pages for what in loads(page)]
    print("\n".join(found) or f"{len(pages)} pages and style sheets load nothing from elsewhere")
    return int(bool(found) or not pages)


if __name__ == "__main__":
    sys.exit(main())
