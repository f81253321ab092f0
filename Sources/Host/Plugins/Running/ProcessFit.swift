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
            readable: [sdk], allowsNetwork: !granted.network.isEmpty,
            memoryBytes: UInt64(granted.memory ?? 4_096) << 20,
            cpuSeconds: UInt64(granted.cpu?.components.seconds ?? 0))
    }

    /// Returns the command of an instance: with its state folder, and the paths that were granted.
    func fit(_ command: ProcessCommand, _ options: Configuration?, _ context: PluginContext?) -> ProcessCommand {
        guard let options else { return command }
        var fitted = command
        fitted.stateDirectory = ProcessCommand.absolute(context?.stateDirectory ?? ownFolder(options.instance))
        let base = ProcessCommand.absolute(context?.baseDirectory ?? settings.baseDirectory)
        for rule in granted.files {
            for path in paths(rule, options) {
                let place = path.hasPrefix("/") ? path : "\(base)/\(path)"
                if rule.isWritable {
                    fitted.writable.append(Self.existing(place))
                } else {
                    fitted.readable.append(place)
                }
            }
        }
        return fitted
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
