"""What sums over a block cost, as committed numbers: no plan depends on a measurement of its own.

Comes in: the shape of a block. Goes out: its cost. Called by `clusters.py`; runs compiled and interpreted.

Unit: a hundredth of what a link of a lonely neuron costs.

Measured on one core of a Sapphire Rapids server, with vectors of 512 and of 256 bits: networks of three layers, as wide
as the table says, with 50 to 80 % of their links against full ones. In a training step with Adam a full layer cost as
much as a layer with this share of its links, summed link by link:

    neurons      16         32         64         128        256
    float32, 32  .56 .64    .39 .59    .55 .64    .53 .67    .56 .68     batch 32; 512 and 256 bits
    float32, 128 1.2 1.1    .67 .78    .71 .85    .58 .69    .54 .53
    float64, 32  .81 .30    .71 .36    .75 .49    .73 .40    .72 .44
    float64, 128 .95 .29    .67 .29    .73 .43    .61 .24    .62 .29

In a forward pass of batch 32 or 128, 64 neurons: .76 to .88. One sample at a time, training: .01 to .5.

So a block costs 68 for every place and, for every source, 350 (which make a narrow block not cheaper than its
links): .90, .79, .73, .71, .69 of the links in the five columns. That is near the upper end of what was measured, so
that zeros pay, or at least cost nothing, in every case; single samples would gain from more of them.
"""

from wildwire.functions.cache import jitable

LINK = 100
PLACE = 68
SOURCE = 350
NARROWEST = (
    SOURCE // (LINK - PLACE) + 1
)  # neurons of a block that is cheaper than its links


@jitable
def block_cost(width, length):
    """Cost of a block of `width` neurons with `length` sources."""
    return min(LINK * width, PLACE * width + SOURCE) * length
