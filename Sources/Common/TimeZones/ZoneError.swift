/// Why a time zone cannot be used.
public struct ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The class of a fault; more may be added.
    public struct Code: Sendable, Hashable {
        private let name: String
        private init(_ name: String) { self.name = name }

        /// No zone has that name.
        public static let unknownZone = Code("unknown_zone")
        /// The machine has no time zone database.
        public static let databaseMissing = Code("database_missing")
        /// The zone's file cannot be read or is damaged.
        public static let damaged = Code("damaged")
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
