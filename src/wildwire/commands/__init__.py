"""What each command of `wildwire` does; `cli.py` reads the words and calls these."""
