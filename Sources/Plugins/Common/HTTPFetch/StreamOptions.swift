public import PluginKit

/// Bounds of a stream, whatever it comes over.
public struct StreamOptions: Sendable, Hashable {
    /// How long nothing at all may come, signs of life included.
    public var silence: Duration
    /// How long a stream that broke off is connected again before that is a fault.
    public var reconnecting: Duration

    /// Creates bounds; these defaults fit most sources.
    public init(silence: Duration = .seconds(60), reconnecting: Duration = .seconds(30)) {
        self.silence = silence
        self.reconnecting = reconnecting
    }

    /// The options every provider that streams over a network has beside those of HTTP: `stream_silence`, `reconnect_for`.
    public static let schema: [ConfigurationOption] = [
        .duration(
            "stream_silence", .milliseconds(100)...(.seconds(3_600)), default: .seconds(60),
            "How long nothing at all may come over a stream's connection, signs of life included."),
        .duration(
            "reconnect_for", .zero...(.seconds(3_600)), default: .seconds(30),
            "How long a stream that breaks off is connected again before that counts as a fault."),
    ]

    /// Reads the options of `schema`.
    public init(_ configuration: Configuration) throws(PluginError) {
        try self.init(
            silence: configuration.duration("stream_silence"), reconnecting: configuration.duration("reconnect_for"))
    }
}
