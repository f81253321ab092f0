package import PluginKit

/// Settings of the host itself: the key `host`.
package struct HostSettings: Sendable {
    /// Where the gateway listens.
    package let listen: ListenAddress
    /// Most connections of clients that are open at once.
    package let connections: Int
    /// Folder of all state, as written; `Manifest.resolve` makes it absolute.
    package let state: String
    /// Partitions of a pipeline that run side by side, 1...64.
    package let workers: Int
    /// How long a stop may take before it is forced.
    package let stopTimeout: Duration
    /// The least severe level that is logged.
    package let logLevel: LogLevel
    /// How long refused rows are kept.
    package let quarantineAge: Duration
    /// How long versions of bars are kept after a newer one took their place; `nil` for ever.
    package let versionAge: Duration?
    /// How old quotes, trades and order books may get; kinds that are not named are kept for ever.
    package let eventAges: [EventKind: Duration]
    /// How old outcomes may get, with the predictions they are of; `nil` for any age.
    package let predictionAge: Duration?
    /// How old states of what models learned may get; `nil` for any age.
    package let learnedAge: Duration?
    /// The key `host`, or the start of the file where it is absent.
    package let location: SourceSpan
    /// Who may in, and how connections are encrypted.
    package let security: SecuritySettings
    /// Where followed deliveries are told of; `nil` where none is followed.
    package let traces: TraceSettings?
    /// Where plugins nobody compiled in are, and what they are granted.
    package let plugins: PluginSettings
}

/// How severe a log line is, least first.
package enum LogLevel: String, Sendable, CaseIterable {
    /// Step by step.
    case trace
    /// For developers.
    case debug
    /// Normal work.
    case info
    /// Normal, and worth knowing.
    case notice
    /// Something to look at.
    case warning
    /// Something that did not work.
    case error
}
