import HostCore
import JSONWriting
import PluginKit

/// `/api/v2/ai/models/{model}/drift`: the last rows that a model predicted beside those its fit learned from.
struct DriftAnswers: Sendable {
    private let view: HostView

    /// Creates the route over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers with each feature, the one that went farthest first; without features while the serving fit has predicted no row.
    func reply(_ model: String) throws(GatewayError) -> Reply {
        let found = view.counters().flatMap { flow in
            flow.models.filter { $0.id == model }.map { (pipeline: flow.pipeline, model: $0) }
        }
        guard let first = found.first?.model else {
            throw GatewayError.unknownModel(model, known: view.models.all.map(\.model))
        }
        var json = JSONText(capacity: 4096)
        json.object { json in
            json.field("model", model)
            json.field("rows", found.reduce(0) { $0 + $1.model.rows.count })
            json.field("needed", FeatureWindow.least)
            if let usual = first.rows.sketch?.error { json.field("usual_error", usual) }
            json.field("error_drift", found.map(\.model.errors.level).max() ?? 0)
            json.field("error_alarms", found.reduce(0) { $0 + $1.model.errors.alarms })
            if let error = first.recent.meanAbsoluteError { json.field("recent_error", error) }
            json.key("features")
            json.array { json in
                for (pipeline, model) in found { Self.append(model.rows, of: pipeline, to: &json) }
            }
        }
        return Reply(json)
    }

    private static func append(_ rows: FeatureWindow, of pipeline: String, to json: inout JSONText) {
        guard let sketch = rows.sketch else { return }
        let (shifts, shares) = (rows.shifts, rows.shares)
        let order = sketch.features.indices.sorted { left, right in
            shifts.isEmpty ? left < right : (shifts[right].psi, left) < (shifts[left].psi, right)
        }
        for column in order {
            json.object { json in
                json.field("pipeline", pipeline)
                json.field("feature", sketch.features[column])
                json.field("psi", shifts.isEmpty ? .nan : shifts[column].psi)
                json.field("ks", shifts.isEmpty ? .nan : shifts[column].ks)
                json.append("ends", sketch.ends[column])
                json.append("learned", sketch.shares[column])
                json.append("live", shares.isEmpty ? [] : shares[column])
            }
        }
    }
}

extension JSONText {
    /// Writes numbers.
    fileprivate mutating func append(_ name: String, _ numbers: [Double]) {
        key(name)
        array { json in for number in numbers { json.value(number) } }
    }
}
