public import HTTPFetch
public import PluginKit

extension HTTPAddress {
    /// Reads a URL of a WebSocket, `ws://` or `wss://`: the `http` or `https` address its handshake goes to.
    public init?(webSocket text: some StringProtocol) {
        let text = String(text)
        guard let end = text.firstIndex(of: ":"), ["ws", "wss"].contains(text[..<end].lowercased()) else { return nil }
        self.init("http" + text.lowercased().prefix(3).dropFirst(2).filter { $0 == "s" } + text[end...])
    }
}

extension Configuration {
    /// Returns the URL of a WebSocket from a text option; throws `.configuration` where it is none.
    public func socketAddress(_ name: String) throws(PluginError) -> HTTPAddress {
        let text = try text(name)
        guard let address = HTTPAddress(webSocket: text) else {
            throw PluginError(.configuration, "\(instance): \(SocketOptions.fault(name, text).message)")
        }
        return address
    }
}

extension SocketOptions {
    /// Returns the faults of options that are URLs of WebSockets, for `validate`.
    public static func faults(_ names: [String], in configuration: Configuration) -> [ConfigurationFault] {
        names.compactMap { name in
            guard case .text(let text) = configuration.values[name], HTTPAddress(webSocket: text) == nil else {
                return nil
            }
            return fault(name, text)
        }
    }

    static func fault(_ name: String, _ text: String) -> ConfigurationFault {
        ConfigurationFault(
            option: name,
            "'\(name)' is \(PluginError.quoted(text)); allowed an absolute URL, ws:// or wss://. Write scheme and host."
        )
    }
}
