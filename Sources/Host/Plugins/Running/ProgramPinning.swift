package import HostManifest
import HostProcess
package import PluginKit
import Synchronization

/// Collects the programs that instances of a manifest name themselves; finds no plugin.
package final class ProgramCollector: PluginFinder {
    private let found = Mutex<(programs: [NamedProgram], settings: PluginSettings?)>(([], nil))

    /// Creates a collector for one reading of a manifest.
    package init() {}

    /// The programs, each once.
    package var programs: [NamedProgram] { found.withLock { $0.programs } }

    /// The settings of the manifest; `nil` before it was read.
    package var settings: PluginSettings? { found.withLock { $0.settings } }

    /// Finds none.
    package func plugins(_ settings: PluginSettings) -> [PluginType] {
        found.withLock { $0.settings = settings }
        return []
    }

    /// Remembers the program, and has no plugin for it.
    package func plugin(
        _ program: InlineProgram, kind: PluginKind, _ settings: PluginSettings
    ) throws(PluginError) -> PluginType {
        let named = NamedProgram(kind: kind, program: program)
        found.withLock { if !$0.programs.contains(named) { $0.programs.append(named) } }
        throw PluginError(.configuration, "\(program): it is only collected here.")
    }
}

/// A program and the kind of plugin it is used as.
package struct NamedProgram: Sendable, Hashable {
    /// The kind.
    package let kind: PluginKind
    /// The program.
    package let program: InlineProgram

    /// Opens the program once and returns its content's digest with what it says it is.
    package func pinned(_ settings: PluginSettings, _ runtime: PluginRuntime) throws(PluginFault) -> PinnedProgram {
        let settings = settings.absolute
        let digest = try PinnedProgram.digest(of: program, in: settings.baseDirectory)
        let type = try InlineOpening(runtime: runtime, settings: settings).open(program, kind: kind, grants: nil)
        return PinnedProgram(kind: kind, program: program, digest: digest, descriptor: type.descriptor)
    }
}
