"""R code of a document: run where R and its packages are installed, read as text everywhere."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

PACKAGES: Final = ("arrow", "dplyr", "ggplot2")

_VERBS: Final = ("filter", "select", "aes", "count", "summarise")
"""Calls whose arguments name columns."""

_WORD: Final = re.compile(r"(?<![\w.\"])[a-z]\w*(?![\w(\"])")


def has_r() -> bool:
    """Whether R and every package that the documents use are here."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return False
    asked = "; ".join(f"library({name})" for name in PACKAGES)
    return subprocess.run([rscript, "-e", asked], capture_output=True, check=False, timeout=300).returncode == 0


def run_r(code: str, folder: Path) -> bool:
    """Run the code in a folder; False where R or a package is missing, an error where the code fails."""
    if not has_r():
        return False
    done = subprocess.run(["Rscript", "-e", code], cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return True


def tables_named(code: str) -> set[str]:
    """File names of the Parquet tables that the code reads."""
    return set(re.findall(r"[\w-]+\.parquet", code))


def _arguments(code: str, verb: str) -> list[str]:
    """Text between the brackets of every call of a verb."""
    found = []
    for match in re.finditer(rf"\b{verb}\(", code):
        depth, at = 1, match.end()
        while depth and at < len(code):
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            at += 1
        found.append(code[match.end() : at - 1])
    return found


def columns_named(code: str) -> set[str]:
    """Columns that the code names in dplyr's and ggplot's calls; names of arguments, texts and functions are left out."""
    named: set[str] = set()
    for verb in _VERBS:
        for text in _arguments(code, verb):
            plain = re.sub(r"\"[^\"]*\"", "", text)
            plain = re.sub(r"\b[\w.]+\s*=(?!=)", "", plain)
            named |= set(_WORD.findall(plain))
    return named
