"""Whatever is done to the files that penlift reads, they are accepted for what they say, or refused in one line."""

from pathlib import Path

import pytest
from mutants import Kind, Outcome, outcomes, put, shared_out
from mutated import KINDS

FAST, ALL = 1_500, 10_000  # mutations; bench/mutations.py has more, which begin with the same


def faults(kind: Kind, total: int) -> list[Outcome]:
    numbers = range(shared_out(KINDS.values(), total)[kind.name])
    return [outcome for outcome in outcomes(kind, numbers) if outcome.verdict == "fault"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_damaged_input_is_accepted_or_refused_in_one_line(kind: Kind) -> None:
    assert faults(kind, FAST) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_much_damaged_input_is_accepted_or_refused_in_one_line(kind: Kind) -> None:
    assert faults(kind, ALL) == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_mutations_begin_with_is_accepted(kind: Kind, tmp_path: Path) -> None:
    put(kind.seed(), tmp_path)

    kind.feed(tmp_path)


def test_a_mutation_is_what_its_kind_and_number_say() -> None:
    for kind in KINDS.values():
        assert [kind.mutation(number) for number in range(3)] == [kind.mutation(number) for number in range(3)]
    assert all(
        count <= shared_out(KINDS.values(), ALL)[name] for name, count in shared_out(KINDS.values(), FAST).items()
    )
