"""The map's pixels are the weights."""

import base64
import io
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from pictures import SVG, read, some_densities

from penlift.common.errors import InputError
from penlift.drawing.densities import draw_weights
from penlift.sampling.samples import Densities

PREFIX = "data:image/png;base64,"


def image_of(svg: bytes) -> Any:
    (image,) = read(svg).xpath("//s:image", namespaces=SVG)
    return image


def pixels_of(image: Any) -> Any:
    """Brightness from 0 to 1, (height, width), as matplotlib reads the PNG inside."""
    assert image.get("href").startswith(PREFIX)
    return matplotlib.image.imread(io.BytesIO(base64.b64decode(image.get("href")[len(PREFIX) :])))


def weights(points: int, components: int, seed: int = 6) -> Densities:
    weight = np.random.default_rng(seed).dirichlet(np.full(components, 0.2), points)
    return some_densities(points, components)._replace(weight=weight)


@pytest.mark.parametrize("points", [1, 2, 29, 400, 401, 799, 801])
@pytest.mark.parametrize("components", [1, 3, 20])
def test_a_weight_is_a_block_of_pixels_as_dark_as_it_is_heavy(points: int, components: int) -> None:
    densities = weights(points, components)

    brightness = pixels_of(image_of(draw_weights(densities)))

    high, wide = np.array(brightness.shape) // [components, points]
    blocks = brightness.reshape(components, high, points, wide)
    np.testing.assert_array_equal(blocks, np.broadcast_to(blocks[:, :1, :, :1], blocks.shape))
    np.testing.assert_allclose(1 - blocks[:, 0, :, 0].T, densities.weight, atol=0.5 / 255 + 1e-6)


def test_the_map_is_inside_the_picture_and_keeps_its_pixels_square() -> None:
    root = read(draw_weights(weights(120, 20)))

    (image,) = root.xpath("//s:image", namespaces=SVG)
    left, top, width, height = (float(value) for value in root.get("viewBox").split())
    high, wide = pixels_of(image).shape
    assert (float(image.get("width")), float(image.get("height"))) == (wide, high)
    assert left < float(image.get("x"))
    assert float(image.get("x")) + wide < left + width
    assert top < float(image.get("y"))
    assert float(image.get("y")) + high < top + height


def test_the_axes_are_named() -> None:
    words = read(draw_weights(weights(799, 20))).xpath("//s:text/text()", namespaces=SVG)

    assert words == ["1", "20", "point 1", "799", "weight of each component, 0 to 1"]


def test_the_map_of_800_points_is_the_same_small_file_each_time() -> None:
    densities = weights(799, 20)

    assert draw_weights(densities) == draw_weights(densities)
    assert len(draw_weights(densities)) < 100_000


@pytest.mark.parametrize(("weight", "why"), [(np.empty((0, 3)), "no point"), (np.full((4, 3), np.nan), "not finite")])
def test_weights_that_are_none_are_refused(weight: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        draw_weights(some_densities(4)._replace(weight=weight))
