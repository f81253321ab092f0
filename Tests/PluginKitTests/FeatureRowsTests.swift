import PluginKit
import Testing

struct FeatureRowsTests {
    @Test func writesOnlyItsOwnColumns() {
        var matrix = Array(repeating: 7.0, count: 12)
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let rows = FeatureRows(base: base + 1, count: 3, width: 2, stride: 4)
            for row in 0..<rows.count {
                rows[row][0] = Double(row)
                rows[row][1] = Double(10 * row)
            }
            #expect(rows[2][1] == 20)
            rows[1].clear()
            #expect(rows[1].width == 2)
        }
        #expect(matrix[0..<4] == [7, 0, 0, 7])
        #expect(matrix[4] == 7 && matrix[5].isNaN && matrix[6].isNaN && matrix[7] == 7)
        #expect(matrix[8..<12] == [7, 2, 20, 7])
    }

    @Test func aRowOutsideTheWindowTraps() async {
        await #expect(processExitsWith: .failure) { _ = Self.window(count: 2)[2] }
    }

    @Test func aColumnOutsideTheRowTraps() async {
        await #expect(processExitsWith: .failure) { Self.window(count: 2)[0][2] = 1 }
        await #expect(processExitsWith: .failure) { _ = Self.window(count: 2)[0][-1] }
    }

    @Test func rowsThatOverlapTrap() async {
        await #expect(processExitsWith: .failure) { _ = Self.window(count: 2, stride: 1) }
    }

    /// A window two columns wide over memory that is never freed: the process ends.
    private static func window(count: Int, stride: Int = 2) -> FeatureRows {
        FeatureRows(base: UnsafeMutablePointer<Double>.allocate(capacity: 16), count: count, width: 2, stride: stride)
    }
}
