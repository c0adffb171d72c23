"""Does an average of the weights predict better than the last ones?

`python bench/averaging.py PRESET [INK]` trains a preset with seed 1, on one thread, on the built-in corpus or on the
archives of INK, with moving averages of the weights beside it, and prints the NLL of the held-out lines of each behind
the last step.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import torch
from clone import copy_tree, make_data
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from trainings import begun

from penlift.common.machine import keep_freed_memory
from penlift.common.params import apply
from penlift.common.terminal import shown
from penlift.training.loop import fit
from penlift.training.schedule import Schedule
from penlift.training.writing import start_training, validate

DECAYS = (0.99, 0.999, 0.9999)  # share of an average that a step leaves


def main(preset: str, archives: Path | None) -> None:
    keep_freed_memory()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        copy_tree(folder)
        apply(folder / "presets" / f"{preset}.yaml", folder / "params.yaml")
        make_data(folder, archives)
        (network, _, scales, _), ink, windows, params = begun(folder)
        averages = {decay: AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay)) for decay in DECAYS}
        steps = Schedule.of(windows, params).steps
        for _ in shown(fit(start_training(network, params), windows, params), preset, steps):
            for average in averages.values():
                average.update_parameters(network)
        print(f"{'weights':10} NLL of held-out lines, nats a point, offsets / 20")
        print(f"{'last':10} {validate(network, ink, scales)[0]:.3f}")
        for decay, average in averages.items():
            network.load_state_dict(average.module.state_dict())
            print(f"{decay:<10} {validate(network, ink, scales)[0]:.3f}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python bench/averaging.py PRESET [INK]")
    main(sys.argv[1], Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None)
