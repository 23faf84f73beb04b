"""A strict reader of the text exposition format 0.0.4 of Prometheus.

parse() returns {(name, frozenset of (label, value)): number} and fails a check
on whatever a scraper or its linter would not like: a sample without HELP and
TYPE before it, a family in two places, a name or an escape that is wrong, a
sample twice, a counter not called _total, a histogram whose buckets do not grow
to +Inf or disagree with its count."""

import math
import re

from tap import check

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
TYPES = ("counter", "gauge", "histogram", "summary", "untyped")


def _labels(text, line):
    found, at = {}, 0
    while at < len(text or ""):
        match = LABEL.match(text, at)
        check(match, "labels that cannot be read", line)
        check(match[1] not in found, "a label twice", line)
        found[match[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
    return found


def _family(name, types):
    if name in types:
        return name
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if types.get(base) in ("histogram", "summary") else None


def _histogram(name, samples):
    series = {}
    for (sample, labels), value in samples.items():
        if sample == name + "_bucket":
            rest = dict(labels)
            edge = float(rest.pop("le"))
            series.setdefault(frozenset(rest.items()), []).append((edge, value))
    for labels, buckets in series.items():
        buckets.sort()
        check(math.isinf(buckets[-1][0]), f"{name} has no bucket +Inf", labels)
        counts = [count for _, count in buckets]
        check(counts == sorted(counts), f"{name}: buckets are not cumulative", buckets)
        check(samples.get((name + "_count", labels)) == counts[-1],
              f"{name}_count is not the last bucket", buckets)
        check((name + "_sum", labels) in samples, f"{name} has no _sum", labels)


def parse(text):
    helps, types, samples, closed, current = set(), {}, {}, set(), None
    check(text.endswith("\n"), "the last line has no end", text[-100:])
    for line in text.splitlines():
        if not line:
            continue
        if line.startswith("#"):
            word = line.split(" ", 3)
            check(len(word) == 4 and word[1] in ("HELP", "TYPE"), "a strange comment", line)
            if word[1] == "HELP":
                check(word[2] not in helps, "HELP twice", line)
                helps.add(word[2])
            else:
                check(word[3] in TYPES and word[2] not in types, "a TYPE that is wrong", line)
                types[word[2]] = word[3]
                check(word[3] != "counter" or word[2].endswith("_total"),
                      "a counter whose name does not end in _total", line)
            continue
        match = SAMPLE.match(line)
        check(match, "a line that cannot be read", line)
        name, labels = match[1], _labels(match[2], line)
        family = _family(name, types)
        check(family and family in helps, "a sample without HELP and TYPE", line)
        if family != current:
            check(family not in closed, "a family in two places", line)
            closed.add(current)
            current = family
        key = (name, frozenset(labels.items()))
        check(key not in samples, "a sample twice", line)
        samples[key] = float(match[3])
        check(types[family] != "counter" or samples[key] >= 0, "a negative counter", line)
    for name, kind in types.items():
        if kind == "histogram":
            _histogram(name, samples)
    return samples
