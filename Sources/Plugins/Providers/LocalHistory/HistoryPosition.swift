import PluginKit

/// How much of one file was pushed.
struct FileProgress: Hashable, Sendable {
    /// Records of the file that are done with, the header too.
    var records: Int64 = 0
    /// Number of the record of the last pushed bar; 0 before the first.
    var barRecord: Int64 = 0
    /// Event time of that bar.
    var barTime: Int64 = 0

    /// The progress as a position writes it.
    func text(_ key: String) -> String { "\(records):\(barRecord):\(barTime):\(key)" }
}

/// A place in a replay: progress by file, keyed by instrument or, for a file read as a whole, by what is read from it.
///
/// Text: `1 EVENT_TIME RECORDS:BAR_RECORD:BAR_TIME:KEY ...`, times in nanoseconds since the Unix epoch.
struct HistoryPosition: Sendable {
    /// Event time of the last pushed bar.
    let eventTime: Int64
    let files: [String: FileProgress]

    init(eventTime: Int64, files: [String: FileProgress]) {
        self.eventTime = eventTime
        self.files = files
    }

    /// Reads the text of a position.
    init(_ position: StreamPosition, instance: String) throws(PluginError) {
        var files: [String: FileProgress] = [:]
        let words = position.text.split(separator: " ")
        guard words.count >= 2, words[0] == "1", let time = Int64(words[1]) else {
            throw Self.unreadable(position, instance)
        }
        for word in words.dropFirst(2) {
            let parts = word.split(separator: ":", maxSplits: 3)
            guard parts.count == 4, let records = Int64(parts[0]), let record = Int64(parts[1]),
                let time = Int64(parts[2]), records >= record, record >= 0
            else { throw Self.unreadable(position, instance) }
            files[String(parts[3])] = FileProgress(records: records, barRecord: record, barTime: time)
        }
        eventTime = time
        self.files = files
    }

    /// Writes the text of a position.
    static func text(
        eventTime: Int64, _ cursors: [BarCursor], _ carried: [String: FileProgress]
    ) -> StreamPosition {
        var text = "1 \(eventTime)"
        text.reserveCapacity(32 + (cursors.count + carried.count) * 64)
        for cursor in cursors {
            text += " "
            text += cursor.progressText
        }
        for (key, progress) in carried.sorted(by: { $0.key < $1.key }) { text += " \(progress.text(key))" }
        return StreamPosition(text)
    }

    private static func unreadable(_ position: StreamPosition, _ instance: String) -> PluginError {
        PluginError(
            .badRequest,
            "\(instance): the position \(PluginError.quoted(position.text)) was not written by this plugin. "
                + "Start from the beginning.")
    }
}
