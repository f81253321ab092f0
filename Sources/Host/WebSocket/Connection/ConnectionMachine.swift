import NIOCore
import NIOHTTP1

/// Which requests of a connection are owed an answer, and when it ends: each request gets exactly one answer, and after
/// the last one nothing more is read. A value without I/O; `ConnectionGuard` carries out what it says.
struct ConnectionMachine {
    /// What to do with a part of a request.
    enum Inbound: Equatable {
        /// Give it to the routes.
        case pass
        /// Forget it.
        case drop
        /// Answer with this and end the connection.
        case refuse(RequestRefusal)
        /// End the connection: its answer is under way and cannot be changed any more.
        case end
    }

    /// What to do with a part of an answer.
    enum Outbound: Equatable {
        /// Send it.
        case pass
        /// Forget it.
        case drop
        /// Send it; it is the last of the connection.
        case last
        /// Send it, then this answer, which is the last of the connection.
        case refuse(RequestRefusal)
    }

    /// What is being read.
    enum Reading: Equatable {
        case head
        case body
        /// Nothing counts any more.
        case nothing
    }

    private struct Owed {
        /// The answer has no body.
        let isHead: Bool
        /// The client speaks HTTP/1.0 and wants to keep the connection.
        let mustSayKeepAlive: Bool
        /// The connection ends with the answer.
        var isLast: Bool
    }

    private(set) var reading = Reading.head
    /// Whether the last request asked for another protocol: what comes behind it may be no HTTP.
    private(set) var isUpgrade = false
    private var owed: CircularBuffer<Owed> = []
    private var hasBegunAnswer = false
    /// Whether the request being read has its answer already, and whether the connection ends with it.
    private var current = (isAnswered: false, isLast: false)
    private var isEnded = false
    private var waiting: RequestRefusal?

    /// Whether no answer is owed.
    var isIdle: Bool { owed.isEmpty }

    /// Judges the head of a request, with what the rules found.
    mutating func read(_ head: HTTPRequestHead, refusal: RequestRefusal?) -> Inbound {
        guard reading == .head, !isEnded else { return .drop }
        if let refusal { return refuse(refusal) }
        reading = .body
        // The parser reads nothing behind a request that asks for another protocol.
        isUpgrade = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        let isLast = !head.isKeepAlive || isUpgrade
        current = (false, isLast)
        owed.append(
            Owed(isHead: head.method == .HEAD, mustSayKeepAlive: head.version != .http1_1 && !isLast, isLast: isLast))
        return .pass
    }

    /// Judges a part of a body.
    func readBody() -> Inbound { reading == .body ? .pass : .drop }

    /// Judges the end of a request.
    mutating func readEnd() -> Inbound {
        guard reading == .body else { return .drop }
        reading = current.isLast ? .nothing : .head
        return .pass
    }

    /// Judges what cannot be read on, or came too late.
    mutating func fail(_ refusal: RequestRefusal) -> Inbound {
        guard reading != .nothing, !isEnded else { return .drop }
        guard reading == .body else { return refuse(refusal) }
        // The request that breaks off has a place among the owed: its answer is this one.
        reading = .nothing
        if current.isAnswered || (owed.count == 1 && hasBegunAnswer) {
            isEnded = true
            return .end
        }
        owed.removeLast()
        return refuse(refusal)
    }

    private mutating func refuse(_ refusal: RequestRefusal) -> Inbound {
        reading = .nothing
        guard owed.isEmpty else {
            waiting = refusal
            return .drop
        }
        isEnded = true
        return .refuse(refusal)
    }

    /// Judges the head of an answer, and makes it say whether the connection stays.
    mutating func write(_ head: inout HTTPResponseHead) -> Outbound {
        guard !isEnded, !owed.isEmpty else { return .drop }
        guard head.status.code >= 200 else { return .pass }
        hasBegunAnswer = true
        let first = owed.startIndex
        if head.headers.contains(name: "connection"),
            head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "close" })
        {
            owed[first].isLast = true
        } else if owed[first].isLast {
            head.headers.add(name: "connection", value: "close")
        } else if owed[first].mustSayKeepAlive {
            head.headers.add(name: "connection", value: "keep-alive")
        }
        return .pass
    }

    /// Judges a part of an answer's body.
    func writeBody() -> Outbound { isEnded || owed.first?.isHead != false ? .drop : .pass }

    /// Judges the end of an answer.
    mutating func writeEnd() -> Outbound {
        guard !isEnded, let done = owed.popFirst() else { return .drop }
        hasBegunAnswer = false
        if owed.isEmpty, reading == .body { current.isAnswered = true }
        if done.isLast {
            reading = .nothing
            isEnded = true
            return .last
        }
        guard owed.isEmpty, let refusal = waiting else { return .pass }
        isEnded = true
        return .refuse(refusal)
    }
}
