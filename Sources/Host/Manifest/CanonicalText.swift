package import PluginKit
import PredictionTargets

/// Writes checked values as text that is equal exactly when the values are: what "configuration unchanged" compares.
///
/// Keys are sorted, texts are quoted, types are marked. A secret is written as `secret`, whatever it is: changing a key
/// changes no result, and no digest can be used to guess one.
package enum CanonicalText {
    /// Returns the text of a value.
    package static func of(_ value: ConfigurationValue) -> String {
        switch value {
        case .text(let text): "t:\(literal(text))"
        case .integer(let number): "i:\(number)"
        case .number(let number): "n:\(number)"
        case .boolean(let flag): "b:\(flag)"
        case .duration(let duration): "d:\(duration.components.seconds).\(duration.components.attoseconds)"
        case .secret: "secret"
        case .list(let items): "[\(items.map(of).joined(separator: ","))]"
        case .map(let entries):
            "{\(sorted(entries).map { "\(literal($0.key))=\(of($0.value))" }.joined(separator: ","))}"
        }
    }

    /// Returns the text of an instance: its plugin with version and content, and every option of the plugin.
    package static func of(_ instance: InstanceDeclaration) -> String {
        let options = sorted(instance.configuration.values).map { "\($0.key)=\(of($0.value))" }
        let plugin = "plugin=\(instance.descriptor.id) \(instance.descriptor.version)"
        return ([plugin] + (instance.content.map { ["content=\($0)"] } ?? []) + options).joined(separator: "\n")
    }

    /// Returns the text of a model: what its artifact depends on. Threads change no artifact and are left out.
    package static func of(_ model: ModelDeclaration) -> String {
        let features =
            switch model.features {
            case .all: "all"
            case .named(let names): "[\(names.map(literal).joined(separator: ","))]"
            }
        let members = model.members.isEmpty ? [] : ["members=\(model.members.map(literal).joined(separator: ","))"]
        return
            ([
                of(model.instance), "target=\(model.target)", "features=\(features)", "seed=\(model.seed)",
                "per=\(model.isPerInstrument ? "instrument" : "pool")", "validation=\(model.validation)",
            ] + members + (model.interval.map { ["interval=\($0)"] } ?? [])
            + (model.abstains ? ["abstain"] : []) + (model.weighting.map { ["weights=\($0)"] } ?? [])
            + (model.window > 1 ? ["window=\(model.window)"] : [])
            + (model.retrain?.window.map { ["learned=\($0)"] } ?? [])
            + (model.search.map { ["search=\($0)"] } ?? [])).joined(separator: "\n")
    }

    private static func sorted(_ values: [String: ConfigurationValue]) -> [(key: String, value: ConfigurationValue)] {
        values.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
    }

    private static func literal(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n"))\""
    }
}
