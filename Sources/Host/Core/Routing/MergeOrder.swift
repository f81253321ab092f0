/// Whose events go next into a pipeline with several inputs. A value without clock and I/O.
///
/// Each input says when its next events begin, by event time where the past is played, by arrival where it is live. The
/// earliest goes; of one time those beside the driving input, which may then go to the end of their delivery: they wait in
/// the partition for the driving events of their time. Driving events go as far as nothing beside them is earlier. So the
/// rows are the same however streams were cut and whoever was faster.
///
/// An input that still plays its past is waited for; a live one is not.
struct MergeOrder: Sendable {
    /// Who may go, and through which time.
    struct Turn: Sendable, Hashable {
        let input: Int
        let through: Int64
    }

    private struct Lane: Sendable {
        var head: Int64?
        var isAwaited = true
    }

    private var lanes: [Lane]
    private var isGoing = false

    /// Creates an order of inputs that are all waited for; the first one drives.
    init(inputs: Int) { lanes = Array(repeating: Lane(), count: inputs) }

    /// Notes that an input has events which begin at a time.
    mutating func offer(_ input: Int, head: Int64) { lanes[input].head = head }

    /// Notes that an input has none any more.
    mutating func withdraw(_ input: Int) { lanes[input].head = nil }

    /// Notes that an input has played its past, or has ended: it is waited for no longer.
    mutating func release(_ input: Int) { lanes[input].isAwaited = false }

    /// Notes that an input begins to play its past: it is waited for.
    mutating func expect(_ input: Int) { lanes[input].isAwaited = true }

    /// Notes that whoever went is through.
    mutating func finish() { isGoing = false }

    /// Returns who goes next; `nil` while somebody does, or while one is waited for.
    mutating func next() -> Turn? {
        guard !isGoing, !lanes.contains(where: { $0.isAwaited && $0.head == nil }) else { return nil }
        var side: (input: Int, head: Int64)?
        for (input, lane) in lanes.enumerated().dropFirst() {
            if let head = lane.head, head < side?.head ?? .max || side == nil { side = (input, head) }
        }
        let turn: Turn
        if let driving = lanes[0].head, side.map({ driving < $0.head }) ?? true {
            turn = Turn(input: 0, through: side.map { $0.head - 1 } ?? .max)
        } else if let side {
            turn = Turn(input: side.input, through: .max)
        } else {
            return nil
        }
        isGoing = true
        lanes[turn.input].head = nil
        return turn
    }
}
