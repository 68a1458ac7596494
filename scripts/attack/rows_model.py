"""The API of the emulator: long strings in every member, and mutated requests."""

from cognito import OPERATIONS, Cognito, Pool, mutated, put, request_of, strings
from table import Figure, row
from wire import Connection

# Node.js refuses longer heads. Python and boto3 refuse lines of more than 65,536 bytes.
LONGEST_HEAD = 15_900


@row("1", "a long string in every string member of every operation", seconds=75)
def long_strings(run):
    """Each string member gets a long text in an otherwise plausible request."""
    figure = Figure()
    server = run.emulator()
    pool = Pool(Cognito(server))
    members = [(name, path) for name, operation in OPERATIONS.items()
               for path in strings(operation["input"])]
    if run.quick:
        members = run.random.sample(members, 120)
    text = "x" * (200_000 if run.quick else 300_000)
    longest, operations = 0, set()
    run.random.shuffle(members)
    for name, path in members:
        if run.over():
            break
        answer = pool.cognito.call(name, put(request_of(name, pool.live), path, text))
        longest = max(longest, answer.longest_line)
        head_fits = len(answer.head) < LONGEST_HEAD
        if not head_fits:
            operations.add(name)
        figure.check(head_fits and answer.status < 500 and answer.seconds < 5,
                     f"{name} {path}: status {answer.status}, head of {len(answer.head)} bytes, "
                     f"{answer.seconds:.1f} s")
    figure.note = f"longest header line {longest:,}; {len(operations)} operations"
    figure.check(server.alive() and not server.panicked(), "the emulator is gone")
    return figure


@row("2", "mutated requests with live ids and tokens, all operations", seconds=45)
def mutations(run):
    """Requests of every operation, changed in one to three places or broken as JSON."""
    figure, slowest = Figure(), 0.0
    server = run.emulator()
    pool = Pool(Cognito(server))
    others = list(pool.live.values())
    names = list(OPERATIONS)
    plain = {name: [request_of(name, pool.live), request_of(name, pool.live, True)] for name in names}
    while not run.over():
        name = run.random.choice(names)
        body = mutated(run.random, run.random.choice(plain[name]), others)
        try:
            answer = pool.cognito.send(name, body)
        except OSError as error:
            figure.check(False, f"{name} {body[:150]}: {error}")
            pool.cognito.connection = Connection(server.address)
            continue
        slowest = max(slowest, answer.seconds)
        figure.check(answer.status < 500 and answer.seconds < 5 and is_json(answer)
                     and answer.longest_line < 65_536,
                     f"{name} {body[:150]}: {answer.status} {answer.body[:80]}, "
                     f"line of {answer.longest_line}, {answer.seconds:.1f} s")
    figure.note = f"slowest {slowest:.2f} s"
    figure.check(server.alive() and not server.panicked(), "the emulator is gone")
    return figure


def is_json(answer):
    """Whether the body of an answer is JSON."""
    try:
        answer.json()
        return True
    except ValueError:
        return not answer.body
