import Glibc
import HostManifest
package import HostProcess
package import PluginKit
import Synchronization

/// What plugins nobody compiled in share in one process: opened libraries, the SDK for Python, and who listens to them.
package final class PluginRuntime: Sendable {
    private let state = Mutex(State())

    private struct State {
        var loaders: [String: DynamicLoader] = [:]
        var listener = PluginListener()
        var folders: Set<String> = []
    }

    /// Creates a runtime; one for the life of the process, since libraries stay open.
    package init() {}

    /// Who learns what process plugins do; replaces the one before.
    package var listener: PluginListener {
        get { state.withLock { $0.listener } }
        set { state.withLock { $0.listener = newValue } }
    }

    /// The loader of a state folder, made once.
    func loader(_ folder: String) -> DynamicLoader {
        state.withLock { state in
            if let loader = state.loaders[folder] { return loader }
            let loader = DynamicLoader(stateFolder: folder)
            state.loaders[folder] = loader
            return loader
        }
    }

    /// Writes the SDK for Python to a state folder and returns the folder it is in.
    func sdk(_ folder: String) throws(PluginFault) -> String {
        let target = "\(folder)/python"
        if state.withLock({ $0.folders.contains(target) }) { return target }
        try FileTree.makeFolders(target)
        let path = "\(target)/penstock_plugin.py"
        let content = PackageResources.penstock_plugin_py
        if (try? TrustedFile.read(path, limit: 1 << 20)) != content {
            do {
                try AtomicFile.write(String(decoding: content, as: UTF8.self), to: path)
            } catch {
                throw PluginFault(.file, error.description)
            }
        }
        state.withLock { _ = $0.folders.insert(target) }
        return target
    }

    /// Returns a plugin that is started by a command, telling the listener what it does.
    func plugin(_ fit: ProcessFit, _ command: ProcessCommand) -> ProcessPlugin {
        var plugin = ProcessPlugin(command: command)
        plugin.onState = { [self] in listener.state($0, $1, $2) }
        plugin.onMetric = { [self] instance, name, value in listener.metric(instance, name, value) }
        plugin.onLog = { [self] instance, level, message, data in listener.log(instance, level, message, data) }
        plugin.fit = { fit.fit($0, $1, $2) }
        return plugin
    }
}

/// Who learns what process plugins do; called on any thread.
package struct PluginListener: Sendable {
    /// A change of an instance's state.
    package var state: @Sendable (_ instance: String, _ session: UInt64, ProcessState) -> Void = { _, _, _ in }
    /// A number an instance reports.
    package var metric: @Sendable (_ instance: String, _ name: String, _ value: Double) -> Void = { _, _, _ in }
    /// A log line of an instance that has no context.
    package var log: @Sendable (_ instance: String, PluginLogLevel, String, [String: String]) -> Void = { _, _, _, _ in
    }

    /// Creates one that takes nothing.
    package init() {}
}
