/// How long a connection may take over each part of its work.
package struct ConnectionTimes: Sendable, Hashable {
    /// From its opening, or from the first byte of a later request, to the end of the request's head.
    package var head: Duration = .seconds(10)
    /// From the end of a request's head to the end of its body.
    package var body: Duration = .seconds(30)
    /// Without a request after an answer.
    package var idle: Duration = .seconds(75)
    /// Without taking a byte of an answer that waits for it.
    package var stall: Duration = .seconds(30)
    /// To close from its side once the server has.
    package var close: Duration = .seconds(2)

    /// Creates the default times.
    package init() {}
}
