"""The language: text <-> tree, with nothing known of networks or numerics.

Comes in: text. Goes out: `Document`, `Definition` and expressions, and text again. Called by `functions` (formulas) and
`network` (networks). Import from the files: `expression`, `tree`, `rewrite`, `parser`, `printer`.
"""
