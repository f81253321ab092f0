import FileOutput
import Glibc
import HostCore
import HostManifest
import HostStorage
import PluginKit

/// The folder of all state: database, artifacts, quarantine; one host at a time.
struct StateFolder: Sendable {
    /// The folder, absolute.
    let path: String
    /// The database in it.
    let database: StateDatabase
    /// Where fitted models are kept: a replay uses those of `penstock run` while that does not run itself.
    let artifacts: StateDatabase
    /// Held while the host runs.
    private let locks: [InstanceLock]

    /// Opens the folder, making what is missing; a damaged database is set aside and told through `warn`.
    init(
        manifest: Manifest, mode: HostOptions.Mode, instruments: InstrumentTable, warn: (String) -> Void
    ) throws(PluginError) {
        let base = manifest.resolve(manifest.host.state)
        try FilePaths.makeFolder(base, who: "host")
        switch mode {
        case .run: path = base
        case .replay: path = try Self.nextReplayFolder(base)
        }
        var locks = [try InstanceLock(stateFolder: path)]
        if mode == .run, FilePaths.exists(LastGoodManifest.path(in: path)), FilePaths.isEmptyFile("\(path)/penstock.db")
        {
            warn(
                "state: '\(path)/penstock.db' is not there or empty, though a host ran here: how far each sink is is not known, so "
                    + "all get everything again, and models are fitted anew. Where that is not meant, stop, and put a copy of "
                    + "it back.")
        }
        database = try Self.open(path, instruments, warn)
        if path != base, let shared = try? InstanceLock(stateFolder: base) {
            locks.append(shared)
            artifacts = try Self.open(base, instruments, warn)
        } else {
            artifacts = database
        }
        self.locks = locks
    }

    private static func open(
        _ folder: String, _ instruments: InstrumentTable, _ warn: (String) -> Void
    ) throws(PluginError) -> StateDatabase {
        let opened = try StateDatabase.openOrSetAside(path: "\(folder)/penstock.db", instruments: instruments)
        if let setAside = opened.setAside { warn(setAside.message) }
        return opened.database
    }

    /// Returns the folder for a plugin instance's own files, made if missing.
    func folder(for declaration: InstanceDeclaration) throws(PluginError) -> String {
        let folder = "\(path)/plugins/\(declaration.kind.rawValue)-\(declaration.id)"
        try FilePaths.makeFolder(folder, who: declaration.name)
        return folder
    }

    /// Makes what keeps the records on disk that a sink of a pipeline does not take in time.
    @Sendable func spill(_ pipeline: String, _ sink: String) -> any SpillFile {
        SpillFolder(path: "\(path)/spill/\(pipeline)/\(sink)")
    }

    /// What providers of files list.
    var lists: KeptLists { KeptLists(stateFolder: path) }

    /// Where the live channels keep their last messages; `nil` where the folder cannot be made, which their files then say.
    var channelFolder: String? {
        let folder = "\(path)/channels"
        return mkdir(folder, 0o700) == 0 || errno == EEXIST ? folder : nil
    }

    /// Closes the databases; the locks go with the last reference.
    func close() {
        database.close()
        artifacts.close()
    }

    private static func nextReplayFolder(_ base: String) throws(PluginError) -> String {
        try FilePaths.makeFolder("\(base)/replay", who: "host")
        for number in 1...1_000_000 {
            let folder = "\(base)/replay/\(number)"
            if mkdir(folder, 0o755) == 0 { return folder }
            guard errno == EEXIST else {
                let reason = String(cString: strerror(errno))
                throw PluginError(
                    .environment,
                    "host: the folder \(PluginError.quoted(folder)) cannot be made (\(reason)). "
                        + "Free space or rights there, or set 'host.state'.")
            }
        }
        throw PluginError(.environment, "host: \(base)/replay holds a million replays. Remove old ones.")
    }
}
