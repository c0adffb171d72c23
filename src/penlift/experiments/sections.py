"""All sections of params.yaml, each with the record that its stage reads it as."""

from penlift.common.params import Params
from penlift.corpus.compose import ComposeParams
from penlift.evaluation.evaluate import EvaluateParams
from penlift.ink.scales import NormaliseParams
from penlift.ink.windows import WindowParams
from penlift.io.extraction import ExtractParams
from penlift.model.network import ModelParams
from penlift.recognition.params import RecogniseParams
from penlift.sampling.sampler import SampleParams
from penlift.training.optimisation import TrainParams

SECTIONS: dict[str, type[Params]] = {
    "compose": ComposeParams, "extract": ExtractParams, "normalise": NormaliseParams, "window": WindowParams,
    "model": ModelParams, "train": TrainParams, "recognise": RecogniseParams, "sample": SampleParams,
    "evaluate": EvaluateParams,
}  # fmt: skip
