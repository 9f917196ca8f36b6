"""What a measure found, in words for a terminal."""

from bench.cohort import Cohort
from bench.compared import compared
from bench.document import as_json
from bench.encryption import Encryption
from bench.growth import Growth
from bench.herd import Herd
from bench.measures import Figure
from bench.memory import Memory
from bench.peers import Pairing
from bench.reads import Figures, machine
from bench.replay import Replay
from bench.sizes import Sizes

Found = Figure | Figures | Cohort | Encryption | Pairing | Replay | Memory | Herd | Growth | Sizes


def told(found: Found) -> str:
    """Of whatever measure it is."""
    match found:
        case Figure():
            return _figure(found)
        case Figures():
            return _store(found)
        case Cohort():
            return _cohort(found)
        case Encryption():
            return _encryption(found)
        case Pairing():
            return _pairing(found)
        case Replay():
            return f"{found.events:,} events in {found.runs} runs: {_time(found.seconds)}, {_time(found.cpu)} of a processor"
        case Memory():
            later = (
                f"{found.half_way / 1e3:.0f} KB after {found.answered} answers, {found.met_again / 1e3:.0f} KB just replayed"
            )
            return f"{found.begun / 1e3:.0f} KB a journey at its first step, {later}"
        case Herd():
            return f"{found.journeys:,} mails out {_time(found.seconds)} after they were due; bare timers {_time(found.bare)}"
        case Sizes():
            return f"{sum(found.rows.values()):.1f} rows and {sum(found.bytes.values()) / 1e3:.1f} KB a journey"
        case Growth():
            return _growth(found)


def _figure(found: Figure) -> str:
    mark = "" if found.holds else "   OVER THE LIMIT"
    took = f"{_time(found.seconds)}, limit {_time(found.limit)}, {found.ratio:,.2f} × {found.yardstick}"
    return f"{found.name}: {took}{mark}"


def _store(store: Figures) -> str:
    lines = [f"{store.store} on {machine()}; filled in {_time(store.loading)}"]
    lines.append(", ".join(f"{number:,} × {table}" for table, number in store.rows.items()))
    lines.append(f"{'reading':<66}{'median':>10}{'p95':>10}{'limit':>10}")
    for one in store.reads:
        mark = "" if one.holds else "   OVER THE LIMIT"
        lines.append(f"{one.name:<66}{_time(one.p50):>10}{_time(one.p95):>10}{_time(one.limit):>10}{mark}")
    rate = store.rate
    mark = "" if rate.holds else "   UNDER THE LIMIT"
    lines.append(f"{rate.name:<66}{rate.per_second:>8,.0f}/s{_time(rate.p95):>10}{rate.limit:>8,}/s{mark}")
    lines.append(f"{'  of a processor, the server itself, for each':<66}{_time(rate.cpu):>10}")
    return "\n".join(lines)


def _cohort(found: Cohort) -> str:
    """A cohort started beside the same starts without anything around them."""
    lines = [f"{'starts a second':<30}{'bare':>10}{'cohort':>10}{'ratio':>10}"]
    for number, (bare, ours) in enumerate(zip(found.bare, found.ours, strict=True), 1):
        lines.append(f"{f'round {number}':<30}{bare:>10,.0f}{ours:>10,.0f}{ours / bare:>10.2f}")
    mark = "" if found.holds else "   UNDER THE LIMIT"
    lines.append(f"{'median ratio':<50}{found.ratio:>10.2f}   at least {found.limit}{mark}")
    lines.append(f"{f'{found.members:,} members, cancelled and resumed':<40}{found.whole:>10,.0f}")
    return "\n".join(lines)


def _encryption(found: Encryption) -> str:
    """Journeys lived with encryption beside the same ones without."""
    lines = [f"{'journeys a second':<30}{'plain':>10}{'sealed':>10}{'ratio':>10}"]
    for number, (plain, sealed) in enumerate(zip(found.plain, found.sealed, strict=True), 1):
        lines.append(f"{f'round {number}':<30}{plain:>10,.1f}{sealed:>10,.1f}{sealed / plain:>10.2f}")
    mark = "" if found.holds else "   UNDER THE LIMIT"
    lines.append(f"{'median ratio':<50}{found.ratio:>10.2f}   at least {found.limit}{mark}")
    return "\n".join(lines)


def _pairing(found: Pairing) -> str:
    rows = [("", found.ours.name, found.other.name), *compared(as_json(found))]
    return "\n".join(f"{name:<52}{ours:>22}{other:>22}" for name, ours, other in rows)


def _growth(found: Growth) -> str:
    lines = [f"{'steps a pathway':>16}{'open beside it':>16}{'a step':>10}{'of a processor':>16}"]
    lines += [
        f"{one.steps:>16,}{one.open:>16,}{_time(one.seconds):>10}{_time(one.cpu):>16}"
        for one in (*found.lengths, *found.crowds)
    ]
    lines.append(f"ratios, of a processor: {found.length_ratio:.2f} by steps, {found.crowd_ratio:.2f} by open journeys")
    return "\n".join(lines)


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:,.0f} µs"
    return f"{seconds * 1e3:,.2f} ms" if seconds < 1 else f"{seconds:,.1f} s"
