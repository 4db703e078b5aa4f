"""Whose parts a store holds: what it was made for and by, and what is said when that is not what is asked for."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sim.problems import BadInput, Problem
from sim.store.holding import PARTIAL

STORE: Final = "store.json"
STORE_VERSION: Final = 1

_SWEEP: Final = "a folder that 'sustain sweep' began"
_FRESH: Final = "a folder that does not exist yet, an empty one, or one that a sweep of this study began"
_RESTART: Final = "give --restart: it computes everything again"
_PERMISSION: Final = "see to its permissions, or copy it to where you can write"
_HINTS: Final = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room in the quota",
    errno.EFBIG: "raise the limit on the size of files (ulimit -f)",
    errno.EROFS: "make it writable, or copy it to where you can write",
    errno.EACCES: _PERMISSION,
    errno.EPERM: _PERMISSION,
    errno.EIO: "see to the disk",
}


@contextmanager
def as_problem(folder: Path, done: str = "written") -> Iterator[None]:
    """Turn what the system refuses into a problem of the folder.

    Parameters
    ----------
    folder : pathlib.Path
    done : str
        What cannot be done to it, in the words of "cannot be …".

    Raises
    ------
    BadInput
        For an OSError within.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number in _HINTS else error.strerror or error  # Arrow tells it at greater length
        what = f"the sweep's folder cannot be {done}: {reason}"
        hint = _HINTS.get(number, "see to it, or choose another folder")
        hint += "; finished jobs are kept: the same command continues with what is missing"
        raise BadInput([Problem(str(folder), what, "a folder that can be read and written, with room", hint)]) from error


def identity_text(identity: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Text of ``store.json``.

    Parameters
    ----------
    identity, about : mapping
        Plain JSON: what the parts depend on, and what decides nothing.
    """
    content = {"store_version": STORE_VERSION, "identity": identity, "about": about}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder without a store that holds more than what is left by who is killed while making one.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BadInput
        When it is a file or has other things in it.
    OSError
        When it cannot be read.
    """
    if "\0" in str(folder):
        raise BadInput([Problem(repr(str(folder)), "a name cannot hold a NUL", _FRESH, "choose another folder")])
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise BadInput([Problem(str(folder), "there is a file of this name", _FRESH, "choose another folder")])
    others = sorted(one.name for one in folder.iterdir() if one.name not in {PARTIAL, STORE})
    # where the file is there by now, another process has made the store meanwhile: that file first of all
    if others and not os.path.lexists(folder / STORE):
        shown = ", ".join(f"'{one}'" for one in others[:3]) + (" …" if len(others) > 3 else "")
        what = f"the folder is in use already and holds no sweep: {shown}"
        raise BadInput([Problem(str(folder), what, _FRESH, "choose another folder")])


def read_identity(folder: Path) -> dict[str, Any]:
    """Read ``store.json``.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    dict
        ``store_version``, ``identity`` and ``about``.

    Raises
    ------
    BadInput
        When there is none, or it is damaged or of a newer version.
    """
    path = folder / STORE
    hint = "give the folder of a sweep"
    again = f"restore it from a copy, choose another folder, or {_RESTART}"
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        missing = "there is no such folder" if not folder.exists() else f"this is no sweep's folder: '{STORE}' is missing"
        what = "this is a file, not a folder" if folder.is_file() else missing
        raise BadInput([Problem(str(folder), what, _SWEEP, hint)]) from None
    except (OSError, ValueError, RecursionError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise BadInput([Problem(str(path), f"it cannot be read: {reason}", "JSON in UTF-8", again)]) from error
    version = found.get("store_version") if isinstance(found, dict) else None
    if isinstance(version, int) and version > STORE_VERSION:
        what = f"written by a newer version (store_version {version})"
        raise BadInput([Problem(str(path), what, f"store_version {STORE_VERSION} or lower", "update the software")])
    if version is None or not all(isinstance(found.get(key), dict) for key in ("identity", "about")):
        allowed = "an object with store_version, identity and about"
        raise BadInput([Problem(str(path), "it does not say whose parts these are", allowed, again)])
    return dict(found)


def differences(folder: Path, found: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Problem]:
    """Say in what two identities differ.

    Parameters
    ----------
    folder : pathlib.Path
    found, asked : mapping
        ``identity`` and ``about``, of the store and of who wants to use it.

    Returns
    -------
    list of Problem
        One for each key of the identity that differs.
    """
    problems = []
    for key in sorted({*found["identity"], *asked["identity"]}):
        before, now = (_short(one["identity"][key]) if key in one["identity"] else "nothing" for one in (found, asked))
        if key in found["identity"] and key in asked["identity"] and found["identity"][key] == asked["identity"][key]:
            continue
        if key == "code":
            what = f"is of another version of the software: it was made by {code_words(found)}; this is {code_words(asked)}"
            hint = f"choose another folder, use that code, or {_RESTART}"
        else:
            what = f"the store was made for another '{key}': {before}; this is {now}"
            hint = f"choose another folder, or {_RESTART}"
        problems.append(Problem(str(folder / STORE), what, f"the '{key}' that the store was made with", hint))
    return problems


def code_words(one: Mapping[str, Any]) -> str:
    """Code of a store in a reader's words.

    Parameters
    ----------
    one : mapping
        ``identity`` and ``about``, as :func:`read_identity` gives them.
    """
    about = one["about"]
    more = [f"version {about['version']}"] if about.get("version") else []
    more += [f"commit {str(about['commit'])[:12]}"] if about.get("commit") else []
    return f"code {_short(one['identity'].get('code', 'unknown'))}" + (f" ({', '.join(more)})" if more else "")


def _short(value: object) -> str:
    """Value in a few letters: hashes by their beginning."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:8]}…"
