import PluginKit
import PluginKitTesting
import TestSupport
import Testing

/// Every indicator keeps the contract of the kit, with its defaults and with windows that are short, odd and long.
@Suite struct ConformanceTests {
    @Test(arguments: SubjectOptions.all) func keepsTheContract(subject: SubjectOptions) throws {
        let plugin = try Subjects.plugin(subject.name)
        let bars = Array(try RealBars.load()[1_000..<1_170])
        #expect(findings(try Subjects.make(plugin, subject.configuration), plugin, subject.configuration, bars) == [])
    }

    /// The doc comment names every field of a bar that is read, and no other.
    @Test(arguments: Subjects.names) func refusesNaNInExactlyTheFieldsItsCommentNames(name: String) throws {
        let paths: [(String, WritableKeyPath<Bar, Double>)] = [
            ("open", \.open), ("high", \.high), ("low", \.low), ("close", \.close), ("volume", \.volume),
            ("amount", \.amount),
        ]
        let plugin = try Subjects.plugin(name)
        let made = try Subjects.make(name)
        let bars = Array(try RealBars.load()[..<1])
        let refused = try paths.filter { try refuses(made, plugin, bars, $0.1) }.map(\.0)
        let input = try IndicatorComment(of: plugin).row("Input")
        var named = Set(IndicatorComment.words(in: input))
        if named.contains("typical") { named.formUnion(["high", "low", "close"]) }
        #expect(refused == paths.map(\.0).filter(named.contains), "the comment's input is: \(input)")
    }

    @Test func findsAnIndicatorThatBreaksTheContract() throws {
        let bars = Array(try RealBars.load()[..<60])
        let configuration = Configuration(instance: "indicator/careless", values: [:])
        let checks = Set(IndicatorConformance<Careless>(configuration, events: bars).findings().map(\.check))
        let expected: Set = ["warmUp", "refusal", "chunking", "copies", "peek", "damagedSnapshot", "extremeInput"]
        #expect(checks.isSuperset(of: expected), "found only \(checks.sorted())")
    }

    private func findings<I: Indicator<Bar>>(
        _ sample: I, _ plugin: PluginType, _ configuration: Configuration, _ bars: [Bar]
    ) -> [ConformanceFinding] {
        // The defaults of some need more bars to warm up than a short test has.
        let needed = min(3_270, max(bars.count, 3 * sample.warmUpLength))
        let events = needed == bars.count ? bars : Array(((try? RealBars.load()) ?? [])[..<needed])
        return suite(sample, plugin, configuration, events).findings()
    }

    private func refuses<I: Indicator<Bar>>(
        _ sample: I, _ plugin: PluginType, _ bars: [Bar], _ field: WritableKeyPath<Bar, Double>
    ) throws -> Bool {
        let configuration = try Subjects.configuration(plugin.descriptor.name)
        return try suite(sample, plugin, configuration, bars).refuses(field)
    }

    private func suite<I: Indicator<Bar>>(
        _ sample: I, _ plugin: PluginType, _ configuration: Configuration, _ bars: [Bar]
    ) -> IndicatorConformance<I> {
        IndicatorConformance<I>(plugin.descriptor, outputs: I.outputs(configuration), events: bars) {
            () throws(PluginError) in
            guard let made = try Subjects.make(plugin, configuration) as? I else {
                throw PluginError(.notFound, "\(plugin.descriptor.id) makes another type than before")
            }
            return made
        }
    }
}

/// A total that does everything wrong: shares state between copies, takes NaN, resets itself with each run, restores blindly.
private struct Careless: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "careless", summary: "Breaks the contract.", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "A total.")])

    final class Shared: @unchecked Sendable {
        // Touched by one test on one thread.
        var total = 0.0
    }

    var shared = Shared()

    init(_ configuration: Configuration) throws(PluginError) {}

    var warmUpLength: Int { 3 }

    mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        shared.total += bar.close
        row[0] = shared.total
        return true
    }

    mutating func update(_ run: Span<Bar>, into rows: FeatureRows) {
        shared.total = 0
        for index in run.indices { _ = update(run[index], into: rows[index]) }
    }

    func save(to writer: inout StateWriter) {
        writer.write(shared.total)
        writer.write(1)
    }

    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        shared.total = try reader.readDouble()
        _ = try reader.readInt()
    }
}
