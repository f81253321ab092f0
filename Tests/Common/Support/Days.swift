import CivilTime

/// Reads `2026-07-01`, a day the test wrote.
func date(_ text: String) -> CivilDate {
    let parts = text.split(separator: "-").compactMap { Int($0) }
    return CivilDate(year: parts[0], month: parts[1], day: parts[2]) ?? CivilDate(daysSinceEpoch: 0)
}

/// Midnight UTC of a day the test wrote.
func instant(_ day: String) -> Int64 { date(day).daysSinceEpoch * 86_400_000_000_000 }
