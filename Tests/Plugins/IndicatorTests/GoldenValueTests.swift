import PluginKit
import Testing

/// Values against TA-Lib 0.8.2 (C library 0.8.1), and for KDJ, VWAP, volume ratio and the sample deviation against an
/// independent Python computation, on every 50th of 3,270 real bars; tolerances are in the fixture's metadata.
@Suite struct GoldenValueTests {
    @Test(arguments: Subjects.names) func equalsTheReference(name: String) throws {
        let golden = try Golden()
        let bars = try RealBars.load()
        let columns = golden.columns.filter { $0.plugin == name }
        try #require(!columns.isEmpty)
        let tolerance = golden.metadata.relativeToleranceOfPlugin[name] ?? golden.metadata.relativeTolerance
        for column in columns {
            let index = try #require(
                Subjects.type(name).descriptor.outputs.firstIndex { $0.name == column.output },
                "the fixture has an output '\(column.output)'")
            let rows = try Subjects.rows(name, column.options, bars)
            for (row, expected) in column.values {
                let found = rows[row][index]
                guard let expected else {
                    #expect(found.isNaN, "\(name)?\(column.options)#\(column.output), bar \(row): \(found)")
                    continue
                }
                #expect(
                    (found - expected).magnitude <= tolerance * expected.magnitude,
                    "\(name)?\(column.options)#\(column.output), bar \(row): \(found); reference \(expected)")
            }
        }
    }

    @Test func everyOutputHasAReference() throws {
        let covered = Set(try Golden().columns.map { "\($0.plugin)#\($0.output)" })
        for name in Subjects.names {
            for output in try Subjects.type(name).descriptor.outputs {
                #expect(covered.contains("\(name)#\(output.name)"))
            }
        }
    }

    @Test func warmUpIsThatOfTheReference() throws {
        for column in try Golden().columns {
            let length = try Subjects.make(column.plugin, column.options).warmUpLength
            #expect(length - 1 == column.firstRow, "\(column.plugin)?\(column.options)#\(column.output)")
        }
    }
}
