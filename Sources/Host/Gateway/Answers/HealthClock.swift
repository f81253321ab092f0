import HTTPTypes
package import HostCore
import Synchronization

/// How long the host was of no use: the time in which `/health` did not answer 200.
///
/// Counts by the changes of the board; nothing runs in between.
package final class HealthClock: Sendable {
    private struct State {
        var isAvailable: Bool
        /// Nanoseconds without use, up to `since`.
        var lost: Int64 = 0
        var since: Int64
    }

    private let board: InstanceBoard
    private let now: @Sendable () -> Int64
    private let state: Mutex<State>

    /// Starts over a board; `now` gives nanoseconds since the Unix epoch.
    package init(_ board: InstanceBoard, now: @escaping @Sendable () -> Int64) {
        self.board = board
        self.now = now
        state = Mutex(State(isAvailable: Self.isAvailable(board), since: now()))
        board.onChange { [weak self] _ in _ = self?.look() }
    }

    /// Whether `/health` answers 200 now.
    package var isAvailable: Bool { look().isAvailable }

    /// Seconds in which it did not, up to now.
    package var unavailableSeconds: Double { Double(look().lost) / 1e9 }

    /// Counts up to now; the board is read under the lock, so that of two changes the last one holds.
    private func look() -> State {
        state.withLock { state in
            let now = now()
            if !state.isAvailable { state.lost += max(0, now - state.since) }
            (state.isAvailable, state.since) = (Self.isAvailable(board), now)
            return state
        }
    }

    private static func isAvailable(_ board: InstanceBoard) -> Bool { HostHealth(board.all).httpStatus == .ok }
}
