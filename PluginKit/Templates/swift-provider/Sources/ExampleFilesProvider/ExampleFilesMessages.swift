import PluginKit

/// The format of the files: text to bars. Pure functions.
enum ExampleFilesMessages {
    /// Returns the bars of a text, and a defect for each line that cannot be one; a header is passed over.
    static func map(_ text: String, of instrument: InstrumentID, file: String) -> (bars: [Bar], defects: [Defect]) {
        var (bars, defects): ([Bar], [Defect]) = ([], [])
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            if index == 0, line.hasPrefix("seconds,") { continue }
            if let bar = bar(line, of: instrument) {
                bars.append(bar)
            } else {
                defects.append(
                    Defect(
                        instrument: instrument, place: "\(file): row \(index + 1)", reason: "unreadable_row",
                        message: "it is not seconds,open,high,low,close,volume.", raw: String(line)))
            }
        }
        return (bars, defects)
    }

    private static func bar(_ line: Substring, of instrument: InstrumentID) -> Bar? {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = fields.dropFirst().compactMap { Double($0) }.filter(\.isFinite)
        guard fields.count == 6, numbers.count == 5, let seconds = Int64(fields[0]) else { return nil }
        let (time, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !isTooLarge else { return nil }
        return Bar(
            time: time, open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3],
            volume: numbers[4], instrument: instrument)
    }
}
