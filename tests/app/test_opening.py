"""How the lab opens, and what is said when it cannot."""

import errno
import socket
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from app import commands
from app.serving import opening
from app.serving.listening import LOOPBACK, bound, problem_of
from sim.problems import BadInput
from tests.experiments.commanding import refused


@pytest.fixture
def taken() -> Iterator[int]:
    """A port where somebody listens."""
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_in_use_is_told_before_anything_is_computed(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "warm", lambda: pytest.fail("it computed"))
    found = refused("lab", "--port", taken, "--no-browser")
    assert f"--port: port {taken} is in use" in found
    assert "--port 0 takes any that is free" in found


@pytest.mark.parametrize(
    ("words", "expected"),
    [(("--port", 70_000), "from 0 to 65,535"), (("--port", "x"), "'x' cannot be"), (("--threads", 0), "--threads")],
)
def test_bad_input(words: tuple[str, ...], expected: str) -> None:
    assert expected in refused("lab", *words, "--no-browser")


@pytest.mark.parametrize(
    ("code", "expected"), [(errno.EACCES, "you may not listen on port 80"), (errno.EADDRNOTAVAIL, "cannot listen at 10.0.0.1")]
)
def test_an_address_that_cannot_be_had_is_said_in_words(code: int, expected: str) -> None:
    assert expected in problem_of(OSError(code, "no"), "10.0.0.1", 80).what


def test_nobody_connects_before_it_listens() -> None:
    with bound(LOOPBACK, 0) as listener, socket.socket() as other:
        with pytest.raises(ConnectionRefusedError):
            other.connect(listener.getsockname())
        listener.listen()
        other.connect(listener.getsockname())


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadInput, match=r"cannot listen at 192\.0\.2\.1"):
        bound("192.0.2.1", 0)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: None if name == "uvicorn" else find_spec(name))
    found = refused("lab")
    assert "not installed here: uvicorn" in found
    assert "practice-sustainment[lab]" in found
