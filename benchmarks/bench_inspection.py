"""Inspection: sample sizes, acceptance and switching against enumeration and simulation.

    python benchmarks/bench_inspection.py [--small]

Three parts. `exact`: the chance to accept a lot beside exact fractions, over a grid of lots,
defects, samples and detections, and every sample size beside the least one that a search over all
sizes finds. `simulated`: the same chances beside lots that are drawn and inspected unit by unit.
`switching`: how often teams of known quality stand at each level, beside all sequences of lots.
The three sample sizes of the design (400 units, 5 defects, 95 %: 180, 200, 257) stand first.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from fractions import Fraction

import numpy as np

from landrelease.verify.sampling import accept_probability, sample_size
from landrelease.verify.switching import Rule, next_level

DESIGN = ((1.0, 180), (0.9, 200), (0.7, 257))


def exact_accept(lot: int, defects: int, sample: int, q: Fraction) -> Fraction:
    """Sum over the defects j in the sample of Hyp(j; lot, defects, sample) (1 - q)^j."""
    whole = math.comb(lot, sample)
    return sum((Fraction(math.comb(defects, j) * math.comb(lot - defects, sample - j), whole)
                * (1 - q) ** j for j in range(max(0, sample - lot + defects),
                                              min(defects, sample) + 1)), Fraction(0))


def design() -> None:
    for q, wanted in DESIGN:
        found = sample_size(400, 5, q, 0.95)
        here, less = (accept_probability(400, 5, n, q) for n in (found, found - 1))
        print(f"400 units, 5 defects, 95 %, detection {q:g}: {found} units (design {wanted}); "
              f"accepted {here:.5f}, with one unit less {less:.5f}")
        assert found == wanted and here <= 0.05 < less


def exact(small: bool) -> None:
    lots = (8, 25, 60) if small else (8, 25, 60, 200, 400, 1_000)
    worst, cases, sizes, began = 0.0, 0, 0, time.perf_counter()
    for lot in lots:
        for defects, tenths in itertools.product((1, 2, 5, lot // 4), (10, 9, 7, 4)):
            q = Fraction(tenths, 10)
            for sample in sorted({1, lot // 10 + 1, lot // 3 + 1, lot // 2, lot}):
                truth = exact_accept(lot, defects, sample, q)
                worst = max(worst, abs(accept_probability(lot, defects, sample, float(q))
                                       - float(truth)))
                cases += 1
            for confidence in (0.8, 0.95):
                allowed = Fraction(1) - Fraction(str(confidence))
                enough = next((n for n in range(1, lot + 1)
                               if exact_accept(lot, defects, n, q) <= allowed), None)
                if enough is None:
                    continue  # no sample is: the command says so
                found = sample_size(lot, defects, float(q), confidence)
                assert found == enough, (lot, defects, q, confidence, found, enough)
                sizes += 1
    print(f"exact: {cases} chances, the largest difference {worst:.1e}; {sizes} sample sizes all "
          f"equal to the least of all; {time.perf_counter() - began:.1f} s")
    assert worst < 1e-12


def simulated(small: bool, seed: int) -> None:
    rng, runs = np.random.default_rng(seed), 20_000 if small else 200_000
    most = 0.0
    for lot, defects, sample, q in ((400, 5, 180, 1.0), (400, 5, 200, 0.9), (400, 5, 257, 0.7),
                                    (50, 6, 15, 0.8), (1_000, 2, 300, 0.5)):
        # Unit by unit. Which units hold a defect does not matter to a random draw: the first do.
        drawn = np.argsort(rng.random((runs // 20, lot)), axis=1)[:, :sample]
        found = ((drawn < defects) & (rng.random(drawn.shape) < q)).any(axis=1)
        hits = rng.hypergeometric(defects, lot - defects, sample, size=runs)
        accepted = np.concatenate([~found, rng.binomial(hits, q) == 0])
        share, truth = accepted.mean(), accept_probability(lot, defects, sample, q)
        error = math.sqrt(truth * (1 - truth) / len(accepted))
        most = max(most, abs(share - truth) / error)
        print(f"simulated: {lot} units, {defects} defects, sample {sample}, detection {q:g}: "
              f"{share:.4f} accepted, computed {truth:.4f} (standard error {error:.4f})")
    assert most < 4.5, most


def by_the_words(results: str, rule: Rule) -> tuple[str, bool]:
    """Level and stop after lots "A" (accepted) and "R", as ISO 2859-1, 9.3 and 9.4 put it."""
    level, since, tight = "normal", "", 0
    for lot in results:
        since += lot
        if level == "reduced" and lot == "R":
            level, since = "normal", "R"
        elif level == "tightened":
            tight += lot == "R"
            if since.endswith("A" * rule.accepted):
                level, since, tight = "normal", "", 0
        elif level == "normal":
            if since[-rule.of:].count("R") >= rule.rejected:
                level, since, tight = "tightened", "", 0
            elif rule.reduced_after and since.endswith("A" * rule.reduced_after):
                level, since = "reduced", ""
        if level == "normal" and since == "R" and rule.rejected == 1:
            level, since, tight = "tightened", "", 0
    return level, level == "tightened" and tight >= rule.stop


def switching(small: bool, seed: int) -> None:
    """The levels after every sequence of lots, and their shares beside simulated teams."""
    long = 10 if small else 14
    short = Rule(rejected=2, of=3, accepted=2, reduced_after=4, stop=2)  # all of it happens soon
    every = ["".join(word) for word in itertools.product("AR", repeat=long)]
    for word in every:
        for rule in (Rule(), short):
            found = next_level((c == "A" for c in word), rule)
            assert (found.level, found.stopped) == by_the_words(word, rule), (word, rule, found)
    print(f"switching: all {len(every):,} sequences of {long} lots give the level of the "
          "standard's words, under two rules")
    rng, teams = np.random.default_rng(seed), 500 if small else 4_000
    rejected = np.array([word.count("R") for word in every])
    last = np.array([by_the_words(word, short)[0] for word in every])
    for chance in (0.02, 0.2, 0.5):
        weight = chance ** rejected * (1 - chance) ** (long - rejected)
        drawn = [next_level((rng.random(long) >= chance).tolist(), short).level
                 for _ in range(teams)]
        for level in ("reduced", "normal", "tightened"):
            truth, share = float(weight[last == level].sum()), drawn.count(level) / teams
            error = math.sqrt(max(truth * (1 - truth), 1e-9) / teams)
            print(f"switching: {chance:.0%} of lots rejected: {level} {share:.3f} of {teams:,} "
                  f"simulated teams, enumerated {truth:.3f}")
            assert abs(share - truth) < 4.5 * error + 1e-9


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    design()
    exact(given.small)
    simulated(given.small, given.seed)
    switching(given.small, given.seed)
