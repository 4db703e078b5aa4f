"""The validator's judgement of a results folder as RO-Crate, without a network."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_cache
import rocrate
from rdflib.plugins.sparql import processor
from rdflib.plugins.sparql.sparql import Query
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationResult, ValidationSettings
from urllib3.response import HTTPResponse

PROFILES = ("ro-crate-1.1", "process-run-crate")

DEPRECATED = "ignore:ConjunctiveGraph is deprecated:DeprecationWarning"
"""roc-validator 0.13 reads JSON-LD with rdflib 7, whose own parser makes a graph of a kind that rdflib wants to drop."""


def http_cache(folder: Path) -> Path:
    """The validator's HTTP cache, holding one page: the context that the rocrate package ships."""
    place = folder / "cache"
    content = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()
    request = requests.Request("GET", "https://w3id.org/ro/crate/1.1/context").prepare()
    answer = requests.Response()
    answer.status_code, answer.url, answer.request, answer._content = 200, str(request.url), request, content
    answer.headers["Content-Type"] = "application/ld+json"
    answer.raw = HTTPResponse(body=b"", status=200, headers=answer.headers, preload_content=False)
    with requests_cache.CachedSession(str(place), backend="sqlite", expire_after=-1) as session:
        session.cache.save_response(answer)
    return place


@cache
def prepared(text: str, base: str | None, names: frozenset[tuple[str, str]]) -> Query:
    """A query of the validator's, read; nobody changes it."""
    return _translate(_parse(text), base, dict(names))


_parse, _translate = processor.parseQuery, processor.translateQuery


def translated(text: str, base: str | None = None, initNs: Any = None) -> Query:  # noqa: N803 - as rdflib calls it
    """A query of the validator's, read once: it asks the same of every crate, and reading takes half of its time."""
    return prepared(text, base, frozenset((initNs or {}).items()))


def validate(folder: Path, profile: str, cache: Path) -> ValidationResult:
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier=profile,
        requirement_severity=Severity.REQUIRED,
        offline=True,
        cache_path=cache,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processor, "parseQuery", str)
        patch.setattr(processor, "translateQuery", translated)
        return services.validate(settings)


def issues(result: ValidationResult) -> list[str]:
    return [str(issue.message) for issue in result.get_issues()]


def issues_of(folder: Path, place: Path) -> list[str]:
    """What the validator finds in a folder by the last profile, which inherits the first; its cache goes to a place."""
    return issues(validate(folder, PROFILES[-1], http_cache(place)))
