public import HTTPFetch
public import PluginKit

/// Who listens to a stream that is connected again where it breaks off.
public protocol SocketListener {
    /// A connection stands: subscribe.
    mutating func opened(_ socket: SocketClient) async throws(PluginError)
    /// Messages have come.
    mutating func received(_ messages: [SocketMessage]) async throws(PluginError)
    /// The connection has broken off and is tried again; what comes in between is missed.
    mutating func lost(_ fault: PluginError)
}

/// A stream over WebSockets, one after the other: what breaks off is connected and subscribed again.
///
/// This is for breaks that belong to the source's ways, as a server that closes every 24 hours. What lasts longer than
/// `SocketOptions.reconnecting`, and whatever a wait does not heal (a refusal, a limit), is thrown: from there on it is
/// the host's.
public struct SocketSession: Sendable {
    private let address: HTTPAddress
    private let options: SocketOptions
    private let owner: String
    private let secrets: [Secret]
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void

    /// Describes a stream; connects nothing.
    public init(
        _ address: HTTPAddress, _ options: SocketOptions, owner: String, secrets: [Secret] = [],
        log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void = { _, _, _ in }
    ) {
        self.address = address
        self.options = options
        self.owner = owner
        self.secrets = secrets
        self.log = log
    }

    /// Runs until the task is cancelled, the listener throws, or the stream cannot be had.
    public func run(_ listener: inout some SocketListener) async throws(PluginError) {
        var reconnection = Reconnection(options.reconnecting)
        while true {
            let socket = try SocketClient(address, options, owner: owner, secrets: secrets, log: log)
            defer { socket.close() }
            let fault = try await serve(socket, &listener, &reconnection)
            guard let wait = reconnection.wait(after: fault) else { throw fault }
            log(.info, "connects again", ["provider.id": owner, "error": fault.message, "wait": "\(wait)"])
            listener.lost(fault)
            do { try await Task.sleep(for: wait) } catch {
                throw PluginError(.cancelled, "\(owner): the stream was cancelled.")
            }
        }
    }

    /// Serves one connection; returns the fault it ended with, throws the listener's.
    private func serve(
        _ socket: SocketClient, _ listener: inout some SocketListener, _ reconnection: inout Reconnection
    ) async throws(PluginError) -> PluginError {
        do throws(PluginError) { try await socket.open() } catch { return error }
        reconnection.opens()
        try await listener.opened(socket)
        while true {
            let messages: [SocketMessage]
            do throws(PluginError) { messages = try await socket.receive() } catch { return error }
            try await listener.received(messages)
        }
    }
}
