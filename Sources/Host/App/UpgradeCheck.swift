import HostStorage
import PluginKit

/// What a start of this version would do with a state folder: a dry run that changes nothing in it.
package struct UpgradeCheck: Sendable {
    private let folder: String

    /// Names the folder, `host.state` of a manifest.
    package init(stateFolder: String) { folder = stateFolder }

    /// What was found: whether a host runs there, what becomes of the state's tables, and whether the copy of it has room.
    package func findings() -> [Finding] {
        let path = "\(folder)/penstock.db"
        do throws(PluginError) {
            guard let outlook = try StateOutlook(path: path) else {
                return [running, Finding(check: "state", isOK: true, message: "'\(path)' is made by the first run.")]
            }
            return [running, tables(outlook, path)] + (outlook.backupSize > 0 ? [room(outlook)] : [])
        } catch {
            return [running, Finding(check: "state", isOK: false, message: error.message)]
        }
    }

    private var running: Finding {
        let isHeld = InstanceLock.isHeld(stateFolder: folder)
        return Finding(
            check: "host", isOK: true,
            message: isHeld
                ? "one runs on '\(folder)', and is not touched by this; the start meant here is the one after it."
                : "none runs on '\(folder)'.")
    }

    private func tables(_ outlook: StateOutlook, _ path: String) -> Finding {
        guard outlook.unknown.isEmpty else {
            let names = outlook.unknown.map { "'\($0)'" }.joined(separator: ", ")
            return Finding(
                check: "state", isOK: false,
                message:
                    "'\(path)' was written by a newer penstock: its tables had \(outlook.applied) changes, and penstock "
                    + "\(PenstockVersion.current) does not know \(names). A start is refused and changes nothing. Start the newer "
                    + "one, or put a copy from before the upgrade back.")
        }
        let size = Self.megabytes(outlook.size)
        guard !outlook.pending.isEmpty else {
            return Finding(
                check: "state", isOK: true,
                message:
                    "'\(path)' (\(size)) has the tables of penstock \(PenstockVersion.current) (\(outlook.known) changes of "
                    + "\(outlook.known)); a start changes nothing.")
        }
        let steps = outlook.pending.map { "'\($0)'" }.joined(separator: ", ")
        return Finding(
            check: "state", isOK: true,
            message:
                "'\(path)' (\(size)) had \(outlook.applied) changes of its tables, penstock \(PenstockVersion.current) knows "
                + "\(outlook.known): a start keeps a copy as '\(path).before-\(outlook.applied + 1)', then makes \(steps)."
        )
    }

    /// The copy, and as much again for what the changes write before it is in the file.
    private func room(_ outlook: StateOutlook) -> Finding {
        let wanted = outlook.backupSize + outlook.size
        guard let free = Doctor.freeBytes(of: folder) else {
            return Finding(check: "space", isOK: false, message: "the free space of '\(folder)' is not known.")
        }
        let found = "\(Self.megabytes(free)) are free for '\(folder)'"
        let need =
            "the copy takes \(Self.megabytes(outlook.backupSize)), copy and changes together \(Self.megabytes(wanted))"
        return Finding(
            check: "space", isOK: free > wanted,
            message: free > wanted ? "\(found); \(need)." : "\(found), and \(need). Free as much before the start.")
    }

    private static func megabytes(_ bytes: Int) -> String {
        bytes < 10_485_760 ? "\((bytes + 1_023) / 1_024) KiB" : "\((bytes + 1_048_575) / 1_048_576) MiB"
    }
}
