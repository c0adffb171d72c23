"""Stage recognise: from lines to a recogniser that reads them, and so says whether what is written can be read."""

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))  # which Python leaves out under PYTHONSAFEPATH
from checkout import ROOT, run, section

from penlift.common.files import whole_folder, write_json
from penlift.recognition.params import INDEX, RecogniseParams

if TYPE_CHECKING:
    from penlift.training.trainer import Show


def main(ink: Path, out: Path) -> None:
    params = section("recognise", RecogniseParams)
    if params.enabled:
        learn(ink, out, params)
    else:
        with whole_folder(out) as folder:
            write_json(folder / INDEX, {"enabled": False})


def learn(ink: Path, out: Path, params: RecogniseParams) -> None:
    import torch

    from penlift.common.machine import keep_freed_memory
    from penlift.recognition.learning import begin, data_of, facts_of, load_lesson, save_learned
    from penlift.recognition.lesson import as_training
    from penlift.training import trainer
    from penlift.training.distributed import ALONE
    from penlift.training.folder import states_of
    from penlift.training.identity import identity_of, machine_facts
    from penlift.training.resume import StateKeeper

    keep_freed_memory()
    torch.set_num_threads(params.threads)
    lesson = load_lesson(ink, params, ROOT)
    state = begin(lesson, params, ROOT)
    facts = machine_facts(torch.device("cpu"))
    training = identity_of(facts_of(params, facts), data_of(ink, params, ROOT), ROOT)
    about = {"fingerprint": training} | facts
    keeper = StateKeeper(states_of(ROOT) / training, training, params.save_every)
    watch = partial(watched, keeper.folder, params, about)
    leave = partial(save_learned, out, state, lesson, about)
    trainer.run(state, lesson, as_training(params), keeper, ALONE, watch, leave)


def watched(folder: Path, params: RecogniseParams, about: Mapping[str, Any]) -> "AbstractContextManager[Show]":
    from penlift.tracking import live  # loaded this late, the code that shows a training decides over none

    return live.watched(folder, ROOT, {"recognise": params.model_dump()}, about)


if __name__ == "__main__":
    run(main)
