"""How Sphinx builds the documentation: `make docs`, warnings are errors."""

import wildwire

project = "Wildwire"
author = copyright = "Wildwire contributors"
release = version = wildwire.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Wildwire"

# Types stand in the numpydoc sections, with shapes; repeated in the signature they
# would hide the names of the arguments.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
# Headings of pages that start below level 1 are a matter of taste, not an error.
suppress_warnings = ["myst.header"]
