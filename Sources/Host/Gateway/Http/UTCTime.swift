import Glibc

/// An instant as fields of the UTC calendar; plain arithmetic, so that an answer costs no formatter.
///
/// Proleptic Gregorian calendar; days are counted as in H. Hinnant, *chrono-Compatible Low-Level Date Algorithms*.
struct UTCTime: Equatable {
    /// The year.
    var year: Int
    /// 1 ... 12.
    var month: Int
    /// 1 ... 31.
    var day: Int
    /// Nanoseconds since midnight.
    var ofDay: Int64

    /// Splits nanoseconds since the Unix epoch.
    init(nanoseconds: Int64) {
        let perDay: Int64 = 86_400_000_000_000
        let days = Int(nanoseconds >= 0 ? nanoseconds / perDay : (nanoseconds + 1) / perDay - 1)
        ofDay = nanoseconds &- Int64(days) &* perDay
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since the Unix epoch.
    var dayNumber: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Nanoseconds since the Unix epoch; saturates outside 1677 ... 2262.
    var nanoseconds: Int64 {
        let (product, overflow) = Int64(dayNumber).multipliedReportingOverflow(by: 86_400_000_000_000)
        let (sum, sumOverflow) = product.addingReportingOverflow(ofDay)
        return overflow || sumOverflow ? (year < 1970 ? .min : .max) : sum
    }

    /// Returns the same time of day some months earlier; a day that month lacks becomes its last.
    func subtracting(months: Int) -> UTCTime {
        var result = self
        let total = year * 12 + month - 1 - months
        result.year = total >= 0 ? total / 12 : (total - 11) / 12
        result.month = total - result.year * 12 + 1
        result.day = min(day, Self.days(inMonth: result.month, of: result.year))
        return result
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension UTCTime {
    /// Appends `2013-03-01T21:00:00Z`, with nine decimals where the second is not whole.
    func appendISO(to bytes: inout [UInt8]) {
        Self.append(year, width: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(month, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        Self.append(day, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        appendClock(to: &bytes)
        let fraction = Int(ofDay % 1_000_000_000)
        if fraction != 0 {
            bytes.append(UInt8(ascii: "."))
            Self.append(fraction, width: 9, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The instant as `2013-03-01T21:00:00Z`.
    var iso: String {
        var bytes: [UInt8] = []
        appendISO(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The instant as an HTTP field has it: `Fri, 01 Mar 2013 21:00:00 GMT`.
    var httpDate: String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let weekday = ((dayNumber % 7) + 7) % 7
        var bytes = Array("\(weekdays[weekday]), ".utf8)
        Self.append(day, width: 2, to: &bytes)
        bytes.append(contentsOf: " \(months[month - 1]) ".utf8)
        Self.append(year, width: 4, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        appendClock(to: &bytes)
        bytes.append(contentsOf: " GMT".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func appendClock(to bytes: inout [UInt8]) {
        let seconds = Int(ofDay / 1_000_000_000)
        Self.append(seconds / 3600, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(seconds / 60 % 60, width: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Self.append(seconds % 60, width: 2, to: &bytes)
    }

    private static func append(_ number: Int, width: Int, to bytes: inout [UInt8]) {
        let digits = Array(max(0, number).description.utf8)
        for _ in 0..<max(0, width - digits.count) { bytes.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: digits)
    }
}

extension UTCTime {
    /// Whole seconds of the machine's clock since the Unix epoch; for `Date` fields and uptimes, never for data.
    static func wallClockSeconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return time.tv_sec
    }
}
