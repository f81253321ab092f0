package import PluginKit

/// What the host does when an instance cannot start.
package enum StartPolicy: String, Sendable, CaseIterable {
    /// Refuses to start.
    case error
    /// Starts without it and keeps trying.
    case retry
    /// Starts without it.
    case ignore
}

/// One declared plugin instance: what every kind has.
package struct InstanceDeclaration: Sendable {
    /// The id, unique within its kind.
    package let id: String
    /// The plugin.
    package let plugin: PluginType
    /// What the plugin is.
    package let descriptor: PluginDescriptor
    /// Whether it runs.
    package let isEnabled: Bool
    /// What a fault at the start means.
    package let onFailure: StartPolicy
    /// The plugin's own options, checked. Those of a disabled instance may lack values that come from outside the file.
    package let configuration: Configuration
    /// The columns of an indicator that are laid out for it: those that its options give, where its plugin could say so.
    package let outputs: [OutputColumn]
    /// The id's key in the file.
    package let location: SourceSpan
    /// Every value of the instance, envelope and options, with type, origin and place.
    package let setting: Setting

    /// The kind of the plugin.
    package var kind: PluginKind { descriptor.kind }

    /// What of the plugin was accepted, for one that is not compiled in: the same text, the same code.
    package var content: String? { plugin.tier == .static ? nil : plugin.typeName }

    /// `kind/id`: how messages name the instance.
    package var name: String { "\(kind.rawValue)/\(id)" }
}

/// One declared provider.
package struct ProviderDeclaration: Sendable {
    /// What every instance has.
    package let instance: InstanceDeclaration
    /// Requests at most a second, a minute and a day (UTC); `nil` for any number.
    package var limits: (perSecond: Double?, perMinute: Double?, perDay: Int?) {
        let limits = instance.setting["limits"]
        return (limits?["per_second"]?.number, limits?["per_minute"]?.number, limits?["per_day"]?.integer)
    }
}

extension InstanceDeclaration {
    /// The names that instruments had at a provider before, by their own.
    package var renames: [Instrument: EarlierNames] {
        var renames: [Instrument: EarlierNames] = [:]
        for child in setting["renames"]?.children ?? [] {
            guard let text = child.setting.text, let names = EarlierNames(text),
                let instrument = try? Instrument(parsing: child.name)
            else { continue }
            renames[instrument] = names
        }
        return renames
    }
}

/// One declared indicator.
package struct IndicatorDeclaration: Sendable {
    /// What every instance has.
    package let instance: InstanceDeclaration
    /// Its feature columns in order: the id for a plugin with one output, else `id.output`.
    package let featureNames: [String]
    /// The columns that it reads, where it is derived from others of a row.
    package let sources: [String]
}
