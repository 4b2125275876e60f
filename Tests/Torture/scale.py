"""How many workers one database and one store feed: measured times of its calls, simulated machines."""
import heapq
import random
import re
import subprocess
from statistics import quantiles

from postgres import Postgres
from server import PROGRAM

"""Processes, runners of each, and mean seconds of a job."""
FLEETS = [(3, 2, 8.3), (50, 2, 8.3), (1000, 2, 8.3), (1000, 8, 8.3), (100, 1, 0.3), (1000, 2, 0.2)]
BEAT, POLL = 5, 2
"""As `Room` has them: seconds of short jobs for each runner, and most jobs, of one claim."""
SHORT, MOST = 2, 64
"""Megabytes: an image of 1 Mpx that a worker reads, an answer of colours, a field of 17 views of 518²."""
IMAGE, ANSWER, FIELD = 1.0, 0.5, 36
"""Megabytes a second of a line of 1 Gbit/s."""
LINE = 117


def scale(seed=1):
    """Fleets of 3, 50 and 1,000 workers, simulated with the times of a database that is measured here."""
    with Postgres(18190) as database:
        told = subprocess.run(
            [PROGRAM.parent / "BacklogTorture", "measure",
             f"host={database.folder} port={database.port} user=eyepiece dbname=eyepiece"],
            check=True, capture_output=True, text=True).stdout
    measured = {}
    for line in told.splitlines():
        if found := re.match(r"PostgreSQL: .*; (\d+) claimers: (\d+) jobs/s, .* a claim ([\d.]+), "
                             r"a finish ([\d.]+), a beat ([\d.]+) ms", line):
            measured[int(found[1])] = [float(number) for number in found.groups()[1:]]
    rate = max(numbers[0] for numbers in measured.values())
    _, claim, finish, beat = measured[1]
    # A job is a claim and a finish; a tenth of a heartbeat goes with it.
    service = 1 / (2.1 * rate)
    print("  measured: " + "; ".join(
        f"{count} claimers {numbers[0]:.0f} jobs/s" for count, numbers in sorted(measured.items())))
    print(f"  one claimer: claim {claim:.2f} ms, finish {finish:.2f} ms, beat {beat:.2f} ms; at most "
          f"{1 / service:.0f} calls/s, {service * 1e3:.2f} ms each")
    is_kept = True
    for factor, name in ((1, "as measured"), (0.25, "four times as fast")):
        print(f"  {name}:")
        for processes, runners, mean in FLEETS:
            result = simulate(processes, runners, mean, service * factor,
                              (claim + finish) / 2e3 * factor, seed)
            is_kept = told_of(processes, runners, mean, *result) and is_kept
    return is_kept


def told_of(processes, runners, mean, jobs, busy, waits, used):
    wanted = processes * runners / mean
    median, last = (quantiles(waits, n=100)[place] * 1e3 for place in (49, 98))
    print(f"    {processes:5} × {runners}, {mean} s: {jobs:6.1f} of {wanted:6.1f} jobs/s, database busy "
          f"{100 * busy:3.0f} %, claim {median:.1f} ms, 99th {last:.0f} ms, runners in use "
          f"{100 * used:5.1f} %, {2 * processes} connections, store: answers {jobs * ANSWER:.0f} MB/s, "
          f"images {jobs * IMAGE:.0f}, fields {jobs * FIELD:.0f} (a line has {LINE})", flush=True)
    # With jobs of seconds, what a lab has must not wait for its database.
    return processes > 50 or mean < 1 or used > 0.99


def simulate(processes, runners, mean, service, latency, seed, seconds=60):
    """Jobs a second, the share of time in which the database works, waits for a claim, and the share of
    the runners' time in which they work; what is waiting never ends."""
    chance = random.Random(seed)
    free_at, busy, waits, done, worked = 0.0, 0.0, [], 0, 0.0
    warm = seconds / 4

    def call(now):
        nonlocal free_at, busy
        free_at = max(now, free_at) + service
        if now > warm:
            busy += service
        return free_at + latency

    events = []
    for process in range(processes):
        heapq.heappush(events, (chance.uniform(0, BEAT), 0, process))
        heapq.heappush(events, (chance.uniform(0, mean), 1, process))
    idle = [runners] * processes
    while events:
        now, kind, process = heapq.heappop(events)
        if now > seconds:
            break
        if kind == 0:
            call(now)
            heapq.heappush(events, (now + BEAT, 0, process))
        elif kind == 1:
            if idle[process] == 0:
                continue
            # All free runners get work by one claim, and short jobs more of it.
            count = idle[process]
            idle[process] = 0
            end = call(now)
            if now > warm:
                waits.append(end - now)
            each = max(1, min(MOST // count, int(SHORT / mean)))
            for _ in range(count):
                at = end
                for number in range(each):
                    length = chance.lognormvariate(0, 0.5) * mean / 1.133
                    if at + length > warm:
                        worked += min(seconds, at + length) - max(warm, min(seconds, at))
                    at += length
                    # Its end is told while the next one runs.
                    heapq.heappush(events, (at, 2 if number + 1 < each else 3, process))
        else:
            call(now)
            if now > warm:
                done += 1
            if kind == 3:
                idle[process] += 1
                heapq.heappush(events, (now, 1, process))
    span = seconds - warm
    return done / span, min(1, busy / span), waits, worked / (span * processes * runners)
