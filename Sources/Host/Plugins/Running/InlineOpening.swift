import HostManifest
import HostProcess
import PluginKit

/// Opens a program that an instance names itself.
struct InlineOpening: Sendable {
    /// The process's runtime.
    let runtime: PluginRuntime
    /// Where the manifest and the state are; absolute.
    let settings: PluginSettings

    /// Opens a program and returns its plugin of a kind; its content was checked before.
    ///
    /// - Parameter grants: what it may reach; `nil` for nothing beside the manifest's folder and its own.
    func open(
        _ program: InlineProgram, kind: PluginKind, grants: PluginPermissions?
    ) throws(PluginFault) -> PluginType {
        switch program {
        case .library(let path):
            let file = PinnedProgram.absolute(path, settings.baseDirectory)
            return try only(try runtime.loader(settings.state).load(file), kind, program)
        case .command(let words):
            let fit = ProcessFit(granted: grants ?? PluginPermissions(), settings: settings)
            let command = fit.command(words, in: settings.baseDirectory, sdk: try runtime.sdk(settings.state))
            let type = try runtime.plugin(fit, command).described(as: "\(kind.rawValue)/\(words.last ?? "")")
                .checking(fit)
            return try only([type], kind, program)
        }
    }

    private func only(
        _ types: [PluginType], _ kind: PluginKind, _ program: InlineProgram
    ) throws(PluginFault) -> PluginType {
        let fitting = types.filter { $0.descriptor.kind == kind }
        if fitting.count == 1 { return fitting[0] }
        let names = types.map { PluginError.quoted($0.descriptor.id) }.joined(separator: ", ")
        throw PluginFault(
            .manifest,
            "the \(program) gives \(names.isEmpty ? "no plugin" : names); allowed one \(kind.rawValue). Install it as a "
                + "folder with a \(PluginManifest.fileName) to name one of several.")
    }
}
