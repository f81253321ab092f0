#!/usr/bin/env python3
"""Makes Sources/Common/TradingCalendars/calendars.txt from the Python package exchange_calendars.

    scripts/make-calendars.py            writes the table
    scripts/make-calendars.py --check    compares the committed table with what the package gives; writes nothing
    scripts/make-calendars.py --days     prints every day of every calendar as the package has it, for the tests

`make calendars` installs the package and runs this. The same version of the package gives the same bytes. Exit code 1: the
package has what the table cannot say, or the table is not what the package gives.
"""
import datetime
import importlib.metadata
import pathlib
import sys

import exchange_calendars
import pandas

TABLE = pathlib.Path(__file__).resolve().parent.parent / "Sources/Common/TradingCalendars/calendars.txt"

# First and last day, None where the package has a bound of its own. The mainland's first day is the day the exchange
# opened; the package begins 16 days earlier. The package computes the other venues' holidays for decades ahead, but only
# days that the exchanges have announced belong into the table: move the last day when they announce another year.
CALENDARS = {
    "XSHG": ("1990-12-19", None),
    "XHKG": ("1990-01-01", "2027-12-31"),
    "XNYS": ("1990-01-01", "2027-12-31"),
    "XTKS": (None, "2027-12-31"),
    "XLON": ("1990-01-01", "2027-12-31"),
}
WIDTH = 110


def stop(message):
    sys.exit(f"make-calendars: {message}")


class Source:
    """One calendar of the package: its days, and the sessions on them."""

    def __init__(self, name):
        kind = exchange_calendars.calendar_utils._default_calendar_factories[name]
        first, last = CALENDARS[name]
        self.name = name
        self.first = pandas.Timestamp(first or kind.bound_min())
        self.last = pandas.Timestamp(last or kind.bound_max())
        # The package looks at neighbours of the bounds; what lies outside them is not asked for.
        self.calendar = exchange_calendars.get_calendar(
            name, start=kind.bound_min() if first is None else self.first, end=self.last)
        self.zone = self.calendar.tz.key
        half = set(self.calendar.early_closes)
        if len(self.calendar.late_opens):
            stop(f"{name} has late opens; the table has no word for them.")
        self.sessions = {}
        for day, row in self.calendar.schedule.iterrows():
            times = [row["open"], row["break_start"], row["break_end"], row["close"]]
            if day >= self.first:
                self.sessions[day] = ([None if pandas.isna(time) else time for time in times], day in half)

    def days(self):
        """Yields each day with its session, None where the venue is closed."""
        for day in pandas.date_range(self.first, self.last):
            yield day, self.sessions.get(day)

    def hours(self, day):
        """Returns a session's local hours as text, and whether it is a half day."""
        times, is_half = self.sessions[day]
        local = [time and time.tz_convert(self.calendar.tz) for time in times]
        if any(time and (time.date() != day.date() or time.second) for time in local):
            stop(f"{self.name} on {day.date()}: a time on another day, or with seconds; the table has no word for them.")
        begin, pause, resume, end = [time and time.strftime("%H:%M") for time in local]
        return (f"{begin}-{pause} {resume}-{end}" if pause else f"{begin}-{end}"), is_half


def by_year(word, days):
    """Returns lines of a word, a year and the days in it."""
    lines = []
    for day in days:
        start = f"{word} {day.year}"
        if not lines or not lines[-1].startswith(start) or len(lines[-1]) + 5 > WIDTH:
            lines.append(start)
        lines[-1] += day.strftime(" %m%d")
    return lines


def table_of(source):
    """Returns the lines of one calendar."""
    lines = [f"calendar {source.name} {source.zone} mon-fri {source.first.date()} {source.last.date()}"]
    closed, half, hours = [], [], {}
    for day, session in source.days():
        if session is None:
            if day.weekday() < 5:
                closed.append(day)
            continue
        if day.weekday() >= 5:
            stop(f"{source.name} trades on {day.date()}, a weekend; the table has no word for it.")
        text, is_half = source.hours(day)
        if is_half:
            half.append(day)
        word = "half-hours" if is_half else "hours"
        if hours.get(word) != text:
            since = day if word in hours else source.first
            hours[word] = text
            lines.append(f"{word} {since.date()} {text}")
    return lines + by_year("half", half) + by_year("closed", closed)


def table():
    version = importlib.metadata.version("exchange_calendars")
    lines = [
        f"# Trading days and hours, made by scripts/make-calendars.py from exchange_calendars {version}; not to be edited.",
        "# calendar NAME ZONE WEEKDAYS FIRST LAST; [half-]hours SINCE LOCAL-HOURS; closed, half: YEAR, then month and day.",
        "calendar 24/7 UTC mon-sun 1970-01-01 2261-12-31",
        "hours 1970-01-01 00:00-24:00",
    ]
    for name in CALENDARS:
        lines += table_of(Source(name))
    return "".join(line + "\n" for line in lines)


def print_days():
    """Prints NAME DAY STATUS, then open, start and end of the break, and close in seconds since the Unix epoch."""
    for name in CALENDARS:
        for day, session in Source(name).days():
            if session is None:
                print(name, day.date(), "closed")
                continue
            times, is_half = session
            print(name, day.date(), "half_day" if is_half else "trading",
                  *["-" if time is None else int(time.timestamp()) for time in times])


def main():
    arguments = sys.argv[1:]
    if arguments == ["--days"]:
        return print_days()
    if arguments not in ([], ["--check"]):
        stop(f"unknown arguments {arguments}; allowed: none, --check or --days.")
    text = table()
    if not arguments:
        TABLE.write_text(text, encoding="ascii")
        print(f"{TABLE.name}: {len(text)} bytes, {text.count(chr(10))} lines")
    elif not TABLE.is_file() or TABLE.read_text(encoding="ascii") != text:
        stop(f"{TABLE.name} is not what the package gives. Run make calendars.")
    else:
        print(f"{TABLE.name}: current")


if __name__ == "__main__":
    main()
