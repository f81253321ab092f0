import PluginKit

/// An indicator that looks at the whole run of bars it is handed; what it makes of them is a rule.
struct Peeking: Indicator {
    typealias Rule = @Sendable (_ run: [Bar], _ place: Int) -> Double

    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "peeking", summary: "Looks ahead.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "What it saw.")])

    let rule: Rule
    let warmUpLength = 1

    init(_ rule: @escaping Rule) { self.rule = rule }

    init(_ configuration: Configuration) throws(PluginError) { self.init { run, place in run[place].close } }

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        row[0] = rule([event], 0)
        return true
    }

    mutating func update(_ run: Span<Bar>, into rows: FeatureRows) {
        let bars = run.indices.map { run[$0] }
        for place in bars.indices { rows[place][0] = rule(bars, place) }
    }

    func save(to writer: inout StateWriter) {}

    mutating func restore(from reader: inout StateReader) throws(PluginError) {}
}

extension [Bar] {
    /// The bar so many places further on, or the last.
    func at(_ place: Int) -> Bar { self[Swift.max(0, Swift.min(count - 1, place))] }

    /// The mean of what stands at some places.
    func mean(_ places: ClosedRange<Int>, _ value: (Int) -> Double) -> Double {
        var sum = 0.0
        for place in places { sum += value(place) }
        return sum / Double(places.count)
    }

    /// The return of the bar at a place.
    func move(_ place: Int) -> Double { at(place).close / at(place - 1).close - 1 }
}
