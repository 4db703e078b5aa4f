"""The run in the words of RO-Crate 1.1 and its Process Run Crate profile, written with the ``rocrate`` package."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sim.store.folder import write_text_whole

CRATE: Final = "ro-crate-metadata.json"
CRATE_VERSION: Final = "1.1"
PROFILE: Final = "https://w3id.org/ro/wfrun/process/0.5"

LICENCE: Final = "https://spdx.org/licenses/MIT"
LICENCE_MEANING: Final = "A short permissive licence: use, change and share with attribution, without warranty."

# The context of RO-Crate 1.1 does not know this term of schema.org; those of later versions do.
_OWN_TERMS: Final = {"sha256": "http://schema.org/sha256"}

_HOMES: Final = {
    "python": "https://www.python.org",
    "numpy": "https://numpy.org",
    "numba": "https://numba.pydata.org",
    "mesa": "https://mesa.readthedocs.io",
    "pandas": "https://pandas.pydata.org",
    "pyarrow": "https://arrow.apache.org/docs/python",
}

_FORMATS: Final = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".json": "application/json",
    ".toml": "application/toml",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}

_SETTINGS: Final = (
    ("seed", "seed of the random numbers"),
    ("replicates", "number of replicates"),
    ("months", "horizon in months"),
    ("engine", "engine that ran the model"),
    ("parameter_hash", "hash of the parameters' values"),
    ("plan_hash", "hash of the resolved plan"),
)


def write_crate(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``ro-crate-metadata.json``: the software (instrument) made the tables (result) from the inputs (object).

    Nothing in it depends on the clock but the run's own times.

    Parameters
    ----------
    folder : pathlib.Path
        Results folder.
    manifest : mapping
        With ``files``; without ``manifest_hash``, since the manifest is written after the crate and lists it.

    Raises
    ------
    ValueError
        When an input that the manifest names is not in the folder.
    OSError
        When the file cannot be written.
    """
    from rocrate.rocrate import ROCrate

    inputs = manifest["inputs"]
    absent = [name for name in inputs if name not in manifest["files"]]
    if absent:
        raise ValueError(f"inputs that are not in the folder: {', '.join(absent)}")
    crate: Any = ROCrate(version=CRATE_VERSION)
    crate.metadata.extra_terms.update(_OWN_TERMS)
    root = crate.root_dataset
    root["name"] = manifest["title"]
    root["description"] = (
        f"Simulated run of scenario '{manifest['scenario']['name']}': {manifest['replicates']} replicates of "
        f"{manifest['months']} months, seed {manifest['seed']}, engine {manifest['engine']}. {manifest['census']}"
    )
    root["datePublished"] = manifest["ended"]
    root["license"] = _add(crate, LICENCE, "CreativeWork", name="MIT License", description=LICENCE_MEANING)
    root["conformsTo"] = _add(crate, PROFILE, "CreativeWork", name="Process Run Crate", version=PROFILE.rsplit("/", 1)[-1])
    software = _software(crate, manifest)
    files = _files(crate, folder, manifest)
    settings = [
        _add(crate, f"#{name}", "PropertyValue", name=name, description=meaning, value=str(manifest[name]))
        for name, meaning in _SETTINGS
    ]
    times = {"startTime": manifest["started"], "endTime": manifest["ended"]}
    status = "http://schema.org/CompletedActionStatus"
    name = f"Run of {manifest['scenario']['name']}"
    action = _add(crate, "#run", "CreateAction", name=name, description=root["description"], actionStatus=status, **times)
    action["instrument"] = software
    action["object"] = [*(files[one] for one in inputs), *settings]
    action["result"] = [entity for one, entity in files.items() if one not in inputs]
    agent = manifest["agent"]
    if agent is not None:
        action["agent"] = root["author"] = _add(crate, agent["id"], "Person", name=agent["name"])
    root["mentions"] = action
    text = json.dumps(crate.metadata.generate(), indent=2, sort_keys=True, ensure_ascii=False)
    write_text_whole(Path(folder) / CRATE, text + "\n")


def _add(crate: Any, identifier: str, kind: str, **properties: str) -> Any:
    """Add a contextual entity to the crate and return it."""
    from rocrate.model.contextentity import ContextEntity

    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _software(crate: Any, manifest: Mapping[str, Any]) -> Any:
    """Describe the software that ran and the libraries that it needs."""
    about = manifest["software"]
    libraries = []
    for library, number in manifest["versions"].items():
        if number is not None:
            home = _HOMES[library]
            libraries.append(_add(crate, home, "SoftwareApplication", name=library, softwareVersion=number, url=home))
    meaning = f"Code identity {manifest['code']['identity']}."
    identifier = about["url"] or f"#{about['name']}"
    number = about["version"]
    software = _add(crate, identifier, "SoftwareApplication", name=about["name"], softwareVersion=number, description=meaning)
    if about["url"]:
        software["url"] = about["url"]
    software["softwareRequirements"] = libraries
    return software


def _files(crate: Any, folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Describe every file of the folder; the manifest itself, written last, without size and hash."""
    described: dict[str, dict[str, Any]] = {}
    for name, table in manifest["tables"].items():
        what = f"{table['meaning']} {table['rows']} rows. Columns: codebook.csv. Data hash {table['data_hash']}."
        described[table["file"]] = {
            "name": name,
            "description": what.strip(),
            "contentSize": str(table["bytes"]),
            "sha256": table["file_hash"],
        }
        if table["csv"]:
            described[table["csv"]] = {"name": name, "description": f"CSV copy of {table['file']}.", "sha256": table["csv_hash"]}
    for name, entry in manifest["files"].items():
        described[name] = {"name": name, "contentSize": str(entry["bytes"]), "sha256": entry["hash"]}
    described["manifest.json"] = {"name": "manifest.json", "description": "Versions, hashes, timing and settings of the run."}
    entities = {}
    for name, properties in described.items():
        kind = _FORMATS.get(Path(name).suffix.lower())
        if kind:
            properties["encodingFormat"] = kind
        entities[name] = crate.add_file(Path(folder) / name, name, properties=properties)
    return entities
