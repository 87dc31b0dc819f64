"""The vectors of an index: exact while they are few, nearly so beyond; on disk in half precision, and refused when damaged."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import StoreError
from index.vectors import VectorIndex

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DIMENSION, COUNT = 64, 12_000


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def clustered(count: int, seed: int) -> NDArray[np.float32]:
    """Rows around 200 centres, as paragraphs lie around subjects; all seeds have the same centres."""
    centres = np.random.default_rng(0).standard_normal((200, DIMENSION))
    noise = np.random.default_rng(seed)
    return unit(centres[noise.integers(0, len(centres), count)] + noise.standard_normal((count, DIMENSION)))


ROWS, QUERIES = clustered(COUNT, 1), clustered(50, 2)


def best(rows: NDArray[np.floating], queries: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None = None) -> list[list[int]]:
    """The ids of the nearest rows by the definition: all cosines, sorted, of equal ones the lower id first."""
    cosines = queries.astype(np.float64) @ rows.astype(np.float64).T
    if allowed is not None:
        cosines[:, ~allowed] = -np.inf
    return np.argsort(-cosines, axis=1, kind="stable")[:, :k].tolist()


def recall(found: NDArray[np.int64], wanted: list[list[int]]) -> float:
    return float(np.mean([len(set(ids) & set(expected)) / len(expected) for ids, expected in zip(found.tolist(), wanted, strict=True)]))


@pytest.fixture(scope="module")
def exact() -> VectorIndex:
    return VectorIndex.build(ROWS)


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> VectorIndex:
    """The same rows with codes beside them, opened from files."""
    path = tmp_path_factory.mktemp("coded") / "vectors.faiss"
    VectorIndex.write_rows(path, np.split(ROWS, 3), count=COUNT, dimension=DIMENSION, exact_rows=1000)
    assert path.with_suffix(".codes").exists()
    return VectorIndex.open(path)


def test_few_rows_are_searched_exactly(exact: VectorIndex) -> None:
    """The ids of a sort of all cosines of the rows as they are kept, and these cosines within a thousandth of the full ones."""
    cosines, ids = exact.search(QUERIES, 10)
    assert ids.tolist() == best(exact.vectors(), QUERIES, 10)
    assert np.allclose(cosines, np.take_along_axis(QUERIES @ ROWS.T, ids, axis=1), atol=1e-3)
    assert (np.diff(cosines) <= 0).all()


@pytest.mark.parametrize("k", [1, 10, 100])
def test_codes_find_nearly_what_is_exact(coded: VectorIndex, exact: VectorIndex, k: int) -> None:
    """98 in 100 of the nearest, with the same cosines to the last bit."""
    cosines, ids = coded.search(QUERIES, k)
    expected, wanted = exact.search(QUERIES, k)
    assert recall(ids, wanted.tolist()) >= 0.98
    assert set(cosines[ids == wanted]) <= set(expected.ravel())


@pytest.mark.parametrize("share", [0.0002, 0.003, 0.02, 0.1, 0.3, 0.6, 0.99])
def test_a_search_within_some_rows_finds_the_nearest_of_these(coded: VectorIndex, share: float) -> None:
    """However few or many they are; documents of ten rows, and one of a single row."""
    starts = np.random.default_rng(3).permutation(COUNT // 10)[: max(1, int(share * COUNT / 10))] * 10
    within = [*(range(start, start + 10) for start in starts[1:]), range(starts[0], starts[0] + 1), range(5, 5)]
    allowed = np.zeros(COUNT, dtype=bool)
    for ids in within:
        allowed[ids.start : ids.stop] = True
    k = min(10, int(allowed.sum()))
    found = coded.search(QUERIES, 10, within=within)[1]
    assert found.shape == (len(QUERIES), k)
    assert allowed[found].all()
    assert recall(found, best(coded.vectors(), QUERIES, k, allowed)) >= (0.98 if share >= 0.25 else 1)


def test_a_search_without_the_rows_that_are_nearest_misses_nothing() -> None:
    """All rows around the query are left out, and so are the codes that are looked at first."""
    query = QUERIES[:1]
    by_distance = ROWS[np.argsort(-(ROWS @ query[0]), kind="stable")]
    index = VectorIndex.build(by_distance, exact_rows=1000)
    allowed = np.arange(COUNT) >= 8000
    assert index.search(query, 10, within=[range(8000, COUNT)])[1].tolist() == best(index.vectors(), query, 10, allowed)


def test_equal_rows_stand_in_the_order_of_their_ids() -> None:
    """Also when there are more of them than are asked for, and better ones come after."""
    rows = np.tile(unit(np.ones((1, DIMENSION))), (100, 1))
    rows[90] = unit(np.arange(1.0, DIMENSION + 1))
    index = VectorIndex.build(rows)
    assert index.search(rows[90:91], 4)[1].tolist() == [[90, 0, 1, 2]]
    assert index.search(rows[:1], 99)[1].tolist() == [[*range(90), *range(91, 100)]]
    assert index.search(rows[:1], 3, within=[range(50, 60), range(20, 22)])[1].tolist() == [[20, 21, 50]]


@given(count=st.integers(1, 40), k=st.integers(1, 50), seed=st.integers(0, 9))
def test_any_few_rows_are_searched_as_a_sort_would(count: int, k: int, seed: int) -> None:
    """Coarse rows, so that many cosines are equal."""
    rows = unit(np.random.default_rng(seed).integers(0, 2, (count, 4)) + np.array([1, 0, 0, 0]))
    index = VectorIndex.build(rows)
    cosines, ids = index.search(rows[:1], k)
    order = np.lexsort((ids[0], -cosines[0]))
    assert sorted(ids[0].tolist()) == sorted(set(ids[0].tolist()))
    assert order.tolist() == list(range(min(k, count)))
    left = np.setdiff1d(np.arange(count), ids[0])
    every = index.search(rows[:1], count)
    rest = dict(zip(every[1][0].tolist(), every[0][0].tolist(), strict=True))
    assert all((rest[number], -number) < (cosines[0, -1], -ids[0, -1]) for number in left.tolist())


def test_the_same_rows_give_the_same_files_and_results(tmp_path: Path, coded: VectorIndex) -> None:
    """In batches of any size, from memory, and from a thread among others."""
    rows = coded.vectors()
    paths = [tmp_path / name / "vectors.faiss" for name in ("whole", "batches", "memory")]
    for path in paths:
        path.parent.mkdir()
    VectorIndex.write_rows(paths[0], [ROWS], count=COUNT, dimension=DIMENSION, exact_rows=1000)
    VectorIndex.write_rows(
        paths[1], (ROWS[at : at + 777] for at in range(0, COUNT, 777)), count=COUNT, dimension=DIMENSION, exact_rows=1000
    )
    build = threading.Thread(target=lambda: VectorIndex.write_rows(paths[2], [rows], count=COUNT, dimension=DIMENSION, exact_rows=1000))
    build.start()
    build.join()
    for suffix in (".faiss", ".codes"):
        assert len({path.with_suffix(suffix).read_bytes() for path in paths}) == 1
    expected = coded.search(QUERIES, 10)
    for path in paths:
        assert all((one == other).all() for one, other in zip(VectorIndex.open(path).search(QUERIES, 10), expected, strict=True))


def test_many_threads_find_what_one_finds(coded: VectorIndex, exact: VectorIndex) -> None:
    """Forty searches at once in each of the two ways."""
    for index in (coded, exact):
        alone = [index.search(query[None], 10)[1].tolist() for query in QUERIES[:40]]
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda query, index=index: index.search(query[None], 10)[1].tolist(), QUERIES[:40])) == alone


def test_rows_that_are_taken_over_keep_every_bit(tmp_path: Path) -> None:
    """Half precision is lost once, not with every build; the rows can be read when the index is gone."""
    first, second = tmp_path / "first.faiss", tmp_path / "second.faiss"
    VectorIndex.write_rows(first, [ROWS], count=COUNT, dimension=DIMENSION)
    taken = VectorIndex.open(first).vectors()
    VectorIndex.write_rows(second, [taken[:5000].astype(np.float32), taken[5000:]], count=COUNT, dimension=DIMENSION)
    assert first.read_bytes() == second.read_bytes()
    assert (taken == ROWS.astype(np.float16)).all()
    with pytest.raises(ValueError, match="read-only"):
        taken[0] = 0


@pytest.mark.parametrize("count", [0, 1, 17])
def test_small_indexes_are_indexes(tmp_path: Path, count: int) -> None:
    """No row at all, one, and one more than a round number; asked for more than there are, and for none."""
    path = tmp_path / "vectors.faiss"
    VectorIndex.write_rows(path, [ROWS[:count]], count=count, dimension=DIMENSION)
    for index in (VectorIndex.open(path), VectorIndex.build(ROWS[:count])):
        assert len(index) == count
        assert index.vectors().shape == (count, DIMENSION)
        cosines, ids = index.search(QUERIES, 20)
        assert cosines.shape == (len(QUERIES), count)
        assert ids.tolist() == best(index.vectors(), QUERIES, count)
        assert index.search(QUERIES, 0)[1].shape == (len(QUERIES), 0)
        assert index.search(QUERIES[:0], 5)[1].shape == (0, min(5, count))
        assert index.search(QUERIES, 5, within=[])[1].shape == (len(QUERIES), 0)


def test_an_encoder_of_any_dimension_can_have_codes() -> None:
    """Seven components are no groups of four."""
    rows = unit(np.random.default_rng(4).standard_normal((5000, 7)))
    index = VectorIndex.build(rows, exact_rows=1000)
    assert recall(index.search(rows[:50], 10)[1], best(rows, rows[:50], 10)) >= 0.98


def test_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Too few, too many, and of another dimension."""
    path = tmp_path / "vectors.faiss"
    for count in (9, 11):
        with pytest.raises(ValueError, match=f"10 rows came; expected {count}"):
            VectorIndex.write_rows(path, [ROWS[:4], ROWS[4:10]], count=count, dimension=DIMENSION)
    with pytest.raises(ValueError, match=r"the shape \(10, 64\); expected \(m, 32\)"):
        VectorIndex.write_rows(path, [ROWS[:10]], count=10, dimension=32)


def test_a_damaged_file_of_rows_is_refused(tmp_path: Path) -> None:
    """Cut short, grown, gone, and with any byte of its header changed: FAISS itself would crash on some of these."""
    path = tmp_path / "vectors.faiss"
    VectorIndex.write_rows(path, [ROWS[:100]], count=100, dimension=DIMENSION)
    raw = path.read_bytes()
    header = len(raw) - 100 * DIMENSION * 2
    changed = [raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :] for at in range(header) for bit in (1, 128)]
    for damaged in (raw[:-1], raw + b"\0", raw[:header], raw[:10], b"", *changed):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"damaged.*pincite index --rebuild"):
            VectorIndex.open(path)
    path.unlink()
    with pytest.raises(StoreError, match=r"cannot be read.*pincite index --rebuild"):
        VectorIndex.open(path)


def test_damaged_codes_are_refused(tmp_path: Path) -> None:
    """Cut short, grown, of other rows, with a changed header, and something that is no file."""
    path, codes = tmp_path / "vectors.faiss", tmp_path / "vectors.codes"
    VectorIndex.write_rows(path, [ROWS[:1500]], count=1500, dimension=DIMENSION, exact_rows=1000)
    other = tmp_path / "other.faiss"
    VectorIndex.write_rows(other, [ROWS[:2000]], count=2000, dimension=DIMENSION, exact_rows=1000)
    raw = codes.read_bytes()
    for damaged in (raw[:-1], raw + b"\0", raw[:50], b"", other.with_suffix(".codes").read_bytes(), b"x" + raw[1:]):
        codes.write_bytes(damaged)
        with pytest.raises(StoreError, match="pincite index --rebuild"):
            VectorIndex.open(path)
    codes.unlink()
    codes.mkdir()
    with pytest.raises(StoreError, match=r"cannot be read.*pincite index --rebuild"):
        VectorIndex.open(path)


def test_an_index_that_became_small_has_no_codes_of_the_large_one(tmp_path: Path) -> None:
    """Written to the same place."""
    path = tmp_path / "vectors.faiss"
    VectorIndex.write_rows(path, [ROWS[:1500]], count=1500, dimension=DIMENSION, exact_rows=1000)
    assert path.with_suffix(".codes").exists()
    VectorIndex.write_rows(path, [ROWS[:500]], count=500, dimension=DIMENSION)
    assert not path.with_suffix(".codes").exists()
    assert len(VectorIndex.open(path)) == 500
