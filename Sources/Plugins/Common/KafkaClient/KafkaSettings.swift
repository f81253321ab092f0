package import PluginKit

/// How brokers are reached, as options say; the same for a sink and a provider.
package struct KafkaSettings: Sendable {
    /// The options.
    package static let options: [ConfigurationOption] = [
        ConfigurationOption(
            "brokers", .list(.text, 1...32), isRequired: true,
            "Brokers to begin with, `host:port`; they name the others."),
        .choice(
            "tls", ["off", "on"], default: "off",
            "Whether connections are encrypted; certificates are checked, with names."),
        .path("tls_ca", "Certificates of whom the brokers' must be signed by; the system's where absent."),
        .path("tls_certificate", "The host's own certificate, where the brokers ask for one."),
        .path("tls_key", "The key of `tls_certificate`."),
        .choice(
            "sasl", ["none", "plain", "scram_sha_256", "scram_sha_512"], default: "none",
            "How the user proves who it is; `plain` sends the password as it is, so only over TLS."),
        .text("user", "The user, for `sasl`."),
        .secret("password", "The user's password, for `sasl`."),
        ConfigurationOption(
            "settings", .map(.text), "Further settings of librdkafka by their names, `socket.timeout.ms: \"10000\"`."),
        .path("library", "Where librdkafka is, unless the system has it."),
    ]

    /// The one that says what is wrong.
    package private(set) var faults: KafkaFaults
    /// Where the library is.
    package let library: String?
    private var given: [(name: String, value: String)]
    private var required: [(name: String, value: String)]

    /// Reads the options.
    ///
    /// - Parameter own: settings of the plugin's own, which no option changes.
    package init(
        _ configuration: Configuration, _ context: PluginContext, own: [(name: String, value: String)]
    ) throws(PluginError) {
        let brokers = try configuration.texts("brokers").joined(separator: ",")
        faults = KafkaFaults(who: configuration.instance, brokers: brokers)
        library = configuration.has("library") ? context.resolve(try configuration.text("library")) : nil
        var further: [(name: String, value: String)] = []
        if case .map(let map) = configuration.values["settings"] {
            for (name, value) in map.sorted(by: { $0.key < $1.key }) {
                if case .text(let text) = value { further.append((name, text)) }
            }
        }
        given = further
        required =
            [("bootstrap.servers", brokers), ("client.id", "penstock")] + (try Self.security(configuration, context))
            + own
    }

    /// The same with settings more, for a client with a duty of its own; `settings` of the user change the defaults alone.
    package func with(
        _ more: [(name: String, value: String)], defaults: [(name: String, value: String)] = [], duty: String
    ) -> KafkaSettings {
        var settings = self
        settings.required += more
        settings.given = defaults + given
        settings.faults.duty = duty
        return settings
    }

    private static func security(
        _ configuration: Configuration, _ context: PluginContext
    ) throws(PluginError) -> [(name: String, value: String)] {
        let (isEncrypted, sasl) = (try configuration.text("tls") == "on", try configuration.text("sasl"))
        var settings = [("security.protocol", (sasl == "none" ? "" : "sasl_") + (isEncrypted ? "ssl" : "plaintext"))]
        for (option, name) in [
            ("tls_ca", "ssl.ca.location"), ("tls_certificate", "ssl.certificate.location"),
            ("tls_key", "ssl.key.location"),
        ] where configuration.has(option) {
            settings.append((name, context.resolve(try configuration.text(option))))
        }
        guard sasl != "none" else { return settings }
        settings.append(("sasl.mechanism", sasl.replacing("_", with: "-").uppercased()))
        settings.append(("sasl.username", try configuration.text("user")))
        settings.append(("sasl.password", try configuration.secret("password").reveal()))
        return settings
    }

    /// Returns what only the options together can be wrong in.
    package static func faults(in configuration: Configuration) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if configuration.values["sasl"] != .text("none") {
            for name in ["user", "password"] where !configuration.has(name) {
                faults.append(ConfigurationFault(option: "sasl", "it needs '\(name)'. Set it, or 'sasl' to none."))
            }
        }
        if configuration.has("tls_certificate") != configuration.has("tls_key") {
            let name = configuration.has("tls_key") ? "tls_key" : "tls_certificate"
            faults.append(
                ConfigurationFault(option: name, "'tls_certificate' and 'tls_key' belong together. Set both or none."))
        }
        return faults
    }

    /// Makes a configuration of the library; throws `.configuration` for a setting that it does not take.
    package func make(_ library: KafkaLibrary) throws(PluginError) -> KafkaLibrary.Handle {
        guard let made = library.makeConfiguration() else {
            throw faults.error(.environment, "cannot be asked: no memory", "Free memory.")
        }
        var said = [CChar](repeating: 0, count: 512)
        for (name, value) in given + required where library.set(made, name, value, &said, said.count) != 0 {
            library.dropConfiguration(made)
            let words = String(decoding: said.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw PluginError(
                .configuration,
                "\(faults.who): librdkafka does not take '\(name)': \(PluginError.shown(words)). Correct it in 'settings'."
            )
        }
        library.setLog(made, nil)
        return made
    }
}
