"""The tape: known answers, three equal implementations, addresses that are refused and not wrapped."""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numba import njit

from sim import tape as tape_module
from sim.addresses import RANGES, draws_class, draws_dtype, fields_of, service_key, service_keys, split_seed
from sim.streams import STREAM_SETS, StreamSet
from sim.tape import Tape, fill, philox, uniforms

pytestmark = pytest.mark.portable

SEED = 2**63 + 2**32 + 7
KEY = service_key("north")

Counter = tuple[int, int, int, int]

# Random123, file kat_vectors, lines "philox4x32 10"
KNOWN_ANSWERS: list[tuple[Counter, tuple[int, int], Counter]] = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

Generator = Callable[[Counter, tuple[int, int]], Counter]


@njit
def _fill(row: Any, blocks: int, key: Any, kind: int, place: Any, first_block: int, month_word: int, replicate: int) -> None:
    fill(row, blocks, key[0], key[1], place[0], kind, place[1], place[2], first_block, month_word, replicate)


def compiled_row(
    seed: int, key: int, kind: int, post: int, slot: int, first_block: int, blocks: int, month_word: int, replicate: int
) -> list[float]:
    row = np.zeros(4 * blocks)
    _fill(row, blocks, split_seed(seed), kind, (key, post, slot), first_block, month_word, replicate)
    answer: list[float] = row.tolist()
    return answer


def parts(counter: Counter) -> tuple[int, int, int, int, int, int, int]:
    """Key, kind, post, slot, block, month word and replicate that make up a counter."""
    c0, c1, c2, c3 = counter
    return c0, c1 >> 30, c1 >> 20 & 1023, c1 >> 12 & 255, c1 & 4095, c2, c3


def words(row: list[float]) -> Counter:
    numbers = [u * 2.0**32 - 0.5 for u in row]
    assert all(number.is_integer() for number in numbers)
    w0, w1, w2, w3 = (int(number) for number in numbers)
    return w0, w1, w2, w3


def compiled_words(counter: Counter, key: tuple[int, int]) -> Counter:
    service, kind, post, slot, block, month, replicate = parts(counter)
    return words(compiled_row(key[0] | key[1] << 32, service, kind, post, slot, block, 1, month, replicate))


def array_words(counter: Counter, key: tuple[int, int]) -> Counter:
    service, kind, post, slot, block, month, replicate = parts(counter)
    return words(uniforms(key[0] | key[1] << 32, service, kind, post, slot, block, 1, month, replicate)[0].tolist())


@pytest.mark.parametrize("generator", [philox, compiled_words, array_words])
@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers(generator: Generator, counter: Counter, key: tuple[int, int], answer: Counter) -> None:
    assert generator(counter, key) == answer


@pytest.mark.parametrize("generator", [philox, compiled_words, array_words])
def test_control_other_key_or_counter_gives_other_answer(generator: Generator) -> None:
    counter, key, answer = KNOWN_ANSWERS[2]
    for word in range(4):
        changed = list(counter)
        changed[word] ^= 1
        assert generator((changed[0], changed[1], changed[2], changed[3]), key) != answer
    assert generator(counter, (key[0] ^ 1, key[1])) != answer
    assert generator(counter, (key[0], key[1] ^ 1)) != answer


def test_three_implementations_are_equal() -> None:
    source = np.random.default_rng(5)
    names = list(STREAM_SETS)
    for _ in range(300):
        streams = STREAM_SETS[set_name := names[source.integers(len(names))]]
        seed = int(source.integers(0, 2**64, dtype=np.uint64))
        key, month, replicate = (int(number) for number in source.integers(0, 2**32, 3))
        post, slot = int(source.integers(1024)), int(source.integers(256))
        plain = list(Tape(seed, replicate).draws(set_name, key, post, slot, month))
        address = (streams.first_block, streams.blocks, month, replicate)
        assert plain == compiled_row(seed, key, streams.kind, post, slot, *address)
        assert plain == uniforms(seed, key, streams.kind, post, slot, *address)[0].tolist()
        assert all(0.0 < u < 1.0 for u in plain)
        assert plain != compiled_row(seed, key, streams.kind, post ^ 1, slot, *address)  # control


def test_extreme_words_stay_inside_zero_and_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_module, "philox", lambda *_: (0, 1, 2**32 - 2, 2**32 - 1))
    draws = Tape(SEED, 0).draws("leader", KEY, 0, 0, 0)
    assert 0.0 < draws[0] < draws[1] < draws[2] < draws[3] < 1.0
    assert draws[0] == 1.0 - draws[3]


def test_fill_runs_uncompiled_and_with_any_whole_number_type() -> None:
    expected = compiled_row(SEED, 2**32 - 1, 3, 1023, 255, 4092, 4, 2**32 - 1, 2**32 - 1)
    assert expected == uniforms(SEED, 2**32 - 1, 3, 1023, 255, 4092, 4, 2**32 - 1, 2**32 - 1)[0].tolist()
    row = np.zeros(16)
    fill(row, 4, *split_seed(SEED), 2**32 - 1, 3, 1023, 255, 4092, 2**32 - 1, 2**32 - 1)
    assert row.tolist() == expected
    for whole in (np.uint32, np.int64, np.uint64):
        place = (whole(2**32 - 1), whole(1023), whole(255))
        _fill(row, 4, split_seed(SEED), 3, place, 4092, whole(2**32 - 1), whole(2**32 - 2))
        assert row.tolist() != expected  # control
        _fill(row, 4, split_seed(SEED), 3, place, 4092, whole(2**32 - 1), whole(2**32 - 1))
        assert row.tolist() == expected


def test_broadcasting_is_one_address_a_row() -> None:
    posts = np.arange(6)
    months = np.array([3, 1, 4, 1, 5, 9], dtype=np.int32)
    together = uniforms(SEED, KEY, 2, posts, [0] * 6, 0, 4, months, 2)
    assert together.shape == (6, 16)
    assert together.dtype == np.float64
    for i in range(6):
        assert together[i].tolist() == uniforms(SEED, KEY, 2, i, 0, 0, 4, int(months[i]), 2)[0].tolist()
    assert uniforms(SEED, KEY, 2, [], 0, 0, 4, 1, 2).shape == (0, 16)


def test_records_and_named_tuples_have_the_streams_in_order() -> None:
    for set_name, streams in STREAM_SETS.items():
        fields = fields_of(set_name)
        assert fields[: len(streams.names)] == streams.names
        assert len(fields) == 4 * streams.blocks
        assert all(name.startswith("unused_") for name in fields[len(streams.names) :])
        assert draws_dtype(set_name).names == draws_class(set_name)._fields == fields
        assert draws_dtype(set_name).isalignedstruct
        assert draws_dtype(set_name).itemsize == 32 * streams.blocks
        array = uniforms(SEED, KEY, streams.kind, [0, 1], 0, streams.first_block, streams.blocks, 1, 0)
        records = array.view(draws_dtype(set_name))[:, 0]
        plain = Tape(SEED, 0).draws(set_name, KEY, 1, 0, 1)
        assert [float(records[name][1]) for name in fields] == list(plain)
        assert all(getattr(plain, name) == records[name][1] for name in fields)
        assert all(getattr(plain, name) != records[name][0] for name in fields)  # control
        assert {type(number) for number in plain} == {float}


# --- sets


def overlaps(sets: dict[str, StreamSet]) -> list[tuple[str, str]]:
    found = []
    for (name, one), (other_name, other) in combinations(sets.items(), 2):
        one_blocks = range(one.first_block, one.first_block + one.blocks)
        other_blocks = range(other.first_block, other.first_block + other.blocks)
        if one.kind == other.kind and set(one_blocks) & set(other_blocks):
            found.append((name, other_name))
    return found


def test_sets_never_overlap() -> None:
    assert overlaps(STREAM_SETS) == []
    assert all(streams.first_block + streams.blocks <= RANGES["block"] for streams in STREAM_SETS.values())
    assert all(streams.kind < RANGES["kind"] for streams in STREAM_SETS.values())
    assert all(len(set(streams.names)) == len(streams.names) for streams in STREAM_SETS.values())


def test_control_overlap_is_caught() -> None:
    one = StreamSet(1, 0, ("a", "b", "c", "d", "e"))
    assert overlaps({"one": one, "two": StreamSet(1, 1, ("f",))}) == [("one", "two")]
    assert overlaps({"one": one, "two": StreamSet(1, 2, ("f",)), "three": StreamSet(2, 0, ("g",))}) == []


def test_no_number_comes_twice() -> None:
    """Neighbouring addresses, sets and seeds, all together: 32-bit words repeat by chance, whole blocks never do."""
    rows: list[tuple[float, ...]] = []
    for seed in (0, 7, 2**32 + 7, 2**32, 2**64 - 1):
        for replicate in (0, 1, 2**32 - 1):
            for streams in STREAM_SETS.values():
                for key in (0, 1, KEY):
                    post, slot, month = (grid.ravel() for grid in np.meshgrid([0, 1, 1023], [0, 1, 255], [0, 1, 2**32 - 1]))
                    numbers = uniforms(seed, key, streams.kind, post, slot, streams.first_block, streams.blocks, month, replicate)
                    rows += map(tuple, numbers.reshape(-1, 4).tolist())
    assert len(set(rows)) == len(rows)
    assert len(set(rows + rows[:1])) == len(rows)  # control: a repeat is seen


# --- ranges

GOOD: dict[str, int] = {"seed": 1, "replicate": 1, "service_key": 1, "post": 1, "slot": 1, "month_word": 1}


def via_tape(seed: Any, replicate: Any, service_key: Any, post: Any, slot: Any, month_word: Any) -> list[float]:
    return list(Tape(seed, replicate).draws("leader", service_key, post, slot, month_word))


def via_prefetch(seed: Any, replicate: Any, service_key: Any, post: Any, slot: Any, month_word: Any) -> list[float]:
    tape = Tape(seed, replicate)
    tape.prefetch("leader", [(service_key, post, slot)], month_word, 1)
    return list(tape.draws("leader", service_key, post, slot, month_word))


def via_uniforms(seed: Any, replicate: Any, service_key: Any, post: Any, slot: Any, month_word: Any) -> list[float]:
    row: list[float] = uniforms(seed, service_key, 1, post, slot, 0, 1, month_word, replicate)[0].tolist()
    return row


PATHS = [via_tape, via_prefetch, via_uniforms]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", GOOD)
def test_ranges_are_refused_not_wrapped(path: Callable[..., list[float]], name: str) -> None:
    for value in (-1, RANGES[name], RANGES[name] + 1, 2**70, -(2**70), 1.0, "1", None):
        with pytest.raises(ValueError, match=f"{name}.* from 0 to {RANGES[name] - 1}"):
            path(**(GOOD | {name: value}))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", GOOD)
def test_control_ends_of_ranges_are_taken_and_differ(path: Callable[..., list[float]], name: str) -> None:
    found = [path(**(GOOD | {name: value})) for value in (0, 1, RANGES[name] - 1)]
    assert found == [via_tape(**(GOOD | {name: value})) for value in (0, 1, RANGES[name] - 1)]
    assert found[0] != found[1] != found[2] != found[0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": 4}, "kind must be from 0 to 3, not 4"),
        ({"kind": -1}, "kind must be from 0 to 3, not -1"),
        ({"first_block": 4096}, "first_block must be from 0 to 4095, not 4096"),
        ({"first_block": 4094, "blocks": 3}, "last block must be from 0 to 4095, not 4096"),
        ({"blocks": 0}, "blocks must be at least 1, not 0"),
        ({"posts": [0, 1, 1024]}, "posts must be whole numbers from 0 to 1023"),
        ({"posts": [[0], [1]]}, "one-dimensional"),
    ],
)
def test_blocks_and_kinds_are_refused_too(changed: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {"kind": 1, "posts": [0, 1], "first_block": 4094, "blocks": 2}
    rest: dict[str, Any] = {"seed": 1, "service_keys": 1, "slots": 0, "month_words": 1, "replicate": 0}
    assert uniforms(**good, **rest).shape == (2, 8)
    with pytest.raises(ValueError, match=message):
        uniforms(**(good | changed), **rest)


def test_prefetch_months_are_refused() -> None:
    tape = Tape(1, 0)
    with pytest.raises(ValueError, match="months must be at least 1, not 0"):
        tape.prefetch("leader", [(1, 0, 0)], 1, 0)
    with pytest.raises(ValueError, match="last month word must be from 0 to 4294967295, not 4294967296"):
        tape.prefetch("leader", [(1, 0, 0)], 2**32 - 1, 2)


def test_seeds_that_share_a_word_differ() -> None:
    seen = {tuple(via_tape(**(GOOD | {"seed": seed}))) for seed in (0, 7, 2**32 + 7, 7 << 32, 2**64 - 1)}
    assert len(seen) == 5


# --- services


def test_service_keys_come_from_names() -> None:
    assert service_key("north") == KEY
    assert 0 <= KEY < 2**32
    assert service_keys(["south", "north"]) == [service_key("south"), KEY]
    assert service_key("Malm\u00f6") == service_key("Malmo\u0308")
    assert service_key("abc") == 0xBA7816BF  # the published SHA-256 of "abc" begins so


def test_duplicate_services_are_refused() -> None:
    with pytest.raises(ValueError, match="two services are named 'b'"):
        service_keys(["a", "b", "c", "b"])
    with pytest.raises(ValueError, match="two services are named"):
        service_keys(["Malm\u00f6", "Malmo\u0308"])


def test_colliding_services_are_refused() -> None:
    seen: dict[int, str] = {}
    for number in range(1_000_000):
        name = f"service {number}"
        other = seen.setdefault(service_key(name), name)
        if other != name:
            break
    else:
        raise AssertionError("no two of a million names collide: the keys have more than 32 bits")
    with pytest.raises(ValueError, match=f"'{other}' and '{name}'"):
        service_keys(["a", other, "b", name])


# --- the cache


@pytest.fixture
def no_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise LookupError("not kept")

    monkeypatch.setattr(tape_module.Tape, "_computed", refuse)


ADDRESSES = [(KEY, post, slot) for post in range(3) for slot in range(2)]


def test_kept_draws_equal_computed_ones() -> None:
    kept, fresh = Tape(SEED, 3), Tape(SEED, 3)
    for set_name in STREAM_SETS:
        kept.prefetch(set_name, ADDRESSES, 5, 4)
        for month in range(4, 10):
            for address in ADDRESSES:
                draws = kept.draws(set_name, *address, month)
                assert draws == fresh.draws(set_name, *address, month)
                assert type(draws) is draws_class(set_name)
                assert {type(number) for number in draws} == {float}
                assert draws != fresh.draws(set_name, *address, month + 1)  # control


@pytest.mark.usefixtures("no_computing")
def test_only_the_months_asked_for_are_kept() -> None:
    tape = Tape(SEED, 3)
    tape.prefetch("leader", ADDRESSES, 5, 4)
    tape.prefetch("leader", [(1, 0, 0)], 5, 4)  # added
    tape.prefetch("service", ADDRESSES, 5, 8)
    for month in range(5, 9):
        tape.draws("leader", *ADDRESSES[0], month)
        tape.draws("leader", 1, 0, 0, month)
    for month in (4, 9):
        with pytest.raises(LookupError):
            tape.draws("leader", *ADDRESSES[0], month)
    with pytest.raises(LookupError):
        tape.draws("leader", 2, 0, 0, 5)
    tape.prefetch("practitioner", ADDRESSES, 9, 4)  # the leader's months are past, the service's are not
    with pytest.raises(LookupError):
        tape.draws("leader", *ADDRESSES[0], 8)
    tape.draws("service", *ADDRESSES[0], 12)
    tape.prefetch("service", ADDRESSES[:1], 9, 4)  # other months: replaced
    tape.draws("service", *ADDRESSES[0], 12)
    with pytest.raises(LookupError):
        tape.draws("service", *ADDRESSES[1], 12)


def test_prefetch_of_nobody() -> None:
    tape = Tape(SEED, 3)
    tape.prefetch("leader", [], 1, 12)
    assert len(tape.draws("leader", 1, 0, 0, 1)) == 4


# --- the numbers look like luck


def uniformity(numbers: Any) -> float:
    """Chi-squared over 256 equal bins, as standard deviations from what chance gives."""
    counts = np.bincount((numbers.ravel() * 256).astype(np.int64), minlength=256)
    expected = numbers.size / 256
    return float((((counts - expected) ** 2 / expected).sum() - 255) / np.sqrt(2 * 255))


def largest_correlation(numbers: Any) -> float:
    """Largest correlation between columns, in standard errors."""
    matrix = np.corrcoef(numbers, rowvar=False)
    return float(np.abs(matrix - np.eye(len(matrix))).max() * np.sqrt(len(numbers)))


def test_uniform_and_uncorrelated() -> None:
    months = np.arange(20_000)
    by_month = uniforms(7, KEY, 2, 0, 0, 0, 4, months, 0)
    assert abs(uniformity(by_month)) < 4.5
    assert largest_correlation(by_month) < 4.5  # streams of one post
    posts = np.stack([uniforms(7, KEY, 2, post, 0, 0, 1, months, 0)[:, 0] for post in range(8)], axis=1)
    services = np.stack([uniforms(7, key, 0, 0, 0, 0, 1, months, 0)[:, 0] for key in range(8)], axis=1)
    replicates = np.stack([uniforms(7, KEY, 0, 0, 0, 0, 1, months, replicate)[:, 0] for replicate in range(8)], axis=1)
    seeds = np.stack([uniforms(seed, KEY, 0, 0, 0, 0, 1, months, 0)[:, 0] for seed in range(8)], axis=1)
    lags = np.stack([by_month[lag : lag + 19_000, 0] for lag in range(8)], axis=1)
    for numbers in (posts, services, replicates, seeds, lags):
        assert largest_correlation(numbers) < 4.5


def test_control_crooked_numbers_are_caught() -> None:
    numbers = uniforms(7, KEY, 2, 0, 0, 0, 1, np.arange(20_000), 0)
    assert uniformity(numbers**1.05) > 4.5
    crooked = numbers.copy()
    crooked[:, 1] = 0.95 * crooked[:, 1] + 0.05 * crooked[:, 0]
    assert largest_correlation(crooked) > 4.5
