import Foundation
import Glibc
import HostCore
import HostStorage
import PluginKit
import Synchronization

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("penstock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// A file system of one mebibyte in memory, to fill for real; needs root and the right to mount.
final class SmallDisk: Sendable {
    let folder: TemporaryFolder

    init?() {
        guard getuid() == 0, let folder = try? TemporaryFolder() else { return nil }
        guard Self.run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path]) else { return nil }
        self.folder = folder
    }

    deinit { _ = Self.run("umount", ["-l", folder.path]) }

    static let isAvailable = SmallDisk() != nil

    private static func run(_ tool: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A clock that a test sets.
final class SetClock: Sendable {
    private let time = Mutex<Int64>(0)

    func set(_ value: Int64) { time.withLock { $0 = value } }

    var read: @Sendable () -> Int64 { { self.time.withLock { $0 } } }
}

let day: Int64 = 86_400 * 1_000_000_000
let daily = Timeframe(1, .day)
let apple = Instrument(code: "AAPL", venue: "US")
let maotai = Instrument(code: "600519", venue: "SH")
let anyTime = Int64.min...Int64.max

/// Bars of consecutive days with prices that follow from the day.
func makeBars(_ instrument: InstrumentID, days: Range<Int>, shift: Double = 0) -> [Bar] {
    days.map { number in
        let price = 100 + Double(number % 50) + shift
        return Bar(
            time: Int64(number) * day, open: price, high: price + 1, low: price - 1, close: price + 0.5,
            volume: 1_000 + Double(number), instrument: instrument)
    }
}

/// Runs a call that must throw and returns what it threw.
func fault<Result>(
    _ body: () async throws -> Result
) async -> PluginError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PluginError
    }
}

extension Bar {
    /// Equality that takes NaN for NaN.
    func isSame(as other: Bar) -> Bool {
        time == other.time && open == other.open && high == other.high && low == other.low && close == other.close
            && volume == other.volume && (amount == other.amount || (amount.isNaN && other.amount.isNaN))
            && flags == other.flags && instrument == other.instrument
    }
}
