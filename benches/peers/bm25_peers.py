"""Times rank_bm25 on the words of benches/bm25.rs: pip install rank_bm25, then python benches/peers/bm25_peers.py"""

import time

import numpy
from rank_bm25 import BM25Okapi

N_WORDS, CHUNK, VOCABULARY, RETRIEVED = 1_000_000, 512, 50_000.0, 10

state, words = 1, []
for _ in range(N_WORDS):
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    words.append(f"w{int(VOCABULARY ** ((state >> 33) / 2**31))}")
chunks = [" ".join(words[at : at + CHUNK]) for at in range(0, N_WORDS, CHUNK)]
queries = [" ".join(f"w{1 + word * (query + 3) * 97}" for word in range(12)) for query in range(32)]

start = time.perf_counter()
index = BM25Okapi([chunk.split() for chunk in chunks])
print(f"index: {time.perf_counter() - start:.3f} s")
start = time.perf_counter()
for query in queries:
    numpy.argsort(index.get_scores(query.split()))[::-1][:RETRIEVED]
print(f"32 queries: {time.perf_counter() - start:.3f} s")
