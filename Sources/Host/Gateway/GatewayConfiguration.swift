package import HostSecurity
package import HostWebSocket
package import NIOCore
package import PluginKit

/// Where the gateway listens, and its limits.
package struct GatewayConfiguration: Sendable {
    /// Makes the handler that encrypts a new connection.
    package typealias Secure = @Sendable () throws -> any ChannelHandler
    /// Returns the DNS names in the certificate that a connection showed.
    package typealias PeerNames = @Sendable (any Channel) async -> [String]

    /// `127.0.0.1`, `::1` or `localhost`; beyond loopback is refused without TLS and identities.
    package var host = "127.0.0.1"
    /// The port; 0 takes a free one.
    package var port = 8080
    /// A socket of this machine's file system it listens on besides, as `var/control/socket`; `nil` for none.
    package var socketPath: String?
    /// Names that requests may name the host by, besides its address.
    package var names: [String] = []
    /// How connections to the port are encrypted; `nil` for not at all.
    package var secure: Secure?
    /// Who machines are that show a certificate; `nil` where none is asked for.
    package var peerNames: PeerNames?
    /// `Strict-Transport-Security`; `nil` for none.
    package var transportSecurity: String?
    /// How many requests each caller may make, where callers say who they are.
    package var rates = RequestLimits.Rates()
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
    /// Throws `.configuration` where the text is no address.
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
    }

    /// The address as `HOST:PORT`.
    package var listen: String { Self.text(host, port) }

    /// Whether only programs on this machine can reach it.
    package var isLoopback: Bool { Self.isLoopback(host) }

    /// Throws `.configuration` where the address is beyond loopback without TLS and identities.
    package func check(hasIdentities: Bool) throws(PluginError) {
        guard !isLoopback, secure == nil || !hasIdentities else { return }
        throw PluginError(
            .configuration,
            "gateway: \(PluginError.quoted(listen)) is beyond this machine, which needs TLS and somebody who may everything; "
                + "\(secure == nil ? "'host.security.tls' names no certificate" : "no key has the role admin"). Make a key with "
                + "`penstock keys create NAME --role admin`; name certificate and key under 'host.security.tls'; or listen on "
                + "127.0.0.1. docs/security.md shows both.")
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
        return name == host || Self.isLoopback(name) || names.contains(name) || (!isLoopback && Self.isAddress(name))
    }

    /// Whether a name is an address: no web page can let its own name lead here under it.
    private static func isAddress(_ name: String) -> Bool {
        (try? SocketAddress(ipAddress: name, port: 0)) != nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}
