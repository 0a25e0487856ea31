"""Learning: theta moves, the structure stays.

Comes in: a network, rows, settings. Goes out: learnt numbers. `fit.fit` is the entrance, `learners` and `schedules`
hold the choices, `loop.py` is the one loop, `objective.py` the view for optimisers of other libraries.
"""
