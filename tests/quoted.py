"""What a document quotes: blocks of code, and the lines of `sustain` among them."""

import re
import shlex
import tomllib
from pathlib import Path


def blocks(text: str, language: str) -> list[str]:
    """Blocks of code of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Words after `sustain` of every line that begins with it."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("sustain ")]


def write_scenarios(text: str, folder: Path) -> list[str]:
    """Write every TOML block to NAME.toml; return the names."""
    names = []
    for block in blocks(text, "toml"):
        name = tomllib.loads(block)["name"]
        (folder / f"{name}.toml").write_text(block, encoding="utf-8")
        names.append(name)
    return names
