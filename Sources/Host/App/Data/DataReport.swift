import CivilTime
import FoundationEssentials
import HostCore
import HostStorage
import PluginKit

/// What is asked of stored series.
package enum DataQuestion: String, Sendable {
    /// How much there is.
    case stats
    /// What is missing by the venue's calendar.
    case gaps
    /// What the rules say of it now, and whether the file is sound.
    case verify
}

/// What is stored, what is missing in it and what is odd about it, as the control socket and the command line show it.
package struct DataReport: Sendable, Codable {
    /// A series of stored events.
    package struct Series: Sendable, Codable {
        /// The pipeline that accepted it.
        package let pipeline: String
        /// The instrument's canonical name.
        package let instrument: String
        /// The kind of its events.
        package let kind: String
        /// Span of the bars.
        package let timeframe: String?
        /// Events, each once.
        package let events: Int
        /// Rows that took the place of an earlier version, or were released.
        package let revisions: Int
        /// First and last event time, UTC.
        package let first, last: String
        /// What is missing, where that was asked for and the venue has a calendar.
        package var gaps: Gaps?
        /// What is odd, where that was asked for.
        package var check: Check?

        init(_ stored: StoredSeries) {
            (pipeline, instrument, kind) = (stored.pipeline, stored.instrument.description, stored.kind.rawValue)
            (timeframe, events, revisions) = (stored.timeframe?.description, stored.events, stored.revisions)
            (first, last) = (ISO8601.format(stored.first), ISO8601.format(stored.last))
        }
    }

    /// What is missing between the first and the last event, by the calendar of a venue.
    package struct Gaps: Sendable, Codable {
        /// Bars in a row that are not there, or a span without an event of another kind.
        package struct Gap: Sendable, Codable {
            /// First and last event time of the bars, or the event times at both ends of the span, UTC.
            package let first, last: String
            /// How many bars; `nil` for other kinds.
            package let count: Int?
            /// How long the venue was open in the span, seconds; `nil` for bars.
            package let openSeconds: Double?

            enum CodingKeys: String, CodingKey {
                case first, last, count
                case openSeconds = "open_seconds"
            }

            init(_ gap: SeriesGaps.Gap) {
                (first, last) = (ISO8601.format(gap.first), ISO8601.format(gap.last))
                (count, openSeconds) = (gap.count, nil)
            }

            init(_ first: Int64, _ last: Int64, open: Int64) {
                (self.first, self.last) = (ISO8601.format(first), ISO8601.format(last))
                (count, openSeconds) = (nil, Double(open) / 1e9)
            }
        }

        /// What the route's `gap` says of events of this kind, seconds; 0 where each bar counts.
        package let beyondSeconds: Double
        /// How many bars are missing.
        package let missing: Int
        /// Bars at times at which none ends.
        package let unexpected: Int
        /// Bars of days that the calendar does not know.
        package let notKnown: Int
        /// Each gap, in order of time.
        package let gaps: [Gap]

        enum CodingKeys: String, CodingKey {
            case missing, unexpected, gaps
            case notKnown = "not_known"
            case beyondSeconds = "beyond_seconds"
        }

        init(_ found: SeriesGaps, of timeframe: Timeframe, beyond longest: Int64) {
            (missing, unexpected, notKnown) = (found.missing, found.unexpected, found.notKnown)
            beyondSeconds = Double(longest) / 1e9
            gaps = found.gaps.filter { Int64($0.count) * timeframe.nanoseconds >= longest }.map(Gap.init)
        }

        init(_ spans: [Gap], beyond longest: Int64) {
            (missing, unexpected, notKnown) = (0, 0, 0)
            (beyondSeconds, gaps) = (Double(longest) / 1e9, spans)
        }
    }

    /// What the quality rules say of stored bars now.
    package struct Check: Sendable, Codable {
        /// Bars that would be refused, by reason.
        package var refused: [String: Int] = [:]
        /// Bars that stand out.
        package var outliers = 0
        /// Steps of the level, a sentence each; splits that a stored factor explains are left out.
        package var steps: [String] = []
    }

    /// The series.
    package let series: [Series]
    /// What is wrong with the database file; `nil` where it is sound, or was not looked at.
    package var damage: String?

    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> DataReport? {
        try? JSONDecoder().decode(DataReport.self, from: Data(json))
    }
}
