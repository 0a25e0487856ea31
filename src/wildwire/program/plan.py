"""The plan: where each number of a program stands in its flat integer array.

A program is one int32 array. Its first entries are a header of counts and offsets; tables follow at
those offsets. The compiled kernels read the plan, `tables.py` writes it, nobody else touches it.
One array, because each further array argument costs 0.2 microseconds per kernel call.

Rows of the value table: row 0 is the constant 1 (a bias is a link from it), then the inputs, the
neurons in program order, the rows of heads. A link addresses its source by row. The last GUESSES of the inputs are
guesses: see `settling.py`.

Time: the steps of a sequence stand one after another in the work array, `FRAME` rows each. A link that looks d
steps back addresses row - d * FRAME, and out-links from the past row + d * FRAME: relative to its own step, so
that the kernels of a step know nothing of time. While a plan is made, ROWS stands in place of FRAME and delayed
rows are row + d * ROWS; `time.py` changes them at the end.
"""

VERSION = 2

# header: what stands at plan[...]
FORMAT = 0
ROWS = 1  # rows of the value table
INPUTS = 2
NEURONS = 3
OUTPUTS = 4
STAGES = 5  # count; the table follows at STAGE_TABLE
STAGE_TABLE = 6
BLOCKS = 7
BLOCK_TABLE = 8
RUNS = 9
RUN_TABLE = 10
SOURCES = 11  # offset of the source rows of all blocks, one block after another
OUT_POINTERS = 12  # offset of rows + 1 pointers into the out-links
OUT_LINKS = 13  # offset of (target row, weight position) pairs
KEEP = 14  # offset of one flag a row: its delta does not start from zero
OUTPUT_ROWS = 15  # offset of one row an output
HEADS = 16
HEAD_TABLE = 17
LINK_WEIGHTS = 18  # places of links, biases and zeros filled in; parameters follow them
WEIGHTS = 19  # all weights, parameters included
MAX_PARAMETERS = 20  # of one neuron
FUNCTIONS = 21
LENGTH = 22  # of the plan
EXPRESSIONS = 23  # neurons with a formula of their own
EXPRESSION_TABLE = 24
EXPRESSION_ROWS = 25  # of the work array, for all of them and for transfers
TRANSFERS = 26  # neurons whose transfer is not linear
TRANSFER_TABLE = 27
SHARED_ROW = 28  # first of the rows that they use one after another
TRANSFER_KINDS = 29  # different transfers
DELAYS = 30  # steps of the past that links read
FRAME = 31  # rows of the work array for one step, where there are delays
PASTS = 32  # neurons whose value before the first step is not 0
PAST_TABLE = 33
STEPS = 34  # of a sequence; set when a program is bound to sequences
SEQUENCES = 35  # of the data
TRUNCATE = 36  # steps after which gradients are cut off; 0: never
FEEDS = 37  # inputs that take an output's value
FEED_TABLE = 38
FEED_FROM = 39  # first step at which they do
STEP_COUNTS = 40  # offset of the number of steps of each sequence; 0: all have STEPS
GUESSES = 41  # inputs behind the real ones that loops without delay read
GUESS_TABLE = 42
SETTLE_STEPS = 43  # most sweeps
TOLERANCE = 44  # place among the weights
SETTLE_ROWS = 45  # first of its rows among those of expressions
WITHIN = 46  # offset of a second plan without out-links to later steps; 0: no delays
SECONDS = 47  # first row of the loss's second derivatives among those of expressions: see `second.py`
DROPS = 48  # offset of the table of dropout (`engine/dropout.py`); 0: none
HEADER = 52

# a stage: neurons that need only earlier stages
# first block, blocks, first run, runs, first row, rows, first expression, expressions, first transfer, transfers
STAGE_WIDTH = 10
# a block: neurons that share their sources
BLOCK_WIDTH = 6  # first row, neurons, first source, sources, first weight, first source that is a neuron
# a run: consecutive neurons with one function
RUN_WIDTH = 6  # first row, neurons, function, first parameter, parameters a neuron, first row of second derivatives
# an expression: row, sources, function, first parameter, parameters, first source, first of its rows
EXPRESSION_WIDTH = 7
# a transfer neuron: row, links, transfer, first number, first source, first weight, weights (bias included), first
# of its rows, numbers
TRANSFER_WIDTH = 9
# a value before the first step: row, place of the weight
PAST_WIDTH = 2
# feedback: row of the input, row of the output whose value it takes once a step is computed
FEED_WIDTH = 2
# a guess: row of the neuron that is guessed, place of its start value among the weights or -1
GUESS_WIDTH = 2
# a head: softmax over some outputs
HEAD_WIDTH = 4  # first source row entry, first row, count, first output
