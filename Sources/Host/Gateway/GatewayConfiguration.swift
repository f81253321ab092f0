package import HostWebSocket
package import PluginKit

/// Where the gateway listens, and its limits.
package struct GatewayConfiguration: Sendable, Hashable {
    /// `127.0.0.1`, `::1` or `localhost`; beyond loopback is refused.
    package var host = "127.0.0.1"
    /// The port; 0 takes a free one.
    package var port = 8080
    /// A socket of this machine's file system it listens on besides, as `var/control/socket`; `nil` for none.
    package var socketPath: String?
    /// What a caller must show for a change; `nil` refuses every change.
    package var token: String?
    /// How many connections there may be.
    package var limits = ConnectionLimits()
    /// How long a connection may take over each part of its work.
    package var times = ConnectionTimes()

    /// Creates the default: `127.0.0.1:8080`.
    package init() {}

    /// Creates a configuration for an address written `HOST:PORT`, as `--listen` and `host.listen` have it.
    ///
    /// Throws `.configuration` where the text is no address, or one beyond loopback.
    package init(listen: String) throws(PluginError) {
        guard let split = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: split)...]),
            (0...65_535).contains(port), split > listen.startIndex
        else {
            throw PluginError(
                .configuration,
                "gateway: \(PluginError.quoted(listen)) is no address; allowed HOST:PORT with a port of 0...65535, as "
                    + "127.0.0.1:8080. Set --listen or host.listen.")
        }
        var host = String(listen[..<split])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host
        self.port = port
        try check()
    }

    /// The address as `HOST:PORT`.
    package var listen: String { Self.text(host, port) }

    /// Throws `.configuration` where the address is beyond loopback.
    func check() throws(PluginError) {
        guard !Self.isLoopback(host) else { return }
        throw PluginError(
            .configuration,
            "gateway: \(PluginError.quoted(listen)) is beyond this machine; allowed 127.0.0.1, ::1 or localhost, since "
                + "this version has no TLS and no credentials. Listen on 127.0.0.1, behind a proxy that has both.")
    }

    /// Returns `HOST:PORT`, an IPv6 address in brackets.
    static func text(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether a request may name the server so in `Host`: the address it listens on, or a loopback name, with any port.
    ///
    /// The port is that of whoever forwards to it, as an SSH tunnel does.
    func allows(authority: String) -> Bool {
        let isBracketed = authority.hasPrefix("[")
        let end = isBracketed ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":")
        let name = authority[..<(end ?? authority.endIndex)].dropFirst(isBracketed ? 1 : 0).lowercased()
        return name == host || Self.isLoopback(name)
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}
