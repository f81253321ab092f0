import NIOCore

/// Where a request comes from.
struct Peer: Sendable {
    /// The address; `socket` over the socket of the state folder.
    let address: String
    /// Whether it is on this machine.
    let isLocal: Bool
    /// The connection.
    let channel: (any Channel)?

    /// Looks at a connection.
    init(_ channel: any Channel) {
        self.channel = channel
        if case .unixDomainSocket = channel.localAddress {
            (address, isLocal) = ("socket", true)
            return
        }
        // A connection that is gone already is of nobody here.
        guard let ip = channel.remoteAddress?.ipAddress else {
            (address, isLocal) = ("unknown", false)
            return
        }
        address = ip
        isLocal = ip.hasPrefix("127.") || ip == "::1" || ip.hasPrefix("::ffff:127.")
    }
}
