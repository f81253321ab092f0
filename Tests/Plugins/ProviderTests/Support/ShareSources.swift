import AkShareProvider
import PluginKit
import TestSupport

/// An instance of `akshare` whose sources are all one server.
func akshare(_ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]) throws -> AkShare {
    var values = akshareAddresses(server.url)
    values.merge(options) { _, new in new }
    return try instance(AkShare.self, values)
}

/// Options that lead all sources to one place.
func akshareAddresses(_ url: String) -> [String: ConfigurationValue] {
    let names = AkShare.descriptor.schema.options.map(\.name).filter { $0.hasSuffix("_url") }
    return Dictionary(uniqueKeysWithValues: names.map { ($0, .text(url)) })
}

/// Asks one source alone.
func only(_ source: String) -> [String: ConfigurationValue] { ["sources": .list([.text(source)])] }
