import CivilTime
package import PluginKit

/// The names that an instrument had at a source before its own, oldest first.
///
/// Text: `FB.US until 2022-06-09`, several with a comma between; `none until 2012-05-18` says that the source's rows under the
/// name that follows are another one's before that day.
package struct EarlierNames: Sendable, Hashable {
    /// A name, and the day from which on another one holds.
    package struct Name: Sendable, Hashable {
        /// The name; `nil` where it had none.
        package let instrument: Instrument?
        /// Midnight UTC, nanoseconds since the Unix epoch.
        package let until: Int64
    }

    /// In order of their days.
    package let names: [Name]

    /// Reads the text; `nil` where it is none, or its days do not ascend.
    package init?(_ text: String) {
        var names: [Name] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: " ")
            guard words.count == 3, words[1] == "until", let date = ISO8601.date(words[2]),
                let until = UTCTime(date: date).nanoseconds, until > names.last?.until ?? .min
            else { return nil }
            let name = words[0] == "none" ? nil : try? Instrument(parsing: String(words[0]))
            guard name != nil || words[0] == "none" else { return nil }
            names.append(Name(instrument: name, until: until))
        }
        self.names = names
    }

    /// What is allowed, for messages.
    static let allowed = "such as FB.US until 2022-06-09, or none until 2012-05-18, with ascending days"
}
