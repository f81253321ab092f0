import Glibc
import HostManifest
import HostProcess
import PluginKit

/// Turns what a plugin is granted into the rules its process runs under.
struct ProcessFit: Sendable {
    /// What it may reach.
    let granted: PluginPermissions
    /// Where the manifest and the state are; absolute.
    let settings: PluginSettings

    /// Where a process is at home that has no instance: nowhere.
    private static let nowhere = "/nonexistent"

    /// Returns the command of a program that is described or asked about options; it gets no file of an instance.
    ///
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - folder: where it starts.
    ///   - sdk: the folder of the SDK for Python.
    func command(_ words: [String], in folder: String, sdk: String) -> ProcessCommand {
        var environment = ["PYTHONPATH": sdk]
        for name in granted.environment {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return ProcessCommand(
            arguments: words, directory: folder, stateDirectory: Self.nowhere, environment: environment,
            readable: [sdk], hidden: [settings.state], allowsNetwork: !granted.network.isEmpty,
            memoryBytes: UInt64(granted.memory ?? 4_096) << 20,
            cpuSeconds: UInt64(granted.cpu?.components.seconds ?? 0))
    }

    /// Returns the command of an instance: with its state folder, and the paths that were granted.
    func fit(_ command: ProcessCommand, _ options: Configuration?, _ context: PluginContext?) -> ProcessCommand {
        guard let options else { return command }
        var fitted = command
        fitted.stateDirectory = ProcessCommand.absolute(context?.stateDirectory ?? ownFolder(options.instance))
        let base = ProcessCommand.absolute(context?.baseDirectory ?? settings.baseDirectory)
        for (rule, _, place) in places(options, from: base) {
            // What opens the host's own files was refused when the options were checked; it is not handed on either.
            guard !opensState(place, rule) else { continue }
            if rule.isWritable { fitted.writable.append(place) } else { fitted.readable.append(place) }
        }
        return fitted
    }

    /// Refuses grants that would open the host's token, socket, database or copies of the manifest.
    func faults(_ plugin: String, _ options: Configuration) -> [ConfigurationFault] {
        places(options, from: ProcessCommand.absolute(settings.baseDirectory)).filter { opensState($0.place, $0.rule) }
            .map { rule, path, place in
                let what =
                    path == place
                    ? "opens" : "names a file that is not there yet, \(PluginError.quoted(path)), and so opens"
                return ConfigurationFault(
                    option: rule.option ?? "plugin",
                    "the grant '\(rule)' of \(plugin) \(what) \(PluginError.quoted(place)), and with it the host's own files in "
                        + "\(PluginError.quoted(settings.state)) (token, socket, database); allowed are other places. Give the "
                        + "plugin a folder of its own, or set 'host.state' to another one.")
            }
    }

    /// The paths that are granted, each with the place that is opened for it.
    private func places(
        _ options: Configuration, from base: String
    ) -> [(rule: FileRule, path: String, place: String)] {
        granted.files.flatMap { rule in
            paths(rule, options).map { path in
                let path = path.hasPrefix("/") ? path : "\(base)/\(path)"
                return (rule, path, rule.isWritable ? Self.existing(path) : path)
            }
        }
    }

    /// What the host keeps in its state folder for itself; results may lie beside it.
    private static let ownNames: Set<Substring> = [
        "channels", "control", "plugins", "host.json", "lock", "run", "python", "spill", "replay",
    ]

    /// Whether a place opens the host's own files; a folder that holds all of them is read around them.
    private func opensState(_ place: String, _ rule: FileRule) -> Bool {
        let state = HiddenFolder(settings.state)
        guard let inner = state.inner(place) else { return rule.isWritable && state.isHeld(by: place) }
        guard let name = inner.split(separator: "/").first else { return true }
        return Self.ownNames.contains(name) || name.hasPrefix("penstock.db") || name.hasPrefix("last-good.yaml")
    }

    private func paths(_ rule: FileRule, _ options: Configuration) -> [String] {
        guard let option = rule.option else { return [rule.path] }
        switch options.values[option] {
        case .text(let path)?: return [path]
        case .list(let items)?:
            return items.compactMap { if case .text(let path) = $0 { path } else { nil } }
        default: return []
        }
    }

    /// The folder of an instance that the host lends no context to.
    private func ownFolder(_ instance: String) -> String {
        let folder = "\(settings.state)/plugins/\(instance.replacing("/", with: "-"))"
        try? FileTree.makeFolders(folder)
        return folder
    }

    /// A file that is not there yet can only be made where its folder may be written.
    private static func existing(_ path: String) -> String {
        guard access(path, F_OK) != 0, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            return path
        }
        return String(path[..<slash])
    }
}
