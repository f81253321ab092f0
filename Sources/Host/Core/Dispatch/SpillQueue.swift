import PluginKit
import Synchronization

/// Items of a lane that wait on disk because its queue is full; first in, first out.
///
/// It is for the life of a run: what waits here at the end is behind the watermark, so the next run delivers it.
final class SpillQueue: Sendable {
    private struct State {
        var items = 0
        var rows = 0
        /// Items of these on their way to the disk.
        var arriving = 0
        /// How often everything was forgotten: what began before counts no more.
        var clears = 0

        mutating func forget(_ item: SinkItem, _ clears: Int) {
            guard self.clears == clears else { return }
            items -= 1
            rows -= item.rows
        }
    }

    private let file: any SpillFile
    private let report: @Sendable (PluginError) -> Void
    /// Rows that could not be read back; the lane counts them.
    private let lose: @Sendable (Int) -> Void
    private let state = Mutex(State())

    init(
        _ file: any SpillFile, lose: @escaping @Sendable (Int) -> Void,
        report: @escaping @Sendable (PluginError) -> Void
    ) {
        self.file = file
        self.lose = lose
        self.report = report
    }

    /// Whether nothing waits here.
    var isEmpty: Bool { state.withLock { $0.items == 0 } }

    /// Puts an item at the end; `false` where there is no room or the disk has a fault.
    func append(_ item: SinkItem, limit: Int) -> Bool {
        // Counted first: whoever follows must not overtake it.
        let clears = state.withLock { state in
            state.items += 1
            state.rows += item.rows
            state.arriving += 1
            return state.clears
        }
        var isKept = false
        do throws(PluginError) {
            isKept = try file.append(RecordCodec.bytes(of: item), limit: limit)
        } catch { report(error) }
        // In one step: between two it would look as if it had arrived and were gone.
        state.withLock { state in
            state.arriving -= 1
            if !isKept { state.forget(item, clears) }
        }
        return isKept
    }

    /// Takes out the item at the front; `nil` where there is none yet.
    func next() -> SinkItem? {
        let (items, arriving, clears) = state.withLock { ($0.items, $0.arriving, $0.clears) }
        guard items > 0 else { return nil }
        do throws(PluginError) {
            guard let bytes = try file.next() else {
                let isSame = state.withLock { $0.clears == clears && $0.items == items }
                guard arriving == 0, isSame else { return nil }
                throw PluginError(.corrupted, "spill: \(items) batches that were written there are gone.")
            }
            let item = try RecordCodec.item(bytes)
            state.withLock { $0.forget(item, clears) }
            return item
        } catch {
            report(error)
            lose(clear())
            return nil
        }
    }

    /// Forgets everything that waits; returns its rows.
    @discardableResult
    func clear() -> Int {
        file.clear()
        return state.withLock { state in
            defer { (state.items, state.rows, state.clears) = (0, 0, state.clears + 1) }
            return state.rows
        }
    }
}
