"""`python -m wildwire`: the command line where the installed command is not on the path."""

from wildwire.cli import main

main()
