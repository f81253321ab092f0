package import PluginKit

/// Daily bars of AAPL, 2000-03-01 ... 2013-03-01, as recorded (splits in 2000 and 2005 are in the prices).
package enum RealBars {
    package static func load() throws -> [Bar] { try all.get() }

    private static let all = Result { try load("AAPL") }

    /// The bars of another instrument.
    package static func load(_ code: String) throws -> [Bar] {
        try Repository.text("data/history/\(code).csv").split(separator: "\n").dropFirst().enumerated().map {
            index, line in
            let cells = line.split(separator: ",").map { Double($0) ?? .nan }
            return Bar(
                time: Int64(index) * 86_400_000_000_000, open: cells[1], high: cells[2], low: cells[3],
                close: cells[4], volume: cells[5], instrument: InstrumentID(rawValue: 0))
        }
    }
}
