package import PluginKit

/// Where followed deliveries are told of: the key `host.traces`.
package struct TraceSettings: Sendable {
    /// The collector's address, to which `/v1/traces` is added.
    package let endpoint: String
    /// One of so many deliveries of each pipeline is followed.
    package let every: Int
    /// Headers that the collector wants.
    package let headers: [String: Secret]

    /// Reads the settings of a manifest; `nil` where it has none.
    init?(_ setting: Setting?) {
        guard let setting, let endpoint = setting["endpoint"]?.text else { return nil }
        self.endpoint = endpoint
        every = setting("every")
        headers = Dictionary(
            (setting["headers"]?.children ?? []).compactMap { child in
                if case .secret(let secret) = child.setting.value { (child.name, secret) } else { nil }
            },
            uniquingKeysWith: { first, _ in first })
    }
}
