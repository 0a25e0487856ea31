"""The rows of the table, one file a subject; each offers `rows()`, called by `suite.py`.

Making a row makes no data and imports no system: that happens when it is measured.
"""
