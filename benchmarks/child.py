"""One row in a process of its own: `python -m benchmarks.child TITLE SETTINGS`.

Comes in: the row's title, settings as JSON. Goes out: its figures as one line of JSON, the last of stdout. Called by
`suite.py` for rows that need a fresh process or more than one CPU.
"""

import json
import sys

from benchmarks.measure import Settings
from benchmarks.suite import measure_alone

if __name__ == "__main__":
    settings = Settings(**json.loads(sys.argv[2]))
    print(json.dumps(measure_alone(sys.argv[1], settings)))
