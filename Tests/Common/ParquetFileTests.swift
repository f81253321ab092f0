import Foundation
import ParquetFile
import TestSupport
import Testing

struct ParquetFileTests {
    static let table = ParquetTable([
        .init("time", .times([1_362_171_600_000_000_001, -5, 0])), .init("place", .integers([.min, .max, 7])),
        .init("close", .numbers([.nan, -0.0, .infinity])), .init("name", .texts(["", "600519.SH", "ä\u{1F600}"])),
    ])
    /// An interpreter that has pyarrow; nil where none has.
    private static let python: String? = ["\(Repository.root)/.venv-servers/bin/python", "/usr/bin/python3"].first {
        LocalServer.output(of: [$0, "-c", "import pyarrow.parquet"]) != nil
    }

    @Test(arguments: [1, 2, 3, 65_536]) func whatIsWrittenReadsBackTheSame(rowsPerGroup: Int) throws {
        #expect(try ParquetTable(reading: Self.table.file(rowsPerGroup: rowsPerGroup)) == Self.table)
    }

    @Test func manyRowsAndNoneReadBack() throws {
        let count = 20_000
        let numbers = (0..<count).map { $0 % 3 == 0 ? .nan : Double($0) / 7 }
        let table = ParquetTable([
            .init("time", .times((0..<count).map { Int64($0) * 60_000_000_000 })), .init("value", .numbers(numbers)),
            .init("model", .texts((0..<count).map { "model\($0 % 20)" })),
        ])
        let file = try table.file(rowsPerGroup: 1_000)
        #expect(try ParquetTable(reading: file) == table && file.count < count * 12)
        let none = ParquetTable([.init("a", .numbers([])), .init("b", .texts([]))])
        #expect(try ParquetTable(reading: none.file()) == none)
    }

    @Test(.enabled(if: python != nil, "no Python with pyarrow")) func pyarrowReadsItWithItsStatistics() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(try Self.table.file(rowsPerGroup: 2), to: "a.parquet")
        let script = """
            import pyarrow.parquet as p
            f = p.ParquetFile("\(path)"); t = f.read()
            print(t.schema.field("time").type, t.schema.field("close").nullable, t.schema.field("name").type)
            print(t.column("time").cast("int64").to_pylist(), t.column("place").to_pylist(), t.column("close").to_pylist(), t.column("name").to_pylist())
            s = [f.metadata.row_group(0).column(i).statistics for i in range(4)]
            print(s[0].min_raw, s[0].max_raw, s[1].min, s[2].null_count, s[2].max, s[3].min, s[3].max, f.metadata.num_row_groups)
            """
        let said = LocalServer.output(of: [try #require(Self.python), "-c", script])?.split(separator: "\n").map(
            String.init)
        #expect(
            said == [
                "timestamp[ns, tz=UTC] True string",
                "[1362171600000000001, -5, 0] [-9223372036854775808, 9223372036854775807, 7] [None, -0.0, inf] ['', '600519.SH', 'ä\u{1F600}']",
                "-5 1362171600000000001 -9223372036854775808 1 0.0  600519.SH 2",
            ], "\(said ?? [])")
    }

    @Test func damagedBytesAreRefused() throws {
        let file = try Self.table.file()
        for cut in stride(from: 0, to: file.count, by: 7) {
            #expect(throws: ParquetFault.self) { try ParquetTable(reading: Array(file[..<cut])) }
        }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            var bytes = file
            bytes[Int.random(in: 0..<file.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            // Whatever it reads as, it must not trap.
            _ = try? ParquetTable(reading: bytes)
        }
    }

    @Test func theLastRowOfAnIdentityIsKeptInOrder() {
        let one = ParquetTable([
            .init("time", .times([3, 5])), .init("m", .texts(["a", "a"])), .init("x", .numbers([1, 2])),
        ])
        let two = ParquetTable([
            .init("time", .times([5, 4, 5])), .init("m", .texts(["a", "b", "b"])), .init("y", .numbers([7, 8, 9])),
        ])
        let merged = ParquetTable.merging([one, two], key: ["time", "m", "none"])
        #expect(merged["time"] == .times([3, 4, 5, 5]) && merged["m"] == .texts(["a", "b", "a", "b"]))
        #expect(merged["x"] == .numbers([1, .nan, .nan, .nan]) && merged["y"] == .numbers([.nan, 8, 7, 9]))
        #expect(ParquetTable.merging([merged, two, one], key: ["time", "m"])["y"] == .numbers([.nan, 8, .nan, 9]))
        #expect(ParquetTable.merging([], key: []).count == 0)
    }
}
