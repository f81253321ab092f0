package import Logging

/// Writes the log: one line an event, as aligned text or as JSON.
///
/// ```swift
/// let destination = LogDestination(format: .text, level: .info)
/// LoggingSystem.bootstrap { LogOutput(label: $0, destination: destination) }
/// ```
/// A call never waits long: a line that the other end does not take at once is dropped, and the next line that gets
/// through says how many were lost. Values of metadata whose key speaks of a secret are hidden.
package struct LogOutput: LogHandler {
    /// Who logs.
    package let label: String
    /// What is added to every line.
    package var metadata: Logger.Metadata = [:]
    /// Where values of the current task come from.
    package var metadataProvider: Logger.MetadataProvider?

    private let destination: LogDestination
    private var ownLevel: Logger.Level?

    /// Creates a handler.
    package init(label: String, destination: LogDestination) {
        self.label = label
        self.destination = destination
    }

    /// Events below are not written.
    package var logLevel: Logger.Level {
        get { ownLevel ?? destination.level }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Returns a line of a JSON log that the host's own text makes.
    package static func jsonLine(_ level: Logger.Level, _ text: String) -> String {
        let message = text.hasSuffix("\n") ? text.dropLast() : text[...]
        return LogLine(level: level, label: "penstock", message: String(message), metadata: [:]).json
    }

    /// Writes one event.
    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { _, new in new } }
        if let given = event.metadata { merged.merge(given) { _, new in new } }
        destination.write(LogLine(level: event.level, label: label, message: "\(event.message)", metadata: merged))
    }
}

extension Logger {
    /// The same logger for warnings and what is worse.
    package var quiet: Logger {
        var quiet = self
        quiet.logLevel = .warning
        return quiet
    }
}
