"""What searching evidence for secrets costs: as a ratio of hashing the same bytes, which closing a bag does four times.

    python benchmarks/leak_search.py [--megabytes 8]

Prints one table. Everything is a ratio within one run: absolute seconds say more about the machine than about us.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import random
import string
import time
import tracemalloc
from collections.abc import Callable

from tabulate import tabulate

from graphmail.leaks import Search, Secret

LETTERS = string.ascii_letters + string.digits + "-_"
# A customer's secrets, and a run's tokens: an onboarding mints few, a proof that waits for hours many.
MIXES = {
    "3 secrets, 2 tokens": [40] * 3 + [342] * 2,
    "5 secrets, 20 tokens": [40] * 5 + [342] * 20,
    "5 secrets, 60 tokens, 5 refresh tokens": [40] * 5 + [342] * 60 + [2000] * 5,
}


def evidence(megabytes: int, dice: random.Random) -> bytes:
    """Lines as a bag has them: JSON with digests, and pictures in base64."""
    lines = []
    for _ in range(megabytes * 244):
        picture = base64.b64encode(dice.randbytes(3000)).decode()
        lines.append(json.dumps({"sha256": dice.randbytes(32).hex(), "path": "/users/{id}", "picture": picture}))
    return "\n".join(lines).encode()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def naive(secrets: list[Secret], content: bytes) -> None:
    """What one would write first: each window of each secret looked for by itself, plain alone."""
    for secret in secrets:
        for start in range(len(secret.random) - 9):
            assert secret.random[start : start + 10] not in content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=8)
    dice = random.Random(7)
    content = evidence(parser.parse_args().megabytes, dice)
    hashing = min(seconds(lambda: (hashlib.sha256(content), hashlib.sha512(content))) for _ in range(5))
    rows = []
    for mix, lengths in MIXES.items():
        secrets = [Secret("token", "".join(dice.choices(LETTERS, k=length)).encode()) for length in lengths]
        tracemalloc.start()
        search = Search(secrets)
        memory = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        making = min(seconds(lambda chosen=secrets: Search(chosen)) for _ in range(3))
        looking = min(seconds(lambda made=search: made.in_bytes(content, "here")) for _ in range(3))
        by_itself = seconds(lambda chosen=secrets[:3]: naive(chosen, content)) * sum(lengths) / sum(lengths[:3])
        rows.append([mix, making / hashing, looking / hashing, by_itself / looking, memory / 1e6])
    head = ["secrets", "making it / hashing", "searching / hashing", "one by one, plain / searching", "MB of memory"]
    print(tabulate(rows, head, floatfmt=".1f"))


if __name__ == "__main__":
    main()
