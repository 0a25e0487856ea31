"""The description of a network: arrays, names, views; text in and out.

Comes in: texts and arrays. Goes out: `Network`. Used by every later layer.
"""

from wildwire.network.description import Network as Network
from wildwire.network.tables import Column as Column
from wildwire.network.tables import Derived as Derived
from wildwire.network.tables import Group as Group
from wildwire.network.tables import Head as Head
from wildwire.network.views import Link as Link
from wildwire.network.views import Neuron as Neuron
