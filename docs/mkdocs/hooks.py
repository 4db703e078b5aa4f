"""Which files of the repository become pages of the site; each keeps its place, so that links work here as in the repository."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]

PAGES = ("*.md", "docs/*.md", "docs/teaching/*.md", "scenarios/*.md", "experiments/studies/*.md", "results/*.md")
"""What becomes a page."""

BESIDE = (
    "LICENSE", "CITATION.cff", "docs/images/*", "docs/mkdocs/*.css", "docs/mkdocs/*.svg", "docs/teaching/*.toml",
    "scenarios/*", "experiments/studies/*",
)  # fmt: skip
"""What pages point at, copied as it is."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the files of the site: those of the theme, and ours under their paths in the repository."""
    ours = [path for pattern in (*PAGES, *BESIDE) for path in sorted(ROOT.glob(pattern)) if path.is_file()]
    theme = [file for file in files if file.src_dir != config.docs_dir]
    named = {path.relative_to(ROOT).as_posix(): path for path in ours}
    return Files([*theme, *(File.generated(config, name, abs_src_path=str(path)) for name, path in named.items())])
