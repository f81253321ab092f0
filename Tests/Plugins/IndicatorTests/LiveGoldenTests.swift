import PluginKit
import TestSupport
import Testing

/// Values against the TA-Lib that is installed beside the tests: `make test` has its PyPI wheel compute every function with several sets of
/// options over the real bars of another share than the stored references are of (`scripts/golden.sh`).
@Suite(
    .enabled(
        if: Repository.has(LiveGolden.path),
        "needs Python: scripts/golden.sh has TA-Lib's wheel compute the values"))
struct LiveGoldenTests {
    @Test(arguments: LiveGolden.names) func equalsTALibOverAnotherShare(name: String) throws {
        let (golden, bars) = (try Golden.all.get(), try RealBars.load("IBM"))
        let columns = try LiveGolden.all.get()[name] ?? []
        for (options, columns) in Dictionary(grouping: columns, by: \.options) {
            let rows = try Subjects.rows(name, options, bars)
            let outputs = try Subjects.outputs(name, options)
            let warmUpLength = try #require(try Subjects.warmUpLength(name, options))
            // TA-Lib's age of one of two equal extremes depends on when it last looked, and its angle over two equal numbers is rounding.
            for column in columns where !["min_age", "max_age", "angle"].contains(column.output) {
                let index = try #require(outputs.firstIndex { $0.name == column.output })
                let difference = golden.difference(column, from: warmUpLength - 1) { rows[$0][index] }
                #expect(difference == nil)
            }
        }
    }

    /// The stored references are of the same sets of options, and more.
    @Test func isComparedAsOftenAsTheStoredReferences() throws {
        let stored = Set(try Golden.all.get().columns.map(\.key))
        let columns = try LiveGolden.all.get().values.joined()
        #expect(columns.count > 500 && stored.isSuperset(of: columns.map(\.key)))
    }
}

/// What scripts/golden.sh wrote; nothing where there is no Python.
private enum LiveGolden {
    static let path = ".build/golden/IBM.csv"
    static let all = Result { try Dictionary(grouping: Golden.columns(in: path), by: \.plugin) }
    static let names = ((try? all.get()) ?? [:]).keys.sorted()
}
