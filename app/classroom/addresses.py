"""Where a class finds this machine: its own addresses in the networks that it is in. Nothing is sent to find them."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

PROBES: Final = ("192.0.2.1", "192.168.0.1", "10.0.0.1", "172.16.0.1")
"""Addresses outside (one kept for documents, which nobody has) and in the networks of homes and schools."""

_PORT: Final = 9


def own_addresses(source: Callable[[str], str] | None = None) -> list[str]:
    """Addresses of this machine that others in its networks can reach, the one that it uses itself first.

    Parameters
    ----------
    source : callable, optional
        Gives the address from which this machine would send to another; raises ``OSError`` where it has none.

    Returns
    -------
    list of str
        Without the machine's own loop, and without what stands for every address. Empty where it is in no network.
    """
    found = []
    for probe in PROBES:
        with suppress(OSError):
            found.append((source or _source)(probe))
    return [one for one in dict.fromkeys(found) if not is_loopback(one) and one != "0.0.0.0"]


def _source(probe: str) -> str:
    """Address that packets to a probe would come from. To connect a datagram socket sends nothing: it only chooses a way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect((probe, _PORT))
        return str(one.getsockname()[0])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a host.

    Parameters
    ----------
    host : str
        Address or name.
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_address(host: str) -> bool:
    """Whether a host is an address, or the name that every machine has for itself.

    Parameters
    ----------
    host : str
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def link(host: str, port: int, path: str) -> str:
    """Address to open in a browser.

    Parameters
    ----------
    host : str
        IPv6 addresses get their brackets.
    port : int
    path : str
        Begins with a stroke.
    """
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}{path}"


def in_words(addresses: Iterable[str]) -> str:
    """Addresses in a list, for a sentence."""
    return ", ".join(addresses)
