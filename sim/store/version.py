"""Which version of the model made a results folder: whether it is this one, and what is said where it is another."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim import __version__
from sim.parameters import parameter_hash
from sim.rulebook import present_rules, same_rules
from sim.scenario import Scenario, catalogue, resolve
from sim.store.hashing import code_identity

_SHOWN: Final = 12
"""Digits of a hash that a sentence names."""


@dataclass(frozen=True)
class OtherVersion:
    """Another version of the model, as the manifest of a results folder tells of it.

    Attributes
    ----------
    made : str
        Which it is: software, commit, code, and rules where they were recorded.
    install : str
        What gives the same numbers.
    anew : str
        Command that runs the scenario with this version; a reader's own scenario by its file, and what that is.
    """

    made: str
    install: str
    anew: str

    @property
    def said(self) -> str:
        """What is the case, without a full stop."""
        here = f"{__version__}, rules {present_rules()[:_SHOWN]}"
        return f"these results were made by another version of the model ({self.made}), not by this one ({here})"

    @property
    def on_a_page(self) -> str:
        """What is said on a page, and where the page is drawn."""
        return (
            f"{_begun(self.said)}. Their numbers are those of that version, and so are their words: “sustained” and the other "
            "states mean what they meant there. What that version did not measure is left out. "
            f"{self.anew} makes them anew with this version."
        )

    def after_a_replay(self, *, equal: bool) -> str:
        """What a replay says of it, and what follows.

        Parameters
        ----------
        equal : bool
            Whether every table came out the same all the same.
        """
        if equal:
            return f"{_begun(self.said)}, and come out the same."
        return (
            f"{_begun(self.said)}: numbers differ as they must, which says nothing against the folder. To have the same numbers "
            f"again, install {self.install} and replay the folder with it; {self.anew} makes them anew with this one."
        )


def _begun(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def other_version(manifest: Mapping[str, Any], scenario: Scenario, folder: Path) -> OtherVersion | None:
    """Version of the model that made a results folder; None where it is this one, or has the same rules.

    The rules decide where the manifest names them. Those that are older do not: there the code is another, and the software has
    another number, or the scenario has other parameters now than those that ran.

    Parameters
    ----------
    manifest : mapping
        As ``sim.store.reader.read_manifest`` gives it.
    scenario : Scenario
        As ``sim.remake.stored_scenario`` gives it.
    folder : pathlib.Path
        Only named.
    """
    code, software = manifest["code"], manifest["software"]
    rules = code.get("rules")
    if rules is not None:
        same = same_rules(rules, on=scenario.switches_on)
    elif code["identity"] == code_identity():
        same = True
    else:
        own_number = software["version"] == __version__
        same = own_number and parameter_hash(resolve(scenario).parameters) == manifest["parameter_hash"]
    return None if same else _told(manifest, folder)


def made_by(manifest: Mapping[str, Any]) -> str:
    """What wrote a results folder: software, commit, code, and rules where they were recorded.

    Parameters
    ----------
    manifest : mapping
        As ``sim.store.reader.read_manifest`` gives it.
    """
    code, software = manifest["code"], manifest["software"]
    parts = [f"{software['name']} {software['version']}"]
    parts += [f"commit {code['commit'][:_SHOWN]}{_changed(code)}"] if code.get("commit") else []
    parts += [f"code {code['identity'][:_SHOWN]}"]
    parts += [f"rules {code['rules'][:_SHOWN]}"] if code.get("rules") else []
    return ", ".join(parts)


def _told(manifest: Mapping[str, Any], folder: Path) -> OtherVersion:
    """What the manifest tells of the version that wrote it."""
    code, software = manifest["code"], manifest["software"]
    install = f"{software['name']} {software['version']} at commit {code['commit']}{_changed(code)}" if code.get("commit") else ""
    return OtherVersion(made_by(manifest), install or "that version", _anew(manifest, folder))


def _changed(code: Mapping[str, Any]) -> str:
    return " with changes" if code.get("dirty") else ""


def _anew(manifest: Mapping[str, Any], folder: Path) -> str:
    """Command that runs the scenario of a folder with this version."""
    name = manifest["scenario"]["name"]
    shipped = name in {one.name for one in catalogue()}
    words = ["sustain", "run", name if shipped else f"{name}.toml"]
    for option, key in (("-n", "replicates"), ("--seed", "seed"), ("--months", "months")):
        words += [option, str(manifest[key])]
    for setting, value in (manifest.get("settings") or {}).items():
        words += ["--set", f"{setting}={value}"]
    command = shlex.join([*words, *([] if manifest.get("ensemble") else ["--no-ensemble"])])
    return f"“{command}”" if shipped else f"“{command}”, with {folder.name}/scenario.toml under that name,"
