"""Cases, checks and TAP: the frame of every system test.

A test file is a list of functions with @test("a sentence") and a last line
main(). Each function is one line of TAP; with rows, each row is one line (the
sentence is formatted with it). The first check that does not hold ends the
case; whatever else it raises does too. A case that cannot run here calls
skip() with the reason. Run by hand, words on the command line choose the cases
whose sentence contains one of them."""

import os
import signal
import sys
import traceback

# How much slower than usual all may be: every deadline is multiplied by it.
SLOW = float(os.environ.get("USHERD_TEST_SLOW", "5" if os.environ.get("USHERD_WRAPPER") else "1"))
# Nothing here may last: a case that hangs is ended, and the others still run.
CASE_SECONDS = int(60 * SLOW)


class Failed(Exception):
    """A check did not hold; the text says what was wanted and what was found."""


class Skipped(Exception):
    """The case cannot run here; the text says why."""


_cases = []


def test(sentence, rows=None):
    def add(function):
        if rows is None:
            _cases.append((sentence, function, ()))
        else:
            for row in rows:
                row = row if isinstance(row, tuple) else (row,)
                _cases.append((sentence.format(*row), function, row))
        return function
    return add


def skip(reason):
    raise Skipped(reason)


def check(holds, what, *found):
    """Fails with `what` unless `holds`; `found` is shown beside it."""
    if not holds:
        raise Failed("\n".join([what] + [str(item) for item in found]))


def equal(found, wanted, what):
    check(found == wanted, what, f"found:  {found!r}", f"wanted: {wanted!r}")


def note(text):
    """A diagnostic line, for figures worth seeing when all is well."""
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def _too_long(_signal, _frame):
    raise Failed(f"not done within {CASE_SECONDS} s")


def _run(number, sentence, function, row):
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(CASE_SECONDS)
    try:
        function(*row)
    except Skipped as reason:
        print(f"ok {number} - {sentence} # SKIP {reason}", flush=True)
        return True
    except Failed as failure:
        print(f"not ok {number} - {sentence}", flush=True)
        note(failure)
        note("".join(traceback.format_list(
            [frame for frame in traceback.extract_tb(failure.__traceback__)
             if frame.filename != __file__][-2:])))
        return False
    except Exception:  # one broken case must not hide the others
        print(f"not ok {number} - {sentence}", flush=True)
        note(traceback.format_exc())
        return False
    finally:
        signal.alarm(0)
    print(f"ok {number} - {sentence}", flush=True)
    return True


def main():
    words = sys.argv[1:]
    chosen = [case for case in _cases
              if not words or any(word in case[0] for word in words)]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    for number, (sentence, function, row) in enumerate(chosen, 1):
        failed += not _run(number, sentence.replace("#", ""), function, row)
    sys.exit(1 if failed else 0)
