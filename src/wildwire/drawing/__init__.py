"""A network as a picture.

Comes in: a network and theta. Goes out: SVG text, from `svg.draw`. Called by notebooks through
`Network._repr_svg_` and by the command line; reads the description only, never the engine.
"""
