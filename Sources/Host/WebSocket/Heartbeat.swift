/// Counts the pings a client left without an answer.
struct Heartbeat {
    /// What to do when an interval has passed.
    enum Action: Equatable { case ping, close }

    private var unanswered = 0

    /// An interval has passed: asks for a Ping, or for the end when two were not answered.
    mutating func tick() -> Action {
        guard unanswered < 2 else { return .close }
        unanswered += 1
        return .ping
    }

    /// The client sent a Pong.
    mutating func pong() {
        unanswered = 0
    }
}
