/// What a plugin throws: a classified fault. Plugins classify, the host acts (retries, fails over, disables, reports).
///
/// The message is one sentence of facts, then the remedy: who, what is wrong (value, place), what is allowed, what to do.
public struct PluginError: Error, Sendable, CustomStringConvertible {
    /// The class of a fault; more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// `snake_case` name.
        public let description: String
        /// Whether the same call can succeed later without anybody changing anything.
        public let isTransient: Bool

        /// Creates a code; plugins use the ones below.
        public init(_ name: String, isTransient: Bool) {
            description = name
            self.isTransient = isTransient
        }

        /// Too many requests; `retryAfter` says when to come back.
        public static let rateLimited = Code("rate_limited", isTransient: true)
        /// The source refuses this address for long.
        public static let banned = Code("banned", isTransient: false)
        /// Credentials are missing or wrong.
        public static let auth = Code("auth", isTransient: false)
        /// Credentials are right and do not cover this.
        public static let permission = Code("permission", isTransient: false)
        /// The instrument or resource does not exist.
        public static let notFound = Code("not_found", isTransient: false)
        /// It exists; there is nothing in the asked range.
        public static let noData = Code("no_data", isTransient: false)
        /// The request makes no sense to the source.
        public static let badRequest = Code("bad_request", isTransient: false)
        /// The reply cannot be read.
        public static let malformed = Code("malformed", isTransient: false)
        /// Network, time-out, server fault: may pass.
        public static let transient = Code("transient", isTransient: true)
        /// The data is older than asked.
        public static let stale = Code("stale", isTransient: true)
        /// The data contradicts itself.
        public static let quality = Code("quality", isTransient: false)
        /// The plugin cannot do this at all.
        public static let unsupported = Code("unsupported", isTransient: false)
        /// The caller cancelled; no fault.
        public static let cancelled = Code("cancelled", isTransient: false)
        /// The configuration is wrong.
        public static let configuration = Code("configuration", isTransient: false)
        /// A library, file, permission or device of the machine is missing or full.
        public static let environment = Code("environment", isTransient: false)
        /// Stored state is damaged.
        public static let corrupted = Code("corrupted", isTransient: false)
    }

    /// The class of the fault.
    public let code: Code
    /// Who, what is wrong, what is allowed, what to do.
    public let message: String
    /// When trying again makes sense, where the source said so.
    public let retryAfter: Duration?
    /// The fault beneath, where there is one.
    public let cause: (any Error)?

    /// Creates an error; never put a secret or a URL with a query in `message`.
    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
        self.cause = cause
    }

    /// Whether trying again can help.
    public var isTransient: Bool { code.isTransient }

    /// The message.
    public var description: String { message }

    /// Returns foreign text in single quotes, as `shown` gives it.
    public static func quoted(_ text: some StringProtocol) -> String { "'\(shown(text))'" }

    /// Returns foreign text on one line: cut, and what would steer a terminal or forge a line escaped, as `\u{1B}`.
    public static func shown(_ text: some StringProtocol, limit: Int = 200) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(limit) {
            if isShown(scalar) { shown.unicodeScalars.append(scalar) } else { shown += scalar.escaped(asASCII: true) }
        }
        return text.unicodeScalars.dropFirst(limit).isEmpty ? shown : shown + "..."
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
