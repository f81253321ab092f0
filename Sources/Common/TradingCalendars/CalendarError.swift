/// Why a calendar cannot be used.
public struct CalendarError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of a fault; more may be added.
    public struct Code: Sendable, Hashable {
        private let name: String
        private init(_ name: String) { self.name = name }

        /// There is no calendar of that name.
        public static let unknownCalendar = Code("unknown_calendar")
        /// The machine lacks the rules of the venue's time zone.
        public static let zone = Code("zone")
        /// The embedded table contradicts itself; a fault of the build.
        public static let damagedTable = Code("damaged_table")
    }

    /// The class of the fault.
    public let code: Code
    /// What is wrong, what is allowed, what to do.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
