import PluginKit
import PluginKitTesting
import TestSupport
import Testing

/// Every indicator keeps the contract of the kit, with its defaults and with windows that are short, odd and long.
@Suite struct ConformanceTests {
    @Test(arguments: SubjectOptions.all) func keepsTheContract(subject: SubjectOptions) async throws {
        let plugin = try Subjects.plugin(subject.name)
        for recording in try Subjects.recordings(of: plugin) {
            let findings = try await Subjects.findings(plugin, subject.configuration, recording)
            #expect(findings == [], "on \(recording.testDescription)")
        }
    }

    /// The doc comment names every field of an event that is read, and no other.
    @Test(arguments: Subjects.names) func refusesNaNInExactlyTheFieldsItsCommentNames(name: String) async throws {
        let plugin = try Subjects.plugin(name)
        let input = try IndicatorComment(of: plugin).row("Input")
        var named = Set(IndicatorComment.words(in: input))
        if named.contains("typical") { named.formUnion(["high", "low", "close"]) }
        for recording in try Subjects.recordings(of: plugin) {
            let fields = try await Subjects.fieldsRead(by: plugin, recording)
            #expect(fields.refused == fields.all.filter(named.contains), "the comment's input is: \(input)")
        }
    }

    @Test func findsAnIndicatorThatBreaksTheContract() throws {
        let bars = Array(try RealBars.load()[..<60])
        let configuration = Configuration(instance: "indicator/careless", values: [:])
        let checks = Set(IndicatorConformance<Careless>(configuration, events: bars).findings().map(\.check))
        let expected: Set = ["warmUp", "refusal", "chunking", "copies", "peek", "damagedSnapshot", "extremeInput"]
        #expect(checks.isSuperset(of: expected), "found only \(checks.sorted())")
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
