import CivilTime
import HostCore
import Synchronization

/// Tells what events showed, with their day; of very many an hour's worth.
final class DatedWarnings: Sendable {
    private let report: @Sendable (HostEvent) -> Void
    private let limit = Mutex(TellLimit<String>(50))

    init(_ report: @escaping @Sendable (HostEvent) -> Void) { self.report = report }

    /// Tells the warnings of a board from now on.
    func follow(_ board: InstanceBoard) {
        board.onWarning { time, warning in
            switch self.limit.withLock({ $0.judge(warning, at: WallClock.now()) }) {
            case .leftOut: break
            case .told: self.report(.warning("\(EventTimeText.utc(time).prefix(10)): \(warning)"))
            case .toldAfter(let count):
                self.report(
                    .warning("\(EventTimeText.utc(time).prefix(10)): \(warning) \(count) others were left out."))
            }
        }
    }
}
