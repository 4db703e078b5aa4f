"""The crate is valid RO-Crate 1.1 and Process Run Crate, by the validator's judgement, without a network."""

import json
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from rocrate_validator.models import validation

from sim.store.crate import CRATE
from tests import crates
from tests.crates import DEPRECATED, PROFILES, issues, validate
from tests.thoroughly import some

Make = Callable[..., Path]
pytestmark = pytest.mark.filterwarnings(DEPRECATED)


@pytest.fixture(scope="module")
def http_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crates.http_cache(tmp_path_factory.mktemp("http"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch) -> None:
    def refuse(*address: object) -> None:
        raise AssertionError(f"the network was asked for: {address}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def entities(folder: Path) -> dict[str, dict]:
    return {one["@id"]: one for one in json.loads((folder / CRATE).read_text(encoding="utf-8"))["@graph"]}


def edit(folder: Path, identifier: str, **changes: object) -> None:
    crate = json.loads((folder / CRATE).read_text(encoding="utf-8"))
    (entity,) = [one for one in crate["@graph"] if one["@id"] == identifier]
    for key, value in changes.items():
        if value is None:
            del entity[key]
        else:
            entity[key] = value
    (folder / CRATE).write_text(json.dumps(crate), encoding="utf-8")


@pytest.mark.parametrize("profile", PROFILES)
def test_crate_is_valid(make_results: Make, http_cache: Path, profile: str) -> None:
    agent = {"id": "https://orcid.org/0000-0002-1825-0097", "name": "Josiah Carberry"}
    for name, changes in {"plain": {}, "full": {"csv": True, "agent": agent, "url": "https://example.org/software"}}.items():
        folder = make_results(name, **changes)
        edit(folder, "./")  # rewritten with nothing changed: what the controls below do, and more
        result = validate(folder, profile, http_cache)
        assert issues(result) == []
        assert result.passed()


def test_a_crate_with_a_file_missing_fails(make_results: Make, http_cache: Path) -> None:
    for missing in some(["tables/service_months.parquet", "scenario.toml", "figures/status over time.svg"], 1):
        folder = make_results(Path(missing).stem.replace(" ", "-"))
        (folder / missing).unlink()
        result = validate(folder, "process-run-crate", http_cache)  # it inherits what RO-Crate 1.1 requires
        assert not result.passed(), missing
        assert any(Path(missing).stem.split()[0] in message for message in issues(result)), missing


LEFT_OUT = (
    ("#run", {"instrument": None}, "process-run-crate"),
    ("#run", {"instrument": {"@id": "scenario.toml"}}, "process-run-crate"),
    ("./", {"conformsTo": None}, "process-run-crate"),
    ("./", {"license": None}, "ro-crate-1.1"),
    ("./", {"datePublished": "yesterday"}, "ro-crate-1.1"),
    ("./", {"name": None}, "ro-crate-1.1"),
)


def test_the_validator_sees_what_is_left_out(make_results: Make, http_cache: Path) -> None:
    for at, (identifier, changes, profile) in enumerate(some(LEFT_OUT, 2)):
        folder = make_results(f"run-{at}")
        edit(folder, identifier, **changes)
        assert not validate(folder, profile, http_cache).passed(), (identifier, changes)


# Looked up in the context of RO-Crate 1.1. The rocrate package ships that of a later version, which knows more terms, so the
# validator alone would not see a term that 1.1 lacks.
TERMS = {
    "CreateAction", "CreativeWork", "Dataset", "File", "Person", "PropertyValue", "SoftwareApplication",
    "about", "actionStatus", "agent", "author", "conformsTo", "contentSize", "datePublished", "description", "encodingFormat",
    "endTime", "hasPart", "instrument", "license", "mentions", "name", "object", "result", "softwareRequirements",
    "softwareVersion", "startTime", "url", "value", "version",
}  # fmt: skip


def test_every_term_is_one_of_version_1_1_or_defined_in_the_crate(make_results: Make) -> None:
    folder = make_results(csv=True, agent={"id": "#me", "name": "Me"}, url="https://example.org/software")
    context, own = json.loads((folder / CRATE).read_text(encoding="utf-8"))["@context"]
    assert (context, own) == ("https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"})
    used = {term for entity in entities(folder).values() for term in (*entity, entity["@type"])} - {"@id", "@type"}
    assert used == TERMS | set(own)


def test_without_the_context_the_validator_cannot_pass(make_results: Make, tmp_path: Path, monkeypatch) -> None:
    # Its warning, which it would print when Python ends, is what is wanted here.
    monkeypatch.setattr(validation, "logger", logging.getLogger("quiet"), raising=False)
    assert not validate(make_results(), "ro-crate-1.1", tmp_path / "empty-cache").passed()


def test_crate_says_what_made_what_from_what(make_results: Make) -> None:
    folder = make_results(csv=True)
    found = entities(folder)
    run = found["#run"]
    assert run["@type"] == "CreateAction"
    assert found[run["instrument"]["@id"]]["@type"] == "SoftwareApplication"
    objects = {one["@id"] for one in run["object"]}
    assert {"scenario.toml", "#seed", "#parameter_hash"} <= objects
    results = {one["@id"] for one in run["result"]}
    assert {"tables/service_months.parquet", "tables/service_months.csv", "figures/status%20over%20time.svg"} <= results
    assert not objects & results
    assert found["#seed"]["value"] == "7"
    assert found["tables/service_months.parquet"]["encodingFormat"] == "application/vnd.apache.parquet"
    assert found["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    listed = {one["@id"].replace("%20", " ") for one in found["./"]["hasPart"]}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert listed == there - {CRATE}
    assert "agent" not in run
    assert entities(make_results("named", agent={"id": "#me", "name": "Me"}))["#run"]["agent"] == {"@id": "#me"}
