import PluginKit
import Synchronization

/// Items of a lane that wait on disk because its queue is full; first in, first out.
///
/// It is for the life of a run: what waits here at the end is behind the watermark, so the next run delivers it.
final class SpillQueue: Sendable {
    private struct State {
        var items = 0
        var rows = 0
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
        do {
            // Counted first: whoever follows must not overtake it.
            note(items: 1, rows: item.rows)
            if try file.append(RecordCodec.bytes(of: item), limit: limit) { return true }
        } catch { report(error) }
        note(items: -1, rows: -item.rows)
        return false
    }

    /// Takes out the item at the front; `nil` where there is none.
    func next() -> SinkItem? {
        guard !isEmpty else { return nil }
        do {
            guard let bytes = try file.next() else { return nil }
            let item = try RecordCodec.item(bytes)
            note(items: -1, rows: -item.rows)
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
            defer { (state.items, state.rows) = (0, 0) }
            return state.rows
        }
    }

    private func note(items: Int, rows: Int) {
        state.withLock { state in
            state.items += items
            state.rows += rows
        }
    }
}
