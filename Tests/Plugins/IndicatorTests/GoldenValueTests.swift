import PluginKit
import Testing

/// Values against TA-Lib 0.8.2 (C library 0.8.1), and for what it does not have against an independent Python computation,
/// on 3,270 real bars and on recorded trades, quotes and books; the fixture's metadata has the tolerance.
@Suite struct GoldenValueTests {
    @Test(arguments: Subjects.names) func equalsTheReference(name: String) async throws {
        for recording in try Subjects.recordings(of: Subjects.plugin(name)) {
            try await equalsTheReference(name, on: recording)
        }
    }

    private func equalsTheReference(_ name: String, on recording: Recording) async throws {
        let golden = try Golden.all.get()
        let columns = golden.columns.filter { $0.plugin == name && $0.recording == recording.name }
        try #require(!columns.isEmpty)
        for (options, columns) in Dictionary(grouping: columns, by: \.options).sorted(by: { $0.key < $1.key }) {
            let rows = try await Subjects.rows(name, options, recording)
            let outputs = try Subjects.outputs(name, options)
            let warmUpLength = try #require(try Subjects.warmUpLength(name, options))
            for column in columns {
                let index = try #require(
                    outputs.firstIndex { $0.name == column.output },
                    "the fixture has an output '\(column.output)'")
                #expect(warmUpLength - 1 >= column.firstRow, "\(column.key): its first row")
                let difference = golden.difference(column, from: warmUpLength - 1) { rows[$0][index] }
                #expect(difference == nil)
            }
            let first = columns.map(\.firstRow).max()
            #expect(
                warmUpLength - 1 == first, "\(name)?\(options): the reference has all values from row \(first ?? -1)")
        }
    }

    @Test func everyOutputHasAReference() throws {
        let covered = Set(try Golden.all.get().columns.map { "\($0.plugin)#\($0.output)" })
        for name in Subjects.names {
            for output in try Subjects.descriptor(name).outputs {
                #expect(covered.contains("\(name)#\(output.name)"))
            }
        }
    }
}
