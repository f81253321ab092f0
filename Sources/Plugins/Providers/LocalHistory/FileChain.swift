import CivilTime
import DelimitedText
import PluginKit

/// A file with events.
struct HistoryFile: Sendable, Hashable {
    /// Where it lies.
    let path: String
    /// How messages name it: relative to the configured folder.
    var place: String
    /// The file of a zip archive that is meant.
    var member: String?
    /// The day its name says, in days after 1970-01-01.
    var day: Int64?

    /// The format its text is read with.
    func format(_ options: HistoryOptions) -> RecordFormat {
        var format = options.format
        format.member = member
        return format
    }
}

/// The files of an instrument in order of the dates of their names, or the one there is.
///
/// Of many files only their days are kept: a folder of 3,000 instruments and ten years has millions.
struct FileChain: Sendable, Hashable {
    /// The folder that places are relative to, with its `/`.
    private let root: String
    /// What stands before and behind the date.
    private let (head, tail): (String, String)
    private let member: String?
    private let form: FileDate?
    /// In ascending order; empty where there is one file without a date.
    private let days: [Int32]

    /// One file; `place` is relative to the root.
    init(_ place: String, in root: String, member: String?) {
        (self.root, head, tail, self.member, form, days) = (root, place, "", member, nil, [])
    }

    init(_ head: String, _ tail: String, in root: String, member: String?, _ form: FileDate, _ days: [Int32]) {
        (self.root, self.head, self.tail) = (root, head, tail)
        (self.member, self.form, self.days) = (member, form, days)
    }

    /// How many files there are; 1 or more.
    var count: Int { form == nil ? 1 : days.count }

    /// The file at a place from the oldest.
    subscript(index: Int) -> HistoryFile {
        guard let form else { return HistoryFile(path: root + head, place: head, member: member) }
        let place = head + form.text(Int64(days[index])) + tail
        let day = form.span == 1 ? Int64(days[index]) : nil
        return HistoryFile(path: root + place, place: place, member: member, day: day)
    }

    /// The date that stands for a file in a position; `nil` where there is one file.
    func part(_ index: Int) -> Int64? { form == nil ? nil : Int64(days[index]) }

    /// The first file that is not before a date; `count` where there is none.
    func index(from part: Int64) -> Int { days.firstIndex { Int64($0) >= part } ?? count }

    /// The files that can have events of a range; one too many rather than one too few. `nil` where there are none.
    func limited(to range: ClosedRange<Int64>) -> FileChain? {
        guard let form else { return self }
        let day: Int64 = 86_400_000_000_000
        let (first, last) = (range.lowerBound / day - form.span - 2, range.upperBound / day + 2)
        let kept = days.filter { (first...last).contains(Int64($0)) }
        return kept.isEmpty ? nil : FileChain(head, tail, in: root, member: member, form, kept)
    }

    /// The last file alone.
    var last: FileChain {
        guard let form, let day = days.last else { return self }
        return FileChain(head, tail, in: root, member: member, form, [day])
    }

    /// Whether a path is that of one of the files, or of one that may be put beside them; the log of a database is it too.
    func contains(_ path: String) -> Bool {
        let path = path.hasSuffix("-wal") ? String(path.dropLast(4)) : path
        return form == nil ? path == root + head : path.hasPrefix(root + head) && path.hasSuffix(tail)
    }

    /// The folder in which files are put beside these.
    var folder: String {
        let path = root + head
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}

/// How a date is written in the names of files.
enum FileDate: CaseIterable, Sendable, Hashable {
    case compactDay, day, compactMonth, month, year

    /// Days a file has at most.
    var span: Int64 {
        switch self {
        case .compactDay, .day: 1
        case .compactMonth, .month: 31
        case .year: 366
        }
    }

    /// Returns the form of a text and its first day.
    static func read(_ text: Substring) -> (form: FileDate, day: Int32)? {
        let digits = text.filter { $0 != "-" }
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits) else { return nil }
        let parts: (Int, Int, Int)
        switch digits.utf8.count {
        case 8: parts = (number / 10_000, number / 100 % 100, number % 100)
        case 6: parts = (number / 100, number % 100, 1)
        case 4: parts = (number, 1, 1)
        default: return nil
        }
        guard let date = CivilDate(year: parts.0, month: parts.1, day: parts.2) else { return nil }
        // What is written back is the same text: 2013-1007 is no date.
        let found = allCases.first { $0.text(date.daysSinceEpoch) == text }
        return found.map { ($0, Int32(truncatingIfNeeded: date.daysSinceEpoch)) }
    }

    /// The text of a day.
    func text(_ day: Int64) -> String {
        let date = CivilDate(daysSinceEpoch: day)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return switch self {
        case .compactDay: "\(date.year)\(two(date.month))\(two(date.day))"
        case .day: "\(date.year)-\(two(date.month))-\(two(date.day))"
        case .compactMonth: "\(date.year)\(two(date.month))"
        case .month: "\(date.year)-\(two(date.month))"
        case .year: "\(date.year)"
        }
    }
}
