import Glibc
public import PluginKit

/// Bounds of a client's requests.
public struct HTTPOptions: Sendable, Hashable {
    /// How long a connection may take to stand.
    public var connectTimeout: Duration
    /// How long a request may take as a whole: redirects, waiting for a connection and the last byte included.
    public var timeout: Duration
    /// The longest body, unpacked, in bytes.
    public var maximumBytes: Int
    /// What the client says it is.
    public var userAgent: String
    /// A file of the certificates that are trusted, in place of the system's; `SSL_CERT_FILE` of the environment where it is set.
    public var trustedFile: String? = Self.trustedByEnvironment

    /// `SSL_CERT_FILE`, which programs over OpenSSL read: what stands between a company and the network has certificates of its own.
    public static var trustedByEnvironment: String? {
        guard let text = getenv("SSL_CERT_FILE").map({ String(cString: $0) }), !text.isEmpty else { return nil }
        return text
    }

    /// Creates bounds; these defaults fit most sources.
    public init(
        connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(10), maximumBytes: Int = 32 << 20,
        userAgent: String = "penstock"
    ) {
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maximumBytes = maximumBytes
        self.userAgent = userAgent
    }

    /// The options every provider that uses HTTP has: `connect_timeout`, `timeout`, `max_body_bytes`, `user_agent`.
    public static func schema(
        timeout: Duration = .seconds(10), userAgent: String = "penstock"
    )
        -> [ConfigurationOption]
    {
        [
            .duration(
                "connect_timeout", .milliseconds(10)...(.seconds(300)), default: .seconds(5),
                "How long a connection to the source may take to stand."),
            .duration(
                "timeout", .milliseconds(10)...(.seconds(600)), default: timeout,
                "How long a request may take as a whole."),
            .integer(
                "max_body_bytes", 1_024...(1 << 30), default: 32 << 20, unit: "bytes",
                "Longest reply, unpacked; a longer one is refused."),
            .text("user_agent", default: userAgent, "What requests say they come from."),
        ]
    }

    /// Reads the options of `schema`.
    public init(_ configuration: Configuration) throws(PluginError) {
        try self.init(
            connectTimeout: configuration.duration("connect_timeout"), timeout: configuration.duration("timeout"),
            maximumBytes: configuration.integer("max_body_bytes"), userAgent: configuration.text("user_agent"))
    }
}

extension Configuration {
    /// Returns a base URL from a text option; throws `.configuration` where it is none.
    public func address(_ name: String) throws(PluginError) -> HTTPAddress {
        let text = try text(name)
        guard let address = HTTPAddress(text) else {
            throw PluginError(.configuration, "\(instance): \(HTTPOptions.fault(name, text).message)")
        }
        return address
    }
}

extension HTTPOptions {
    /// Returns the faults of options that are base URLs, for `validate`.
    public static func faults(_ names: [String], in configuration: Configuration) -> [ConfigurationFault] {
        names.compactMap { name in
            guard case .text(let text) = configuration.values[name], HTTPAddress(text) == nil else { return nil }
            return fault(name, text)
        }
    }

    fileprivate static func fault(_ name: String, _ text: String) -> ConfigurationFault {
        ConfigurationFault(
            option: name,
            "'\(name)' is \(PluginError.quoted(text)); allowed an absolute URL, http:// or https://, with other characters "
                + "than letters, digits and -._~:/?@!$&'()*+,;=% encoded. Write scheme and host.")
    }
}
