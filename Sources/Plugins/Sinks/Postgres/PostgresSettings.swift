import PluginKit

/// Where a sink writes, as its options say.
struct PostgresSettings: Sendable {
    /// Keywords of libpq and their values.
    let parameters: [(name: String, value: String)]
    let faults: PostgresFaults
    /// The path of libpq; the system's where absent.
    let library: String?
    let timeout: Duration
    let isPartitioned: Bool

    static let options: [ConfigurationOption] = [
        .text("host", default: "localhost", "The server's name or address, or the folder of its socket."),
        .integer("port", 1...65_535, default: 5_432, "The server's port."),
        .text("database", isRequired: true, "The database; it must be there, in UTF-8."),
        .text("user", isRequired: true, "Whom the server knows the host as."),
        .secret("password", "The user's password; absent where the server asks for none."),
        .text("schema", default: "penstock", "The schema of the tables; it is made where it is missing."),
        .choice(
            "partition", ["none", "month"], default: "none",
            "Whether tables are in parts, one a month of event time, which can be dropped or moved one by one."),
        .choice(
            "tls", ["disable", "prefer", "require", "verify_ca", "verify_full"], default: "prefer",
            "Whether the connection is encrypted, and whose certificate is trusted: none is checked before `verify_ca`."
        ),
        .path(
            "tls_ca",
            "Certificates of whom the server's certificate must be signed by; `verify_ca` and `verify_full` need it."),
        .path("tls_certificate", "The host's own certificate, where the server asks for one."),
        .path("tls_key", "The key of `tls_certificate`."),
        .duration(
            "timeout", .seconds(1)...(.seconds(50)), default: .seconds(30),
            "How long connecting and storing may take together, before both are tried again."),
        .path("library", "Where libpq is, unless the system has it."),
    ]

    init(_ configuration: Configuration, _ context: PluginContext) throws(PluginError) {
        let text = { (name: String) throws(PluginError) in try configuration.text(name) }
        let (host, port) = (try text("host"), try configuration.integer("port"))
        let (database, user) = (try text("database"), try text("user"))
        faults = PostgresFaults(
            who: configuration.instance, place: "\(host):\(port)/\(database)", user: user, schema: try text("schema"))
        let password = configuration.has("password") ? try configuration.secret("password").reveal() : nil
        var parameters = [
            ("host", host), ("port", "\(port)"), ("dbname", database), ("user", user), ("application_name", "penstock"),
            ("sslmode", try text("tls").replacing("_", with: "-")), ("gssencmode", "disable"),
        ]
        if let password { parameters.append(("password", password)) }
        for (option, name) in [("tls_ca", "sslrootcert"), ("tls_certificate", "sslcert"), ("tls_key", "sslkey")]
        where configuration.has(option) {
            parameters.append((name, context.resolve(try text(option))))
        }
        self.parameters = parameters.map { (name: $0.0, value: $0.1) }
        library = configuration.has("library") ? context.resolve(try text("library")) : nil
        timeout = try configuration.duration("timeout")
        isPartitioned = try text("partition") == "month"
    }

    /// Returns what only the options together can be wrong in.
    static func faults(in configuration: Configuration) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if case .text(let mode) = configuration.values["tls"], mode.hasPrefix("verify"), !configuration.has("tls_ca") {
            faults.append(
                ConfigurationFault(
                    option: "tls", "'\(mode)' needs 'tls_ca', the certificates to trust. Set it, or 'tls' to require."))
        }
        if configuration.has("tls_certificate") != configuration.has("tls_key") {
            faults.append(
                ConfigurationFault(
                    option: configuration.has("tls_key") ? "tls_key" : "tls_certificate",
                    "'tls_certificate' and 'tls_key' belong together. Set both or none."))
        }
        for name in ["host", "database", "user", "schema"] where configuration.values[name] == .text("") {
            faults.append(ConfigurationFault(option: name, "it is empty. Set it, or remove it where it has a default."))
        }
        return faults
    }
}
