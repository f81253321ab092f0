import CProcessLauncher

/// What this machine lets the host enforce on the processes of plugins.
package enum Confinement {
    /// One line of facts for `doctor`.
    package static var summary: String {
        let version = penstock_landlock_version()
        let files = version > 0 ? "file rules: yes (Landlock \(version))" : "file rules: no, the kernel has no Landlock"
        let calls =
            penstock_filters_calls() != 0
            ? "calls that change other processes and network: refused unless granted"
            : "calls and network: not enforced on this architecture"
        let signals =
            version >= 6 ? "signals: kept inside the plugin" : "signals: to itself only, not to its own children"
        let ends =
            "descendants: all ended with the program and with the host; at most 64, looked at four times a second"
        let disk = "state folder: 4 GiB, looked at once a second"
        let together = "memory and processor time of a plugin's processes together: as of one, looked at once a second"
        return "\([files, calls, signals, ends, disk, together].joined(separator: "; "))."
    }
}
