"""Section `recognise` of params.yaml."""

from pydantic import Field

from penlift.common.params import Params

INDEX = "index.json"  # what stage recognise leaves in any case: whether a recogniser lies beside it


class RecogniseParams(Params):
    """Section `recognise` of params.yaml. Its record needs no torch, which a stage that is off does not wait for."""

    enabled: bool = Field(description="true or false: whether a recogniser is trained, and says what can be read")
    hidden: int = Field(ge=1, le=2048, description="units of a recurrent layer, each way")
    dropout: float = Field(ge=0, lt=1, description="share of what goes into each recurrent layer, 0 to below 1")
    learning_rate: float = Field(gt=0, le=1, description="at its peak")
    batch: int = Field(ge=1, le=100_000, description="lines a step")
    epochs: int = Field(ge=1, le=100_000, description="passes over the training lines")
    rarest: int = Field(ge=1, description="times that a sign stands in texts; rarer ones share a number")
    start: str | None = Field(description="the folder of a recogniser whose weights are the first, or null: at random")
    new_signs: bool = Field(description="true or false: whether signs that the start lacks get numbers of their own")
    seed: int = Field(ge=0, lt=2**31, description="of the first weights, of the order of lines and dropout")
    threads: int = Field(ge=1, le=1024, description="of the CPU")
    save_every: float = Field(gt=0, description="s between two saves of the state; decides over nothing else")
