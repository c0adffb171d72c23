"""Lines as pictures: SVG in many styles, densities, animation, and plots."""
