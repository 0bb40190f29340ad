"""Identifiers, derived from the seed alone.

**Left out:** secrecy. The ids are easy to foresee, which is the point of a seed.
"""

from functools import lru_cache
from random import Random

from amp_seed.draws import generator

_BITS = 48
_STEP = 0x9E3779B97F4B  # odd, so that index -> index * step is one-to-one modulo 2**48


def numbered_id(prefix: str, index: int, seed: int) -> str:
    """Return an id such as show_6f1d0a93be27: different for each index, without keeping a list of those given out."""
    return f"{prefix}_{(index * _STEP + _salt(prefix, seed)) % (1 << _BITS):012x}"


def uuid4(rng: Random) -> str:
    """Return a version 4 UUID whose random bits come from `rng`."""
    digits = f"{rng.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


@lru_cache(maxsize=64)
def _salt(prefix: str, seed: int) -> int:
    """Return where the ids of a kind begin, so that user 7 and show 7 have nothing in common."""
    return generator(seed, "ids", prefix).getrandbits(_BITS)
