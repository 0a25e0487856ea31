"""Where each address and number of a bound program stands in its table.

A bound program is one int64 array: addresses of its arrays, and numbers. The C kernels of `steps.py`,
`passes.py` and `population.py` take a pointer to it and nothing else: every array argument of a
compiled function costs 0.1 to 0.2 microseconds a call from Python, and arrays made from pointers
count no references. `bound.py` writes the table, kernels read it.
"""

# the program
PLAN = 0
ADDRESSES = 1  # of functions, then of the parts (`parts.py`)
WEIGHTS = 2
WORK = 3  # of this thread
GUARDS = 4
TURNED = 5  # scratch of this thread
GRADIENT = 6  # over the weights
N_WEIGHTS = 7
TILE = 8
# theta -> weights
THETA = 9  # float64, as the user gives it
SLOT = 10
SIGN = 11
CONSTANT = 12  # float64
DERIVED = 13  # scratch for derived numbers
TERM_NUMBER = 14  # of derived numbers: number, coefficient, offset, factor, power
TERM_COEFFICIENT = 15
TERM_OFFSET = 16
TERM_FACTOR = 17
TERM_POWER = 18
N_TERMS = 19
N_DERIVED = 20
N_THETA = 21
# samples
X = 22
Y = 23
SAMPLE_WEIGHT = 24
SAMPLE_WEIGHT_WIDTH = 25  # 1, the number of outputs, or one more: the row's own
ORDER = 26
FIRST_ROW = 27  # of the order
END_ROW = 28
# the loss
LOSS_KIND = 29
LOSS_FORMS = 30
LOSS_FUSED = 31
LOSS_PARAMETERS = 32
LOSS_WIDTH = 33
LOSS_SCALE = 34
LOSS_FACTOR = 35
TOTALS = 36  # float64 (n_outputs + 1,): losses, and the rows' weights
# the update
RULE = 37  # address; 0: only the gradient is formed
VECTOR = 38
VECTOR_GRADIENT = 39
VECTOR_SIZE = 40
FREE = 41
PENALISED = 42
LOW = 43
HIGH = 44
HAS_BOUNDS = 45
STATE = 46
NUMBERS = 47
RATES = 48  # of the type; one per step
N_STEPS = 49
BEFORE = 50  # scratch
LINKS_DIE = 51
SETTINGS = 52  # l1, l2, clip, whether some numbers are not free, greatest length, noise
IS_MAPPED = 53
IS_MEAN = 54
BATCH = 55
FIRST_BATCH = 56
FIRST_STEP = 57
# parts of a batch and threads
N_PARTS = 58
PART_ROWS = 59
PART_GRADIENTS = 60  # one gradient a part
PART_TOTALS = 61  # one set of totals a part
N_THREADS = 62
MEETING = 63  # int64 (8,): see `meeting.py`
STATUS = 64
# values
OUT = 65
OUT_ROWS = 66  # rows of the value table
N_OUT_ROWS = 67
OUTPUT = 68  # for gradients over the inputs
N_LOSS_PARTS = 69  # of a pass over all rows
LOSS_PART_ROWS = 70
# a population: in the table of each thread
NETWORKS = 71  # tables of all networks, one after another
N_NETWORKS = 72  # or thetas of one network, which stand at THETA one after another
MAP = 73  # address of `mapping.map_kernel`, where the vector is not the weights
PENALTY = 74  # address of a function of the weight; 0: none
PENALTY_TABLES = 75  # scratch (2 * VECTOR_SIZE,): its values and slopes
# sequences
RING = 76  # frames of the ring of `sequence_values.py`
CONTINUES = 77  # whether the past is what the last call left
# directions of forward mode (`tangent_kernel.py`)
DIRECTIONS = 78  # (frames of the ring, rows, directions)
N_DIRECTIONS = 79
DIRECT_POINTERS = 80  # int64 (n_weights + 1,): where each weight's derivatives begin
DIRECT_PLACES = 81  # int64: directions
DIRECT_SLOPES = 82  # float64
OUT_DIRECTIONS = 83  # (steps, N_OUT_ROWS, directions)
# rows of a Jacobian (`row_kernels.py`)
POINTS = 84  # int64 (points, 2): sample and step of each
WANTED = 85  # one of ARGUMENTS, ROWS_OF_OUTPUTS, PULLED_BACK
Z_DIRECTIONS = 86  # (N_OUT_ROWS, directions): of z, where OUT_ROWS asks for it
LOSS_TABLES = 87  # scratch for the losses of some points
RESIDUALS = 88  # (points, outputs)
HAS_ROW = 89  # int8 (points, outputs): 0 where no row is wanted
CURVATURES = 90  # int64 (outputs,): which of the loss's tables is its second derivative
SCRATCH_ROW = 91  # (N_THETA,)
POINTS_AT_ONCE = 92  # for which there is room
# products with the Hessian (`second_order_kernels.py`)
SECOND_WORK = (
    93  # work arrays of all tiles; 0: each thread has one, and makes its tiles again
)
WORK_SIZE = 94  # numbers of one of them
SECONDS = 95  # int64 (n_functions,): addresses at level 2
SECOND_FORMS = 96  # int64 (2 * n_outputs,): of losses, then the table that is the second derivative
SECOND_PARAMETERS = 97  # (n_outputs * LOSS_WIDTH,)
SCRATCH = 98  # of this thread: the results of a loss at level 2
MOVING_PLAN = 99
MOVING_WEIGHTS = 100  # weights, how they move, and both as `program/second.py` says
CURVES = 101  # 1: the Hessian; 0: Gauss-Newton
# noise on weights and their greatest lengths (`noise.py`, `norms.py`)
HAS_NOISE = 104
NOISE_KEY = 105
NOISE_NUMBERS = 106  # int64 (VECTOR_SIZE,): which number of theta; -1: no noise
CALM = 107  # scratch: the vector without noise
N_NORMS = 108
NORM_POINTERS = 109  # int64 (N_NORMS + 1,)
NORM_PLACES = 110  # int64: places of the vector
N_PLACES = 112
