"""Names of figures and of places, as metrics.json and the tables of a run have them."""

from collections.abc import Container

A_POINT, A_LINE = "nll_nats_per_point", "nll_nats_per_line"
OFFSET, LIFT = "offset_nll_nats_per_point", "lift_nll_nats_per_point"
SSE = "sse_z_score_per_point"
ALL, ORDINARY = "all", "without capped and zero"


def judged(splits: Container[str]) -> str:
    """The split that verdicts are about: test, or valid where there is none."""
    return "test" if "test" in splits else "valid"
