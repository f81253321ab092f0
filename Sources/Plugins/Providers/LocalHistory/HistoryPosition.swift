import PluginKit

/// How much of one file was pushed.
struct FileProgress: Hashable, Sendable {
    /// Records of the file that are done with, the header too.
    var records: Int64 = 0
    /// Number of the record of the last pushed event; 0 before the first of the file.
    var eventRecord: Int64 = 0
    /// Event time of that event, or of the last of the files before.
    var eventTime: Int64 = 0
    /// Which of several files it is, by the date of its name; those before are done with.
    var part: Int64?
    /// Which file was read to its end (`FileStamp`); `nil` before that.
    var stamp: String?

    /// The progress as a position writes it.
    func text(_ key: String) -> String {
        let (part, stamp) = (part.map { "/\($0)" } ?? "", stamp.map { "~\($0)" } ?? "")
        return "\(records)\(part)\(stamp):\(eventRecord):\(eventTime):\(key)"
    }

    /// Reads that text; `nil` where it is none.
    static func read(_ text: Substring) -> (key: String, progress: FileProgress)? {
        let parts = text.split(separator: ":", maxSplits: 3)
        guard parts.count == 4, let record = Int64(parts[1]), let time = Int64(parts[2]) else { return nil }
        let head = parts[0].split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
        let place = head[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { Int64($0) }
        guard let records = place[0], records >= record, record >= 0, place.count == 1 || place[1] != nil else {
            return nil
        }
        let part = place.count == 2 ? place[1] : nil
        let stamp = head.count == 2 ? String(head[1]) : nil
        return (
            String(parts[3]),
            FileProgress(records: records, eventRecord: record, eventTime: time, part: part, stamp: stamp)
        )
    }
}

/// A place in a replay: progress by file, keyed by instrument or, for a file read as a whole, by what is read from it.
///
/// Text: `1 EVENT_TIME RECORDS:EVENT_RECORD:EVENT_TIME:KEY ...`, times in nanoseconds since the Unix epoch; of files with dates
/// in their names `RECORDS/DAY`; of one that was read to its end `RECORDS~STAMP`.
struct HistoryPosition: Sendable {
    /// Event time of the last pushed event.
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
            guard let (key, progress) = FileProgress.read(word) else { throw Self.unreadable(position, instance) }
            files[key] = progress
        }
        eventTime = time
        self.files = files
    }

    /// Writes the text of a position.
    static func text<Rows>(
        eventTime: Int64, _ cursors: [EventCursor<Rows>], _ carried: [String: FileProgress]
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
