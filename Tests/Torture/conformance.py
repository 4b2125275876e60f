"""Checks of the protocol, case by case, and comparison with other servers."""
from concurrent.futures import ThreadPoolExecutor

from peers import Peer, h11_answers
from server import Server
from wire import GOOD, PROBE, SMUGGLED, ask, cases, is_met

# Statuses of requests that were parsed successfully.
UNDERSTOOD = {200, 204, 206, 304, 404, 405, 406, 412, 416, 417, 422}


def conformance(weights, peers=False):
    """Whether raw requests are answered as Tests/Fixtures/Requests requires."""
    everything = list(cases())
    manners = {"alone": (b"", None), "behind a good one": (GOOD, None), "byte by byte": (b"", 1)}
    failed, smuggled, checks = [], 0, 0
    results = {}
    with Server(weights, "--connections", "4096",
                "--address-connections", "0") as server, ThreadPoolExecutor(16) as pool:
        tasks = [(case, manner, pool.submit(ask, server.port, case, prefix, size))
                 for case in everything for manner, (prefix, size) in manners.items()
                 if size is None or len(case.data) < 600]
        for case, manner, task in tasks:
            found, has_closed = task.result()
            checks += 1
            if manner == "alone":
                results[case.file, case.name] = found
            if not is_met(case, found, has_closed):
                failed.append((case, manner, shown(found)))
            surplus = len(found) - len(case.statuses) - (case.end == "open")
            smuggled += SMUGGLED in case.data and surplus > 0
    musts = sum(not case.ours for case, _, _ in failed)
    for case, manner, statuses in failed:
        print(f"  FAILED {case.file}: {case.name}, {manner}: {statuses}, not {wanted(case)}")
    if peers:
        compare(everything, results)
    print(f"  {checks} checks of {len(everything)} cases: {musts} failed that an RFC demands, "
          f"{len(failed) - musts} of our own, {smuggled} smuggled")
    return not failed and not smuggled


def shown(found, has_closed=True):
    return " ".join(str(answer.status) for answer in found) + ("" if has_closed else " …") or "—"


def wanted(case):
    statuses = ["|".join(map(str, sorted(allowed))) for allowed in case.statuses]
    return " ".join(statuses + ([] if case.end == "open" else [case.end]))


def is_refused(found, case):
    """Whether no part of the case was taken for another request."""
    return len(found) <= len(case.statuses) and not (found and found[-1].status in UNDERSTOOD)


def compare(everything, ours):
    """Prints each server's answers to each case."""
    print(f"  {'':<52} {'Eyepiece':<11} {'nginx':<11} {'h11':<11} uvicorn")
    lenient = dict.fromkeys(("nginx", "h11", "uvicorn"), 0)
    strict = dict(lenient)
    hidden = dict(lenient)
    with Peer("nginx") as nginx, Peer("uvicorn") as uvicorn, ThreadPoolExecutor(16) as pool:
        small = [case for case in everything if len(case.data) < 1 << 20]
        tasks = {peer.name: [pool.submit(ask, peer.port, case, timeout=2) for case in small]
                 for peer in (nginx, uvicorn)}
        for number, case in enumerate(small):
            probe = PROBE if case.end == "open" else b""
            others = {"nginx": tasks["nginx"][number].result(),
                      "h11": h11_answers(case.data + probe),
                      "uvicorn": tasks["uvicorn"][number].result()}
            found = ours[case.file, case.name]
            is_refusal = case.end == "close" and not case.statuses[-1] & UNDERSTOOD
            for name, (theirs, _) in others.items():
                if is_refusal:
                    lenient[name] += not is_refused(theirs, case)
                    hidden[name] += SMUGGLED in case.data and len(theirs) > len(case.statuses)
                elif case.end == "open":
                    strict[name] += len(theirs) < len(found)
            row = [shown(found)] + [shown(theirs, closed) for theirs, closed in others.values()]
            if len(row[0]) < 40:
                print(f"  {case.name[:52]:<52} " + " ".join(f"{cell[:11]:<11}" for cell in row))
    for name in lenient:
        print(f"  {name}: takes {lenient[name]} requests that are refused here, and answers the "
              f"one hidden behind {hidden[name]} of them; refuses {strict[name]} taken here")
