import PluginKit
import Testing

/// Exact warm-up on bars that give formulas nothing to divide by: no price, no range, no volume.
@Suite struct WarmUpTests {
    @Test(arguments: SubjectOptions.all.filter { (try? Subjects.plugin($0.name))?.descriptor.reads == .bar })
    func hasNoValueBeforeItsWarmUpWhateverTheBars(subject: SubjectOptions) throws {
        let plugin = try Subjects.plugin(subject.name)
        let fresh = try Subjects.make(plugin, subject.configuration, Bar.self)
        let width = plugin.outputs(subject.configuration).count
        let early = fresh.warmUpLength - 1
        for (price, volume) in [(0.0, 0.0), (0, 1_000), (-3, 0), (5, 0), (1e-300, 1)] {
            let bars = Subjects.bars(Array(repeating: price, count: early), volume: volume)
            var byRun = fresh
            var byBar = fresh
            let rows = Subjects.feed(bars, to: &byRun, width: width)
            let single = bars.map { Subjects.feed([$0], to: &byBar, width: width)[0] }
            #expect(rows.allSatisfy { $0.allSatisfy(\.isNaN) }, "price \(price), volume \(volume): a run of bars")
            #expect(single.allSatisfy { $0.allSatisfy(\.isNaN) }, "price \(price), volume \(volume): bar after bar")
        }
    }
}
