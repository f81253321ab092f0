import CivilTime
package import HostPlugins
package import PluginKit

/// Bars that indicators and models are tried on: from a file, or the ones that come with the kit.
package enum SampleBars {
    /// Daily bars of IBM from 2000-03-01 on, real ones, as a file: `seconds,open,high,low,close,volume`.
    package static var shippedFile: [UInt8] { PackageResources.IBM_csv }

    /// The bars that come with the kit.
    package static func shipped() throws(PluginFault) -> [Bar] { try parse(shippedFile, name: "IBM.csv") }

    /// Reads a file; the first column is the end of the bar in seconds since the Unix epoch, or a date.
    package static func read(_ path: String) throws(PluginFault) -> [Bar] {
        try parse(try SampleText.read(path, limit: 64 << 20), name: PluginError.quoted(path))
    }

    private static func parse(_ bytes: [UInt8], name: String) throws(PluginFault) -> [Bar] {
        var bars: [Bar] = []
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            let cells = String(decoding: line, as: UTF8.self).split(
                separator: ",", omittingEmptySubsequences: false
            ).map { $0.trimming }
            guard index > 0 || time(cells[0]) != nil else {
                try checkHeader(cells.map { $0.lowercased() }, name)
                continue
            }
            let numbers = cells.dropFirst().prefix(5).compactMap { Double($0) }.filter(\.isFinite)
            guard let time = time(cells[0]), numbers.count == 5 else {
                throw PluginFault(
                    .file,
                    "\(name):\(index + 1): it is no bar; allowed seconds,open,high,low,close,volume. Correct the row.")
            }
            bars.append(
                Bar(
                    time: time, open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3],
                    volume: numbers[4], instrument: InstrumentID(rawValue: 0)))
        }
        return bars
    }

    /// Columns count by their places: a header that names them in another order would give wrong numbers.
    private static func checkHeader(_ names: [String], _ file: String) throws(PluginFault) {
        let order = ["open", "high", "low", "close", "volume"]
        guard names.contains("close"), Array(names.dropFirst().prefix(5)) != order else { return }
        throw PluginFault(
            .file,
            "\(file):1: its columns are \(names.prefix(8).joined(separator: ",")); allowed seconds,\(order.joined(separator: ",")). "
                + "Put them in that order.")
    }

    private static func time(_ text: String) -> Int64? {
        if let seconds = Int64(text) {
            let (time, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            return isTooLarge ? nil : time
        }
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, let date = CivilDate(year: parts[0], month: parts[1], day: parts[2]) else { return nil }
        // A bar of a day ends with it.
        return UTCTime(date: date, ofDay: UTCTime.nanosecondsPerDay).nanoseconds
    }
}

extension Substring {
    /// Without a carriage return and blanks at the ends.
    fileprivate var trimming: String {
        String(drop { $0 == " " || $0 == "\r" }.reversed().drop { $0 == " " || $0 == "\r" }.reversed())
    }
}
