import HostCore
import HostManifest
import HostSecurity
import HostTraining
package import PluginKit

extension Host {
    /// Lets a model be fitted beside its stream.
    ///
    /// Throws `.notFound` where no pipeline that runs has it, `.badRequest` where it is being fitted, or is to be searched and the
    /// manifest has no 'search' for it.
    package func askFit(
        _ model: String, _ asked: String?, isSearch: Bool, by: String, reason: String
    ) async throws(PluginError) -> FitReport {
        let pipeline = try running(model, asked)
        let order = FitReport(model, in: pipeline, by: by, reason: reason)
        let plan = runs[pipeline]?.composed.training.first { $0.plan.id == model }?.plan
        guard !isSearch || plan?.search != nil else {
            throw PluginError(
                .badRequest, "models search: model/\(model) has no 'search' in the manifest. Use `penstock models fit`."
            )
        }
        try fits.ask(order)
        await versions.log(
            AuditEntry.Event(
                isSearch ? "version.search" : "version.fit", "model/\(model) in pipeline/\(pipeline)", reason: reason),
            by)
        return order
    }

    /// Returns what became of the last fit of a model that was asked for. Throws `.notFound` where none was.
    package func fitReport(_ model: String, _ asked: String?) throws(PluginError) -> FitReport {
        let pipeline = try running(model, asked)
        guard let report = fits.report(model, in: pipeline) else {
            throw PluginError(
                .notFound,
                "models: no fit of model/\(model) in pipeline/\(pipeline) was asked for since the host started.")
        }
        return report
    }

    /// The pipeline that runs and has the model: the one asked for, or the only one.
    private func running(_ model: String, _ asked: String?) throws(PluginError) -> String {
        let all = runs.all.filter { run in
            run.phase == .running && run.composed.training.contains { $0.plan.id == model }
        }.map(\.id)
        let found = all.filter { asked == nil || $0 == asked }
        if found.count == 1 { return found[0] }
        guard !found.isEmpty else {
            let others = runs.all.filter { run in
                run.phase != .running && (asked ?? run.id) == run.id
                    && run.composed.training.contains { $0.plan.id == model }
            }
            if let other = others.first {
                throw PluginError(
                    .badRequest,
                    other.phase == .ended
                        ? "models: pipeline/\(other.id) has played all that its source has, and is fitted on what it stores while it runs. "
                            + "Stop the host and fit here, or let the source follow its data."
                        : "models: pipeline/\(other.id) makes its models ready. Ask again when it runs.")
            }
            let known = all.isEmpty ? "none" : all.joined(separator: ", ")
            throw PluginError(
                .notFound,
                "models: no running pipeline\(asked.map { " \(PluginError.quoted($0))" } ?? "") has model "
                    + "\(PluginError.quoted(model)). Pipelines that have it and run: \(known).")
        }
        throw PluginError(
            .badRequest,
            "models: \(found.count) pipelines have model/\(model): \(found.joined(separator: ", ")). Say which: --pipeline ID."
        )
    }
}
