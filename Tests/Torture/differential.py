"""Checks that no request is accepted that other servers refuse."""
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from conformance import UNDERSTOOD
from peers import Peer, h11_answers
from server import Server
from wire import answers, cases, converse

TOKENS = [b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b";", b",", b'"', b"\\", b"0", b"-", b"+",
          b"0x", b"\0", b"\x0b", b"\x7f", b"\xe4", b"chunked", b"Transfer-Encoding: chunked\r\n",
          b"Content-Length: 3\r\n", b"Host: b\r\n", b"\r\n\r\n", b"HTTP/1.1", b"HTTP/1.0", b"*",
          b"%", b"ffffffffffffffff", b"99999999999999999999", b"Expect: x\r\n", b"Connection: ",
          b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"]


# Why a request that another server accepts is refused here, by the kind of problem.
REASONS = {
    "malformed-request-line": "LF alone, more than one blank, an unknown shape of the version",
    "malformed-target": "bytes that RFC 3986 does not allow, fragments, other schemes",
    "malformed-field": "LF alone, folded lines, control characters, single values given twice",
    "malformed-host": "a Host that names no host: users, paths, lists, odd ports, empty",
    "malformed-length": "leading zeros, lists, signs",
    "malformed-chunk": "LF alone, blanks in sizes, malformed extensions",
    "conflicting-framing": "a length beside a coding, or either twice",
    "unsupported-transfer-coding": "codings beside chunked",
    "unsupported-version": "versions other than 1.0 and 1.1",
    "unsupported-expectation": "other than 100-continue",
    "target-too-long": "a limit of ours", "head-too-large": "a limit of ours",
    "too-many-fields": "a limit of ours", "body-too-large": "a limit of ours",
    "chunk-framing": "a limit of ours", "chunk-extensions": "a limit of ours",
    "too-many-parts": "a limit of ours", "part-header-too-large": "a limit of ours",
    "option-too-long": "a limit of ours", "too-many-parameters": "a limit of ours",
    "not-found": "answered from the head, the body unread", "method-not-allowed": "the same",
    "malformed-form": "not framing: the form within a sound body",
    "malformed-query": "not framing: the query within a sound target",
    "no-such-image": "not framing: the query names no image that is kept",
    "no-image": "not framing: an empty body", "unknown-parameter": "not framing: the query",
}


def mutated(seeds, chance):
    """A request that was damaged in one to four places."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind == 0 and place < len(data):
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place:place + 1]
        elif kind == 2:
            data[place:place] = data[place:place + 1]
        elif kind == 3:
            data[place:place] = chance.choice(TOKENS)
        elif kind == 4:
            del data[place:place + chance.randint(1, 12)]
        else:
            other = chance.choice(seeds)
            start = chance.randrange(len(other))
            data[place:place] = other[start:start + chance.randint(1, 40)]
    return bytes(data)


def verdict(found):
    """The number of requests accepted, and the outcome after them.

    A server that answers a head and closes has not accepted what follows it.
    """
    taken = 0
    for answer in found:
        if answer.status == 100:
            continue
        if refuses(answer):
            return taken, "refused"
        taken += 1
    return taken, "took" if taken else "waits"


def refuses(answer):
    is_early = answer.status in (404, 405, 417) and b"\r\nConnection: close" in answer.text
    return is_early or answer.status not in UNDERSTOOD


def kind(found):
    """The kind of problem of a refusal; answers to HEAD have a status only."""
    refusal = next(filter(refuses, found), None)
    if refusal is None:
        return "taken"
    start = refusal.text.find(b"/problems/")
    if start < 0:
        return {404: "not-found", 405: "method-not-allowed"}.get(refusal.status, "unnamed")
    return refusal.text[start + 10:refusal.text.find(b'"', start)].decode()


def differential(weights, count=20000, seed=1):
    """Whether mutated requests that are accepted here are accepted by h11 or nginx too."""
    chance = random.Random(seed)
    seeds = [case.data for case in cases() if 0 < len(case.data) < 1000]
    lenient, unexplained, differences, tally = [], [], Counter(), Counter()
    options = ("--half-close", "nothing", "--address-connections", "0", "--log-level", "error")

    def judge(data):
        ours = answers(converse(server.port, data, True)[0])
        return ours, answers(converse(nginx.port, data, True)[0]), h11_answers(data)[0]

    with Server(weights, *options) as server, Peer("nginx") as nginx, \
            ThreadPoolExecutor(32) as pool:
        for start in range(0, count, 2000):
            batch = [mutated(seeds, chance) for _ in range(min(2000, count - start))]
            for data, (ours, theirs, h11s) in zip(batch, pool.map(judge, batch)):
                words = [verdict(found) for found in (ours, theirs, h11s)]
                tally[words[0][1]] += 1
                # A request that both others refuse, or find incomplete.
                if words[0][0] > max(words[1][0], words[2][0]):
                    lenient.append((data, words))
                for name, (taken, _) in zip(("nginx", "h11"), words[1:]):
                    if taken > words[0][0]:
                        if kind(ours) not in REASONS:
                            unexplained.append((data, ours))
                        differences[f"{name} takes, here {kind(ours)}"] += 1
                    elif taken < words[0][0]:
                        differences[f"{name} alone refuses"] += 1
        alive = server.ask("GET", "/livez")[0] == 200
    print(f"  {count} requests of seed {seed}: {dict(tally)}; alive: {alive}")
    for text, times in differences.most_common():
        reason = REASONS.get(text.split()[-1], "")
        print(f"  {times:>7}  {text}{': ' + reason if reason else ''}")
    for data, words in lenient[:20]:
        print(f"  TAKEN HERE ALONE {data!r}: {words}")
    for data, ours in unexplained[:20]:
        print(f"  UNEXPLAINED {data!r}: {[answer.text for answer in ours]}")
    return not lenient and not unexplained and alive
