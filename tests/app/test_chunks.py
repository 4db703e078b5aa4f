from hypothesis import given
from hypothesis import strategies as st

from app.chunks import Chunk, ChunkCache


def test_the_least_recently_asked_for_is_forgotten():
    cache = ChunkCache(100)
    for key in "abc":
        cache.add(key, Chunk(0, 60, key), 30)
    assert cache.get("a", 0, 500) == Chunk(0, 60, "a")
    cache.add("d", Chunk(0, 60, "d"), 30)
    assert [key for key in "abcd" if cache.get(key, 0, 500)] == ["a", "c", "d"]
    assert (len(cache), cache.bytes) == (3, 90)


def test_the_longer_of_two_stays():
    cache = ChunkCache(100)
    cache.add("a", Chunk(0, 12, "short"), 10)
    cache.add("a", Chunk(0, 60, "long"), 50)
    cache.add("a", Chunk(0, 12, "short"), 10)
    assert cache.get("a", 0, 60).result == "long"
    assert cache.bytes == 50


def test_nothing_beyond_what_is_asked_for():
    cache = ChunkCache(100)
    cache.add("a", Chunk(0, 60, "long"), 50)
    assert cache.get("a", 0, 59) is None
    assert cache.get("a", 1, 500) is None
    assert cache.get("b", 0, 500) is None


def test_what_is_too_large_drives_nothing_out():
    cache = ChunkCache(100)
    cache.add("a", Chunk(0, 60, None), 100)
    cache.add("b", Chunk(0, 60, None), 101)
    assert cache.get("a", 0, 60)
    assert cache.get("b", 0, 60) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.integers(1, 60), st.integers(0, 70))), st.integers(0, 100))
def test_bytes_are_bounded_and_counted(added, limit):
    cache, sizes = ChunkCache(limit), {}
    for key, first, length, size in added:
        sizes[key, first, first + length] = size
        cache.add(key, Chunk(first, first + length, size), size)
        assert cache.bytes <= limit
    held = [found.result for key in range(6) for first in range(4) if (found := cache.get(key, first, 1000))]
    assert (sum(held), len(held)) == (cache.bytes, len(cache))
