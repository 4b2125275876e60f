"""The promise that nothing is taken here that others refuse."""
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
    """How many requests were taken, and the word for what came then.

    Who answers a head and closes has not taken what follows it.
    """
    taken = 0
    for answer in found:
        is_early = answer.status in (404, 405, 417) and b"\r\nConnection: close" in answer.text
        if answer.status == 100:
            continue
        if is_early or answer.status not in UNDERSTOOD:
            return taken, "refused"
        taken += 1
    return taken, "took" if taken else "waits"


def kind(found):
    """What our last answer calls the problem."""
    text = found[-1].text if found else b""
    start = text.find(b"/problems/")
    return text[start + 10:text.find(b'"', start)].decode() if start > 0 else "taken"


def differential(weights, count=20000, seed=1):
    """Whether mutated requests that are taken here are taken by h11 or nginx too."""
    chance = random.Random(seed)
    seeds = [case.data for case in cases() if 0 < len(case.data) < 1000]
    lenient, differences, tally = [], Counter(), Counter()
    options = ("--half-close", "nothing", "--address-connections", "0")

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
                # A request that both others refuse, or never saw the end of.
                if words[0][0] > max(words[1][0], words[2][0]):
                    lenient.append((data, words))
                for name, (taken, _) in zip(("nginx", "h11"), words[1:]):
                    if taken > words[0][0]:
                        differences[f"{name} takes: {kind(ours)}"] += 1
                    elif taken < words[0][0]:
                        differences[f"{name} refuses"] += 1
        alive = server.ask("GET", "/livez")[0] == 200
    print(f"  {count} requests of seed {seed}: {dict(tally)}; alive: {alive}")
    for text, times in differences.most_common():
        print(f"  {times:>7}  {text}")
    for data, words in lenient[:20]:
        print(f"  TAKEN HERE ALONE {data!r}: {words}")
    return not lenient and alive
