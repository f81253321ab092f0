/// An event of a stream over HTTP (server-sent events, `text/event-stream`).
public struct ServerEvent: Sendable, Hashable {
    /// What kind the server calls it; `message` where it says nothing.
    public let name: String
    /// What it holds: the `data` lines, joined by line ends.
    public let data: [UInt8]
    /// When it was read, nanoseconds since the Unix epoch, UTC.
    public let arrival: Int64

    /// Creates an event.
    public init(name: String = "message", data: [UInt8], arrival: Int64) {
        self.name = name
        self.data = data
        self.arrival = arrival
    }
}

/// Cuts a stream of bytes into events, as the WHATWG's standard of server-sent events says; comments and blank lines are signs
/// of life. A value without I/O.
struct ServerEventReader {
    /// An event is longer than allowed.
    struct TooLong: Error {}

    private static let (lineFeed, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))

    private let maximumBytes: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var name = ""
    private var endedWithReturn = false
    private var isFirstLine = true

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Returns the events that these bytes complete.
    mutating func read(_ bytes: UnsafeRawBufferPointer, arrival: Int64) throws(TooLong) -> [ServerEvent] {
        var events: [ServerEvent] = []
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == Self.lineFeed || byte == Self.carriageReturn {
            // The second half of one line end.
            let isRest = byte == Self.lineFeed && endedWithReturn && index == start
            if !isRest {
                line.append(contentsOf: bytes[start..<index])
                if let event = endLine(arrival) { events.append(event) }
            }
            endedWithReturn = byte == Self.carriageReturn
            start = index + 1
        }
        if start < bytes.count {
            line.append(contentsOf: bytes[start...])
            endedWithReturn = false
        }
        guard line.count + data.count <= maximumBytes else { throw TooLong() }
        return events
    }

    private mutating func endLine(_ arrival: Int64) -> ServerEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        isFirstLine = false
        guard !line.isEmpty else { return endEvent(arrival) }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            if hasData { data.append(Self.lineFeed) }
            data += value
            hasData = true
        case "event": name = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }

    private mutating func endEvent(_ arrival: Int64) -> ServerEvent? {
        defer { (data, hasData, name) = ([], false, "") }
        guard hasData else { return nil }
        return ServerEvent(name: name.isEmpty ? "message" : name, data: data, arrival: arrival)
    }
}
