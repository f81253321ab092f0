public import PluginKit

/// Who listens to streams of server-sent events that are opened again where they break off.
public protocol EventListener {
    /// A stream was opened, or opened again.
    mutating func opened(_ stream: Int) async throws(PluginError)
    /// Events have come.
    mutating func received(_ events: [ServerEvent], from stream: Int) async throws(PluginError)
    /// A stream has broken off and is opened again, where the fault that is returned lets it.
    mutating func lost(_ stream: Int, _ fault: PluginError) -> PluginError
    /// All that came so far was received.
    mutating func flush() async throws(PluginError)
}

/// Streams of server-sent events, opened again each by itself: what `SocketSession` is for WebSockets.
///
/// What lasts longer than `StreamOptions.reconnecting`, and whatever a wait does not heal (a refusal, a limit), is thrown: from
/// there on it is the host's.
public struct EventSession: Sendable {
    private let options: HTTPOptions
    private let bounds: StreamOptions
    private let owner: String
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void

    /// Describes streams; opens none.
    public init(
        _ options: HTTPOptions, _ bounds: StreamOptions, owner: String,
        log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }
    ) {
        self.options = options
        self.bounds = bounds
        self.owner = owner
        self.log = log
    }

    /// Runs until the task is cancelled, the listener throws, or a stream cannot be had; streams are numbered as the requests.
    public func run(_ requests: [HTTPRequest], _ listener: inout some EventListener) async throws(PluginError) {
        let source = try EventSource(options, bounds, owner: owner)
        defer { source.close() }
        var reconnections = requests.map { _ in Reconnection(bounds.reconnecting) }
        for (stream, request) in requests.enumerated() { source.open(stream, request) }
        while true {
            for arrival in try await source.receive() {
                let stream = arrival.stream
                switch arrival.content {
                case .opened:
                    reconnections[stream].opens()
                    try await listener.opened(stream)
                case .events(let events): try await listener.received(events, from: stream)
                case .ended(let fault):
                    let fault = listener.lost(stream, fault)
                    guard let wait = reconnections[stream].wait(after: fault) else { throw fault }
                    log(.info, "connects again", ["provider.id": owner, "error": fault.message, "wait": "\(wait)"])
                    source.open(stream, requests[stream], after: wait)
                }
            }
            try await listener.flush()
        }
    }
}
