"""Damaged inputs of every kind, and what penlift makes of them: `python bench/mutations.py [TOTAL [KIND ...]]`.

Prints a row a kind: mutations, those accepted, those refused, faults, the slowest in s, and the most memory in MiB;
then each fault, once, with numbers. `python bench/mutations.py KIND NUMBER` shows a single one: what differs from the
sound files, and what became of it.
"""

import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import torch
from mutants import Kind, Outcome, judge, outcomes, shared_out
from mutated import KINDS

TOTAL, SHOWN = 50_000, 2000  # mutations; letters of a file
Faults = dict[tuple[str, str], list[Outcome]]


def row(kind: Kind, count: int, faults: Faults) -> None:
    found = list(outcomes(kind, range(count)))
    verdicts = [outcome.verdict for outcome in found]
    counts = "".join(f"{verdicts.count(verdict):9}" for verdict in ("accepted", "refused", "fault"))
    seconds, memory = max(outcome.seconds for outcome in found), max(outcome.memory for outcome in found)
    print(f"{kind.name:28}{count:10}{counts}{seconds:12.2f}{memory / 2**20:18.0f}", flush=True)
    for outcome in found:
        if outcome.verdict == "fault":
            faults[kind.name, outcome.said].append(outcome)


def table(total: int, names: list[str]) -> None:
    faults: Faults = defaultdict(list)
    print(f"{'kind':28} mutations accepted  refused   faults slowest (s) most memory (MiB)")
    counts = shared_out(KINDS.values(), total)
    for name in names or KINDS:
        row(KINDS[name], counts[name], faults)
    for (name, said), found in sorted(faults.items(), key=lambda fault: (fault[0][0], -len(fault[1]))):
        print(f"\n{name}: {len(found)} x {said}\n  {', '.join(str(each.number) for each in found[:8])}")
        print(f"  {found[0].detail[:300]!r}")


def show(kind: Kind, number: int) -> None:
    files, sound = kind.mutation(number), kind.seed()
    for name in sorted(files.keys() | sound.keys()):
        if (content := files.get(name)) != sound.get(name):
            print(f"{name}: {'missing' if content is None else f'{len(content)} bytes'}")
            print((content or b"")[:SHOWN].decode("utf-8", "backslashreplace"), end="\n\n")
    print(judge(kind, number))


if __name__ == "__main__":
    torch.set_num_threads(1)
    if unknown := [name for name in sys.argv[1:] if not name.isdecimal() and name not in KINDS]:
        sys.exit(f"no kind {unknown[0]!r}; there are {', '.join(KINDS)}")
    if len(sys.argv) == 3 and sys.argv[1] in KINDS:
        show(KINDS[sys.argv[1]], int(sys.argv[2]))
    else:
        table(int(sys.argv[1]) if len(sys.argv) > 1 else TOTAL, sys.argv[2:])
